"""Comments in a Dockerfile that speak to smlint, and which findings they take away.

``# smlint ignore=SM101,SM204 -- reason`` above an instruction, ``# smlint global ignore=SM301`` anywhere,
``# smlint workload=processing`` anywhere. Configuration and baselines live elsewhere.
"""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import Final, NamedTuple

from smlint.diagnostics import Diagnostic, FileLocation
from smlint.registry import Registry, UnknownRuleError
from smlint.rule import Finding
from smlint.workload import Workload

_COMMENT: Final = re.compile(
    r"#\s*smlint[:\s]\s*(?P<global>global\s+)?(?P<key>[A-Za-z-]+)\s*=\s*(?P<values>[^#]*?)\s*(?:(?:--|#)\s*(?P<reason>.*))?$"
)
#: An ignore without ``=``; "smlint ignores …" is prose.
_WITHOUT_VALUES: Final = re.compile(r"#\s*smlint[:\s]\s*(?:global\s+)?ignore(?:\s*$|[\s:\[(]+[A-Z]+\d)")
_VALUE: Final = re.compile(r"[^\s,;]+")


class Ignore(NamedTuple):
    """One selector of one ignore comment."""

    selector: str
    codes: frozenset[str]
    #: Lines whose findings it takes away; None for the whole file.
    lines: range | None
    location: FileLocation


class Comments(NamedTuple):
    """All that a Dockerfile's comments say to smlint."""

    ignores: tuple[Ignore, ...]
    workloads: tuple[Workload, ...]
    #: Findings about the comments themselves (SM902).
    findings: tuple[Finding, ...]


class Line(NamedTuple):
    """A comment line: its 1-based number and its whole text."""

    number: int
    text: str


def read(
    path: str, comments: Iterable[Line], spans: Sequence[tuple[int, int]], registry: Registry
) -> Comments:
    """Interpret ``comments``; ``spans`` are first and last line of each instruction, in file order.

    An ignore belongs to the instruction that follows its block of comment lines without a gap, or in whose
    continuation it stands: ``comments`` are all of the file, in order.
    """
    ignores: list[Ignore] = []
    workloads: list[Workload] = []
    findings: list[Finding] = []
    found = list(comments)
    attach = _Attached(found, spans)
    for line in found:
        text = line.text.strip()
        match = _COMMENT.match(text)
        if match is None and not _WITHOUT_VALUES.match(text):
            continue
        offset = line.text.index("#")
        if match is None or not match["values"]:
            place = FileLocation(path, line.number, offset + 1, line.number, offset + len(text) + 1)
            findings.append(_no_values(place))
            continue
        for value in _VALUE.finditer(match["values"]):
            start = offset + match.start("values") + value.start() + 1
            place = FileLocation(path, line.number, start, line.number, start + len(value[0]))
            if match["key"] == "workload" and not match["global"]:
                _add_workload(value[0], place, workloads, findings)
            elif match["key"] == "ignore":
                lines = None if match["global"] else attach.lines(line.number)
                unknown = _add_ignore(value[0], place, lines, registry, ignores)
                if unknown is None:
                    continue
                named = match["values"][: value.start()].rstrip(" ,;")
                if named and unknown.nearest is None:
                    # What follows the codes is no code and like none: a reason.
                    reason = text[match.start("values") + value.start() :]
                    findings.append(_bare_reason(place, text[: match.start("values")] + named, reason))
                    break
                findings.append(_unknown_rule(value[0], place, unknown))
            else:
                start = offset + match.start("key") + 1
                place = FileLocation(path, line.number, start, line.number, start + len(match["key"]))
                findings.append(_unknown_key(match["key"], place))
                break
    return Comments(tuple(ignores), tuple(dict.fromkeys(workloads)), tuple(findings))


class _Attached:
    """Which instruction a comment line belongs to."""

    def __init__(self, comments: Sequence[Line], spans: Sequence[tuple[int, int]]) -> None:
        self._spans = spans
        #: The line behind the block of comment lines that a comment stands in.
        self._behind: dict[int, int] = {}
        for line in reversed(comments):
            self._behind[line.number] = self._behind.get(line.number + 1, line.number + 1)

    def lines(self, number: int) -> range:
        """The lines of the instruction; none where there is a gap, or no instruction follows."""
        at = bisect_right(self._spans, (number, sys.maxsize))
        if at and number <= self._spans[at - 1][1]:
            first, last = self._spans[at - 1]
            return range(first, last + 1)
        if at < len(self._spans) and self._spans[at][0] == self._behind[number]:
            first, last = self._spans[at]
            return range(first, last + 1)
        return range(0)


def _add_workload(
    value: str, place: FileLocation, workloads: list[Workload], findings: list[Finding]
) -> None:
    try:
        workloads.append(Workload(value.lower()))
    except ValueError:
        message = f"the comment names the workload {value!r}, which does not exist, and is not obeyed"
        findings.append(Finding(place, message, f"write one of {', '.join(Workload)}"))


def _add_ignore(
    value: str, place: FileLocation, lines: range | None, registry: Registry, ignores: list[Ignore]
) -> UnknownRuleError | None:
    """Add what ``value`` names to ``ignores``; the error where it names no rule."""
    try:
        codes = registry.matching(value)
    except UnknownRuleError as error:
        return error
    ignores.append(Ignore(value, codes, lines, place))
    return None


def _unknown_rule(value: str, place: FileLocation, error: UnknownRuleError) -> Finding:
    hint = f"write {error.nearest}" if error.nearest else "`smlint rule` lists the codes"
    return Finding(place, f"the comment ignores {value!r}, which is no rule, so nothing is ignored", hint)


def _bare_reason(place: FileLocation, comment: str, reason: str) -> Finding:
    words = reason.lstrip("-– ") or "REASON"
    message = "the comment names something behind its rules that is no rule: a reason stands behind `--`"
    return Finding(place, message, f"write `{comment} -- {words}`")


def _no_values(place: FileLocation) -> Finding:
    return Finding(
        place,
        "the comment speaks to smlint and names nothing behind `=`, so it has no effect",
        "write `# smlint ignore=CODE -- reason`, `# smlint global ignore=CODE` or `# smlint workload=NAME`",
    )


def _unknown_key(key: str, place: FileLocation) -> Finding:
    return Finding(
        place,
        f"the comment says {key!r} to smlint, which it does not understand, so it has no effect",
        "write `# smlint ignore=CODE -- reason`, `# smlint global ignore=CODE` or `# smlint workload=NAME`",
    )


class Verdict(NamedTuple):
    """What is left after the ignores."""

    kept: tuple[Diagnostic, ...]
    suppressed: tuple[Diagnostic, ...]
    unused: tuple[Ignore, ...]


def apply(diagnostics: Iterable[Diagnostic], ignores: Sequence[Ignore]) -> Verdict:
    """Take away what ``ignores`` name. An ignore that took nothing away is unused."""
    wanted = {(code, ignore.lines) for ignore in ignores for code in ignore.codes}
    ranges = sorted({(each.start, each) for _, each in wanted if each}, key=itemgetter(0))
    kept: list[Diagnostic] = []
    suppressed: list[Diagnostic] = []
    used: set[tuple[str, range | None]] = set()
    for diagnostic in diagnostics:
        scopes = (None, _around(diagnostic, ignores, ranges)) if ignores else ()
        hits = {(diagnostic.code, scope) for scope in scopes} & wanted
        used |= hits
        (suppressed if hits else kept).append(diagnostic)
    unused = [each for each in ignores if not any((code, each.lines) in used for code in each.codes)]
    return Verdict(tuple(kept), tuple(suppressed), tuple(unused))


def _around(
    diagnostic: Diagnostic, ignores: Sequence[Ignore], ranges: Sequence[tuple[int, range]]
) -> range | None:
    """The lines of the instruction with ignores that ``diagnostic`` stands on; None where there is none."""
    location = diagnostic.location
    if not isinstance(location, FileLocation) or location.path != ignores[0].location.path:
        return None
    at = bisect_right(ranges, location.line, key=itemgetter(0))
    found = ranges[at - 1][1] if at else range(0)
    return found if location.line in found else None
