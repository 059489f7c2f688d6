"""SM204."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Final

from smlint.container import Command, Container, Fact, Form, Known, Witness, Word, is_resolved
from smlint.diagnostics import RequestLocation, Severity
from smlint.rule import ContainerRule, Context, Finding, Level
from smlint.workload import Workload
from smlint_rules import opt_ml, words

_SCRIPT: Final = (".py", ".sh", ".R", ".r", ".jl", ".jar", ".pl", ".js", ".ipynb")
_INTERPRETERS: Final = words.SHELLS | {"python", "python3", "Rscript", "julia", "node", "perl", "java"}
_HIDDEN: Final = frozenset(
    f"{opt_ml.ROOT}/{name}" for name in ("input", "output", "checkpoints", "config", "processing")
)


class EntryUnderOptMl(ContainerRule):
    """The program itself lies under /opt/ml, where the platform's mounts may hide it.

    What it checks
    --------------
    The program and the script operand of ENTRYPOINT (for processing also CMD), relative names taken from WORKDIR.
    A path that a job request names in its own entry point is legal and not reported.

    Why it matters on SageMaker
    ---------------------------
    All of /opt/ml is reserved. Below `input`, `output`, `checkpoints`, `config` and, for processing, `processing` the
    platform has folders of its own: where they cover what the image holds, the container ends at once because its
    program is not there. `/opt/ml/code` survives today.

    Example
    -------
    ```dockerfile
    FROM python:3.12-slim
    ENTRYPOINT ["python", "/opt/ml/input/train.py"]
    ```

    Use instead
    -----------
    ```dockerfile
    FROM python:3.12-slim
    ENTRYPOINT ["python", "/opt/program/train.py"]
    ```

    References
    ----------
    - [Run your training image](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html)
    - [Run your processing image](https://docs.aws.amazon.com/sagemaker/latest/dg/byoc-run-image.html)
    """

    code = "SM204"
    name = "entry-under-opt-ml"
    level = Severity.ERROR
    witnesses = frozenset({Witness.DOCKERFILE, Witness.IMAGE})

    def check(self, container: Container, context: Context) -> Iterator[Finding]:
        """Report each operand that is a program or script there."""
        yield from self._one(container.entrypoint, container, Workload)
        yield from self._one(container.cmd, container, (Workload.PROCESSING,))

    def _one(self, fact: Fact[Command], container: Container, workloads: object) -> Iterator[Finding]:
        if not isinstance(fact, Known) or isinstance(fact.value.location, RequestLocation):
            return
        if fact.value.form is not Form.EXEC:
            return
        for word, shell in _programs(fact.value.argv):
            path = _absolute(word.text, container)
            if path is None or (shell and not _is_there(path, word.text, container)):
                continue
            if not opt_ml.below(path) or path == opt_ml.ROOT:
                continue
            area = opt_ml.area(path)
            yield Finding(
                word.location,
                f"the program {path} lies {_fate(area)}",
                f"put it outside /opt/ml, for example at /opt/program/{posixpath.basename(path)}, and name it there",
                level=_level(area, workloads is Workload),
            )


def _is_there(path: str, name: str, container: Container) -> bool:
    """A shell that does not find a script of a bare name in the working directory looks for it on PATH."""
    return "/" in name or isinstance(container.files.lookup(path), Known)


def _programs(argv: tuple[Word, ...]) -> Iterator[tuple[Word, bool]]:
    """The program, and the script behind an interpreter; and whether a shell runs it."""
    for index, word in enumerate(argv):
        if not is_resolved(word.text) or word.text.startswith("-"):
            continue
        if (index == 0 and "/" in word.text) or (
            index > 0
            and (word.text.endswith(_SCRIPT) or words.program(argv[index - 1].text) in _INTERPRETERS)
        ):
            yield word, index > 0 and words.program(argv[0].text) in words.SHELLS


def _absolute(text: str, container: Container) -> str | None:
    if text.startswith("/"):
        return posixpath.normpath(text)
    if not isinstance(container.workdir, Known) or not is_resolved(container.workdir.value):
        return None
    return posixpath.normpath(posixpath.join(container.workdir.value, text))


def _fate(area: str) -> str:
    if area in _HIDDEN:
        return f"under {area}, where SageMaker has folders of its own: the container cannot start if they cover it"
    if area == opt_ml.CODE:
        return "under /opt/ml/code, which survives today although all of /opt/ml is reserved"
    return f"under {area}, which SageMaker reserves: it may not be visible when the container starts"


def _level(area: str, all_workloads: bool) -> Level:
    workloads = tuple(Workload) if all_workloads else (Workload.PROCESSING,)
    if area == opt_ml.CODE:
        return dict.fromkeys(workloads, Severity.INFO)
    worst = Severity.ERROR if area in _HIDDEN else Severity.WARNING
    reserved = {Workload.TRAINING: worst, Workload.PROCESSING: worst}
    if area == f"{opt_ml.ROOT}/processing":
        # Nothing of a training job lies there.
        reserved[Workload.TRAINING] = Severity.WARNING
    if area.startswith(f"{opt_ml.ROOT}/model"):
        reserved[Workload.INFERENCE] = Severity.WARNING
    return {workload: level for workload, level in reserved.items() if workload in workloads}
