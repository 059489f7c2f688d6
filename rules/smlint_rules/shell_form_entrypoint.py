"""SM101."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from smlint.container import Container, Form, Known, Witness
from smlint.diagnostics import Severity
from smlint.rule import ContainerRule, Context, Finding
from smlint_rules import exec_form, shell_form_fix, words


class ShellFormEntrypoint(ContainerRule):
    """The ENTRYPOINT is a shell command line, so the platform's argument ends at the shell.

    What it checks
    --------------
    The ENTRYPOINT of the judged stage, or one inherited from a local stage, in the shell form. In a built image the
    shell form and `["/bin/sh", "-c", "…"]` look the same, and both are reported.

    Why it matters on SageMaker
    ---------------------------
    SageMaker starts `docker run IMAGE train` (or `serve`). Behind a shell form the word becomes `$0` of the shell, and
    the program never sees it. Whether SIGTERM reaches the program depends on the shell: dash, the `/bin/sh` of Debian
    and Ubuntu, stays PID 1 and keeps the signal to itself, so a stopped job runs into SIGKILL and its model is lost.

    Example
    -------
    ```dockerfile
    FROM python:3.12-slim
    COPY train.py /opt/program/train.py
    ENTRYPOINT python /opt/program/train.py
    ```

    Use instead
    -----------
    ```dockerfile
    FROM python:3.12-slim
    COPY train.py /opt/program/train.py
    ENTRYPOINT ["python", "/opt/program/train.py"]
    ```

    References
    ----------
    - [Run your training image](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html)
    - [Run your inference image](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html)
    - [Run your processing image](https://docs.aws.amazon.com/sagemaker/latest/dg/byoc-run-image.html)
    - [Shell and exec form](https://docs.docker.com/reference/dockerfile/#shell-and-exec-form)
    """

    code = "SM101"
    name = "shell-form-entrypoint"
    level = Severity.ERROR
    witnesses = frozenset({Witness.DOCKERFILE, Witness.IMAGE})

    def check(self, container: Container, context: Context) -> Iterator[Finding]:
        """Report a shell form; what a request puts in its place is no shell form."""
        entry = container.entrypoint
        if not isinstance(entry, Known) or entry.value.form not in (Form.SHELL, Form.SHELL_OR_EXEC):
            return
        lost = words.platform_words(context.workloads)
        effect = (
            f"{lost} never reaches the program and SIGTERM may stop at the shell"
            if lost
            else "the stop signal may end at the shell and never reach the program"
        )
        what = "ENTRYPOINT is in shell form"
        if entry.value.form is Form.SHELL_OR_EXEC:
            what = 'ENTRYPOINT is a shell form (or `["/bin/sh", "-c", …]`, which looks the same in an image)'
        better = exec_form.from_shell(entry.value.text)
        argv = json.loads(better) if better else []
        if argv and _does_nothing(argv):
            # As an exec form it would be the next finding: SM116, or SM105.
            better = None
        advice = (
            f"write ENTRYPOINT {better}"
            if better
            else 'move the command line into a script that ends in `exec PROGRAM "$@"` and write ENTRYPOINT ["./SCRIPT"]'
        )
        script = words.as_script(argv, context.workloads, "ENTRYPOINT")
        if script:
            # The shell form starts, if badly; the exec form would not.
            yield Finding(entry.value.location, f"{what}: {effect}", script)
            return
        fix = shell_form_fix.fix(container, entry.value, better, argv[0]) if better else None
        yield Finding(entry.value.location, f"{what}: {effect}", advice, fix=fix)


def _does_nothing(argv: Sequence[str]) -> bool:
    """Whether the command idles, or is a shell that is given no script: ``bash -l``, ``sh -c STRING``."""
    from smlint_rules.idle_entrypoint import idles

    if words.program(argv[0]) not in words.SHELLS:
        return idles(argv)
    options = list(takewhile(lambda word: word.startswith("-"), argv[1:]))
    return len(options) == len(argv) - 1 or any(re.fullmatch("-[a-z]*c", word) for word in options)
