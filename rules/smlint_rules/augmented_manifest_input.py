"""SM617."""

from __future__ import annotations

from collections.abc import Iterator

from smlint.container import Container, Known, Witness
from smlint.diagnostics import Related, Severity
from smlint.request import Request
from smlint.rule import Finding, RequestRule
from smlint_rules import channels


class AugmentedManifestInput(RequestRule):
    """An augmented manifest is read in another input mode than Pipe.

    What it checks
    --------------
    Channels of training and tuning requests with `S3DataType` `AugmentedManifestFile`, and the input mode that
    holds for them: the channel's own, else the job's.

    Why it matters on SageMaker
    ---------------------------
    The API documents augmented manifests for the Pipe mode only; in another mode the request may be refused, or the
    program may not find the data.

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
      "InputDataConfig": [
        {
          "ChannelName": "train",
          "InputMode": "File",
          "DataSource": {
            "S3DataSource": {
              "S3DataType": "AugmentedManifestFile",
              "S3Uri": "s3://amzn-s3-demo-bucket/train.manifest",
              "AttributeNames": ["source-ref", "label"]
            }
          }
        }
      ]
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
      "InputDataConfig": [
        {
          "ChannelName": "train",
          "InputMode": "Pipe",
          "DataSource": {
            "S3DataSource": {
              "S3DataType": "AugmentedManifestFile",
              "S3Uri": "s3://amzn-s3-demo-bucket/train.manifest",
              "AttributeNames": ["source-ref", "label"]
            }
          }
        }
      ]
    }
    ```

    References
    ----------
    - [S3DataSource](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_S3DataSource.html)
    - [Access training data](https://docs.aws.amazon.com/sagemaker/latest/dg/model-access-training-data.html)
    """

    code = "SM617"
    name = "augmented-manifest-input"
    level = Severity.WARNING
    witnesses = frozenset({Witness.REQUEST})

    def check(self, request: Request, container: Container | None) -> Iterator[Finding]:
        """Report manifests in other modes."""
        for training in request.trainings:
            for channel in training.each("InputDataConfig"):
                kind = channel.text("DataSource", "S3DataSource", "S3DataType")
                if not isinstance(kind, Known) or kind.value != "AugmentedManifestFile":
                    continue
                mode = channels.input_mode(training, channel)
                if isinstance(mode, Known) and mode.value != "Pipe":
                    yield Finding(
                        kind.location,
                        f"an augmented manifest is read in {mode.value} mode, and the API takes it in Pipe mode only: "
                        "the program may not get the data",
                        'write "InputMode": "Pipe" for this channel',
                        (Related("the input mode", mode.location),),
                    )
