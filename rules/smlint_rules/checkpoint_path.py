"""SM615."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from smlint.container import Absent, Container, Known, Unknown, Witness, is_resolved
from smlint.diagnostics import Related, Severity
from smlint.request import Request, Value
from smlint.request.document import shown
from smlint.rule import Finding, RequestRule

_DEFAULT: Final = "/opt/ml/checkpoints"
#: Names of a directory for checkpoints; `--from-checkpoint` and its like name what is read.
_NAME: Final = re.compile(
    r"(?i)(?:^|[^a-z])(?:checkpoints?|ckpts?)[_-]?(?:local[_-]?)?(?:dir|directory|path|folder|root)?\Z"
)
_READ: Final = re.compile(r"(?i)(^|[^a-z])(from|resume|pretrained|init|load|base)([^a-z]|\Z)")
_PATH: Final = re.compile(r"/[\w./-]*\Z")


class CheckpointPath(RequestRule):
    """The program is told to write checkpoints where SageMaker does not copy them from.

    What it checks
    --------------
    Hyperparameters, environment variables and options of the command whose name speaks of checkpoints and whose
    value is an absolute path: it lies in `CheckpointConfig.LocalPath` (default `/opt/ml/checkpoints`), and
    `CheckpointConfig` is there. With the image, its ENV counts too. `LocalPath` itself is absolute.

    Why it matters on SageMaker
    ---------------------------
    SageMaker copies one directory to S3 while the job runs and brings it back after an interruption. Checkpoints
    that are written elsewhere are lost with the instance.

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
      "Environment": {"CHECKPOINT_DIR": "/opt/program/checkpoints"},
      "CheckpointConfig": {"S3Uri": "s3://amzn-s3-demo-bucket/checkpoints"}
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
      "Environment": {"CHECKPOINT_DIR": "/opt/ml/checkpoints"},
      "CheckpointConfig": {"S3Uri": "s3://amzn-s3-demo-bucket/checkpoints"}
    }
    ```

    References
    ----------
    - [CheckpointConfig](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CheckpointConfig.html)
    - [Use checkpoints](https://docs.aws.amazon.com/sagemaker/latest/dg/model-checkpoints.html)
    """

    code = "SM615"
    name = "checkpoint-path"
    level = Severity.INFO
    witnesses = frozenset({Witness.REQUEST})

    def check(self, request: Request, container: Container | None) -> Iterator[Finding]:
        """Report directories that are not the copied one."""
        for training in request.trainings:
            config = training.get("CheckpointConfig")
            local = training.text("CheckpointConfig", "LocalPath")
            if isinstance(config, Unknown) or isinstance(local, Unknown):
                continue
            if isinstance(local, Known) and local.value and not local.value.startswith(("/", "$", "{", "<")):
                yield Finding(
                    local.location,
                    f"LocalPath is {shown(local.value)}, which is no absolute path: what the program writes is not copied",
                    "write the absolute path that the program writes to, such as /opt/ml/checkpoints",
                    level=Severity.WARNING,
                )
                continue
            synced = local.value if isinstance(local, Known) and local.value else _DEFAULT
            for written in _written(request, training, container):
                if isinstance(config, Absent) and _is_in(written.value, _DEFAULT):
                    yield Finding(
                        written.location,
                        "checkpoints go to /opt/ml/checkpoints and the request has no CheckpointConfig: nothing copies "
                        "them to S3",
                        'add "CheckpointConfig": {"S3Uri": "s3://BUCKET/PREFIX"}',
                    )
                elif isinstance(config, Known) and not _is_in(written.value, synced):
                    yield Finding(
                        written.location,
                        f"checkpoints seem to go to {shown(written.value)}, and SageMaker copies {shown(synced)}: "
                        "they are lost when the job ends",
                        f"write {synced}, or set CheckpointConfig.LocalPath to the program's directory",
                        (Related("what is copied", config.location),),
                    )


def _written(request: Request, training: Value, container: Container | None) -> Iterator[Known[str]]:
    """The directories that the request (and the image's ENV) name for checkpoints."""
    for key in ("HyperParameters", "StaticHyperParameters", "Environment"):
        for member in training.members(key):
            value = member.value.text()
            if isinstance(value, Known) and _names_checkpoints(member.key):
                # SDKs write hyperparameters as JSON: a text stands in quotes of its own.
                yield from _path(Known(value.value.strip('"'), value.location))
    words = (*(request.overrides.entrypoint or ()), *(request.overrides.arguments or ()))
    for word, following in zip(words, (*words[1:], None), strict=False):
        option, equals, value_text = word.text.partition("=")
        if not option.startswith("--") or not _names_checkpoints(option):
            continue
        if equals:
            yield from _path(Known(value_text, word.location))
        elif following is not None:
            yield from _path(Known(following.text, following.location))
    if container is not None:
        asked = {member.key for member in training.members("Environment")}
        for name, fact in container.environment.items():
            if isinstance(fact, Known) and name not in asked and _names_checkpoints(name):
                yield from _path(fact)


def _names_checkpoints(name: str) -> bool:
    return _NAME.search(name) is not None and _READ.search(name) is None


def _path(value: Known[str]) -> Iterator[Known[str]]:
    if is_resolved(value.value) and _PATH.match(value.value):
        yield value


def _is_in(path: str, directory: str) -> bool:
    wanted = posixpath.normpath(directory)
    return f"{posixpath.normpath(path)}/".startswith(f"{wanted}/")
