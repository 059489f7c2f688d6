"""The ``rdjson`` format of reviewdog, with suggestions made of the fixes. Its columns count UTF-8 bytes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from smlint.diagnostics import (
    Diagnostic,
    Edit,
    FileLocation,
    ImageLocation,
    Location,
    RequestLocation,
    Severity,
)
from smlint.fix import edited
from smlint.report import Report, Sources
from smlint.report.visible import visible_json

_SEVERITIES: Final = {Severity.ERROR: "ERROR", Severity.WARNING: "WARNING", Severity.INFO: "INFO"}


def render(report: Report) -> str:
    """A DiagnosticResult object."""
    sources = Sources(report)
    result = {
        "source": {"name": "smlint", "url": "https://github.com/smlint/smlint"},
        "diagnostics": [_diagnostic(finding, sources) for finding in report.diagnostics],
    }
    return visible_json(json.dumps(result, indent=2, ensure_ascii=False)) + "\n"


def _diagnostic(finding: Diagnostic, sources: Sources) -> dict[str, Any]:
    message = f"{finding.message}; {finding.help}" if finding.help else finding.message
    values: dict[str, Any] = {
        "message": message,
        "location": _location(finding.location, sources),
        "severity": _SEVERITIES[finding.severity],
        "code": {"value": finding.code, "url": finding.url} if finding.url else {"value": finding.code},
    }
    if finding.fix is not None and (edit := _as_one(finding.fix.edits, finding.location, sources)):
        values["suggestions"] = [{"range": _range(_of(edit), sources), "text": edit.text}]
    if finding.related:
        values["related_locations"] = [
            {"message": related.message, "location": _location(related.location, sources)}
            for related in finding.related
        ]
    return values


def _as_one(edits: Sequence[Edit], location: Location, sources: Sources) -> Edit | None:
    """The edits as a single one: several suggestions are alternatives, and all are about the finding's own file.

    None where they change another file, or text that cannot be had.
    """
    if isinstance(location, ImageLocation) or any(edit.path != location.path for edit in edits):
        return None
    if len(edits) == 1:
        return edits[0]
    first, last = min(edits), max(edits)
    lines = sources.lines(location.path)[: last.end_line]
    if len(lines) < last.end_line:
        return None
    # What stands behind the last edit stays outside of it.
    text = "\n".join([*lines[:-1], lines[-1][: last.end_column - 1]])
    head = "\n".join([*lines[: first.line - 1], lines[first.line - 1][: first.column - 1]])
    changed = edited(text, edits)[len(head) :]
    return Edit(location.path, first.line, first.column, last.end_line, last.end_column, changed)


def _of(edit: Edit) -> FileLocation:
    return FileLocation(edit.path, edit.line, edit.column, edit.end_line, edit.end_column)


def _location(location: Location, sources: Sources) -> dict[str, Any]:
    if isinstance(location, ImageLocation):
        return {"path": location.reference + (location.path or "")}
    return {"path": location.path, "range": _range(location, sources)}


def _range(location: FileLocation | RequestLocation, sources: Sources) -> dict[str, Any]:
    lines = sources.lines(location.path)
    return {
        "start": {"line": location.line, "column": _bytes(lines, location.line, location.column)},
        "end": {"line": location.end_line, "column": _bytes(lines, location.end_line, location.end_column)},
    }


def _bytes(lines: list[str], line: int, column: int) -> int:
    """A 1-based column of code points as a 1-based column of UTF-8 bytes."""
    text = lines[line - 1] if line <= len(lines) else ""
    return column + len(text[: column - 1].encode("utf-8", "replace")) - len(text[: column - 1])
