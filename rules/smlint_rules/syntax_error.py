"""SM900."""

from __future__ import annotations

from smlint.container import Witness
from smlint.diagnostics import Severity
from smlint.rule import EngineRule


class SyntaxErrorInInput(EngineRule):
    """The file cannot be parsed, so nothing else can be said about it.

    What it checks
    --------------
    What `docker build` refuses in a Dockerfile, and what is no JSON or YAML in a job request.

    Why it matters on SageMaker
    ---------------------------
    There is no image to run, or no job to start. The finding names the line and what was expected there.

    Example
    -------
    ```dockerfile
    FROM python:3.12-slim
    ENTRYPIONT ["python", "train.py"]
    ```

    Use instead
    -----------
    ```dockerfile
    FROM python:3.12-slim
    ENTRYPOINT ["python", "train.py"]
    ```

    References
    ----------
    - [Dockerfile reference](https://docs.docker.com/reference/dockerfile/)
    - [Requests in files, as the AWS CLI takes them](https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-skeleton.html)
    - [CreateTrainingJob and the other requests](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_Operations_Amazon_SageMaker_Service.html)
    """

    code = "SM900"
    name = "syntax-error"
    level = Severity.ERROR
    witnesses = frozenset({Witness.DOCKERFILE, Witness.REQUEST})
