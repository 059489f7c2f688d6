"""SM113."""

from __future__ import annotations

from collections.abc import Iterator

from smlint.container import Container, Witness
from smlint.diagnostics import Location, Severity
from smlint.launch import Hop, Kind
from smlint.rule import ContainerRule, Context, Finding
from smlint.workload import Workload
from smlint_rules.launches import entry_word, launches, related, short, steps


class ExitCodeMasked(ContainerRule):
    """The shell ends with another exit code than the program, so a failed job looks completed.

    What it checks
    --------------
    The shell script or `sh -c` string that the entry runs: on every way through it the program's exit code is lost, by
    a pipe without `set -o pipefail`, by `|| true`, or by a command behind it while `set -e` is not in force.

    Why it matters on SageMaker
    ---------------------------
    A training or processing job is Completed when the container ends with 0 and Failed otherwise. Behind
    `python train.py | tee log` the code is tee's: a crashed training run is reported as Completed, with an empty model.

    Example
    -------
    ```dockerfile
    FROM python:3.12-slim
    COPY --chmod=755 entrypoint.sh /usr/local/bin/entrypoint.sh
    # smlint ignore=SM106 -- the pipe needs the shell as its parent
    ENTRYPOINT ["/usr/local/bin/entrypoint.sh"]
    ```
    ```sh entrypoint.sh
    #!/bin/bash
    python /opt/program/train.py "$@" | tee /tmp/train.log
    ```

    Use instead
    -----------
    ```dockerfile
    FROM python:3.12-slim
    COPY --chmod=755 entrypoint.sh /usr/local/bin/entrypoint.sh
    ENTRYPOINT ["/usr/local/bin/entrypoint.sh"]
    ```
    ```sh entrypoint.sh
    #!/bin/bash
    exec python /opt/program/train.py "$@" > >(tee /tmp/train.log)
    ```

    References
    ----------
    - [How a training job succeeds or fails](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-signal-success-failure.html)
    - [Run your processing image](https://docs.aws.amazon.com/sagemaker/latest/dg/byoc-run-image.html)
    - [A failed job that was Completed](https://github.com/aws/sagemaker-training-toolkit/issues/204)
    """

    code = "SM113"
    name = "exit-code-masked"
    level = {Workload.TRAINING: Severity.WARNING, Workload.PROCESSING: Severity.WARNING}
    witnesses = frozenset({Witness.DOCKERFILE, Witness.IMAGE})

    def check(self, container: Container, context: Context) -> Iterator[Finding]:
        """Report a shell on whose every way the program's exit code is lost."""
        reported: set[Location] = set()
        for launch in launches(container, context):
            if launch.workload not in self.level:
                continue
            for shell, program in steps(launch):
                if program.location in reported or not _masks(shell):
                    continue
                reported.add(program.location)
                primary = entry_word(launch, shell)
                yield Finding(
                    primary,
                    f"a failure of `{short(launch, program)}` is not the container's: {program.exit_code.reason}, "
                    "and a failed job is reported as Completed",
                    "start the program with `exec`, or write `set -e -o pipefail` at the top and nothing behind it",
                    related(program.location, f"{program.exit_code.reason}", primary),
                )


def _masks(shell: Hop) -> bool:
    if shell.kind not in (Kind.SHELL_SCRIPT, Kind.SHELL_STRING) or shell.exit_code.value is False:
        return False
    return (
        bool(shell.then) and not shell.unseen and all(child.exit_code.value is False for child in shell.then)
    )
