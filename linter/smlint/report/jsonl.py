"""The ``jsonl`` format: one finding per line, each the object that ``json`` has under ``diagnostics``."""

from __future__ import annotations

import json

from smlint.report import Report
from smlint.report.json import diagnostic
from smlint.report.visible import visible_json


def render(report: Report) -> str:
    """One JSON object per line; an empty text when nothing was found."""
    return "".join(
        visible_json(json.dumps(diagnostic(finding), ensure_ascii=False)) + "\n"
        for finding in report.diagnostics
    )
