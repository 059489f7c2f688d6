"""SM611."""

from __future__ import annotations

from collections.abc import Iterator

from smlint.container import Absent, Container, Known, Witness
from smlint.diagnostics import Related, Severity
from smlint.request import Request
from smlint.rule import Finding, RequestRule


class ImageAndAlgorithmName(RequestRule):
    """TrainingImage and AlgorithmName stand together, or neither does.

    What it checks
    --------------
    Every algorithm specification of a training or tuning request.

    Why it matters on SageMaker
    ---------------------------
    The two exclude each other: SageMaker refuses a request with both, and one with neither names nothing to run.
    Serverless customisation jobs name a base model instead and are left alone.

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
        "AlgorithmName": "my-algorithm"
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
    - [AlgorithmSpecification](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AlgorithmSpecification.html)
    - [HyperParameterAlgorithmSpecification](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_HyperParameterAlgorithmSpecification.html)
    """

    code = "SM611"
    name = "image-and-algorithm-name"
    level = Severity.ERROR
    witnesses = frozenset({Witness.REQUEST})

    def check(self, request: Request, container: Container | None) -> Iterator[Finding]:
        """Report both and neither."""
        for training in request.trainings:
            specification = training.get("AlgorithmSpecification")
            if not isinstance(specification, Known) or not isinstance(
                training.get("ServerlessJobConfig"), Absent
            ):
                continue
            image = specification.value.get("TrainingImage")
            algorithm = specification.value.get("AlgorithmName")
            if isinstance(image, Known) and isinstance(algorithm, Known):
                yield Finding(
                    algorithm.location,
                    "AlgorithmName stands beside TrainingImage, and the two exclude each other: the request is refused",
                    "delete AlgorithmName to run the image",
                    (Related("the image", image.location),),
                )
            elif isinstance(image, Absent) and isinstance(algorithm, Absent):
                yield Finding(
                    specification.location,
                    "AlgorithmSpecification names neither TrainingImage nor AlgorithmName: the request is refused",
                    'add "TrainingImage": "ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:TAG"',
                )
