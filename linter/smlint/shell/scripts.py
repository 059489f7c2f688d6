"""Scripts as files: their text, their syntax, and where in them something stands."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

from smlint.diagnostics import FileLocation
from smlint.shell.parse import Script, parse


class Sourced(NamedTuple):
    """A file that a script reads with ``source`` or ``.``."""

    #: What locations in it are called.
    name: str
    text: str


class ScriptText:
    """A script with its name and syntax."""

    def __init__(self, name: str, text: str, at: FileLocation | None = None) -> None:
        """``name`` is what locations call it; ``at`` is where text stands that is no file of its own (``eval``)."""
        self.name = name
        self._at = at
        self.script: Script = parse(text)
        self._lines = [0]
        self._lines += [match.end() for match in re.finditer("\n", text)]
        self._places: dict[tuple[int, int], FileLocation] = {}

    def location(self, start: int, end: int) -> FileLocation:
        """The place of a span of the prepared text."""
        if self._at is not None:
            return self._at
        # Every way through the script asks for the same places.
        found = self._places.get((start, end))
        if found is None:
            found = self._places[start, end] = self._found(start, end)
        return found

    def _found(self, start: int, end: int) -> FileLocation:
        first, last = self.script.source.span(start, end)
        row = bisect_right(self._lines, first)
        end_row = bisect_right(self._lines, max(first, last - 1))
        return FileLocation(
            self.name, row, first - self._lines[row - 1] + 1, end_row, last - self._lines[end_row - 1] + 1
        )
