"""SM705."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from smlint.container import Witness
from smlint.diagnostics import Severity
from smlint.probe.judge import Verdict, judge
from smlint.probe.record import ProbeRecord, Process
from smlint.probe.wording import budget, is_shell, named, under
from smlint.rule import Finding, LiveRule
from smlint.workload import Workload


class KilledAfterGrace(LiveRule):
    """The program takes the stop signal and is still not over when the grace period ends.

    What it checks
    --------------
    The container had to be killed although its program has a handler: the handler takes too long or does not end the
    program, or a shell's trap waits for its foreground child.

    Why it matters on SageMaker
    ---------------------------
    SIGKILL comes 120 s (training) or 30 s (inference) after SIGTERM. A model that is being written then is cut in the
    middle, and may be uploaded like that.

    Example
    -------
    ```dockerfile
    FROM python:3.12
    COPY train.py /train.py
    ENTRYPOINT ["python3", "/train.py"]
    ```
    ```python train.py
    import signal, time

    signal.signal(signal.SIGTERM, lambda number, frame: print("stopping after this epoch"))
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
    import signal, time

    stopping = []
    signal.signal(signal.SIGTERM, lambda number, frame: stopping.append(number))
    while not stopping:
        time.sleep(0.1)
    open("/opt/ml/model/weights", "w").write("…")
    ```

    References
    ----------
    - https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StopTrainingJob.html
    - https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
    - https://www.gnu.org/software/bash/manual/html_node/Signals.html
    """

    code = "SM705"
    name = "killed-after-grace"
    level: ClassVar = {
        Workload.TRAINING: Severity.ERROR,
        Workload.PROCESSING: Severity.WARNING,
        Workload.INFERENCE: Severity.ERROR,
    }
    witnesses = frozenset({Witness.LIVE})

    def check(self, record: ProbeRecord) -> Iterator[Finding]:
        for run in record.runs:
            found = judge(run)
            if found.verdict is not Verdict.KILLED:
                continue
            before = run.last_before_signal
            children = before.children(found.program.pid) if before and found.program else ()
            yield Finding(
                location=record.anchor,
                message=f"{under(run)}{named(found.program)} is not over {budget(record, run)} after "
                f"{run.signal.name}{_why(found.program, children)}, so SageMaker kills it in the middle of what it does",
                help=_help(found.program, children),
            )


def _why(program: Process | None, children: tuple[Process, ...]) -> str:
    if is_shell(program) and children:
        return f", since a shell runs its trap only when {named(children[0])} has ended"
    return ""


def _help(program: Process | None, children: tuple[Process, ...]) -> str:
    if is_shell(program) and children:
        return f"start the child in the background and wait for it: `{children[0].command} & wait $!`, or `exec` it"
    return (
        "end the program from its handler, and write checkpoints while it runs so that little is left to save"
    )
