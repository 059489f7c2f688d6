"""SM701."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from smlint.container import Witness
from smlint.diagnostics import Severity
from smlint.probe.judge import Verdict, hearing_of, judge
from smlint.probe.record import Hearing, ProbeRecord, Process, Run
from smlint.probe.wording import budget, is_python, is_shell, named, under
from smlint.rule import Finding, LiveRule
from smlint.workload import Workload


class SigtermDropped(LiveRule):
    """The started program does not take the stop signal: it is killed at the end of the grace period.

    What it checks
    --------------
    The container was started as SageMaker starts it, and outlived the stop signal, because the program has no handler
    and is PID 1 (whose unhandled signals the kernel drops), ignores the signal, or blocks it and never takes it.

    Why it matters on SageMaker
    ---------------------------
    StopTrainingJob, the stopping condition and the scale-in of an endpoint send SIGTERM, and SIGKILL 120 s (training)
    or 30 s (inference) later. Without a handler the time is waited out and what was not saved before is lost.

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
    - https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
    - https://man7.org/linux/man-pages/man7/pid_namespaces.7.html
    """

    code = "SM701"
    name = "sigterm-dropped"
    level: ClassVar = {
        Workload.TRAINING: Severity.ERROR,
        Workload.PROCESSING: Severity.WARNING,
        Workload.INFERENCE: Severity.ERROR,
    }
    witnesses = frozenset({Witness.LIVE})

    def check(self, record: ProbeRecord) -> Iterator[Finding]:
        for run in record.runs:
            found = judge(run)
            if found.verdict is Verdict.DROPPED and found.program is not None:
                yield Finding(
                    location=record.anchor,
                    message=f"{under(run)}{named(found.program)} {_reason(run, found.program)}, so SageMaker waits "
                    f"{budget(record, run)} and kills it, and nothing is saved",
                    help=_help(run, found.program),
                )


def _reason(run: Run, program: Process) -> str:
    match hearing_of(run, program):
        case Hearing.IGNORES:
            return f"ignores {run.signal.name}"
        case Hearing.DEFAULT:
            return f"is PID 1 and has no handler for {run.signal.name}, which the kernel therefore drops"
    return f"blocks {run.signal.name} and never takes it"


def _help(run: Run, program: Process) -> str:
    name = run.signal.name
    hearing = hearing_of(run, program)
    if hearing is Hearing.IGNORES:
        return f"remove what ignores {name}: `trap '' TERM` in a script, `signal.SIG_IGN` in Python"
    if hearing is not Hearing.DEFAULT:
        return f"take {name} in a thread that waits for it, or unblock it once its handler is installed"
    if is_shell(program):
        return (
            f"start the program with `exec`, so that it becomes PID 1, and install a handler for {name} in it"
        )
    if is_python(program):
        return f"install a handler that saves and exits: `signal.signal(signal.{name}, stop)`"
    return f"install a handler for {name} in the program that saves and exits"
