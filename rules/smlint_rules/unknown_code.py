"""SM902."""

from __future__ import annotations

from smlint.container import Witness
from smlint.diagnostics import Severity
from smlint.rule import EngineRule


class UnknownCode(EngineRule):
    """A comment that speaks to smlint names something that does not exist, and is not obeyed.

    What it checks
    --------------
    Codes, workloads and words in comments that begin with `# smlint`.

    Why it matters on SageMaker
    ---------------------------
    A misspelt code ignores nothing, and a misspelt workload leaves the file judged for training and hosting: the
    findings that follow are about another job than the one that will run.

    Example
    -------
    ```dockerfile
    FROM python:3.12-slim
    # smlint workload=procesing
    ENTRYPOINT ["python", "/opt/program/main.py"]
    ```

    Use instead
    -----------
    ```dockerfile
    FROM python:3.12-slim
    # smlint workload=processing
    ENTRYPOINT ["python", "/opt/program/main.py"]
    ```

    References
    ----------
    - [Run your processing image](https://docs.aws.amazon.com/sagemaker/latest/dg/byoc-run-image.html)
    """

    code = "SM902"
    name = "unknown-code"
    level = Severity.WARNING
    witnesses = frozenset({Witness.DOCKERFILE})
