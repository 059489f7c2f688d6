"""Baselines: findings that are known and not reported again, so that an old repository can start with smlint today.

A baseline is a JSON file of fingerprints (see :mod:`smlint.fingerprint`), with code, file and message beside each for
the people who review it. Lines may move; a finding that comes back after it was mended and the baseline was written
anew is a new one.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Final, NamedTuple

from smlint.engine import Outcome
from smlint.fingerprint import of_report, relative_to, repository_of
from smlint.report import Report
from smlint.report.visible import visible_json

VERSION: Final = 1


class BaselineError(Exception):
    """A baseline that cannot be read; the message is one line."""


class Entry(NamedTuple):
    """One known finding. Only the fingerprint is compared; the rest tells people what it is."""

    subject: str
    code: str
    message: str
    fingerprint: str


class Baseline(NamedTuple):
    """The known findings, and the folder that their files are told from."""

    root: str
    entries: tuple[Entry, ...] = ()


class Verdict(NamedTuple):
    """What is left after the baseline."""

    outcomes: tuple[Outcome, ...]
    #: Entries about inputs that were judged now, whose finding no longer occurs.
    gone: tuple[Entry, ...]


def load(path: str) -> Baseline:
    """Read the baseline at ``path``; raises BaselineError."""
    try:
        with open(path, encoding="utf-8") as file:
            document = json.load(file)
    except OSError as error:
        raise BaselineError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise BaselineError(f"{path}: is no baseline: {error}") from error
    except RecursionError:
        raise BaselineError(f"{path}: is no baseline: it is nested too deep") from None
    if not isinstance(document, dict) or document.get("version") != VERSION:
        raise BaselineError(
            f"{path}: is no baseline of version {VERSION}; delete it, and --write-baseline makes one"
        )
    try:
        entries = tuple(
            Entry(**{name: str(entry[name]) for name in Entry._fields}) for entry in document["findings"]
        )
    except (KeyError, TypeError) as error:
        raise BaselineError(f"{path}: is no baseline: a finding lacks {error}") from error
    return Baseline(_folder(path), entries)


def dump(outcomes: Sequence[Outcome], path: str, before: Baseline | None = None) -> str:
    """The text of a baseline to be stored at ``path`` that knows every finding of ``outcomes``.

    Inputs that were not judged now keep the entries that they have in ``before``: Dockerfiles, images and requests are
    judged by several calls, and may share one baseline.
    """
    root = _folder(path)
    judged = {_subject(outcome, root) for outcome in outcomes}
    entries = {entry for entry in before.entries if entry.subject not in judged} if before else set()
    entries |= {
        Entry(_subject(outcome, root), finding.code, finding.message, name)
        for outcome in outcomes
        for finding, name in of_report(Report((outcome,)), root)
    }
    document = {"version": VERSION, "findings": [entry._asdict() for entry in sorted(entries)]}
    # A file name may hold what is no UTF-8.
    return visible_json(json.dumps(document, indent=2, ensure_ascii=False)) + "\n"


def apply(outcomes: Sequence[Outcome], baseline: Baseline) -> Verdict:
    """Move the known findings of ``outcomes`` to their suppressed ones.

    An entry of an input that was not judged now is neither used nor gone.
    """
    known = {entry.fingerprint for entry in baseline.entries}
    found: set[str] = set()
    judged: set[str] = set()
    left: list[Outcome] = []
    for outcome in outcomes:
        named = of_report(Report((outcome,)), baseline.root)
        found.update(name for _, name in named)
        judged.add(_subject(outcome, baseline.root))
        hidden = tuple(finding for finding, name in named if name in known)
        shown = tuple(finding for finding, name in named if name not in known)
        left.append(outcome._replace(diagnostics=shown, suppressed=(*outcome.suppressed, *hidden)))
    gone = (entry for entry in baseline.entries if entry.subject in judged and entry.fingerprint not in found)
    return Verdict(tuple(left), tuple(gone))


def _subject(outcome: Outcome, root: str) -> str:
    """What entries call an input: a file's path from the baseline's folder, an image's name without its version."""
    subject = outcome.subject
    return repository_of(subject.name) if subject.kind == "image" else relative_to(subject.name, root)


def _folder(path: str) -> str:
    return os.path.dirname(os.path.abspath(path))
