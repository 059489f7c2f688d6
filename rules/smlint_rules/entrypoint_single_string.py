"""SM603."""

from __future__ import annotations

import json
import os.path
import re
import shlex
from collections.abc import Iterator
from typing import Final

from smlint.container import Container, Known, Witness, Word, is_resolved
from smlint.diagnostics import Severity
from smlint.request import Request
from smlint.request.document import shown
from smlint.rule import Finding, RequestRule
from smlint_rules import commands

_OPTION: Final = re.compile(r"--?[A-Za-z][\w.-]*[ \t]+\S")


class EntrypointSingleString(RequestRule):
    """A whole command line stands in one item of ContainerEntrypoint or ContainerArguments.

    What it checks
    --------------
    The first item of `ContainerEntrypoint`, which is the program, holds a space; or an item of the two lists is an
    option and its value in one, such as `--epochs 10`. With the image, a program whose name really has a space in
    it is left alone. What follows `-c` is left alone.

    Why it matters on SageMaker
    ---------------------------
    No shell stands between the request and the container: each item is one argument, spaces included. `["python
    train.py"]` looks for a file called `python train.py`, and the job fails at start.

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
        "ContainerEntrypoint": ["python train.py"]
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
    - [Run your training image](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html)
    - [AlgorithmSpecification](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AlgorithmSpecification.html)
    - [AppSpecification](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AppSpecification.html)
    """

    code = "SM603"
    name = "entrypoint-single-string"
    level = Severity.ERROR
    witnesses = frozenset({Witness.REQUEST})

    def check(self, request: Request, container: Container | None) -> Iterator[Finding]:
        """Report programs that hold a space, and options that hold their value."""
        overrides = request.overrides
        if overrides.entrypoint:
            yield from _program(overrides.entrypoint, container)
        for words in (overrides.entrypoint or ())[1:], overrides.arguments or ():
            yield from _options(words)


def _program(words: tuple[Word, ...], container: Container | None) -> Iterator[Finding]:
    program = words[0]
    if not is_resolved(program.text) or not re.search(r"\S\s+\S", program.text.strip()):
        return
    if container is not None and isinstance(container.files.lookup(program.text), Known):
        return
    parts = _split(program.text)
    first = os.path.basename(parts[0])
    # `/opt/my program/run` may be a file; `/usr/bin/python train.py` is none.
    is_path = (
        program.text.startswith("/") and not commands.is_interpreter(first) and "/" in parts[1].lstrip("/")
    )
    yield Finding(
        program.location,
        f"the program of ContainerEntrypoint is {shown(program.text)}, one file name with a space in it: "
        "no shell splits it, and the job fails at start",
        f"write {json.dumps(parts, ensure_ascii=False)}",
        level=Severity.INFO if is_path else None,
    )


def _options(words: tuple[Word, ...]) -> Iterator[Finding]:
    for before, word in zip(("", *(word.text for word in words)), words, strict=False):
        if not is_resolved(word.text) or commands.takes_command_line(before) or not _OPTION.match(word.text):
            continue
        yield Finding(
            word.location,
            "an option and its value stand in one item: no shell splits it, and the program gets one argument "
            "with a space in it",
            "write the option and its value as two items",
            level=Severity.WARNING,
        )


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()
