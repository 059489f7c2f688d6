"""The ``concise`` format: one line per finding, made for editors, grep and golden files."""

from __future__ import annotations

from smlint.report import Report, place


def render(report: Report) -> str:
    """``place: severity CODE message`` per finding."""
    return "".join(
        f"{place(finding.location)}: {finding.severity.label} {finding.code} {finding.message}\n"
        for finding in report.diagnostics
    )
