"""SM619."""

from __future__ import annotations

from collections.abc import Iterator

from smlint.container import Container, Witness
from smlint.diagnostics import Severity
from smlint.request import Request
from smlint.rule import Finding, RequestRule
from smlint_rules import refusals


class RequestRefused(RequestRule):
    """The API refuses the request: a member is missing, misspelt, of the wrong type or out of bounds.

    What it checks
    --------------
    The whole request against the API's own model: types, required members, names of members, bounds, patterns,
    enumerations. Values that are filled in later (`{"Get": …}`, `!Ref`, `"Name.$"`, `${…}`) are left alone; so are
    members that a pipeline or CloudFormation fills in. What is merely not listed is a warning, since the API grows.
    With the extra `smlint[aws]` the model is that of the installed botocore, if it is newer than smlint's copy.

    Why it matters on SageMaker
    ---------------------------
    The request is refused, by the client or by the service, before anything starts.

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
        "ContainerArgument": ["--epochs", "10"]
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
        "ContainerArguments": ["--epochs", "10"]
      }
    }
    ```

    References
    ----------
    - [CreateTrainingJob](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html)
    - [CreateProcessingJob](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateProcessingJob.html)
    - [CreateModel](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModel.html)
    - [CreateTransformJob](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html)
    - [CreateHyperParameterTuningJob](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateHyperParameterTuningJob.html)
    - [CreateEndpointConfig](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateEndpointConfig.html)
    """

    code = "SM619"
    name = "request-refused"
    level = Severity.ERROR
    witnesses = frozenset({Witness.REQUEST})

    def check(self, request: Request, container: Container | None) -> Iterator[Finding]:
        """Report what no narrower rule speaks about."""
        for violation in refusals.claimed(request, self.code):
            yield refusals.finding(violation)
