"""Applying fixes: choosing those that do not overlap, changing texts round by round, writing files atomically.

What a fix is worth is decided by the rule that makes it; what is judged again after a round, by the caller.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from smlint.diagnostics import Applicability, Diagnostic, Edit, Fix

_BOM: Final = "\ufeff"
#: Rounds after which smlint stops, should two rules undo each other's fixes.
LIMIT: Final = 20


class FixError(Exception):
    """A file that cannot be changed; the message is one line."""


class Round(NamedTuple):
    """What one round of fixes made of the texts."""

    #: Changed texts by path.
    texts: Mapping[str, str]
    applied: tuple[Diagnostic, ...]


class Result(NamedTuple):
    """What all rounds together made of the texts."""

    #: Texts before the first round, of the files that changed.
    before: Mapping[str, str]
    after: Mapping[str, str]
    applied: tuple[Diagnostic, ...]


def fixable(diagnostics: Iterable[Diagnostic], *, unsafe: bool) -> Iterator[tuple[Diagnostic, Fix]]:
    """The findings whose fixes may be applied; unsafe ones only when they are asked for."""
    for diagnostic in diagnostics:
        fix = diagnostic.fix
        if fix is not None and fix.edits and (unsafe or fix.applicability is Applicability.SAFE):
            yield diagnostic, fix


def run(
    judge: Callable[[Mapping[str, str]], Sequence[Diagnostic]],
    read: Callable[[str], str],
    accepts: Callable[[str, str], bool],
    *,
    unsafe: bool,
) -> Result:
    """Apply fixes until a round finds none.

    ``judge`` gives the findings when the files of its argument have the texts there instead of their own; ``read`` gives a
    file's own text; ``accepts(path, text)`` says whether a changed file is still valid, and a fix that breaks it is left
    out. Nothing is written. Raises whatever ``read`` raises.
    """
    texts = _Texts(read)
    applied: list[Diagnostic] = []
    refused: set[Fix] = set()
    for _ in range(LIMIT):
        wanted = [each for each in fixable(judge(texts.changed()), unsafe=unsafe) if each[1] not in refused]
        done, broken = _round(wanted, texts.current, accepts)
        if not done.applied and not broken:
            break
        refused |= broken
        texts.now |= done.texts
        applied += done.applied
    after = texts.changed()
    return Result({path: texts.before[path] for path in after}, after, tuple(applied))


class _Texts:
    """The texts as they were, and as they are after the rounds so far."""

    def __init__(self, read: Callable[[str], str]) -> None:
        self._read = read
        self.before: dict[str, str] = {}
        self.now: dict[str, str] = {}

    def current(self, path: str) -> str:
        if path not in self.now:
            self.before[path] = self.now[path] = self._read(path)
        return self.now[path]

    def changed(self) -> dict[str, str]:
        return {path: text for path, text in self.now.items() if text != self.before[path]}


def _round(
    wanted: Sequence[tuple[Diagnostic, Fix]], read: Callable[[str], str], accepts: Callable[[str, str], bool]
) -> tuple[Round, set[Fix]]:
    """One round; the second value holds the fixes that would break a file."""
    texts: dict[str, str] = {}
    taken: dict[str, list[Edit]] = {}
    applied: list[Diagnostic] = []
    broken: set[Fix] = set()
    done: set[Fix] = set()
    for diagnostic, fix in wanted:
        if fix in done:
            applied.append(diagnostic)
            continue
        if any(_overlap(edit, other) for edit in fix.edits for other in taken.get(edit.path, ())):
            continue
        attempt = dict(texts)
        tried = {path: list(edits) for path, edits in taken.items()}
        for edit in fix.edits:
            tried.setdefault(edit.path, []).append(edit)
        paths = {edit.path for edit in fix.edits}
        try:
            attempt |= {path: edited(read(path), tried[path]) for path in paths}
        except ValueError:
            broken.add(fix)
            continue
        if not all(accepts(path, attempt[path]) for path in paths):
            broken.add(fix)
            continue
        texts, taken = attempt, tried
        done.add(fix)
        applied.append(diagnostic)
    return Round(texts, tuple(applied)), broken


def _overlap(one: Edit, other: Edit) -> bool:
    """Whether two edits touch the same text; two insertions at one place do, since their order would be a guess."""
    if one == other:
        return False
    start, end = (one.line, one.column), (one.end_line, one.end_column)
    other_start, other_end = (other.line, other.column), (other.end_line, other.end_column)
    if start == other_start:
        return True
    return start < other_end and other_start < end


def edited(text: str, edits: Iterable[Edit]) -> str:
    """``text`` after ``edits``, which must not overlap; line ends written by an edit become those of the text.

    Raises ValueError for a span that the text does not have.
    """
    newline = "\r\n" if "\r\n" in text[: text.find("\n") + 1] else "\n"
    bom = _BOM if text.startswith(_BOM) else ""
    text = text.removeprefix(_BOM)
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    for edit in sorted(set(edits), key=lambda edit: (edit.line, edit.column), reverse=True):
        start = _offset(starts, text, edit.line, edit.column)
        end = _offset(starts, text, edit.end_line, edit.end_column)
        if end < start:
            raise ValueError(f"the span of {edit} ends before it starts")
        text = text[:start] + edit.text.replace("\r\n", "\n").replace("\n", newline) + text[end:]
    return bom + text


def _offset(starts: Sequence[int], text: str, line: int, column: int) -> int:
    if not 1 <= line < len(starts):
        raise ValueError(f"the text has no line {line}")
    offset = starts[line - 1] + column - 1
    if not starts[line - 1] <= offset < starts[line]:
        raise ValueError(f"line {line} has no column {column}")
    return min(offset, len(text))


def read(path: str) -> str:
    """The whole text of a file, BOM and line ends as they are; bytes that are no UTF-8 survive being written back.

    Raises FixError.
    """
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
            return file.read()
    except OSError as error:
        raise FixError(f"{path}: cannot be read: {error.strerror}") from error


def write(path: str, text: str) -> None:
    """Replace a file's text in one step, keeping mode and, where allowed, owner; a link stays and its target changes.

    Raises FixError, and then the file is as it was.
    """
    target = os.path.realpath(path)
    try:
        _replace(target, text.encode("utf-8", "surrogateescape"), os.stat(target))
    except OSError as error:
        raise FixError(f"{path}: cannot be written: {error.strerror}") from error


def _replace(target: str, content: bytes, was: os.stat_result) -> None:
    folder, name = os.path.split(target)
    descriptor, temporary = tempfile.mkstemp(prefix=f".{name}.", dir=folder)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if hasattr(os, "chown"):
            with contextlib.suppress(PermissionError):
                os.chown(temporary, was.st_uid, was.st_gid)
        os.chmod(temporary, stat.S_IMODE(was.st_mode))
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def unified(result: Result) -> str:
    """The changes as a patch for ``patch -p1`` and ``git apply``."""
    return "".join(_patch(path, result.before[path], after) for path, after in sorted(result.after.items()))


def _patch(path: str, before: str, after: str) -> str:
    from difflib import unified_diff

    # A line ends with \n and nothing else: splitlines() would also split at form feeds and the like.
    name = os.path.relpath(path).replace(os.sep, "/") if os.path.isabs(path) else path
    lines = unified_diff(_lines(before), _lines(after), _quoted(f"a/{name}"), _quoted(f"b/{name}"))
    return "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )


def _quoted(name: str) -> str:
    """A file's name as git writes it: in quotes, with octal escapes, where it holds a control character."""
    if not any(character < " " or character == "\x7f" for character in name):
        return name
    escaped = (
        f"\\{ord(character):03o}" if character < " " or character in '\x7f"\\' else character
        for character in name
    )
    return f'"{"".join(escaped)}"'


def _lines(text: str) -> list[str]:
    lines = [f"{line}\n" for line in text.split("\n")]
    last = lines.pop().removesuffix("\n")
    return [*lines, last] if last else lines
