"""Comments in a Dockerfile that speak to smlint, and which findings they take away.

``# smlint ignore=SM101,SM204 -- reason`` above an instruction, ``# smlint global ignore=SM301`` anywhere,
``# smlint workload=processing`` anywhere. Configuration and baselines live elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from smlint.diagnostics import Diagnostic, FileLocation
from smlint.registry import Registry, UnknownRuleError
from smlint.rule import Finding
from smlint.workload import Workload

_COMMENT: Final = re.compile(
    r"#\s*smlint[:\s]\s*(?P<global>global\s+)?(?P<key>[A-Za-z-]+)\s*=\s*(?P<values>[^#]*?)\s*(?:--\s*(?P<reason>.*))?$"
)
_VALUE: Final = re.compile(r"[^\s,]+")


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
    continuation it stands.
    """
    ignores: list[Ignore] = []
    workloads: list[Workload] = []
    findings: list[Finding] = []
    found = list(comments)
    numbers = {line.number for line in found}
    for line in found:
        match = _COMMENT.match(line.text.strip())
        if match is None:
            continue
        offset = line.text.index("#")
        for value in _VALUE.finditer(match["values"]):
            start = offset + match.start("values") + value.start() + 1
            place = FileLocation(path, line.number, start, line.number, start + len(value[0]))
            if match["key"] == "workload" and not match["global"]:
                _add_workload(value[0], place, workloads, findings)
            elif match["key"] == "ignore":
                lines = None if match["global"] else _covered(line.number, numbers, spans)
                _add_ignore(value[0], place, lines, registry, ignores, findings)
            else:
                start = offset + match.start("key") + 1
                place = FileLocation(path, line.number, start, line.number, start + len(match["key"]))
                findings.append(_unknown_key(match["key"], place))
                break
    return Comments(tuple(ignores), tuple(dict.fromkeys(workloads)), tuple(findings))


def _covered(number: int, comments: set[int], spans: Sequence[tuple[int, int]]) -> range:
    for first, last in spans:
        if first <= number <= last:
            return range(first, last + 1)
        if first > number:
            adjacent = all(line in comments for line in range(number + 1, first))
            return range(first, last + 1) if adjacent else range(0)
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
    value: str,
    place: FileLocation,
    lines: range | None,
    registry: Registry,
    ignores: list[Ignore],
    findings: list[Finding],
) -> None:
    try:
        codes = registry.matching(value)
    except UnknownRuleError as error:
        hint = f"write {error.nearest}" if error.nearest else "`smlint rule` lists the codes"
        findings.append(
            Finding(place, f"the comment ignores {value!r}, which is no rule, so nothing is ignored", hint)
        )
        return
    ignores.append(Ignore(value, codes, lines, place))


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
    kept: list[Diagnostic] = []
    suppressed: list[Diagnostic] = []
    used: set[Ignore] = set()
    for diagnostic in diagnostics:
        hits = [ignore for ignore in ignores if _hits(ignore, diagnostic)]
        used.update(hits)
        (suppressed if hits else kept).append(diagnostic)
    return Verdict(tuple(kept), tuple(suppressed), tuple(ignore for ignore in ignores if ignore not in used))


def _hits(ignore: Ignore, diagnostic: Diagnostic) -> bool:
    if diagnostic.code not in ignore.codes:
        return False
    if ignore.lines is None:
        return True
    location = diagnostic.location
    if not isinstance(location, FileLocation) or location.path != ignore.location.path:
        return False
    return location.line in ignore.lines
