"""The ``sarif`` format, version 2.1.0 (OASIS), as GitHub code scanning and other viewers want it.

Paths are relative to the repository's root; findings of an image get the path ``REPOSITORY/FILE``, since code scanning
refuses results without a relative one, and say in a logical location what they really are.
"""

from __future__ import annotations

import json
import os
from typing import Any, Final
from urllib.parse import quote

from smlint import __version__, registry
from smlint.diagnostics import Diagnostic, Edit, Fix, ImageLocation, Location, Severity
from smlint.documentation import MissingDocumentationError, documentation, markdown
from smlint.fingerprint import from_root, of_report, repository_of, repository_root
from smlint.report import Report, place
from smlint.report.visible import visible_json
from smlint.rule import Heading, Rule, level_for
from smlint.workload import Workload

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_BASE: Final = "%SRCROOT%"
_LEVELS: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
_PROBLEM: Final = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "recommendation"}


def render(report: Report) -> str:
    """A SARIF log with one run."""
    root = repository_root(os.curdir)
    first_of_its_code: dict[str, Diagnostic] = {}
    for finding in (*report.diagnostics, *report.shown_suppressed):
        first_of_its_code.setdefault(finding.code, finding)
    codes = {code: index for index, code in enumerate(sorted(first_of_its_code))}
    driver = {
        "name": "smlint",
        "version": __version__,
        "semanticVersion": __version__,
        "informationUri": "https://github.com/smlint/smlint",
        "rules": [_rule(first_of_its_code[code]) for code in codes],
    }
    shown = len(list(report.diagnostics))
    results = [
        _result(finding, codes[finding.code], fingerprint, root)
        for finding, fingerprint in of_report(report, root)
    ]
    for result in results[shown:]:
        result["suppressions"] = [{"kind": "external"}]
    run = {
        "tool": {"driver": driver},
        "invocations": [_invocation(report)],
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return visible_json(json.dumps(log, indent=2, ensure_ascii=False)) + "\n"


def _invocation(report: Report) -> dict[str, Any]:
    """Whether all inputs were read; an empty list of results says nothing about those that were not."""
    notes = [{"level": "error", "message": {"text": line}} for line in report.unread]
    done: dict[str, Any] = {"executionSuccessful": not notes}
    return {**done, "toolExecutionNotifications": notes} if notes else done


def _rule(finding: Diagnostic) -> dict[str, Any]:
    """The metadata of the rule behind a finding; what a pack does not document is made up from the finding."""
    known = registry.installed()
    described: dict[str, Any] = {"id": finding.code, "name": _pascal(finding.name)}
    if finding.url:
        described["helpUri"] = finding.url
    # Code scanning refuses rules without these three.
    described |= {key: {"text": finding.name} for key in ("shortDescription", "fullDescription", "help")}
    if finding.code not in known.codes:
        return described
    rule = known.load(finding.code)
    described |= _documented(rule)
    severity = level_for(rule.level, Workload) or finding.severity
    described["defaultConfiguration"] = {"level": _LEVELS[severity]}
    described["properties"] = {
        "tags": ["sagemaker", *sorted(rule.witnesses)],
        "precision": "high",
        "problem.severity": _PROBLEM[severity],
    }
    return described


def _documented(rule: type[Rule]) -> dict[str, Any]:
    try:
        page = documentation(rule)
    except MissingDocumentationError:
        return {}
    why = page.sections[Heading.WHY]
    return {
        "shortDescription": {"text": page.summary},
        "fullDescription": {"text": page.sections[Heading.CHECKS]},
        "help": {"text": f"{page.summary}\n\n{why}", "markdown": markdown(rule)},
    }


def _pascal(name: str) -> str:
    """SARIF wants rule names in PascalCase (rule SARIF2012)."""
    return "".join(word[:1].upper() + word[1:] for word in name.split("-"))


def _result(finding: Diagnostic, index: int, fingerprint: str, root: str) -> dict[str, Any]:
    text = f"{finding.message}\n{finding.help}" if finding.help else finding.message
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": text},
        "locations": [_location(finding.location, root)],
        "partialFingerprints": {"smlint/v1": fingerprint, "primaryLocationLineHash": f"{fingerprint[:16]}:1"},
    }
    if finding.related:
        result["relatedLocations"] = [
            {"id": number, "message": {"text": related.message}, **_location(related.location, root)}
            for number, related in enumerate(finding.related, 1)
        ]
    if finding.fix is not None:
        result["fixes"] = [_fix(finding.fix, root)]
    return result


def _location(location: Location, root: str) -> dict[str, Any]:
    if isinstance(location, ImageLocation):
        uri = repository_of(location.reference) + (location.path or "")
        details = {"layer": location.layer, "created_by": location.created_by}
        named_place: dict[str, Any] = {"fullyQualifiedName": place(location), "kind": "resource"}
        found: dict[str, Any] = {
            "physicalLocation": {"artifactLocation": _artifact(uri), "region": {"startLine": 1}},
            "logicalLocations": [named_place],
        }
        known = {name: value for name, value in details.items() if value is not None}
        return {**found, "properties": known} if known else found
    region = _region(location.line, location.column, location.end_line, location.end_column)
    where = {"artifactLocation": _artifact(from_root(location.path, root)), "region": region}
    return {"physicalLocation": where}


def _artifact(path: str) -> dict[str, Any]:
    if os.path.isabs(path):
        return {"uri": "file://" + _quoted(path if path.startswith("/") else f"/{path}")}
    # Not even a colon stays as it is: the first segment would be read as a scheme.
    return {"uri": _quoted(path), "uriBaseId": _BASE}


def _quoted(path: str) -> str:
    return quote(path, errors="surrogateescape")


def _region(line: int, column: int, end_line: int, end_column: int) -> dict[str, int]:
    return {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}


def _fix(fix: Fix, root: str) -> dict[str, Any]:
    files: dict[str, list[Edit]] = {}
    for edit in fix.edits:
        files.setdefault(edit.path, []).append(edit)
    changes = [
        {
            "artifactLocation": _artifact(from_root(path, root)),
            "replacements": [
                {
                    "deletedRegion": _region(edit.line, edit.column, edit.end_line, edit.end_column),
                    "insertedContent": {"text": edit.text},
                }
                for edit in edits
            ],
        }
        for path, edits in files.items()
    ]
    return {"description": {"text": f"{fix.title} ({fix.applicability} fix)"}, "artifactChanges": changes}
