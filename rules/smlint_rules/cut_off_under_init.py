"""SM706."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from smlint.container import Witness
from smlint.diagnostics import Severity
from smlint.probe.judge import Verdict, judge
from smlint.probe.record import ProbeRecord, Process
from smlint.probe.wording import is_shell, named
from smlint.rule import Finding, LiveRule
from smlint.workload import Workload


class CutOffUnderInit(LiveRule):
    """Behind an init, the container ends at once by the signal itself: nothing is saved and no handler runs.

    What it checks
    --------------
    The container was started with an init as PID 1 (the engine's, or one of its own ENTRYPOINT). The init passed the
    signal to its child, which has no handler and died of it; the container ended with 128 + the signal's number, and
    whatever ran below was killed without having been told.

    Why it matters on SageMaker
    ---------------------------
    Logs of training jobs suggest that the platform starts containers both with and without an init. The same image wastes the
    whole grace period in one case and is cut off at once in the other; neither saves the model.

    Example
    -------
    ```dockerfile
    FROM python:3.12
    COPY train.py /train.py
    ENTRYPOINT ["python3", "/train.py"]
    ```
    ```python train.py
    import time

    while True:
        time.sleep(1)
    ```

    Use instead
    -----------
    ```dockerfile
    FROM python:3.12
    COPY train.py /train.py
    ENTRYPOINT ["python3", "/train.py"]
    ```
    ```python train.py
    import signal, sys, time

    def stop(number, frame):
        open("/opt/ml/model/weights", "w").write("…")
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)
    while True:
        time.sleep(1)
    ```

    References
    ----------
    - https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html
    - https://docs.docker.com/reference/cli/docker/container/run/#init
    - https://github.com/aws/sagemaker-python-sdk/issues/4113
    """

    code = "SM706"
    name = "cut-off-under-init"
    level: ClassVar = {
        Workload.TRAINING: Severity.WARNING,
        Workload.PROCESSING: Severity.WARNING,
        Workload.INFERENCE: Severity.WARNING,
    }
    witnesses = frozenset({Witness.LIVE})

    def check(self, record: ProbeRecord) -> Iterator[Finding]:
        for run in record.runs:
            found = judge(run)
            if found.verdict is not Verdict.CUT_OFF:
                continue
            if found.unheard is not None:
                lost = f"{named(found.unheard)} below it has a handler and is killed without being told"
            else:
                lost = "nothing below it has a handler, so nothing is saved"
            yield Finding(
                location=record.anchor,
                message=f"behind an init, {named(found.program)} dies of {run.signal.name} at once (exit code "
                f"{run.exit_code}); {lost}",
                help=_help(run.signal.name, found.program, found.unheard),
            )


def _help(signal: str, program: Process | None, unheard: Process | None) -> str:
    if is_shell(program):
        target = unheard.command if unheard else "program"
        return f'let the program take the shell\'s place: `exec {target}` (`exec program "$@"` in a script)'
    if unheard is not None:
        return f"handle {signal} in {named(program)} and forward it: `child.send_signal(number)`, then wait for the child"
    return f"install a handler for {signal} in {named(program)} that saves and exits"
