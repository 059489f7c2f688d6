"""The map of /opt/ml: which sub-path the platform makes or mounts, and what a file baked there is worth.

From the layout tables of the SageMaker pages that the rules cite; the hosting page reserves nothing but the model.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from smlint.container import UNRESOLVED, Container
from smlint.diagnostics import Severity
from smlint.workload import Workload

if TYPE_CHECKING:
    from smlint_rules.written import Written

ROOT: Final = "/opt/ml"
CODE: Final = "/opt/ml/code"
#: A cheap test for text that may name a path below /opt/ml.
HINT: Final = r"/opt/ml(?![\w.-])"

_E, _W = Severity.ERROR, Severity.WARNING
_MOUNTED: Final = {Workload.TRAINING: _E, Workload.PROCESSING: _E}
_MODEL: Final = {Workload.TRAINING: _W, Workload.PROCESSING: _W, Workload.INFERENCE: _W}
#: First path component below /opt/ml to what files there are worth, by workload.
_TIERS: Final[Mapping[str, Mapping[Workload, Severity]]] = {
    "input": _MOUNTED,
    "output": _MOUNTED,
    "checkpoints": _MOUNTED,
    "config": _MOUNTED,
    "processing": {Workload.PROCESSING: _E, Workload.TRAINING: _W},
    "model": _MODEL,
    "models": _MODEL,
    "additional-model-data-sources": {Workload.INFERENCE: _W},
}
_LOOSE: Final = {Workload.TRAINING: _W, Workload.PROCESSING: _W}
#: Folders to look into one by one where a witness cannot list all of /opt/ml: a large model must not hide the rest.
PLACES: Final = (f"{ROOT}/", *(f"{ROOT}/{name}/" for name in _TIERS))


def written(container: Container) -> Iterator[Written]:
    """What RUN commands that name /opt/ml write; most files have none, and go without the table of programs."""
    commands = container.evidence.run_commands(HINT)
    if commands:
        from smlint_rules.written import written_by

        yield from written_by(commands)


def below(path: str) -> bool:
    """Whether the absolute ``path`` is /opt/ml or lies below it; an unresolved beginning is not."""
    normal = posixpath.normpath(path)
    return normal == ROOT or normal.startswith(ROOT + "/")


def area(path: str) -> str:
    """The part of /opt/ml that ``path`` belongs to, such as ``/opt/ml/model``; /opt/ml itself for loose files."""
    parts = posixpath.normpath(path).split("/")
    name = parts[3] if len(parts) > 3 else ""
    return f"{ROOT}/{name}" if name in _TIERS or name == "code" else ROOT


def worth(path: str) -> Mapping[Workload, Severity]:
    """What it means that the image has files at ``path``; empty where nothing is said about it."""
    parts = posixpath.normpath(path).split("/")
    name = parts[3] if len(parts) > 3 else ""
    if name == "code" or UNRESOLVED in name:
        return {}
    return _TIERS.get(name, _LOOSE)
