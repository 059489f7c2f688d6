"""What is certain of a command whose failure nobody notices: ``cp x y || true``, or ``;`` without ``set -e``.

It has done its work where nothing could keep it from it, as far as that can be seen; what can go wrong on a sound
machine is that a file or a directory is not there, or is no file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from smlint.container import ABSENT, Fact, FileEntry, FileKind, Known
from smlint.dockerfile.changes import (
    Changed,
    CopiedFrom,
    Effect,
    LinkTo,
    Opaque,
    Removed,
    only,
    perhaps,
    perhaps_removed,
    removed,
    unless_it_failed,
)
from smlint.dockerfile.operands import IsDirectory, Match, Operands, match, strongest
from smlint.dockerfile.paths import is_directory_name, join, parent

#: They change what is there, or leave it alone.
_CHANGE_ONLY: Final = frozenset(("chmod", "dos2unix", "find", "perl", "sed", "unix2dos"))
_UNSURE: Final = Opaque("a RUN was to put it there, and goes on if that fails")


def if_tolerated(
    found: Effect,
    operands: Operands,
    path: str,
    lookup: Callable[[str], Fact[FileEntry]],
    is_directory: IsDirectory,
) -> Effect | None:
    """What of the effect ``found`` on ``path`` is certain; None for nothing.

    ``lookup`` says what stood at a path before the command.
    """
    if isinstance(found, Changed):
        leaves_or_changes = operands.program in _CHANGE_ONLY and not operands.command.redirects
        return found if leaves_or_changes else _made(found, operands, path, is_directory)
    if isinstance(found, Removed):
        return _removed(operands)
    if isinstance(found, LinkTo) or (isinstance(found, CopiedFrom) and operands.program == "ln"):
        return _linked(found, operands, path, lookup, is_directory)
    if isinstance(found, CopiedFrom):
        return _copied(found, operands, path, lookup, is_directory)
    return found


def _made(found: Changed, operands: Operands, path: str, is_directory: IsDirectory) -> Changed:
    if operands.program in ("curl", "wget"):
        return Changed(perhaps(found.change))
    if operands.program == "mkdir":
        if operands.has("p", "--parents"):
            return found
        return Changed(unless_it_failed(found.change))
    return found if is_directory(parent(path)) else Changed(unless_it_failed(found.change))


def _removed(operands: Operands) -> Changed | Removed:
    if operands.program in ("mv", "rmdir"):
        return Changed(perhaps_removed)
    if operands.has("r", "R", "--recursive"):
        return Removed()
    return Changed(only(FileKind.FILE, removed))


def _linked(
    found: Effect,
    operands: Operands,
    path: str,
    lookup: Callable[[str], Fact[FileEntry]],
    is_directory: IsDirectory,
) -> Effect | None:
    if isinstance(found, CopiedFrom) and not _is_file(lookup(found.path)):
        return _UNSURE
    old = ABSENT if operands.has("f", "--force") else lookup(path)
    if isinstance(old, Known):
        return None
    return found if old is ABSENT and is_directory(parent(path)) else _UNSURE


def _copied(
    found: CopiedFrom,
    operands: Operands,
    path: str,
    lookup: Callable[[str], Fact[FileEntry]],
    is_directory: IsDirectory,
) -> Effect | None:
    source = lookup(found.path)
    if source is ABSENT:
        return None
    sources, target = operands.sources_and_target()
    target = target or ""
    destination = join(operands.directory, target)
    if not isinstance(source, Known):
        return _UNSURE
    if operands.program != "mv" and not operands.has("r", "R", "a", "--recursive", "--archive"):
        named = strongest(match(each, operands.directory, found.path) for each in sources)
        if named is not Match.YES or not _is_file(source):
            return _UNSURE
    if found.path == path:
        return None
    if len(sources) > 1 or operands.target is not None or is_directory_name(target):
        return found if is_directory(destination) else _UNSURE
    if _is_in_the_way(lookup(destination), source.value, path == destination):
        return None
    return found if is_directory(parent(destination)) or is_directory(destination) else _UNSURE


def _is_file(fact: Fact[FileEntry]) -> bool:
    return isinstance(fact, Known) and fact.value.kind is FileKind.FILE


def _is_in_the_way(old: Fact[FileEntry], source: FileEntry, replaces: bool) -> bool:
    """Whether what stood at the destination is a file where a directory is needed, or with ``replaces`` the reverse."""
    if not isinstance(old, Known) or old.value.kind is source.kind:
        return False
    return replaces or source.kind is not FileKind.FILE
