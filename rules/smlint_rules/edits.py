"""Edits that rules make their fixes of.

No edit reaches over the end of a line: what stands between the lines of an instruction (continuation characters,
comments) is nobody's business here. A command of several lines is changed piece by piece.
"""

from __future__ import annotations

from collections.abc import Iterable

from smlint.container import Command
from smlint.diagnostics import Edit, FileLocation, Location


def replaced(location: Location, text: str) -> tuple[Edit, ...]:
    """``text`` in place of a span that lies in one line of a file; no edit for anything else."""
    if not isinstance(location, FileLocation) or location.line != location.end_line:
        return ()
    return (
        Edit(location.path, location.line, location.column, location.end_line, location.end_column, text),
    )


def deleted_by_line(command: Command, first: Location, until: Location) -> tuple[Edit, ...]:
    """Take away what stands from the start of ``first`` up to the start of ``until``, two words of the command: in
    every line what belongs to it, but not the blanks around that.
    """
    if not isinstance(first, FileLocation) or not isinstance(until, FileLocation):
        return ()
    if not command.pieces:
        # All of it stands in one line.
        return (Edit(first.path, first.line, first.column, until.line, until.column, ""),)
    made: list[Edit] = []
    for text, place, _ in command.pieces:
        if not isinstance(place, FileLocation) or not first.line <= place.line <= until.line:
            continue
        start = first.column if place.line == first.line else place.column + len(text) - len(text.lstrip())
        end = until.column if place.line == until.line else place.column + len(text.rstrip())
        if start < end:
            made.append(Edit(place.path, place.line, start, place.line, end, ""))
    return tuple(made)


def substituted(command: Command, parts: Iterable[tuple[int, int, str]]) -> tuple[Edit, ...]:
    """Put a text in place of each span of ``command.text``; no edit where one of them reaches into another line."""
    made: list[Edit] = []
    for start, end, text in parts:
        place = _place(command, start, end)
        if place is None:
            return ()
        made.append(Edit(*place, text))
    return tuple(made)


def _place(command: Command, start: int, end: int) -> tuple[str, int, int, int, int] | None:
    offset = 0
    for text, place, _ in command.pieces:
        if offset <= start and end <= offset + len(text) and isinstance(place, FileLocation):
            column = place.column - offset
            return place.path, place.line, column + start, place.line, column + end
        offset += len(text)
    return None


def inserted_after(location: Location, text: str) -> tuple[Edit, ...]:
    """``text`` right behind a span of a file."""
    if not isinstance(location, FileLocation):
        return ()
    end = (location.end_line, location.end_column)
    return (Edit(location.path, *end, *end, text),)
