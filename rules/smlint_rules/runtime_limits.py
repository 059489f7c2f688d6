"""SM612."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from smlint.container import Container, Known, Witness
from smlint.diagnostics import Severity
from smlint.request import Request
from smlint.rule import Finding, RequestRule
from smlint_rules import refusals

#: Seconds; StoppingCondition's page.
_LONGEST_TRAINING: Final = 28 * 24 * 60 * 60


class RuntimeLimits(RequestRule):
    """A time limit of the request is out of the API's bounds.

    What it checks
    --------------
    `MaxRuntimeInSeconds`, `MaxPendingTimeInSeconds`, `KeepAlivePeriodInSeconds`, the time-outs of transform jobs
    and of production variants against the API model, and the 28 days that a training job may run at most, which the
    model does not say.

    Why it matters on SageMaker
    ---------------------------
    The request is refused, or the job ends at the service's own limit whatever the request says.

    Example
    -------
    ```json
    {
      "TrainingJobName": "kmeans",
      "RoleArn": "arn:aws:iam::111122223333:role/Training",
      "OutputDataConfig": {"S3OutputPath": "s3://amzn-s3-demo-bucket/output"},
      "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 10},
      "StoppingCondition": {"MaxRuntimeInSeconds": 2592000},
      "AlgorithmSpecification": {
        "TrainingImage": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/kmeans:1",
        "TrainingInputMode": "File"
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
      "StoppingCondition": {"MaxRuntimeInSeconds": 2419200},
      "AlgorithmSpecification": {
        "TrainingImage": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/kmeans:1",
        "TrainingInputMode": "File"
      }
    }
    ```

    References
    ----------
    - [StoppingCondition](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StoppingCondition.html)
    - [ProcessingStoppingCondition](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProcessingStoppingCondition.html)
    - [ProductionVariant](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariant.html)
    - [ModelClientConfig](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ModelClientConfig.html)
    """

    code = "SM612"
    name = "runtime-limits"
    level = Severity.ERROR
    witnesses = frozenset({Witness.REQUEST})

    def check(self, request: Request, container: Container | None) -> Iterator[Finding]:
        """Report what the API model says of times, and the longest training."""
        for violation in refusals.claimed(request, self.code):
            yield refusals.finding(violation)
        for training in request.trainings:
            runtime = training.integer("StoppingCondition", "MaxRuntimeInSeconds")
            if isinstance(runtime, Known) and runtime.value > _LONGEST_TRAINING:
                yield Finding(
                    runtime.location,
                    f"MaxRuntimeInSeconds is {runtime.value}, and a training job runs for 28 days at most: "
                    "the request is refused",
                    f"write {_LONGEST_TRAINING} or less",
                )
