"""Which files a call means: named ones, and the Dockerfiles of named folders. Nothing here reads a Dockerfile."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

#: Names under which Dockerfiles are found in folders; a file that is named on the command line may be called anything.
PATTERNS: Final = ("Dockerfile", "Dockerfile.*", "*.Dockerfile", "*.dockerfile", "Containerfile*")
#: ``Dockerfile_train``, ``Dockerfile-py3.12``; a patch of one, or notes on it, have an extension.
_SUFFIXED: Final = re.compile(r"Dockerfile[-_](?:[^.]|\.(?=\d))*")
_HERE: Final = os.path.join(os.curdir, "")
_VERSION_CONTROL: Final = frozenset({".git", ".hg", ".svn", ".bzr", ".jj"})


class _Ignored(NamedTuple):
    """The patterns of one .gitignore and the folder they are relative to."""

    folder: str
    spec: GitIgnoreSpec


def is_dockerfile(name: str) -> bool:
    """Whether a file of this name is found in folders."""
    if name.endswith(".dockerignore"):
        return False
    return any(fnmatchcase(name, pattern) for pattern in PATTERNS) or _SUFFIXED.fullmatch(name) is not None


def dockerfiles(
    folder: str, excluded: Callable[[str], bool], failed: Callable[[str], object]
) -> Iterator[str]:
    """Dockerfiles at and below ``folder``, sorted, hidden folders included, what git ignores left out.

    ``excluded`` is asked for every file and folder; ``failed`` is told, in one line, what could not be looked into.
    Linked folders are not entered.
    """
    # A stack of its own: folders may be nested deeper than Python's calls.
    open_folders = [(_entries(folder, failed), [*_above(folder), *_read(folder)])]
    while open_folders:
        entries, ignored = open_folders[-1]
        entry = next(entries, None)
        if entry is None:
            open_folders.pop()
            continue
        path = entry.path.removeprefix(_HERE)
        is_folder = entry.is_dir(follow_symlinks=False)
        if not is_folder and not is_dockerfile(entry.name):
            continue
        if is_folder and entry.name in _VERSION_CONTROL:
            continue
        if _is_ignored(path, is_folder, ignored) or excluded(path + "/" * is_folder):
            continue
        if is_folder:
            open_folders.append((_entries(path, failed), [*ignored, *_read(path)]))
        elif not (entry.is_symlink() and os.path.isdir(entry.path)):
            # A link that leads nowhere, or round in a loop, is for whoever reads it to complain about.
            yield path


def _entries(folder: str, failed: Callable[[str], object]) -> Iterator[os.DirEntry[str]]:
    try:
        return iter(sorted(os.scandir(folder), key=lambda entry: entry.name))
    except OSError as error:
        failed(f"{folder}: cannot be looked into: {error.strerror}")
        return iter(())


def _above(folder: str) -> list[_Ignored]:
    """The ignore files between the repository's root and ``folder``, outermost first; none outside a repository."""
    found: list[_Ignored] = []
    current = os.path.abspath(folder)
    if os.path.exists(os.path.join(current, ".git")):
        return _excludes(current)
    while True:
        parent = os.path.dirname(current)
        if parent == current:
            return []
        current = parent
        found = [*_read(current), *found]
        if os.path.exists(os.path.join(current, ".git")):
            return [*_excludes(current), *found]


def _excludes(root: str) -> list[_Ignored]:
    return _read(root, os.path.join(".git", "info", "exclude"))


def _read(folder: str, name: str = ".gitignore") -> list[_Ignored]:
    try:
        with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
    except OSError:
        return []
    from pathspec import GitIgnoreSpec

    return [_Ignored(os.path.abspath(folder), GitIgnoreSpec.from_lines(lines))]


def _is_ignored(path: str, is_folder: bool, ignored: Sequence[_Ignored]) -> bool:
    """The innermost .gitignore that says anything about ``path`` decides, as in git."""
    absolute = os.path.abspath(path)
    for each in reversed(ignored):
        inside = os.path.relpath(absolute, each.folder).replace(os.sep, "/")
        verdict = each.spec.check_file(inside + "/" * is_folder).include
        if verdict is not None:
            return verdict
    return False
