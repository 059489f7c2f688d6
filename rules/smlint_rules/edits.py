"""Edits that rules make their fixes of. A span of several lines is not touched: comments may stand between them."""

from __future__ import annotations

from smlint.diagnostics import Edit, FileLocation, Location


def replaced(location: Location, text: str) -> tuple[Edit, ...]:
    """``text`` in place of a span that lies in one line of a file; no edit for anything else."""
    if not isinstance(location, FileLocation) or location.line != location.end_line:
        return ()
    return (
        Edit(location.path, location.line, location.column, location.end_line, location.end_column, text),
    )


def deleted(first: Location, until: Location) -> tuple[Edit, ...]:
    """Take away what stands from the start of ``first`` up to the start of ``until``, when that is one line."""
    if not isinstance(first, FileLocation) or not isinstance(until, FileLocation):
        return ()
    if (first.path, first.line) != (until.path, until.line):
        return ()
    return (Edit(first.path, first.line, first.column, until.line, until.column, ""),)


def inserted_after(location: Location, text: str) -> tuple[Edit, ...]:
    """``text`` right behind a span of a file."""
    if not isinstance(location, FileLocation):
        return ()
    end = (location.end_line, location.end_column)
    return (Edit(location.path, *end, *end, text),)
