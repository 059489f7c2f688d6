"""The ``text`` format: findings with the lines they stand on, carets under the span, consequence and what to type.

Lines are made of styled segments, so that the plain text and the terminal's coloured one are the same drawing.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Final, NamedTuple

from smlint.diagnostics import (
    Applicability,
    Diagnostic,
    FileLocation,
    ImageLocation,
    RequestLocation,
    Severity,
)
from smlint.report import Report, Sources, place


class Segment(NamedTuple):
    """A piece of a line: its text and the name of its style ("" for plain)."""

    text: str
    style: str = ""


Row = tuple[Segment, ...]

#: Spans of more lines than this are shown by their first and last lines.
_LONGEST_SPAN: Final = 8
#: Source lines are cut to this many columns around the span.
_WIDEST: Final = 180
_TAB: Final = 4


def render(report: Report) -> str:
    """The report as plain text."""
    return "".join("".join(segment.text for segment in row).rstrip() + "\n" for row in rows(report))


def rows(report: Report) -> Iterator[Row]:
    """The report line by line, without line ends."""
    for outcome in report.outcomes:
        for probed in outcome.probes:
            # Most calls of smlint probe nothing and need not import what draws it.
            from smlint.report import probe

            yield from probe.rows(probed)
            yield ()
    sources = Sources(report)
    for finding in report.diagnostics:
        yield from _finding(finding, sources)
        yield ()
    for finding in report.shown_suppressed:
        yield (Segment(f"suppressed[{finding.code}] {finding.name}: {finding.message}", "dim"),)
        yield (Segment("  --> ", "frame"), Segment(place(finding.location), "place"))
        yield ()
    yield (Segment(summary(report), "summary"),)
    hint = _fixable(report)
    if hint:
        yield (Segment(hint, "dim"),)


def _fixable(report: Report) -> str:
    """What --fix could do; "" where it could do nothing."""
    fixes = [finding.fix.applicability for finding in report.diagnostics if finding.fix is not None]
    safe, unsafe = fixes.count(Applicability.SAFE), fixes.count(Applicability.UNSAFE)
    if safe and unsafe:
        return f"{safe} fixable with --fix, {unsafe} more with --fix --unsafe-fixes."
    if safe:
        return f"{safe} fixable with --fix."
    return f"{unsafe} fixable with --fix --unsafe-fixes." if unsafe else ""


def summary(report: Report) -> str:
    """One sentence: how many findings of which severity, how many are hidden, and whether all was read."""
    if not report.outcomes:
        return f"Nothing was judged: {'no input could be read' if report.unread else 'there was no input'}."
    counts = [(report.count(severity), severity.label) for severity in sorted(Severity, reverse=True)]
    found = ", ".join(_plural(count, label) for count, label in counts if count)
    hidden = sum(1 for _ in report.suppressed)
    text = f"Found {found}" if found else "No findings"
    subjects = len(report.outcomes)
    text += f" in {_plural(subjects, 'input')}" if subjects != 1 else f" in {report.outcomes[0].subject.name}"
    text += f" ({hidden} suppressed)" if hidden else ""
    return text + ("; not everything could be read." if report.unread else ".")


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 or noun == "info" else f"{count} {noun}s"


def _finding(finding: Diagnostic, sources: Sources) -> Iterator[Row]:
    level = finding.severity.label
    yield (
        Segment(f"{level}[{finding.code}]", level),
        Segment(f" {finding.name}", "name"),
        Segment(": "),
        Segment(finding.message),
    )
    gutter = _gutter(finding)
    yield from _excerpt(finding.location, sources, gutter, level, "")
    for related in finding.related:
        yield from _excerpt(related.location, sources, gutter, "related", related.message)
    if finding.help:
        yield (
            Segment(" " * gutter),
            Segment(" = ", "frame"),
            Segment("help: ", "help"),
            Segment(finding.help),
        )
    if finding.url:
        yield (
            Segment(" " * gutter),
            Segment(" = ", "frame"),
            Segment("see:  ", "help"),
            Segment(finding.url, "url"),
        )


def _gutter(finding: Diagnostic) -> int:
    last = [location.end_line for location in _in_files(finding)]
    return max((len(str(line)) for line in last), default=1)


def _in_files(finding: Diagnostic) -> Iterator[FileLocation | RequestLocation]:
    for location in (finding.location, *(related.location for related in finding.related)):
        if not isinstance(location, ImageLocation):
            yield location


def _excerpt(
    location: FileLocation | ImageLocation | RequestLocation,
    sources: Sources,
    gutter: int,
    style: str,
    label: str,
) -> Iterator[Row]:
    """The arrow line, the source lines, and the marks under the span with the label behind them."""
    yield (Segment(" " * gutter), Segment("--> ", "frame"), Segment(place(location), "place"))
    if isinstance(location, ImageLocation):
        if location.created_by:
            yield (
                Segment(" " * gutter),
                Segment(" | ", "frame"),
                Segment(location.created_by[:_WIDEST], "dim"),
            )
        if label:
            yield (Segment(" " * gutter), Segment(" | ", "frame"), Segment(label, style))
        return
    lines = sources.lines(location.path)
    if location.end_line > len(lines):
        if label:
            yield (Segment(" " * gutter), Segment(" | ", "frame"), Segment(label, style))
        return
    yield (Segment(" " * gutter), Segment(" |", "frame"))
    if location.line == location.end_line:
        yield from _one_line(lines[location.line - 1], location, gutter, style, label)
    else:
        yield from _several_lines(lines, location, gutter, style, label)


def _one_line(
    line: str, location: FileLocation | RequestLocation, gutter: int, style: str, label: str
) -> Iterator[Row]:
    line = line.rstrip("\r")
    start, end = _window(line, location.column - 1, location.end_column - 1)
    shown = line[start:end]
    left = _width(line[start : location.column - 1])
    marked = max(_width(line[location.column - 1 : min(location.end_column - 1, end)]), 1)
    yield _source_row(location.line, gutter, shown)
    yield (
        Segment(" " * gutter),
        Segment(" | ", "frame"),
        Segment(" " * left),
        Segment("^" * marked + (f" {label}" if label else ""), style),
    )


def _window(line: str, start: int, end: int) -> tuple[int, int]:
    """The part of a very long line that is worth showing."""
    if len(line) <= _WIDEST:
        return 0, len(line)
    first = max(0, min(start - 20, len(line) - _WIDEST))
    return first, min(len(line), max(first + _WIDEST, min(end, first + 2 * _WIDEST)))


def _several_lines(
    lines: list[str], location: FileLocation | RequestLocation, gutter: int, style: str, label: str
) -> Iterator[Row]:
    numbers = list(range(location.line, location.end_line + 1))
    skipped = len(numbers) > _LONGEST_SPAN
    shown = [*numbers[: _LONGEST_SPAN - 3], *numbers[-2:]] if skipped else numbers
    previous = location.line
    for number in shown:
        if number > previous + 1:
            yield (
                Segment("." * max(gutter, 3), "frame"),
                Segment(" " * max(gutter - 1, 1)),
                Segment("|", style),
            )
        corner = "/ " if number == location.line else "| "
        line = lines[number - 1].rstrip("\r")[:_WIDEST]
        yield (*_source_row(number, gutter, "")[:2], Segment(corner, style), Segment(_expand(line)))
        previous = number
    last = lines[location.end_line - 1].rstrip("\r")
    width = _width(last[: max(location.end_column - 2, 0)][:_WIDEST])
    yield (
        Segment(" " * gutter),
        Segment(" | ", "frame"),
        Segment("|" + "_" * (width + 1) + "^" + (f" {label}" if label else ""), style),
    )


def _source_row(number: int, gutter: int, text: str) -> Row:
    return (Segment(f"{number:>{gutter}}", "frame"), Segment(" | ", "frame"), Segment(_expand(text)))


def _expand(text: str) -> str:
    """Tabs to a fixed width, and control characters, which would move the cursor, to visible ones."""
    text = text.replace("\t", " " * _TAB)
    return (
        text
        if text.isprintable()
        else "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    )


def _width(text: str) -> int:
    """Terminal columns that ``text`` takes once expanded."""
    if text.isascii():
        return len(text) + (_TAB - 1) * text.count("\t")
    width = 0
    for character in _expand(text):
        if unicodedata.category(character) in ("Mn", "Me"):
            continue
        width += 2 if unicodedata.east_asian_width(character) in "WF" else 1
    return width
