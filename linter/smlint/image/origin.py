"""Leads findings about an image back to the Dockerfile it was built from: history steps to instructions.

A history holds the steps of the base image first, variables expanded and sources replaced by digests, so the two are
aligned by their order from the end, by keyword, and by the words that they share.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from smlint import suppressions
from smlint.diagnostics import Diagnostic, ImageLocation, Related
from smlint.dockerfile import Dockerfile, parse
from smlint.dockerfile.lint import comments_of
from smlint.dockerfile.stages import read_stages
from smlint.registry import Registry

_WORD: Final = re.compile(r"[\w./:=@%+-]+")
#: What a pair of the same keyword is worth besides the words it shares: a wrong pair is worse than none.
_SAME_KEYWORD: Final = 0.3
_LEAST: Final = 0.35


class Origin:
    """A Dockerfile, and the history of an image that was built from it."""

    def __init__(self, text: str, path: str, stage: str | None = None) -> None:
        """Raises DockerfileSyntaxError and UnknownStageError."""
        dockerfile: Dockerfile = parse(text)
        stages = read_stages(dockerfile, {})
        judged = stages.choose(stage)
        self._path = path
        self._dockerfile = dockerfile
        self._from = judged.origin.location(path)
        self._instructions = [step for each in stages.ancestry(judged) for step in each.instructions]
        self.sources: Mapping[str, str] = {path: text}

    def relate(self, diagnostics: Iterable[Diagnostic], history: Sequence[str]) -> Iterator[Diagnostic]:
        """The findings at the lines that caused them, with the place in the image as a related one.

        ``history`` is the image's, oldest step first. What the base brought, and what is missing, stands on the FROM
        line.
        """
        pairs = align([instruction.text for instruction in self._instructions], history)
        places = {
            history[step]: self._instructions[instruction].location(self._path)
            for step, instruction in pairs.items()
        }
        for diagnostic in diagnostics:
            location = diagnostic.location
            if isinstance(location, ImageLocation):
                related = (Related("in the image", location), *diagnostic.related)
                place = places.get(location.created_by or "", self._from)
                diagnostic = diagnostic._replace(location=place, related=related)
            yield diagnostic

    def obey(self, diagnostics: Iterable[Diagnostic], registry: Registry) -> suppressions.Verdict:
        """Take away what the Dockerfile's comments ignore.

        An ignore that hides nothing here is no idle one: the Dockerfile itself may give the finding.
        """
        comments = comments_of(self._dockerfile, self._path, registry)
        return suppressions.apply(diagnostics, comments.ignores if comments is not None else ())


def align(instructions: Sequence[str], history: Sequence[str]) -> dict[int, int]:
    """Positions in ``history`` to positions in ``instructions``; both keep their order.

    Needleman and Wunsch's alignment, with gaps for free: steps of the base have no instruction, and builders record
    no step for some instructions.
    """
    rows, columns = len(instructions), len(history)
    worth = [[_likeness(instruction, step) for step in history] for instruction in instructions]
    best = [[0.0] * (columns + 1) for _ in range(rows + 1)]
    for row in range(rows - 1, -1, -1):
        for column in range(columns - 1, -1, -1):
            paired = worth[row][column] + best[row + 1][column + 1] if worth[row][column] >= _LEAST else 0.0
            best[row][column] = max(best[row + 1][column], best[row][column + 1], paired)
    pairs: dict[int, int] = {}
    row = column = 0
    while row < rows and column < columns:
        # Of equal ways the one that skips history comes first: the base's steps stand at the beginning.
        if best[row][column] == best[row][column + 1]:
            column += 1
        elif best[row][column] == best[row + 1][column]:
            row += 1
        else:
            pairs[column] = row
            row, column = row + 1, column + 1
    return pairs


def _likeness(instruction: str, step: str) -> float:
    keyword = instruction.split(maxsplit=1)[0].upper()
    if keyword != step.partition(" ")[0].upper() and not (keyword == "ADD" and step.startswith("COPY")):
        return 0.0
    mine, theirs = set(_WORD.findall(instruction)[1:]), set(_WORD.findall(step)[1:])
    if not mine or not theirs:
        return _SAME_KEYWORD + (0.7 if mine == theirs else 0.1)
    return _SAME_KEYWORD + 0.7 * len(mine & theirs) / min(len(mine), len(theirs))
