"""The ``checkstyle`` format: the XML that Jenkins, reviewdog and many editors read."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement

from smlint.diagnostics import Diagnostic, ImageLocation
from smlint.report import Report, place
from smlint.report.xml import document


def render(report: Report) -> str:
    """A ``checkstyle`` document: errors under the file they stand in."""
    root = Element("checkstyle", version="4.3")
    files: dict[str, Element] = {}
    for finding in report.diagnostics:
        location = finding.location
        name = place(location) if isinstance(location, ImageLocation) else location.path
        if name not in files:
            files[name] = SubElement(root, "file", name=name)
        SubElement(files[name], "error", _attributes(finding))
    return document(root)


def _attributes(finding: Diagnostic) -> dict[str, str]:
    location = finding.location
    line, column = (1, 1) if isinstance(location, ImageLocation) else (location.line, location.column)
    return {
        "line": str(line),
        "column": str(column),
        "severity": finding.severity.label,
        "message": f"{finding.message}; {finding.help}" if finding.help else finding.message,
        "source": f"smlint.{finding.code}",
    }
