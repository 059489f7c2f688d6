"""SM618."""

from __future__ import annotations

from collections.abc import Iterator

from smlint.container import Container, Witness
from smlint.diagnostics import Severity
from smlint.request import Request
from smlint.request.document import shown
from smlint.request.secrets import secrets
from smlint.rule import Finding, RequestRule


class SecretInEnvironment(RequestRule):
    """A secret stands in the request.

    What it checks
    --------------
    Environment variables and hyperparameters whose name says that they are a secret (`…_TOKEN`, `…_PASSWORD`,
    `…_SECRET`, `…_API_KEY` …) and whose value looks like one, and values with the form of well-known keys whatever
    their name. References, placeholders, paths and ARNs are left alone. The value is never printed.

    Why it matters on SageMaker
    ---------------------------
    Everybody who may describe the job or the model can read its environment and its hyperparameters; the API says not
    to put secrets there.

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
      "Environment": {"HF_TOKEN": "hf_Zb81Qx5KtT7mVw2cYdRrLpNsUgJhEaFo"}
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
      "Environment": {"HF_TOKEN_SECRET_ARN": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:hf"}
    }
    ```

    References
    ----------
    - [ContainerDefinition](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ContainerDefinition.html)
    - [CreateTrainingJob](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html)
    - [What is AWS Secrets Manager?](https://docs.aws.amazon.com/secretsmanager/latest/userguide/intro.html)
    """

    code = "SM618"
    name = "secret-in-environment"
    level = Severity.WARNING
    witnesses = frozenset({Witness.REQUEST})

    def check(self, request: Request, container: Container | None) -> Iterator[Finding]:
        """Report secrets by their keys."""
        for secret in secrets(request):
            yield Finding(
                secret.location,
                f"{shown(secret.key)} holds a secret: everybody who may describe the job can read it",
                "keep it in AWS Secrets Manager, give the role access, and pass the secret's ARN",
            )
