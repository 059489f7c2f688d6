"""Paths of the container: joined to a working directory and normalised, with parts that may be unknown.

An unknown part may itself hold slashes, so nothing is collapsed across it. Paths of the build context live elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from smlint.container import UNRESOLVED
from smlint.dockerfile import globs

#: Stands for the unknown working directory of the base image while files are looked for in it.
BASE_DIRECTORY: Final = "/\ue000"

#: Absolute paths in which there is nothing to take out; most are.
_NORMAL: Final = re.compile(rf"(?:/[^/.{UNRESOLVED}][^/]*)+")

# fmt: off
#: Directories that every Linux image with a shell has (Filesystem Hierarchy Standard 3.0, chapters 3 and 4).
STANDARD_DIRECTORIES: Final = frozenset((
    "/", "/bin", "/boot", "/dev", "/etc", "/home", "/lib", "/media", "/mnt", "/opt", "/root", "/run",
    "/sbin", "/srv", "/tmp", "/usr", "/usr/bin", "/usr/lib", "/usr/local", "/usr/local/bin",
    "/usr/local/etc", "/usr/local/lib", "/usr/local/sbin", "/usr/local/share", "/usr/sbin", "/usr/share",
    "/usr/src", "/var", "/var/lib", "/var/log", "/var/tmp",
))
# fmt: on


def join(directory: str, path: str) -> str:
    """``path`` as seen from ``directory``, absolute and normalised. A trailing slash is not kept.

    A path that begins with an unknown part may be absolute or not, so that ``directory`` says nothing about it.
    """
    if not path.startswith(("/", UNRESOLVED)):
        path = f"{directory}/{path}"
    return normalise(path)


def normalise(path: str) -> str:
    """``path`` without ``.``, ``..`` and doubled slashes; relative paths are taken from ``/``."""
    if _NORMAL.fullmatch(path):
        return path
    parts: list[str] = []
    for part in path.split("/"):
        if part in ("", "."):
            continue
        if part != ".." or (parts and (UNRESOLVED in parts[-1] or parts[-1] == "..")):
            parts.append(part)
        elif parts:
            parts.pop()
    if parts and parts[0].startswith(UNRESOLVED):
        return "/".join(parts)
    return "/" + "/".join(parts)


def in_base_directory(path: str) -> str:
    """``path``, which begins with UNRESOLVED for the base image's working directory, with BASE_DIRECTORY instead."""
    return BASE_DIRECTORY + path.removeprefix(UNRESOLVED)


def parent(path: str) -> str:
    """The directory that holds ``path``; ``/`` for ``/`` itself."""
    return path.rpartition("/")[0] or "/"


def parents(path: str) -> Iterator[str]:
    """All directories above ``path``, the nearest first, ``/`` last."""
    while path not in ("/", ""):
        path = parent(path)
        yield path


def name(path: str) -> str:
    """The last part of ``path``."""
    return path.rstrip("/").rpartition("/")[2]


def within(path: str, directory: str) -> str | None:
    """``path`` relative to ``directory`` ("" for the directory itself), or None where it lies elsewhere."""
    if path == directory:
        return ""
    prefix = directory if directory.endswith("/") else directory + "/"
    return path[len(prefix) :] if path.startswith(prefix) else None


def is_directory_name(path: str) -> bool:
    """Whether COPY takes ``path`` for a directory by its spelling alone."""
    return path.endswith(("/", "/.", "/..")) or path in ("", ".", "..")


def may_be(written: str, path: str) -> bool:
    """Whether ``written``, which may hold unknown parts, may turn out to be the known ``path``."""
    if UNRESOLVED not in written:
        return written == path
    return re.fullmatch(_pattern(written), path, re.DOTALL) is not None


def may_hold(written: str, path: str) -> bool:
    """Whether the known ``path`` may be ``written`` or lie under it."""
    if UNRESOLVED not in written:
        return within(path, written) is not None
    return re.fullmatch(_pattern(written) + "(?:/.*)?", path, re.DOTALL) is not None


def _pattern(written: str) -> str:
    # Runs of unknown parts are one unknown part: two neighbouring ".*" would only cost time.
    parts = [list(map(re.escape, part)) for part in re.split(f"{UNRESOLVED}+", written)]
    return globs.expression([token for part in parts for token in (globs.ANY, *part)][1:])
