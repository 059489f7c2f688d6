"""SM713."""

from __future__ import annotations

from collections.abc import Iterator

from smlint.container import Witness
from smlint.diagnostics import Severity
from smlint.probe.judge import judge, wrote_read_only
from smlint.probe.record import ProbeRecord
from smlint.probe.wording import named, tail
from smlint.rule import Finding, LiveRule


class OptMlShadowed(LiveRule):
    """The program starts without SageMaker's mounts under `/opt/ml` and fails with them.

    What it checks
    --------------
    The start with the platform's directories failed; the same start without them, tried for comparison, did not. So
    the program needs something that the image has where the platform mounts, or cannot do with what is mounted.

    Why it matters on SageMaker
    ---------------------------
    `/opt/ml` is reserved: where the platform's directories cover what the image has, the files of the image are no
    longer visible. Which directories it mounts is nowhere listed; the probe mounts those that the pages name.

    Example
    -------
    ```dockerfile
    FROM python:3.12
    COPY train.py /opt/ml/input/train.py
    ENTRYPOINT ["python3", "/opt/ml/input/train.py"]
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
    COPY train.py /opt/program/train.py
    ENTRYPOINT ["python3", "/opt/program/train.py"]
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
    - https://docs.aws.amazon.com/sagemaker/latest/dg/amazon-sagemaker-toolkits.html
    """

    code = "SM713"
    name = "opt-ml-shadowed"
    level = Severity.WARNING
    witnesses = frozenset({Witness.LIVE})

    def check(self, record: ProbeRecord) -> Iterator[Finding]:
        for run in record.runs:
            if run.control is None or not run.control.survived or wrote_read_only(run):
                continue
            yield Finding(
                location=record.anchor,
                message=f"{named(judge(run).program)} fails with exit code {run.exit_code} once SageMaker's directories "
                f"cover {', '.join(record.mounts)} ({tail(run)}), and starts without them",
                help="keep what the program needs outside /opt/ml: `COPY … /opt/program/`",
            )
            return
