"""SM901."""

from __future__ import annotations

from smlint.container import Witness
from smlint.diagnostics import Severity
from smlint.rule import EngineRule


class UnusedIgnore(EngineRule):
    """A comment ignores a rule that finds nothing there.

    What it checks
    --------------
    Every code in `# smlint ignore=…` and `# smlint global ignore=…` whose rule is enabled and finds nothing that the
    comment could hide.

    Why it matters on SageMaker
    ---------------------------
    What the comment excused has been mended. Left in place, it hides the next finding of the kind, which then shows
    only when a job fails.

    Example
    -------
    ```dockerfile
    FROM python:3.12-slim
    # smlint ignore=SM101 -- the shell sets up the environment
    ENTRYPOINT ["python", "/opt/program/train.py"]
    ```

    Use instead
    -----------
    ```dockerfile
    FROM python:3.12-slim
    ENTRYPOINT ["python", "/opt/program/train.py"]
    ```

    References
    ----------
    - [Run your training image](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html)
    """

    code = "SM901"
    name = "unused-ignore"
    level = Severity.WARNING
    witnesses = frozenset({Witness.DOCKERFILE})
