"""SM702."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from smlint.container import Witness
from smlint.diagnostics import Severity
from smlint.probe.judge import Verdict, judge
from smlint.probe.record import ProbeRecord, Process, Run
from smlint.probe.wording import budget, is_shell, named, under
from smlint.rule import Finding, LiveRule
from smlint.workload import Workload


class SigtermNotForwarded(LiveRule):
    """A child has the handler, but its parent keeps the signal: the handler never runs.

    What it checks
    --------------
    The container outlived the stop signal while a process below PID 1 had a handler for it: a shell that has not been
    replaced by the program, a shell whose trap waits for its foreground child, a parent that starts the program as a
    child and forwards nothing.

    Why it matters on SageMaker
    ---------------------------
    The signal goes to PID 1 alone. The handler that would save the model is there and is never called; after 120 s
    (training) or 30 s (inference) everything is killed.

    Example
    -------
    ```dockerfile
    FROM python:3.12
    COPY entrypoint.sh train.py /
    ENTRYPOINT ["sh", "/entrypoint.sh"]
    ```
    ```sh entrypoint.sh
    #!/bin/sh
    python3 /train.py "$@"
    echo finished
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

    Use instead
    -----------
    ```dockerfile
    FROM python:3.12
    COPY entrypoint.sh train.py /
    ENTRYPOINT ["sh", "/entrypoint.sh"]
    ```
    ```sh entrypoint.sh
    #!/bin/sh
    exec python3 /train.py "$@"
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
    - https://docs.docker.com/reference/dockerfile/#entrypoint
    """

    code = "SM702"
    name = "sigterm-not-forwarded"
    level: ClassVar = {
        Workload.TRAINING: Severity.ERROR,
        Workload.PROCESSING: Severity.WARNING,
        Workload.INFERENCE: Severity.ERROR,
    }
    witnesses = frozenset({Witness.LIVE})

    def check(self, record: ProbeRecord) -> Iterator[Finding]:
        for run in record.runs:
            found = judge(run)
            if found.verdict is Verdict.NOT_FORWARDED and found.program and found.unheard:
                yield Finding(
                    location=record.anchor,
                    message=f"{under(run)}{named(found.program)} keeps {run.signal.name}: {named(found.unheard)} below "
                    f"it has a handler and is never told, so SageMaker kills both after {budget(record, run)}",
                    help=_help(run, found.program, found.unheard),
                )


def _help(run: Run, program: Process, unheard: Process) -> str:
    if is_shell(program):
        return f"let the program take the shell's place: `exec {unheard.command}`"
    number = f"signal.{run.signal.name}"
    return (
        f"forward it in the parent: `signal.signal({number}, lambda number, frame: child.send_signal(number))`, "
        "and wait for the child"
    )
