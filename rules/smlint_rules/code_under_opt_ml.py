"""SM202."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from smlint.container import Container, Known, Witness, is_resolved
from smlint.diagnostics import Location, Severity
from smlint.launch import Hop, Kind, resolve
from smlint.launch.executables import find_program
from smlint.rule import ContainerRule, Context, Finding
from smlint.workload import Workload
from smlint_rules import opt_ml
from smlint_rules.launches import is_supplied
from smlint_rules.no_train_or_serve import brings

_TOOLKIT: Final = re.compile(rb"sagemaker_(?:training|containers|\w+_container)")
_STARTS_OTHERS: Final = re.compile(rb"subprocess|\bos\.(?:exec|system|spawn)")


class CodeUnderOptMl(ContainerRule):
    """The program is baked into /opt/ml/code, which makes the training toolkit skip the job's own source.

    What it checks
    --------------
    Files that COPY, ADD or RUN place at /opt/ml/code; in an image, files found there. Silent where a program of the
    image's own certainly answers `train`, and beside `CMD ["serve"]` unless only training is assumed: the toolkit has no
    part in such a job.

    Why it matters on SageMaker
    ---------------------------
    The folder survives, and AWS's own examples use it, although all of /opt/ml is reserved. But where it is not empty,
    the SageMaker training toolkit does not unpack the `source_dir` of the job: the job silently runs the code of the
    image, and a corrected script has no effect.

    Example
    -------
    ```dockerfile
    FROM python:3.12-slim
    RUN pip install sagemaker-training
    COPY train.py /opt/ml/code/train.py
    ```

    Use instead
    -----------
    ```dockerfile
    FROM python:3.12-slim
    COPY train.py /opt/program/train.py
    ENTRYPOINT ["python", "/opt/program/train.py"]
    ```

    References
    ----------
    - [Adapt your own training container](https://docs.aws.amazon.com/sagemaker/latest/dg/adapt-training-container.html)
    - [Run your training image](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html)
    - [A source_dir that was ignored](https://github.com/aws/sagemaker-training-toolkit/issues/222)
    """

    code = "SM202"
    name = "code-under-opt-ml"
    level = {Workload.TRAINING: Severity.INFO}
    witnesses = frozenset({Witness.DOCKERFILE, Witness.IMAGE})

    def check(self, container: Container, context: Context) -> Iterator[Finding]:
        """Report the first place only: one is enough to switch the toolkit's behaviour."""
        if Workload.INFERENCE in context.workloads and _is_for_hosting(container):
            return
        location = next(_places(container), None)
        # Who answers `train` is asked last: most images have nothing there.
        if location is None or _has_program_of_its_own(container):
            return
        yield Finding(
            location,
            "files in /opt/ml/code survive on SageMaker, but make the training toolkit skip the job's source_dir: "
            "the job runs the code of the image",
            "put the program at /opt/program, or leave source_dir out of the job",
        )


def _is_for_hosting(container: Container) -> bool:
    """Whether CMD repeats the word of hosting: an image that serves by default is not made for training jobs."""
    return isinstance(container.cmd, Known) and container.cmd.value.words == (Workload.INFERENCE.word,)


def _has_program_of_its_own(container: Container) -> bool:
    launch = resolve(container, Workload.TRAINING)
    if launch.root is None:
        # What the base starts is not known; that the image brings a `train` of its own says enough.
        found = find_program(container, "train")
        return isinstance(found, Known) and not _TOOLKIT.search(found.value.content or b"")
    # Where the toolkit certainly is not, whatever else a program starts is its own as well.
    is_absent = brings(container, "train") is False and not is_supplied(container, "train")
    return all(_is_of_its_own(program, may_start_toolkit=not is_absent) for program in launch.programs)


def _is_of_its_own(program: Hop, *, may_start_toolkit: bool) -> bool:
    source, called = program.source, posixpath.basename(program.argv[program.operand])
    if source is None:
        # The toolkit's own script is called `train`, comes with a package and is found on PATH; an interpreter looks
        # for its script in the working directory.
        return (called != "train" or program.operand > 0) and is_resolved(program.argv[0])
    if _TOOLKIT.search(source.content or b""):
        return False
    named = called.partition(".")[0] in {"train", "serve"}
    starts_others = may_start_toolkit and bool(_STARTS_OTHERS.search(source.content or b""))
    return named or (program.kind is Kind.PROGRAM and not starts_others)


def _places(container: Container) -> Iterator[Location]:
    if container.witness is Witness.IMAGE:
        found = container.evidence.files_matching([r"^/opt/ml/code/"], [f"{opt_ml.CODE}/"])
        if isinstance(found, Known):
            yield from (file.location for file in found.value if file.size and not file.is_directory)
        return
    yield from (file.location for file in container.evidence.placed_files(opt_ml.HINT) if _is_code(file.path))
    yield from (target.location for target in opt_ml.written(container) if _is_code(target.path))


def _is_code(path: str) -> bool:
    return opt_ml.below(path) and opt_ml.area(path) == opt_ml.CODE
