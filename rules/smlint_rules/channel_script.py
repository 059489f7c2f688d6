"""SM607."""

from __future__ import annotations

from collections.abc import Iterator

from smlint.container import Absent, Container, Fact, Known, Witness
from smlint.diagnostics import Related, Severity
from smlint.request import Kind, Request, Value
from smlint.rule import Finding, RequestRule
from smlint_rules import channels
from smlint_rules.channels import Use


class ChannelScript(RequestRule):
    """The command names a script in an input channel that will not be there, or cannot be started.

    What it checks
    --------------
    Paths below `/opt/ml/input/data/` in `ContainerEntrypoint` and `ContainerArguments` of a training request: the
    channel exists; where the path is the program or the script of a shell or interpreter, its input mode is `File`
    and its distribution `FullyReplicated`; and the path is not the program itself.

    Why it matters on SageMaker
    ---------------------------
    For a script from S3 the documentation demands File mode and full replication: otherwise it may not be there, whole,
    on every instance. S3 keeps no mode bits, so the file is not executable: an interpreter must be named.

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
        "ContainerEntrypoint": ["/bin/sh"],
        "ContainerArguments": ["/opt/ml/input/data/code/train.sh"]
      },
      "InputDataConfig": [
        {
          "ChannelName": "scripts",
          "InputMode": "File",
          "DataSource": {
            "S3DataSource": {
              "S3DataType": "S3Prefix",
              "S3Uri": "s3://amzn-s3-demo-bucket/code",
              "S3DataDistributionType": "FullyReplicated"
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
        "TrainingInputMode": "File",
        "ContainerEntrypoint": ["/bin/sh"],
        "ContainerArguments": ["/opt/ml/input/data/code/train.sh"]
      },
      "InputDataConfig": [
        {
          "ChannelName": "code",
          "InputMode": "File",
          "DataSource": {
            "S3DataSource": {
              "S3DataType": "S3Prefix",
              "S3Uri": "s3://amzn-s3-demo-bucket/code",
              "S3DataDistributionType": "FullyReplicated"
            }
          }
        }
      ]
    }
    ```

    References
    ----------
    - [Run your training image](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html)
    - [How training information is given](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html)
    """

    code = "SM607"
    name = "channel-script"
    level = Severity.ERROR
    witnesses = frozenset({Witness.REQUEST})

    def check(self, request: Request, container: Container | None) -> Iterator[Finding]:
        """Report channels that cannot give what the command names."""
        if request.kind is not Kind.TRAINING_JOB:
            return
        given = channels.Channels(request.body)
        for named in channels.named(request.overrides):
            yield from _named(request.body, given.find(named.channel), named)


def _named(training: Value, channel: Fact[Value], named: channels.Named) -> Iterator[Finding]:
    name = named.channel
    if isinstance(channel, Absent):
        yield Finding(
            named.word.location,
            f"the command names {channels.ROOT}{name}/, and the request has no channel {name!r}: "
            "the path does not exist in the container",
            f'add a channel with "ChannelName": "{name}" to InputDataConfig, or name one that is there',
            level=None if named.use is not Use.DATA else Severity.WARNING,
        )
        return
    if named.use is Use.PROGRAM:
        yield Finding(
            named.word.location,
            "the program lies in an input channel: S3 keeps no mode bits, so the file is not executable and the job "
            "fails at start",
            'write "ContainerEntrypoint": ["/bin/sh"] (or the script\'s interpreter) and name the script in '
            "ContainerArguments",
            level=Severity.WARNING,
        )
    if named.use is not Use.DATA and isinstance(channel, Known):
        yield from _delivery(training, channel.value, named)


def _delivery(training: Value, channel: Value, named: channels.Named) -> Iterator[Finding]:
    script = (Related("the script that comes from it", named.word.location),)
    mode = channels.input_mode(training, channel)
    if isinstance(mode, Known) and mode.value != "File":
        yield Finding(
            mode.location,
            f"the script comes from channel {named.channel!r} in {mode.value} mode, and SageMaker documents File mode for scripts",
            'write "InputMode": "File" for this channel',
            script,
        )
    spread = channel.text("DataSource", "S3DataSource", "S3DataDistributionType")
    if isinstance(spread, Known) and spread.value != "FullyReplicated":
        yield Finding(
            spread.location,
            f"the script comes from channel {named.channel!r}, which is {spread.value}: some instances do not get it",
            'write "S3DataDistributionType": "FullyReplicated"',
            script,
        )
