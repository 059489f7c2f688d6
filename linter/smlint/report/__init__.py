"""Output: one module per format. Nothing else in smlint prints.

A format is a module with ``render(report: Report) -> str``; :data:`FORMATS` names them. The module is imported when its
format is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Final, NamedTuple

from smlint.diagnostics import Diagnostic, ImageLocation, Location, Severity
from smlint.engine import Outcome
from smlint.report.visible import visible_report

#: Format name to the module that renders it.
FORMATS: Final = {
    "text": "smlint.report.text",
    "concise": "smlint.report.concise",
    "json": "smlint.report.json",
    "jsonl": "smlint.report.jsonl",
    "sarif": "smlint.report.sarif",
    "github": "smlint.report.github",
    "gitlab": "smlint.report.gitlab",
    "junit": "smlint.report.junit",
    "checkstyle": "smlint.report.checkstyle",
    "markdown": "smlint.report.markdown",
    "rdjson": "smlint.report.rdjson",
    "statistics": "smlint.report.statistics",
}


class Report(NamedTuple):
    """Everything one call of smlint found, in the order of its inputs."""

    outcomes: tuple[Outcome, ...]
    #: Whether suppressed findings are shown as such, by the formats that can.
    show_suppressed: bool = False
    #: One line per input that could not be read; no findings do not mean a clean input then.
    unread: tuple[str, ...] = ()

    @property
    def diagnostics(self) -> Iterator[Diagnostic]:
        """The findings of all subjects."""
        for outcome in self.outcomes:
            yield from outcome.diagnostics

    @property
    def suppressed(self) -> Iterator[Diagnostic]:
        """What comments and baselines took away."""
        for outcome in self.outcomes:
            yield from outcome.suppressed

    def count(self, severity: Severity) -> int:
        """How many findings have exactly this severity."""
        return sum(diagnostic.severity is severity for diagnostic in self.diagnostics)

    @property
    def shown_suppressed(self) -> Iterator[Diagnostic]:
        """The suppressed findings where they are to be shown, else none."""
        if self.show_suppressed:
            yield from self.suppressed

    def worst(self) -> Severity | None:
        """The highest severity found; None for a clean report."""
        return max((diagnostic.severity for diagnostic in self.diagnostics), default=None)


def render(name: str, report: Report) -> str:
    """The whole report in the format called ``name``; ends with a newline unless it is empty.

    Text from outside is made visible here, once for all formats.
    """
    text: str = import_module(FORMATS[name]).render(visible_report(report))
    return text


def place(location: Location) -> str:
    """A location as people write it: ``path:line:column``, or ``reference:/path`` for a file of an image."""
    if isinstance(location, ImageLocation):
        return f"{location.reference}:{location.path}" if location.path else location.reference
    return f"{location.path}:{location.line}:{location.column}"


class Sources:
    """The lines of the files that a report's findings stand in. Each file is looked for and cut once."""

    def __init__(self, report: Report) -> None:
        self._texts: dict[str, str] = {}
        for outcome in reversed(report.outcomes):
            self._texts.update(outcome.sources)
        self._lines: dict[str, list[str]] = {}

    def lines(self, path: str) -> list[str]:
        """The lines of the file at ``path`` without their line feeds; none where its text cannot be had."""
        if path not in self._lines:
            text = self._texts.get(path)
            self._lines[path] = lines_of_file(path) if text is None else _lines(text)
        return self._lines[path]


def lines_of_file(path: str) -> list[str]:
    """The first lines of a text file; none where it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="replace", newline="") as file:
            return _lines(file.read(_LARGEST_SOURCE))
    except (OSError, ValueError):
        return []


def _lines(text: str) -> list[str]:
    # No column counts a byte order mark.
    return text.removeprefix("\ufeff").split("\n")


#: Characters of a script that are read to show a line of it.
_LARGEST_SOURCE: Final = 1 << 20
