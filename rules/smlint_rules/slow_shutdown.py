"""SM704."""

from __future__ import annotations

from collections.abc import Iterator

from smlint.container import Witness
from smlint.diagnostics import Severity
from smlint.probe.judge import Verdict, judge
from smlint.probe.record import ProbeRecord
from smlint.probe.wording import named, seconds, under
from smlint.rule import Finding, LiveRule


class SlowShutdown(LiveRule):
    """The container stops in time, but barely: a little more work and it is killed.

    What it checks
    --------------
    From the signal to the end of the container took more than five sixths of the grace period: 100 of training's
    120 s, 25 of inference's 30 s, or the same part of `--grace`.

    Why it matters on SageMaker
    ---------------------------
    SIGKILL comes at the end of the grace period whatever is being written. A checkpoint that just makes it on an idle
    machine does not on a busy one.

    Example
    -------
    ```dockerfile
    FROM python:3.12
    COPY train.py /train.py
    ENTRYPOINT ["python3", "/train.py"]
    ```
    ```python train.py
    import signal, sys, time

    def stop(number, frame):
        time.sleep(3.6)
        open("/opt/ml/model/weights", "w").write("…")
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)
    while True:
        time.sleep(1)
    ```
    ```console
    $ smlint image my-image --probe-sigterm --grace 4
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
    - https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StopTrainingJob.html
    - https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
    """

    code = "SM704"
    name = "slow-shutdown"
    level = Severity.WARNING
    witnesses = frozenset({Witness.LIVE})

    def check(self, record: ProbeRecord) -> Iterator[Finding]:
        for run in record.runs:
            found = judge(run)
            if found.verdict is Verdict.SLOW and run.seconds_to_stop is not None:
                yield Finding(
                    location=record.anchor,
                    message=f"{under(run)}{named(found.program)} needs {seconds(run.seconds_to_stop)} of the "
                    f"{run.grace:g} s between {run.signal.name} and SIGKILL, so a slower machine loses what it saves",
                    help="save less in the handler: write checkpoints while the program runs, and only the rest at the "
                    "signal",
                )
