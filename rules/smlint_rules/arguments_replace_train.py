"""SM605."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from smlint.container import Absent, Command, Container, Known, Witness, Word, is_resolved
from smlint.diagnostics import FileLocation, Location, Related, Severity
from smlint.launch.executables import file_at, find_program
from smlint.request import Kind, Request
from smlint.request.document import shown
from smlint.rule import Finding, RequestRule

#: Where a shell script or a Python program compares something with the word.
_ACTS: Final = re.compile(
    r"""(?:=|==|in|eq|case)\s*['"]?train['"]?\b|^\s*['"]?train['"]?\)|['"]train['"]\s*(?:==|:)""", re.M
)


class ArgumentsReplaceTrain(RequestRule):
    """ContainerArguments take the place of `train`, which the image waits for.

    What it checks
    --------------
    A training request with `ContainerArguments` and no `ContainerEntrypoint`, together with the image: it has no
    ENTRYPOINT, so the first argument would be the program; or its entry script acts on the word `train`, which is
    not among the arguments. A ContainerEntrypoint that is such a script, without the word, is an information.

    Why it matters on SageMaker
    ---------------------------
    With ContainerArguments SageMaker runs `docker run IMAGE ARGUMENTS`: `train` is not added. An image that chooses
    its role by that word does something else, or nothing.

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
        "ContainerArguments": ["--epochs", "10"]
      }
    }
    ```

    ```dockerfile
    FROM scratch
    COPY train /usr/local/bin/train
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
        "ContainerArguments": ["train", "--epochs", "10"]
      }
    }
    ```

    ```dockerfile
    FROM scratch
    COPY train /usr/local/bin/train
    ```

    References
    ----------
    - [Run your training image](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html)
    - [AlgorithmSpecification](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AlgorithmSpecification.html)
    """

    code = "SM605"
    name = "arguments-replace-train"
    level = Severity.WARNING
    witnesses = frozenset({Witness.REQUEST})

    def check(self, request: Request, container: Container | None) -> Iterator[Finding]:
        """Report arguments that keep `train` away from an image that needs it."""
        arguments = request.overrides.arguments
        if request.kind is not Kind.TRAINING_JOB or container is None:
            return
        if request.overrides.entrypoint:
            yield from _without_the_word(container, (*request.overrides.entrypoint, *(arguments or ())))
            return
        if not arguments:
            return
        first = arguments[0]
        if not is_resolved(first.text) or any(word.text == "train" for word in arguments):
            return
        entrypoint = container.entrypoint
        if isinstance(entrypoint, Absent) or (isinstance(entrypoint, Known) and not entrypoint.value.argv):
            if isinstance(find_program(container, first.text), Absent):
                yield Finding(
                    first.location,
                    f"the image has no ENTRYPOINT, so SageMaker runs {shown(first.text)} as the program, and the image has none "
                    "of that name: the job fails at start",
                    'write "ContainerEntrypoint": ["PROGRAM"], or make `train` the first argument',
                    level=Severity.ERROR,
                )
        elif isinstance(entrypoint, Known):
            script = _acts_on_train(container, entrypoint.value)
            if script is not None:
                yield Finding(
                    arguments[0].location,
                    "ContainerArguments take the place of `train`, and the image's entry script acts on that word: it never "
                    "comes, and the script does something else",
                    'make "train" the first item of ContainerArguments',
                    (Related("acts on `train`", script),),
                )


def _without_the_word(container: Container, command: tuple[Word, ...]) -> Iterator[Finding]:
    """A ContainerEntrypoint whose script waits for the word that SageMaker does not add behind it."""
    if any(word.text == "train" or not is_resolved(word.text) for word in command):
        return
    entrypoint = container.entrypoint
    script = _acts_on_train(container, entrypoint.value) if isinstance(entrypoint, Known) else None
    if script is not None:
        yield Finding(
            command[0].location,
            "the script of ContainerEntrypoint acts on the word `train`, which SageMaker does not add when a request names "
            "the entry point: the script may do something else",
            'write "ContainerArguments": ["train"] if the script is to train',
            (Related("acts on `train`", script),),
            level=Severity.INFO,
        )


def _acts_on_train(container: Container, entrypoint: Command) -> Location | None:
    """The line of an entry script that compares something with `train`."""
    for word in entrypoint.argv[:3]:
        if word.text.startswith("-"):
            continue
        found = (
            find_program(container, word.text)
            if word is entrypoint.argv[0]
            else file_at(container, word.text)
        )
        if not isinstance(found, Known) or not found.value.content or b"\0" in found.value.content[:4096]:
            continue
        text = found.value.content.decode("utf-8", "replace")
        hit = _ACTS.search(text)
        if hit is None:
            continue
        line = text.count("\n", 0, hit.end()) + 1
        place = found.value.context_path
        return FileLocation(place, line, 1, line, 1) if place else found.value.location
    return None
