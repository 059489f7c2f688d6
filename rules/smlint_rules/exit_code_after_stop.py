"""SM708."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from smlint.container import Witness
from smlint.diagnostics import Severity
from smlint.probe.judge import Verdict, judge
from smlint.probe.record import ProbeRecord
from smlint.probe.wording import named, tail, under
from smlint.rule import Finding, LiveRule
from smlint.workload import Workload


class ExitCodeAfterStop(LiveRule):
    """After the stop signal the program ends with an error: its handler has failed, or was cut short.

    What it checks
    --------------
    The container took the signal, ended in time, and its exit code is neither 0 nor 128 + the signal's number.

    Why it matters on SageMaker
    ---------------------------
    A handler that raises has most likely not saved what it should have. Processing jobs whose container ends with
    anything but 0 count as failed.

    Example
    -------
    ```dockerfile
    FROM python:3.12
    COPY train.py /train.py
    ENTRYPOINT ["python3", "/train.py"]
    ```
    ```python train.py
    import signal, time

    def stop(number, frame):
        open("/opt/ml/modle/weights", "w").write("…")

    signal.signal(signal.SIGTERM, stop)
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
    - https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-signal-success-failure.html
    - https://docs.aws.amazon.com/sagemaker/latest/dg/build-your-own-processing-container.html
    """

    code = "SM708"
    name = "exit-code-after-stop"
    level: ClassVar = {
        Workload.TRAINING: Severity.WARNING,
        Workload.PROCESSING: Severity.WARNING,
        Workload.INFERENCE: Severity.INFO,
    }
    witnesses = frozenset({Witness.LIVE})

    def check(self, record: ProbeRecord) -> Iterator[Finding]:
        for run in record.runs:
            found = judge(run)
            if found.verdict not in (Verdict.STOPPED, Verdict.SLOW):
                continue
            if run.exit_code in (0, run.signal.exit_code, None):
                continue
            memory = ", out of memory" if run.out_of_memory else ""
            yield Finding(
                location=record.anchor,
                message=f"{under(run)}{named(found.program)} ends with exit code {run.exit_code}{memory} after "
                f"{run.signal.name} ({tail(run)}), so its handler has most likely not saved what it should",
                help="let the handler end the program with 0, and look at the log for what it raised",
            )
