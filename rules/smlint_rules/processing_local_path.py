"""SM608."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Final

from smlint.container import Absent, Container, Known, Witness
from smlint.diagnostics import Severity
from smlint.request import Kind, Request, Value
from smlint.request.document import shown
from smlint.rule import Finding, RequestRule
from smlint_rules import refusals

_ROOT: Final = "/opt/ml/processing/"


class ProcessingLocalPath(RequestRule):
    """A LocalPath of a processing job is not below /opt/ml/processing/.

    What it checks
    --------------
    `LocalPath` of every processing input, dataset definition and output: present, absolute, below
    `/opt/ml/processing/`, at most 256 characters. Inputs and outputs that the application manages (`AppManaged`)
    are left alone.

    Why it matters on SageMaker
    ---------------------------
    The inputs and outputs of a processing job lie below `/opt/ml/processing/`; the API documents it as a must.

    Example
    -------
    ```json
    {
      "ProcessingJobName": "clean",
      "RoleArn": "arn:aws:iam::111122223333:role/Processing",
      "AppSpecification": {"ImageUri": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/clean:1"},
      "ProcessingResources": {
        "ClusterConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 10}
      },
      "ProcessingInputs": [
        {
          "InputName": "data",
          "S3Input": {"S3Uri": "s3://amzn-s3-demo-bucket/in", "LocalPath": "/data", "S3DataType": "S3Prefix", "S3InputMode": "File"}
        }
      ]
    }
    ```

    Use instead
    -----------
    ```json
    {
      "ProcessingJobName": "clean",
      "RoleArn": "arn:aws:iam::111122223333:role/Processing",
      "AppSpecification": {"ImageUri": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/clean:1"},
      "ProcessingResources": {
        "ClusterConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 10}
      },
      "ProcessingInputs": [
        {
          "InputName": "data",
          "S3Input": {
            "S3Uri": "s3://amzn-s3-demo-bucket/in",
            "LocalPath": "/opt/ml/processing/input",
            "S3DataType": "S3Prefix",
            "S3InputMode": "File"
          }
        }
      ]
    }
    ```

    References
    ----------
    - [ProcessingS3Input](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProcessingS3Input.html)
    - [ProcessingS3Output](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProcessingS3Output.html)
    - [DatasetDefinition](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DatasetDefinition.html)
    """

    code = "SM608"
    name = "processing-local-path"
    level = Severity.ERROR
    witnesses = frozenset({Witness.REQUEST})

    def check(self, request: Request, container: Container | None) -> Iterator[Finding]:
        """Report paths that are missing or stand elsewhere."""
        for violation in refusals.claimed(request, self.code):
            yield refusals.finding(violation)
        if request.kind is not Kind.PROCESSING_JOB:
            return
        for entry, key in _mounts(request):
            place = entry.get(key)
            if not isinstance(place, Known) or entry.is_true("AppManaged"):
                continue
            path = place.value.text("LocalPath")
            if isinstance(path, Absent):
                yield Finding(
                    place.location,
                    f"{key} has no LocalPath: SageMaker refuses the request, since it would not know where to mount it",
                    f'add "LocalPath": "{_ROOT}NAME"',
                )
            elif isinstance(path, Known) and not _is_below(path.value):
                yield Finding(
                    path.location,
                    f"LocalPath is {shown(path.value)}, and processing jobs only have paths below {_ROOT}: "
                    "SageMaker refuses the request",
                    f'write "LocalPath": "{_ROOT}{_name(path.value)}"',
                )


def _mounts(request: Request) -> Iterator[tuple[Value, str]]:
    for entry in request.body.each("ProcessingInputs"):
        yield entry, "S3Input"
        yield entry, "DatasetDefinition"
    for entry in request.body.each("ProcessingOutputConfig", "Outputs"):
        yield entry, "S3Output"


def _is_below(path: str) -> bool:
    if "${" in path or "{{" in path:
        return True
    return path.startswith(_ROOT) and posixpath.normpath(path).startswith(_ROOT.rstrip("/"))


def _name(path: str) -> str:
    return posixpath.basename(path.rstrip("/")) or "NAME"
