"""SM604."""

from __future__ import annotations

from collections.abc import Iterator

from smlint.container import Container, Witness
from smlint.diagnostics import Severity
from smlint.request import Request
from smlint.rule import Finding, RequestRule
from smlint_rules import refusals


class ValuesNotStrings(RequestRule):
    """A number, truth value or null stands where the API takes a text.

    What it checks
    --------------
    Items of `ContainerEntrypoint` and `ContainerArguments`, and keys and values of hyperparameters and
    environments: all of them are texts in the API. CloudFormation converts scalars itself, so templates are left
    alone.

    Why it matters on SageMaker
    ---------------------------
    The request is refused by the client. YAML makes this easy: `epochs: 10` is a number and `debug: yes` a truth
    value.

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
      "HyperParameters": {"epochs": 10}
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
      "HyperParameters": {"epochs": "10"}
    }
    ```

    References
    ----------
    - [CreateTrainingJob](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html)
    - [CreateProcessingJob](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateProcessingJob.html)
    - [ContainerDefinition](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ContainerDefinition.html)
    """

    code = "SM604"
    name = "values-not-strings"
    level = Severity.ERROR
    witnesses = frozenset({Witness.REQUEST})

    def check(self, request: Request, container: Container | None) -> Iterator[Finding]:
        """Report values of another type."""
        for violation in refusals.claimed(request, self.code):
            yield refusals.finding(violation, "put it in double quotes")
