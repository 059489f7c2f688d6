"""What find and xargs do to one path: they run a command on files that their words do not list."""

from __future__ import annotations

import itertools
import re
from typing import Final

from smlint.container import FileKind
from smlint.dockerfile import changes
from smlint.dockerfile.changes import Changed, Effect, Opaque
from smlint.dockerfile.operands import IsDirectory, Match, Operands, match, match_above, strongest
from smlint.dockerfile.paths import name
from smlint.dockerfile.programs import CHANGERS, READERS

#: Tests of find that are understood, and what says nothing about which files are found.
_TESTS: Final = frozenset(("-name", "-type", "-print", "-print0", "-depth"))
_BRING: Final = frozenset(("cp", "install", "ln", "mv"))
_SHELL: Final = re.compile(r"(?:ba|da|z|k|a)?sh")
_KINDS: Final = {"f": FileKind.FILE, "d": FileKind.DIRECTORY}


def found_by_find(operands: Operands, path: str, is_directory: IsDirectory) -> Effect | None:
    words = operands.words
    start = next(
        (at for at, word in enumerate(words) if word.startswith("-") or word in ("(", "!")), len(words)
    )
    roots = words[:start] or ["."]
    found = strongest(match_above(root, operands.directory, path) for root in roots)
    expression = words[start:]
    runs = [at for at, word in enumerate(expression) if word in ("-exec", "-execdir", "-ok", "-okdir")]
    composed = any(word in ("-o", "-or", "!", "-not", "(") for word in expression)
    excluded = not composed and any(
        test == "-name" and match(f"/{value}", "/", f"/{name(path)}") is Match.NO
        for test, value in itertools.pairwise(expression)
    )
    if runs and _is_named(expression[runs[0] + 1 :] or [""], operands, path, into=not excluded):
        return Opaque("find may have changed it")
    if runs and not any("{}" in word for word in expression):
        # What is run again and again names its files itself.
        return None
    if excluded:
        return None
    if found is Match.NO:
        return None
    if "-delete" in expression:
        return Opaque("find may have deleted it")
    if not runs:
        return None
    tests = [word for word in expression[: runs[0]] if word.startswith("-")]
    certain = not composed and found is Match.YES and len(runs) == 1 and _TESTS.issuperset(tests)
    effect = _on_many(expression[runs[0] + 1 :], certain=certain)
    kinds = [value for test, value in itertools.pairwise(expression) if test == "-type"]
    if isinstance(effect, Changed) and kinds and not composed:
        kind = _KINDS.get(kinds[0])
        return None if kind is None else Changed(changes.only(kind, effect.change))
    return effect


def _is_named(words: list[str], operands: Operands, path: str, *, into: bool) -> bool:
    """Whether what is run names ``path`` itself, or with ``into`` a directory above it, into which it may put files."""
    if _SHELL.fullmatch(name(words[0])):
        return any(name(path) in word for word in words)
    matches = match_above if into and name(words[0]) in _BRING else match
    return any(matches(word, operands.directory, path) is not Match.NO for word in words if "{}" not in word)


def given_by_xargs(operands: Operands, path: str, is_directory: IsDirectory) -> Effect | None:
    words = operands.words
    while words and words[0].startswith("-"):
        words = words[2:] if words[0] in ("-n", "-I", "-P", "-L", "-d", "-a", "-s") else words[1:]
    # Files reach what xargs runs from all over; only what changes files can have changed this one.
    return _on_many(words, certain=False) if words and name(words[0]) in CHANGERS else None


def _on_many(words: list[str], *, certain: bool) -> Effect | None:
    """A command that is run on files which nobody lists: by find and xargs."""
    program = name(words[0]) if words else ""
    if program in READERS or not program:
        return None
    if program == "chmod":
        modes = [word for word in words[1:] if not re.fullmatch(r"-[Rvcf]+|\{\}.*|[;+]|\\;", word)]
        return Changed(changes.with_mode(modes[0] if certain and modes else None))
    if program in ("dos2unix", "sed", "perl"):
        sed_mends = any(map(changes.mends_line_ends, words)) and "-n" not in words
        mends = certain and (program == "dos2unix" or sed_mends)
        return Changed(changes.without_carriage_returns if mends else changes.rewritten)
    return Opaque(f"{program} may have changed it")
