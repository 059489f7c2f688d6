"""SM709."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from smlint.container import Witness
from smlint.diagnostics import Severity
from smlint.probe.judge import Verdict, judge
from smlint.probe.record import ProbeRecord
from smlint.probe.wording import named
from smlint.rule import Finding, LiveRule
from smlint.workload import Workload

_FILE = "/opt/ml/output/failure"


class FailureFileMissing(LiveRule):
    """The program failed and wrote no `/opt/ml/output/failure`: the job's FailureReason will say nothing.

    What it checks
    --------------
    The container ended by itself with an exit code other than 0, before any signal, and left no failure file.

    Why it matters on SageMaker
    ---------------------------
    The first 1,024 characters of that file become the FailureReason that DescribeTrainingJob and the console show.
    Without it there is only the exit code, and somebody has to dig through the log.

    Example
    -------
    ```dockerfile
    FROM python:3.12
    COPY train.py /train.py
    ENTRYPOINT ["python3", "/train.py"]
    ```
    ```python train.py
    raise SystemExit("no data")
    ```

    Use instead
    -----------
    ```dockerfile
    FROM python:3.12
    COPY train.py /train.py
    ENTRYPOINT ["python3", "/train.py"]
    ```
    ```python train.py
    open("/opt/ml/output/failure", "w").write("no data")
    raise SystemExit("no data")
    ```

    References
    ----------
    - https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-signal-success-failure.html
    """

    code = "SM709"
    name = "failure-file-missing"
    level: ClassVar = {Workload.TRAINING: Severity.INFO}
    witnesses = frozenset({Witness.LIVE})

    def check(self, record: ProbeRecord) -> Iterator[Finding]:
        for run in record.runs:
            found = judge(run)
            if found.verdict is not Verdict.GONE or not run.exit_code:
                continue
            if run.files_after.cut or _FILE in run.files_after.files:
                continue
            yield Finding(
                location=record.anchor,
                message=f"{named(found.program)} fails with exit code {run.exit_code} and writes no {_FILE}, so the job's "
                "FailureReason does not say why",
                help=f"write the reason to {_FILE} before exiting: `open('{_FILE}', 'w').write(str(error))`",
            )
