"""``.dockerignore``: which files of the build context the builder never sees.

The rules are Docker's (https://docs.docker.com/build/concepts/context/#dockerignore-files), which are not git's: every
pattern is anchored at the context's root, and a pattern matches what lies under a matched directory as well.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import NamedTuple

from smlint.dockerfile import globs


class Pattern(NamedTuple):
    """One line of the file; ``keeps`` is the ``!`` in front of it."""

    matches: re.Pattern[str]
    keeps: bool


def read_patterns(text: str) -> tuple[Pattern, ...]:
    """The patterns of an ignore file's ``text``. Raises ValueError for one that the builder refuses."""
    return tuple(_patterns(text.removeprefix("\ufeff")))


def is_ignored(path: str, patterns: tuple[Pattern, ...]) -> bool:
    """Whether ``path``, relative to the context's root, is left out: the last pattern that matches it decides."""
    ignored = False
    for pattern in patterns:
        if pattern.keeps == ignored and any(pattern.matches.fullmatch(each) for each in _with_parents(path)):
            ignored = not pattern.keeps
    return ignored


def _with_parents(path: str) -> Iterator[str]:
    yield path
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _patterns(text: str) -> Iterator[Pattern]:
    for line in text.split("\n"):
        if line.startswith("#"):
            continue
        written = line.strip()
        keeps = written.startswith("!")
        written = written.removeprefix("!").strip()
        if not written:
            if keeps:
                raise ValueError("'!' stands alone")
            continue
        try:
            expression = re.compile(_expression(posixpath.normpath(written).lstrip("/")), re.DOTALL)
        except re.error as error:
            raise ValueError(f"{written!r} is not a pattern: {error}") from error
        yield Pattern(expression, keeps)


def _expression(pattern: str) -> str:
    if pattern.startswith("**") and not re.search(r"[*?\[\]\\]", pattern[2:]):
        # What the builder does here is compare the end of the path, also in the middle of a name.
        rest = pattern[2:]
        return f"(?:.*{re.escape(rest)}|{re.escape(rest.removeprefix('/'))})"
    first, *behind = _between_folders(pattern)
    found = globs.expression(first)
    for number, tokens in enumerate(behind, 1):
        part = globs.expression(tokens)
        if tokens == [globs.ANY]:
            found += part
        elif number < len(behind) and tokens[-1:] == ["/"]:
            # The next ``**/`` reaches every later place, so the first one is enough.
            found += f"(?>(?:.*?/)??{part})"
        elif tokens or number == len(behind):
            found += f"(?:.*/)?{part}"
    return found


def _between_folders(pattern: str) -> list[list[str]]:
    """The tokens of ``pattern`` before, between and behind its ``**``; behind one at the end, any characters."""
    found: list[list[str]] = [[]]
    at = 0
    while at < len(pattern):
        character = pattern[at]
        if pattern.startswith("**", at):
            at += 3 if pattern.startswith("**/", at) else 2
            found.append([] if at < len(pattern) else [globs.ANY])
            continue
        at += 1
        if character == "*":
            found[-1].append(globs.STAR)
        elif character == "?":
            found[-1].append(globs.ONE)
        elif character == "[":
            end = pattern.find("]", at + 1)
            if end < 0:
                raise ValueError(f"{pattern!r} has a '[' without ']'")
            found[-1].append(_character_class(pattern[at:end]))
            at = end + 1
        elif character == "\\" and at < len(pattern):
            found[-1].append(re.escape(pattern[at]))
            at += 1
        else:
            found[-1].append(re.escape(character))
    return found


def _character_class(inner: str) -> str:
    negated = inner.startswith("^")
    body = inner.removeprefix("^")
    members = body.replace("[", "\\[").replace("&&", "&\\&").replace("--", "-\\-").replace("||", "|\\|")
    return f"[{'^' if negated else ''}{members}]"
