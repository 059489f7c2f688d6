"""The ``github`` format: workflow commands, which GitHub Actions turns into annotations of the changed files."""

from __future__ import annotations

import os
from typing import Final

from smlint.diagnostics import Diagnostic, ImageLocation, Severity
from smlint.fingerprint import from_root, repository_root
from smlint.report import Report, place

_COMMANDS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render(report: Report) -> str:
    """``::error file=…,line=…::message`` per finding, and one without a file per input that could not be read."""
    root = repository_root(os.curdir)
    findings = "".join(_command(finding, root) for finding in report.diagnostics)
    return findings + "".join(f"::error title=smlint::{_escape(each)}\n" for each in report.unread)


def _command(finding: Diagnostic, root: str) -> str:
    properties: dict[str, object] = {}
    message = finding.message
    location = finding.location
    if isinstance(location, ImageLocation):
        message = f"{place(location)}: {message}"
    else:
        properties = {"file": from_root(location.path, root), "line": location.line, "col": location.column}
        properties["endLine"] = location.end_line
        if location.end_line == location.line:
            # GitHub refuses an end column on a span of several lines.
            properties["endColumn"] = location.end_column
    properties["title"] = f"{finding.code} {finding.name}"
    if finding.help:
        message += f"\n{finding.help}"
    words = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    return f"::{_COMMANDS[finding.severity]} {words}::{_escape(message)}\n"


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escape(text).replace(":", "%3A").replace(",", "%2C")
