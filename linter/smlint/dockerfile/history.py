"""The steps of a stage and of the stages it stands on, in order, and the directories that they make.

What a step does to one certain path is asked of :mod:`smlint.dockerfile.context`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from smlint.container import UNRESOLVED
from smlint.dockerfile.paths import STANDARD_DIRECTORIES, normalise, parent, parents
from smlint.dockerfile.places import Placement, placements
from smlint.dockerfile.stages import Stage
from smlint.dockerfile.state import Evaluation, Step

#: Directories that a RUN makes, where they are plain absolute words; seen without reading the command.
_MKDIR: Final = re.compile(r"\bmkdir(?:\s+-\S+)*((?:\s+/[\w./-]+)+)(?=\s*(?:$|[;&|\n]))")


class History:
    """What happened to the file system of one stage."""

    def __init__(self, stage: Stage, steps: tuple[Step, ...], placed: Mapping[int, list[Placement]]) -> None:
        self.stage = stage
        self.steps = steps
        #: The sources of the COPY and ADD steps, by the step's index.
        self.placed = placed
        self._directories = _directories(steps, placed)

    @property
    def base(self) -> str:
        """The image below the first step."""
        return self.steps[0].stage.base if self.steps else self.stage.base

    @property
    def keeps_base_directory(self) -> bool:
        """Whether all steps run in the working directory that the base image sets, whichever that is."""
        return self.base != "scratch" and all(step.instruction.keyword != "WORKDIR" for step in self.steps)

    def is_directory(self, path: str) -> bool:
        """Whether ``path`` is certainly a directory; if it were a file, some step would fail, before or after."""
        return path in STANDARD_DIRECTORIES or path in self._directories


class Histories:
    """The histories of the stages of one file, each made when asked for."""

    def __init__(self, evaluation: Evaluation, escape: str) -> None:
        self._evaluation = evaluation
        self.escape = escape
        self._made: dict[int, History] = {}

    def of(self, stage: Stage) -> History:
        """The history of ``stage``. Raises DockerfileSyntaxError."""
        if stage.number not in self._made:
            steps = tuple(step for state in self._evaluation.line(stage) for step in state.steps)
            placed = {
                number: placements(step, self._evaluation.stages, self.escape)
                for number, step in enumerate(steps)
                if step.instruction.keyword in ("COPY", "ADD")
            }
            self._made[stage.number] = History(stage, steps, placed)
        return self._made[stage.number]


def _directories(steps: tuple[Step, ...], placed: Mapping[int, list[Placement]]) -> frozenset[str]:
    """Directories that steps make, enter or copy into."""
    found: set[str] = set()
    for number, step in enumerate(steps):
        if step.instruction.keyword == "WORKDIR":
            found.add(step.directory)
        elif step.instruction.keyword == "RUN" and "mkdir" in step.instruction.value:
            for match in _MKDIR.finditer(step.instruction.value):
                found.update(normalise(word) for word in match.group(1).split())
        for placement in placed.get(number, ()):
            certain = placement.is_directory or placement.looks_like_directory
            found.add(placement.target if certain else parent(placement.target))
    return frozenset(each for path in found for each in (path, *parents(path)) if UNRESOLVED not in each)
