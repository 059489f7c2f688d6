"""The ``json`` format, version 1: a promise to users, see the stability contract."""

from __future__ import annotations

import json
from typing import Any, Final

from smlint import __version__
from smlint.diagnostics import Diagnostic, Fix, ImageLocation, Location, RequestLocation, Severity
from smlint.engine import Outcome
from smlint.report import Report
from smlint.report.visible import visible_json

VERSION: Final = 1


def render(report: Report) -> str:
    """The whole report as one indented JSON object."""
    return visible_json(json.dumps(document(report), indent=2, ensure_ascii=False)) + "\n"


def document(report: Report) -> dict[str, Any]:
    """The whole report as JSON values."""
    hidden = [diagnostic(finding) for finding in report.shown_suppressed]
    return {
        "version": VERSION,
        "tool": {"name": "smlint", "version": __version__},
        "subjects": [_subject(outcome) for outcome in report.outcomes],
        **_probes(report),
        "diagnostics": [diagnostic(finding) for finding in report.diagnostics],
        **({"suppressed": hidden} if report.show_suppressed else {}),
        "summary": {
            **{severity.label: report.count(severity) for severity in sorted(Severity, reverse=True)},
            "suppressed": sum(1 for _ in report.suppressed),
        },
    }


def _probes(report: Report) -> dict[str, Any]:
    """The whole records of probes, under a key that is there only when something was probed."""
    probes = [probed.record for outcome in report.outcomes for probed in outcome.probes]
    if not probes:
        return {}
    from smlint.report.probe import record_values

    return {"probes": [record_values(record) for record in probes]}


def _subject(outcome: Outcome) -> dict[str, Any]:
    subject = outcome.subject
    return {
        "kind": subject.kind,
        "name": subject.name,
        "workloads": [str(workload) for workload in subject.workloads],
        "stage": subject.stage,
    }


def diagnostic(finding: Diagnostic) -> dict[str, Any]:
    """One finding as JSON values."""
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity.label,
        "message": finding.message,
        "help": finding.help,
        "url": finding.url,
        "location": location(finding.location),
        "related": [
            {"message": related.message, "location": location(related.location)}
            for related in finding.related
        ],
        "fix": _fix(finding.fix) if finding.fix else None,
    }


def location(place: Location) -> dict[str, Any]:
    """A location with its kind; image locations leave out what is not known."""
    values = place._asdict()
    if isinstance(place, ImageLocation):
        return {"kind": "image", **{key: value for key, value in values.items() if value is not None}}
    return {"kind": "request" if isinstance(place, RequestLocation) else "file", **values}


def _fix(fix: Fix) -> dict[str, Any]:
    return {
        "applicability": str(fix.applicability),
        "title": fix.title,
        "edits": [edit._asdict() for edit in fix.edits],
    }
