"""SM614."""

from __future__ import annotations

from collections.abc import Iterator

from smlint.container import Absent, Container, Known, Witness
from smlint.diagnostics import Location, Related, Severity
from smlint.request import Request, Value
from smlint.rule import Finding, RequestRule


class SpotTraining(RequestRule):
    """Managed spot training lacks its waiting time or its checkpoints.

    What it checks
    --------------
    Training and tuning requests with `EnableManagedSpotTraining`: `MaxWaitTimeInSeconds` is there and not shorter
    than `MaxRuntimeInSeconds`, and `CheckpointConfig` is there.

    Why it matters on SageMaker
    ---------------------------
    Without MaxWaitTimeInSeconds, or with one that is too short, the request is refused. Without checkpoints an
    interrupted job starts from the beginning, as often as it is interrupted.

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
      "EnableManagedSpotTraining": true,
      "CheckpointConfig": {"S3Uri": "s3://amzn-s3-demo-bucket/checkpoints"}
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
      "StoppingCondition": {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 7200},
      "AlgorithmSpecification": {
        "TrainingImage": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/kmeans:1",
        "TrainingInputMode": "File"
      },
      "EnableManagedSpotTraining": true,
      "CheckpointConfig": {"S3Uri": "s3://amzn-s3-demo-bucket/checkpoints"}
    }
    ```

    References
    ----------
    - [Managed spot training](https://docs.aws.amazon.com/sagemaker/latest/dg/model-managed-spot-training.html)
    - [StoppingCondition](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_StoppingCondition.html)
    """

    code = "SM614"
    name = "spot-training"
    level = Severity.ERROR
    witnesses = frozenset({Witness.REQUEST})

    def check(self, request: Request, container: Container | None) -> Iterator[Finding]:
        """Report what a spot training needs and lacks."""
        for training in request.trainings:
            if training.is_true("EnableManagedSpotTraining"):
                spot = training.get("EnableManagedSpotTraining")
                assert isinstance(spot, Known)
                yield from _waiting(training, spot.location)
                if isinstance(training.get("CheckpointConfig"), Absent):
                    yield Finding(
                        spot.location,
                        "spot training without CheckpointConfig: an interrupted job starts from the beginning",
                        'add "CheckpointConfig": {"S3Uri": "s3://BUCKET/PREFIX"} and write checkpoints to /opt/ml/checkpoints',
                        level=Severity.WARNING,
                    )


def _waiting(training: Value, place: Location) -> Iterator[Finding]:
    waiting = training.integer("StoppingCondition", "MaxWaitTimeInSeconds")
    runtime = training.integer("StoppingCondition", "MaxRuntimeInSeconds")
    if isinstance(waiting, Absent):
        least = (
            f"{runtime.value} or more" if isinstance(runtime, Known) else "no less than MaxRuntimeInSeconds"
        )
        yield Finding(
            place,
            "spot training without MaxWaitTimeInSeconds: the request is refused",
            f"add MaxWaitTimeInSeconds to StoppingCondition, {least}",
        )
    elif isinstance(waiting, Known) and isinstance(runtime, Known) and waiting.value < runtime.value:
        yield Finding(
            waiting.location,
            f"MaxWaitTimeInSeconds is {waiting.value}, shorter than the {runtime.value} of MaxRuntimeInSeconds: "
            "the request is refused",
            f"write {runtime.value} or more; it covers the wait for an instance and the run",
            (Related("the run itself", runtime.location),),
        )
