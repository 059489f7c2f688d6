"""SM707."""

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

_DIRECTORIES = ("/opt/ml/model/", "/opt/ml/checkpoints/")


class NoArtefactSaved(LiveRule):
    """The program stops in time, but leaves nothing that SageMaker could save.

    What it checks
    --------------
    The container took the signal and ended by itself, and neither `/opt/ml/model` nor `/opt/ml/checkpoints` holds a
    file. A program that has had no time to train yet may have nothing to save; give it more with `--settle`.

    Why it matters on SageMaker
    ---------------------------
    A stopped job's model artefact is what the container leaves in `/opt/ml/model`. An empty directory is an empty
    `model.tar.gz`, and the hours of training are paid for and gone.

    Example
    -------
    ```dockerfile
    FROM python:3.12
    COPY train.py /train.py
    ENTRYPOINT ["python3", "/train.py"]
    ```
    ```python train.py
    import signal, sys, time

    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
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
    - https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StoppingCondition.html
    - https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-output.html
    """

    code = "SM707"
    name = "no-artefact-saved"
    level: ClassVar = {Workload.TRAINING: Severity.INFO}
    witnesses = frozenset({Witness.LIVE})

    def check(self, record: ProbeRecord) -> Iterator[Finding]:
        for run in record.runs:
            found = judge(run)
            if found.verdict not in (Verdict.STOPPED, Verdict.SLOW) or run.files_after.cut:
                continue
            if any(path.startswith(_DIRECTORIES) for path in run.files_after.files):
                continue
            yield Finding(
                location=record.anchor,
                message=f"{named(found.program)} ends after {run.signal.name} and leaves nothing in /opt/ml/model or "
                "/opt/ml/checkpoints, so a stopped job has no model",
                help="write the model to /opt/ml/model in the handler, or checkpoints to /opt/ml/checkpoints while training",
            )
            return
