"""SM602."""

from __future__ import annotations

from collections.abc import Iterator

from smlint.container import Container, Witness
from smlint.diagnostics import Severity
from smlint.request import Request
from smlint.rule import Finding, RequestRule
from smlint_rules import refusals


class EntrypointItemLimits(RequestRule):
    """An item of ContainerEntrypoint or ContainerArguments is too long or holds a line break.

    What it checks
    --------------
    Every item of the two lists against the API model: at most 256 characters, no line break.

    Why it matters on SageMaker
    ---------------------------
    The request is refused before anything starts. Long command lines and programs given with `-c` are what runs
    into this.

    Example
    -------
    ```json
    {
      "TrainingJobName": "kmeans",
      "RoleArn": "arn:aws:iam::111122223333:role/Training",
      "OutputDataConfig": {"S3OutputPath": "s3://amzn-s3-demo-bucket/output"},
      "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 10},
      "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
      "AlgorithmSpecification": {
        "TrainingImage": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/kmeans:1",
        "TrainingInputMode": "File",
        "ContainerEntrypoint": ["python", "-c", "import k_means\\nk_means.train()"]
      }
    }
    ```

    Use instead
    -----------
    ```json
    {
      "TrainingJobName": "kmeans",
      "RoleArn": "arn:aws:iam::111122223333:role/Training",
      "OutputDataConfig": {"S3OutputPath": "s3://amzn-s3-demo-bucket/output"},
      "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 10},
      "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
      "AlgorithmSpecification": {
        "TrainingImage": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/kmeans:1",
        "TrainingInputMode": "File",
        "ContainerEntrypoint": ["python", "train.py"]
      }
    }
    ```

    References
    ----------
    - [AlgorithmSpecification](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AlgorithmSpecification.html)
    - [AppSpecification](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AppSpecification.html)
    """

    code = "SM602"
    name = "entrypoint-item-limits"
    level = Severity.ERROR
    witnesses = frozenset({Witness.REQUEST})

    def check(self, request: Request, container: Container | None) -> Iterator[Finding]:
        """Report what the API model says of the items."""
        for violation in refusals.claimed(request, self.code):
            yield refusals.finding(
                violation, "put it into a script in the image or in an input channel, and name the script"
            )
