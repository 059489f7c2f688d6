"""The ``statistics`` format (``--statistics``): how often each rule found something, the most frequent first."""

from __future__ import annotations

from collections import Counter

from smlint.diagnostics import Applicability
from smlint.report import Report


def render(report: Report) -> str:
    """One line per rule: count, code, name, worst severity, and how many of the findings have a fix."""
    findings = list(report.diagnostics)
    counts = Counter(finding.code for finding in findings)
    width = max((len(str(count)) for count in counts.values()), default=0)
    lines = []
    for code, count in sorted(counts.items(), key=lambda each: (-each[1], each[0])):
        mine = [finding for finding in findings if finding.code == code]
        worst = max(finding.severity for finding in mine)
        fixes = [finding.fix.applicability for finding in mine if finding.fix is not None]
        safe, unsafe = fixes.count(Applicability.SAFE), fixes.count(Applicability.UNSAFE)
        notes = [f"{safe} fixable"] * bool(safe) + [f"{unsafe} fixable unsafely"] * bool(unsafe)
        remark = f" ({', '.join(notes)})" if notes else ""
        lines.append(f"{count:>{width}}  {code}  {worst.label:<7}  {mine[0].name}{remark}\n")
    return "".join(lines)
