"""SM609."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from smlint.container import Container, Known, Witness
from smlint.diagnostics import Severity
from smlint.request import Request, Value
from smlint.rule import Finding, RequestRule
from smlint_rules import refusals

#: ContainerDefinition's page: keys and values of all containers of the request together.
_MODEL_BYTES: Final = 32 * 1024


class EnvironmentLimits(RequestRule):
    """An environment or the hyperparameters break a limit of the API.

    What it checks
    --------------
    Number, length and spelling of the keys and values of `Environment` and of hyperparameters against the API
    model, which differs from operation to operation (a transform job takes 16 variables, a tuning job's training
    48, a model 100). All environments of a model together: 32 KB.

    Why it matters on SageMaker
    ---------------------------
    The request is refused before anything starts.

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
        "TrainingInputMode": "File"
      },
      "Environment": {"LOG-LEVEL": "debug"}
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
        "TrainingInputMode": "File"
      },
      "Environment": {"LOG_LEVEL": "debug"}
    }
    ```

    References
    ----------
    - [CreateTrainingJob](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html)
    - [CreateProcessingJob](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateProcessingJob.html)
    - [CreateTransformJob](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html)
    - [ContainerDefinition](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ContainerDefinition.html)
    """

    code = "SM609"
    name = "environment-limits"
    level = Severity.ERROR
    witnesses = frozenset({Witness.REQUEST})

    def check(self, request: Request, container: Container | None) -> Iterator[Finding]:
        """Report what the API model says of keys and values, and the sum that it does not say."""
        for violation in refusals.claimed(request, self.code):
            yield refusals.finding(violation)
        sizes = [(container_, _size(container_)) for container_ in request.containers]
        total = sum(size for _, size in sizes)
        if total > _MODEL_BYTES:
            largest = max(sizes, key=lambda pair: pair[1])[0]
            yield Finding(
                next(iter(largest.members("Environment"))).location,
                f"the environments of the model's containers hold {total} bytes and may hold {_MODEL_BYTES} in all: "
                "the request is refused",
                "move the largest values into a file beside the model",
            )


def _size(container: Value) -> int:
    size = 0
    for member in container.members("Environment"):
        value = member.value.text()
        size += len(member.key.encode()) + (len(value.value.encode()) if isinstance(value, Known) else 0)
    return size
