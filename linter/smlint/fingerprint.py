"""Names for findings that outlive moved lines: what baselines, SARIF and GitLab tell old findings from new ones by.

A fingerprint is made of the code, the file's path from the repository's root, and the text of the span with its white
space evened out; line numbers and messages have no part in it. Nothing here stores fingerprints or decides anything.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from smlint.diagnostics import Diagnostic, FileLocation, ImageLocation, Location, RequestLocation
from smlint.report import Report, Sources

#: Part of every fingerprint; another way of making them would get another number.
VERSION: Final = "1"
_SPACE: Final = re.compile(r"\s+")
#: A file of images stays the same file; what follows its path is the image's name inside it.
_FILE: Final = re.compile(r"(?:docker-archive|oci-archive|oci):(?:[A-Za-z]:(?=[\\/]))?[^:]+")
_TAG: Final = re.compile(r"(?:@[^/]+|:[^/:]+(?:@[^/]+)?)$")


def repository_root(folder: str) -> str:
    """The closest folder at or above ``folder`` that holds ``.git``; ``folder`` itself where there is none."""
    start = current = os.path.abspath(folder)
    while not os.path.exists(os.path.join(current, ".git")):
        parent = os.path.dirname(current)
        if parent == current:
            return start
        current = parent
    return current


def from_root(path: str, root: str) -> str:
    """``path`` as seen from ``root``, with slashes; absolute where it lies outside."""
    seen = relative_to(path, root)
    outside = seen == os.pardir or seen.startswith("../")
    return os.path.abspath(path).replace(os.sep, "/") if outside else seen


def relative_to(path: str, root: str) -> str:
    """``path`` as seen from ``root``, with slashes and ``..`` where it lies outside: every checkout of a repository tells
    it so. Absolute on another drive."""
    absolute = os.path.abspath(path)
    seen = os.path.relpath(absolute, root) if _same_drive(absolute, root) else absolute
    return seen.replace(os.sep, "/")


def _same_drive(one: str, other: str) -> bool:
    return os.path.splitdrive(one)[0].lower() == os.path.splitdrive(other)[0].lower()


def fingerprints(
    diagnostics: Iterable[Diagnostic], lines: Callable[[str], Sequence[str]], root: str
) -> Iterator[tuple[Diagnostic, str]]:
    """Each finding with its fingerprint, 32 hexadecimal digits; equal findings are told apart by their order.

    ``lines`` gives the lines of a file by the path that locations use; where it gives none, the span's text is left out.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    for diagnostic in diagnostics:
        parts = (VERSION, diagnostic.code, *_place(diagnostic.location, lines, root))
        seen[parts] += 1
        text = "\0".join((*parts, str(seen[parts])))
        yield diagnostic, hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


def of_report(report: Report, root: str) -> list[tuple[Diagnostic, str]]:
    """All findings of ``report``, then the suppressed ones it shows, with fingerprints that are unique in it."""
    findings = [*report.diagnostics, *report.shown_suppressed]
    return list(fingerprints(findings, Sources(report).lines, root))


def repository_of(reference: str) -> str:
    """An image reference without its tag and digest: what stays when the image is built again."""
    file = _FILE.match(reference)
    return file[0] if file else _TAG.sub("", reference)


def _place(location: Location, lines: Callable[[str], Sequence[str]], root: str) -> tuple[str, ...]:
    if isinstance(location, ImageLocation):
        return ("image", repository_of(location.reference), location.path or "")
    path = relative_to(location.path, root)
    if isinstance(location, RequestLocation):
        return ("request", path, location.pointer)
    text = _SPACE.sub(" ", span_text(location, lines(location.path))).strip()
    # A finding about something missing stands on the FROM line; another tag there makes it no new finding.
    return ("file", path, "FROM" if text[:5].upper() == "FROM " else text)


def span_text(location: FileLocation | RequestLocation, source: Sequence[str]) -> str:
    """The text under a span of the lines of a file; "" where they do not reach that far."""
    lines = list(source[location.line - 1 : location.end_line])
    if len(lines) != location.end_line - location.line + 1:
        return ""
    lines[-1] = lines[-1][: location.end_column - 1]
    lines[0] = lines[0][location.column - 1 :]
    return "\n".join(lines)
