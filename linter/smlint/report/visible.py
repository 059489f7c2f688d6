"""Makes foreign text fit for a terminal: what image configs, file names and scripts hold can be any bytes.

Escape sequences, line ends and characters that turn the writing direction would forge or hide findings. Every format
gets a report in which they are spelled out; positions, edits and the text of files stay as they are.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from smlint.diagnostics import Diagnostic, ImageLocation, Location, Related

if TYPE_CHECKING:
    from smlint.engine import Outcome
    from smlint.report import Report

_SUSPECT: Final = re.compile("[^\n -~]")


def visible(text: str) -> str:
    r"""``text`` in one line, characters that cannot be seen as Python writes them.

    >>> print(visible("a\x1b[2J\nb"))
    a\x1b[2J\nb
    """
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def visible_json(text: str) -> str:
    """A JSON document in which characters that cannot be seen are escaped; its values stay the same."""
    return _SUSPECT.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    character = match[0]
    if character.isprintable():
        return character
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def visible_report(report: Report) -> Report:
    """The report with all text that may come from outside spelled out."""
    return report._replace(
        outcomes=tuple(map(_outcome, report.outcomes)), unread=tuple(map(visible, report.unread))
    )


def _outcome(outcome: Outcome) -> Outcome:
    return outcome._replace(
        subject=outcome.subject._replace(name=visible(outcome.subject.name)),
        diagnostics=tuple(map(_diagnostic, outcome.diagnostics)),
        suppressed=tuple(map(_diagnostic, outcome.suppressed)),
        sources={visible(path): text for path, text in outcome.sources.items()},
    )


def _diagnostic(finding: Diagnostic) -> Diagnostic:
    return finding._replace(
        message=visible(finding.message),
        help=visible(finding.help),
        location=_location(finding.location),
        related=tuple(Related(visible(each.message), _location(each.location)) for each in finding.related),
    )


def _location(location: Location) -> Location:
    if isinstance(location, ImageLocation):
        named = {name: text and visible(text) for name, text in location._asdict().items()}
        return ImageLocation(**named)
    return location._replace(path=visible(location.path))
