"""The ``markdown`` format: for job summaries and comments on pull requests."""

from __future__ import annotations

import re
from typing import Final

from smlint.diagnostics import Diagnostic, Severity
from smlint.report import Report, place
from smlint.report.text import summary

_MARKS: Final = {Severity.ERROR: "❌ error", Severity.WARNING: "⚠️ warning", Severity.INFO: "ℹ️ info"}
#: Characters that Markdown would read as markup; code spans, which messages use, are left alone.
_MARKUP: Final = re.compile(r"[\\*_<>\[\]|~]")
_CODE_SPAN: Final = re.compile(r"(`+[^`]+`+)")


def render(report: Report) -> str:
    """A heading, a table of the findings, and the summary."""
    rows = [_row(finding) for finding in report.diagnostics]
    table = ["| | rule | place | finding |", "| --- | --- | --- | --- |", *rows, ""] if rows else []
    return "\n".join(["### smlint", "", *table, _text(summary(report))]) + "\n"


def _row(finding: Diagnostic) -> str:
    code = f"[{finding.code}]({finding.url})" if finding.url else finding.code
    text = _text(finding.message)
    if finding.help:
        text += f"<br>**{_text(finding.help)}**"
    cells = (_MARKS[finding.severity], f"{code} {finding.name}", _code(place(finding.location)), text)
    return f"| {' | '.join(cells)} |"


def _text(text: str) -> str:
    """``text`` with its markup escaped; GitHub wants ``|`` escaped even inside the code spans of a table."""
    parts = _CODE_SPAN.split(" ".join(text.split()))
    plain = [_MARKUP.sub(r"\\\g<0>", part) for part in parts[::2]]
    spans = [part.replace("|", "\\|") for part in parts[1::2]]
    return "".join(part for pair in zip(plain, [*spans, ""], strict=True) for part in pair)


def _code(text: str) -> str:
    fence = "``" if "`" in text else "`"
    return f"{fence}{' '.join(text.split())}{fence}".replace("|", "\\|")
