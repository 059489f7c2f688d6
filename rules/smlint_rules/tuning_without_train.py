"""SM606."""

from __future__ import annotations

from collections.abc import Iterator

from smlint.container import Absent, Container, Known, Witness
from smlint.diagnostics import Related, Severity
from smlint.launch.executables import find_program
from smlint.request import Kind, Request
from smlint.rule import Finding, RequestRule
from smlint_rules import refusals


class TuningWithoutTrain(RequestRule):
    """A tuning job cannot name the program, and the image has none for `train`.

    What it checks
    --------------
    `ContainerEntrypoint` or `ContainerArguments` in a tuning job's algorithm specification. With the image: it has
    no ENTRYPOINT and no executable `train` on PATH.

    Why it matters on SageMaker
    ---------------------------
    Tuning jobs always run `docker run IMAGE train`: their algorithm specification has no fields for entrypoint and
    arguments. An image that depends on ContainerEntrypoint works in CreateTrainingJob and fails in
    CreateHyperParameterTuningJob.

    Example
    -------
    ```json
    {
      "HyperParameterTuningJobName": "kmeans",
      "HyperParameterTuningJobConfig": {
        "Strategy": "Random",
        "ResourceLimits": {"MaxNumberOfTrainingJobs": 4, "MaxParallelTrainingJobs": 2}
      },
      "TrainingJobDefinition": {
        "RoleArn": "arn:aws:iam::111122223333:role/Training",
        "AlgorithmSpecification": {
          "TrainingImage": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/kmeans:1",
          "TrainingInputMode": "File",
          "ContainerEntrypoint": ["python", "train.py"]
        },
        "OutputDataConfig": {"S3OutputPath": "s3://amzn-s3-demo-bucket/output"},
        "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 10},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600}
      }
    }
    ```

    Use instead
    -----------
    ```json
    {
      "HyperParameterTuningJobName": "kmeans",
      "HyperParameterTuningJobConfig": {
        "Strategy": "Random",
        "ResourceLimits": {"MaxNumberOfTrainingJobs": 4, "MaxParallelTrainingJobs": 2}
      },
      "TrainingJobDefinition": {
        "RoleArn": "arn:aws:iam::111122223333:role/Training",
        "AlgorithmSpecification": {
          "TrainingImage": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/kmeans:1",
          "TrainingInputMode": "File"
        },
        "OutputDataConfig": {"S3OutputPath": "s3://amzn-s3-demo-bucket/output"},
        "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 10},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600}
      }
    }
    ```

    References
    ----------
    - [HyperParameterAlgorithmSpecification](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_HyperParameterAlgorithmSpecification.html)
    - [Run your training image](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html)
    """

    code = "SM606"
    name = "tuning-without-train"
    level = Severity.ERROR
    witnesses = frozenset({Witness.REQUEST})

    def check(self, request: Request, container: Container | None) -> Iterator[Finding]:
        """Report the two members, and an image that answers no `train`."""
        for violation in refusals.claimed(request, self.code):
            yield Finding(
                violation.location,
                f"a tuning job cannot set {violation.key}: the request is refused, and SageMaker always runs "
                "`docker run IMAGE train`",
                'delete it and give the image ENTRYPOINT ["PROGRAM", …], or an executable `train` on PATH',
            )
        if request.kind is Kind.TUNING_JOB and container is not None and _cannot_train(container):
            for image in request.images():
                place = image.definition.get(image.image_key)
                yield Finding(
                    place.location if isinstance(place, Known) else image.definition.location,
                    "the image has neither an ENTRYPOINT nor an executable `train` on PATH: every training job of the "
                    "tuning job fails at start",
                    'write ENTRYPOINT ["PROGRAM", …] in the Dockerfile, or put an executable called `train` on PATH',
                    (Related("this image", container.anchor),),
                )


def _cannot_train(container: Container) -> bool:
    entrypoint = container.entrypoint
    has_none = isinstance(entrypoint, Absent) or (isinstance(entrypoint, Known) and not entrypoint.value.argv)
    return has_none and isinstance(find_program(container, "train"), Absent)
