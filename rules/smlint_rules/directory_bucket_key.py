"""SM616."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from smlint.container import Container, Fact, Known, Witness
from smlint.diagnostics import Related, Severity
from smlint.request import Kind, Request
from smlint.rule import Finding, RequestRule

_DIRECTORY_BUCKET: Final = re.compile(r".+--[a-z0-9-]+--x-s3")

_LONGEST_NAME: Final = 63


class DirectoryBucketKey(RequestRule):
    """A KMS key is given for output to an S3 directory bucket.

    What it checks
    --------------
    Output of training, tuning, processing and transform requests to a bucket of S3 Express One Zone, which is known
    by its name (`…--ZONE--x-s3`), together with `KmsKeyId`.

    Why it matters on SageMaker
    ---------------------------
    Output to directory buckets can only be encrypted with keys that S3 manages (SSE-S3): the request is refused.

    Example
    -------
    ```json
    {
      "TrainingJobName": "kmeans",
      "RoleArn": "arn:aws:iam::111122223333:role/Training",
      "OutputDataConfig": {
        "S3OutputPath": "s3://amzn-s3-demo-bucket--usw2-az1--x-s3/output",
        "KmsKeyId": "alias/training"
      },
      "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 10},
      "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
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
      "OutputDataConfig": {"S3OutputPath": "s3://amzn-s3-demo-bucket--usw2-az1--x-s3/output"},
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
    - [OutputDataConfig](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_OutputDataConfig.html)
    - [Directory bucket naming rules](https://docs.aws.amazon.com/AmazonS3/latest/userguide/directory-bucket-naming-rules.html)
    """

    code = "SM616"
    name = "directory-bucket-key"
    level = Severity.ERROR
    witnesses = frozenset({Witness.REQUEST})

    def check(self, request: Request, container: Container | None) -> Iterator[Finding]:
        """Report keys beside directory buckets."""
        for destination, encryption in _outputs(request):
            if (
                not isinstance(destination, Known)
                or not isinstance(encryption, Known)
                or not encryption.value
            ):
                continue
            if _is_directory_bucket(destination.value):
                yield Finding(
                    encryption.location,
                    "KmsKeyId is set and the output goes to a directory bucket, which only takes SSE-S3: "
                    "the request is refused",
                    "delete KmsKeyId, or write to a general purpose bucket",
                    (Related("the directory bucket", destination.location),),
                )


def _is_directory_bucket(uri: str) -> bool:
    bucket = uri.removeprefix("s3://").partition("/")[0] if uri.startswith("s3://") else ""
    return len(bucket) <= _LONGEST_NAME and _DIRECTORY_BUCKET.fullmatch(bucket) is not None


def _outputs(request: Request) -> Iterator[tuple[Fact[str], Fact[str]]]:
    """Destination and key of everything that the request writes."""
    for training in request.trainings:
        output = "OutputDataConfig"
        yield training.text(output, "S3OutputPath"), training.text(output, "KmsKeyId")
    if request.kind is Kind.TRANSFORM_JOB:
        output = "TransformOutput"
        yield request.body.text(output, "S3OutputPath"), request.body.text(output, "KmsKeyId")
    if request.kind is Kind.PROCESSING_JOB:
        output = "ProcessingOutputConfig"
        for entry in request.body.each(output, "Outputs"):
            yield entry.text("S3Output", "S3Uri"), request.body.text(output, "KmsKeyId")
