"""The ``junit`` format: one suite per input, one failed test per finding, for CI systems that only know tests.

Findings of severity info are advice: they pass, with the text in their output. An input that cannot be read is a
test in error.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement

from smlint.diagnostics import Diagnostic, Severity
from smlint.engine import Outcome
from smlint.report import Report, place
from smlint.report.xml import document


def render(report: Report) -> str:
    """A ``testsuites`` document."""
    root = Element("testsuites", name="smlint")
    for outcome in report.outcomes:
        _suite(root, outcome)
    if report.unread:
        _unread(root, report.unread)
    root.set("tests", str(sum(len(suite) for suite in root)))
    for kind in ("failures", "errors"):
        root.set(kind, str(sum(int(suite.get(kind, "0")) for suite in root)))
    return document(root)


def _suite(root: Element, outcome: Outcome) -> None:
    suite = SubElement(root, "testsuite", name=outcome.subject.name)
    for finding in outcome.diagnostics:
        _case(suite, outcome.subject.name, finding)
    if not outcome.diagnostics:
        SubElement(suite, "testcase", name="smlint", classname=outcome.subject.name)
    _count(suite)


def _unread(root: Element, lines: tuple[str, ...]) -> None:
    suite = SubElement(root, "testsuite", name="inputs that cannot be read")
    for line in lines:
        case = SubElement(suite, "testcase", name=line.partition(": ")[0], classname="smlint")
        SubElement(case, "error", message=line)
    _count(suite)


def _count(suite: Element) -> None:
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(sum(case.find("failure") is not None for case in suite)))
    suite.set("errors", str(sum(case.find("error") is not None for case in suite)))
    suite.set("skipped", "0")


def _case(suite: Element, subject: str, finding: Diagnostic) -> None:
    name = f"{finding.code} {finding.name} at {place(finding.location)}"
    case = SubElement(suite, "testcase", name=name, classname=subject)
    lines = (f"{place(finding.location)}: {finding.message}", finding.help, finding.url)
    text = "\n".join(line for line in lines if line)
    if finding.severity is Severity.INFO:
        SubElement(case, "system-out").text = text
        return
    failure = SubElement(case, "failure", message=finding.message, type=finding.severity.label)
    failure.text = text
