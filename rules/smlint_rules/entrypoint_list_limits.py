"""SM601."""

from __future__ import annotations

from collections.abc import Iterator

from smlint.container import Container, Witness
from smlint.diagnostics import Severity
from smlint.request import Request
from smlint.request.structure import Break
from smlint.rule import Finding, RequestRule
from smlint_rules import refusals


class EntrypointListLimits(RequestRule):
    """ContainerEntrypoint or ContainerArguments is no list, empty or too long.

    What it checks
    --------------
    `ContainerEntrypoint` and `ContainerArguments` of a training or processing request against the API model: an
    array of texts, at least one and at most a hundred.

    Why it matters on SageMaker
    ---------------------------
    The request is refused before anything starts. An empty list is refused too: to say nothing, leave the member
    out.

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
        "ContainerEntrypoint": []
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
        "ContainerEntrypoint": ["python", "train.py"]
      }
    }
    ```

    References
    ----------
    - [AlgorithmSpecification](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AlgorithmSpecification.html)
    - [AppSpecification](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AppSpecification.html)
    """

    code = "SM601"
    name = "entrypoint-list-limits"
    level = Severity.ERROR
    witnesses = frozenset({Witness.REQUEST})

    def check(self, request: Request, container: Container | None) -> Iterator[Finding]:
        """Report what the API model says of the two lists."""
        for violation in refusals.claimed(request, self.code):
            advice = ""
            if violation.how is Break.TOO_SMALL:
                advice = f"delete {refusals.label(violation)}, or name the program"
            elif violation.how is Break.TYPE:
                advice = "write an array with one text per word of the command"
            yield refusals.finding(violation, advice)
