"""SM613."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from smlint.container import Container, Known, Witness
from smlint.diagnostics import Severity
from smlint.request import Request
from smlint.rule import Finding, RequestRule

#: Seconds; two and a half times what a stopped training job is given.
_SHORT: Final = 300


class RuntimeWithinGrace(RequestRule):
    """The job may run hardly longer than it is given to stop.

    What it checks
    --------------
    `MaxRuntimeInSeconds` of training and tuning requests below 300 seconds.

    Why it matters on SageMaker
    ---------------------------
    At the end of MaxRuntimeInSeconds SageMaker sends SIGTERM and waits 120 seconds. Where the limit is of that
    order, the time to stop is as long as the run. Such a limit is right for a trial, and may be a slip between seconds
    and minutes.

    Example
    -------
    ```json
    {
      "TrainingJobName": "kmeans",
      "RoleArn": "arn:aws:iam::111122223333:role/Training",
      "OutputDataConfig": {"S3OutputPath": "s3://amzn-s3-demo-bucket/output"},
      "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 10},
      "StoppingCondition": {"MaxRuntimeInSeconds": 60},
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
      "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
      "AlgorithmSpecification": {
        "TrainingImage": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/kmeans:1",
        "TrainingInputMode": "File"
      }
    }
    ```

    References
    ----------
    - [StoppingCondition](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StoppingCondition.html)
    - [Run your training image](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html)
    """

    code = "SM613"
    name = "runtime-within-grace"
    level = Severity.INFO
    witnesses = frozenset({Witness.REQUEST})

    def check(self, request: Request, container: Container | None) -> Iterator[Finding]:
        """Report very short limits."""
        for training in request.trainings:
            runtime = training.integer("StoppingCondition", "MaxRuntimeInSeconds")
            if isinstance(runtime, Known) and 0 < runtime.value < _SHORT:
                yield Finding(
                    runtime.location,
                    f"MaxRuntimeInSeconds is {runtime.value}, and the stop alone may take {request.workload.grace} seconds: "
                    "the job may be stopped before it has done much",
                    f"write {runtime.value * 60} if minutes were meant, else {_SHORT} or more",
                )
