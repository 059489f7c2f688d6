"""The ``gitlab`` format: a Code Quality report, which GitLab shows in merge requests."""

from __future__ import annotations

import json
import os
from typing import Any, Final

from smlint.diagnostics import Diagnostic, ImageLocation, Location, Severity
from smlint.fingerprint import from_root, of_report, repository_of, repository_root
from smlint.report import Report
from smlint.report.visible import visible_json

_SEVERITIES: Final = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.INFO: "info"}


def render(report: Report) -> str:
    """A JSON array with one issue per finding."""
    root = repository_root(os.curdir)
    issues = [
        _issue(finding, name, root)
        for finding, name in of_report(report._replace(show_suppressed=False), root)
    ]
    return visible_json(json.dumps(issues, indent=2, ensure_ascii=False)) + "\n"


def _issue(finding: Diagnostic, fingerprint: str, root: str) -> dict[str, Any]:
    message = finding.message if not finding.help else f"{finding.message}; {finding.help}"
    return {
        "type": "issue",
        "check_name": finding.code,
        "description": f"{finding.code} {message}",
        "categories": ["Bug Risk"],
        "severity": _SEVERITIES[finding.severity],
        "fingerprint": fingerprint,
        "location": _location(finding.location, root),
    }


def _location(location: Location, root: str) -> dict[str, Any]:
    if isinstance(location, ImageLocation):
        path = repository_of(location.reference) + (location.path or "")
        return {"path": path, "lines": {"begin": 1, "end": 1}}
    return {
        "path": from_root(location.path, root),
        "positions": {
            "begin": {"line": location.line, "column": location.column},
            "end": {"line": location.end_line, "column": location.end_column},
        },
    }
