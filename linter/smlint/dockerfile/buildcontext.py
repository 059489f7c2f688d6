"""The build context on disk: what COPY and ADD can see of it, and nothing else.

Links are followed by hand so that nothing outside the context is ever opened; devices and pipes are never opened
either. What a path of the *container* is, :mod:`smlint.dockerfile.context` knows.
"""

from __future__ import annotations

import fnmatch
import os
import re
import stat
from typing import TYPE_CHECKING, Final, NamedTuple

from smlint.container import ABSENT, Absent, FileKind, Unknown

if TYPE_CHECKING:
    from smlint.dockerfile.ignorefile import Pattern

#: Bytes of a file that are read; what is larger has no visible content.
CONTENT_LIMIT: Final = 1 << 20
#: Links in a row before they count as a loop; Linux gives up at the same number.
LINK_LIMIT: Final = 40
#: Directory entries that one wildcard may look at.
_WILDCARD_LIMIT: Final = 10_000
_ARCHIVE: Final = re.compile(r".*\.(?:tar|tgz|tbz2?|txz|tzst|tar\.\w+)", re.IGNORECASE)
#: First bytes of gzip, bzip2, xz and zstd.
_COMPRESSED: Final = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd")


class Source(NamedTuple):
    """Something in the context. ``path`` is relative to its root, with slashes, "" for the root itself."""

    path: str
    kind: FileKind
    #: Permission bits; None on systems that do not have them.
    mode: int | None
    size: int | None = None
    link_target: str | None = None


def is_archive_name(path: str) -> bool:
    """Whether a file of this name is one that ADD unpacks."""
    return _ARCHIVE.fullmatch(path) is not None


class BuildContext:
    """The directory given to ``docker build``, with its ignore file."""

    def __init__(self, root: str, dockerfile: str = "") -> None:
        """``root`` is the directory; ``dockerfile`` the Dockerfile's path, whose own ignore file goes first."""
        self._root = root
        self._dockerfile = dockerfile
        self._patterns: tuple[Pattern, ...] | None = None

    def display(self, path: str) -> str:
        """``path`` as the user would open it from where smlint was started."""
        return os.path.normpath(os.path.join(self._root, path)).replace(os.sep, "/")

    def entry(self, path: str) -> Source | Absent | Unknown:
        """What stands at ``path``; where a link stands in the way or at the end, that link."""
        if not os.path.isdir(self._root):
            return Unknown("the build context is not at hand")
        found = self._walk(path)
        if isinstance(found, Source) and found.path:
            ignored = self._ignored(found.path)
            if ignored is None:
                return Unknown("the context's ignore file cannot be read")
            if ignored and not (found.kind is FileKind.DIRECTORY and self._keeps_some(found.path)):
                return ABSENT
        return found

    def follow(self, path: str) -> Source | Absent | Unknown:
        """What stands at ``path`` once all links are followed; unknown when they lead out of the context."""
        for _ in range(LINK_LIMIT):
            found = self.entry(path)
            if not isinstance(found, Source) or found.kind is not FileKind.SYMLINK:
                return found
            rest = path[len(found.path) :]
            target = found.link_target or ""
            if target.startswith("/"):
                return Unknown(f"the link {found.path} leads out of the build context")
            followed = _inside(f"{found.path.rpartition('/')[0]}/{target}{rest}")
            if followed is None:
                return Unknown(f"the link {found.path} leads out of the build context")
            path = followed
        return Unknown(f"the links at {path} have no end")

    def read(self, source: Source) -> bytes | None:
        """The content of a regular file; None where it is larger than CONTENT_LIMIT or cannot be read."""
        if source.kind is not FileKind.FILE or (source.size or 0) > CONTENT_LIMIT:
            return None
        return _read(self._native(source.path))

    def is_archive(self, source: Source) -> bool:
        """Whether ADD may unpack ``source``: it looks at all of the content, here name and first bytes must do."""
        if source.kind is not FileKind.FILE:
            return False
        if is_archive_name(source.path):
            return True
        start = _read(self._native(source.path), at_most=512) or b""
        return start.startswith(_COMPRESSED) or start[257:262] == b"ustar"

    def matching(self, pattern: str) -> list[str] | Unknown:
        """Paths that a source with wildcards names, sorted; Go's path.Match rules."""
        if not os.path.isdir(self._root):
            return Unknown("the build context is not at hand")
        found = [""]
        looked_at = 0
        for part in pattern.split("/"):
            following = []
            for directory in found:
                names = self._names(directory)
                looked_at += len(names)
                if looked_at > _WILDCARD_LIMIT:
                    return Unknown(f"{pattern} names too many files")
                following += [f"{directory}/{name}".lstrip("/") for name in names if _matches(name, part)]
            found = following
        return sorted(path for path in found if self.entry(path) is not ABSENT)

    def _names(self, directory: str) -> list[str]:
        try:
            with os.scandir(self._native(directory)) as entries:
                return [entry.name for entry in entries]
        except OSError:
            return []

    def _native(self, path: str) -> str:
        return os.path.join(self._root, *path.split("/"))

    def _walk(self, path: str) -> Source | Absent | Unknown:
        parts = [part for part in path.split("/") if part]
        walked = ""
        for number, part in enumerate(parts):
            walked = f"{walked}/{part}".lstrip("/")
            found = self._one(walked)
            if not isinstance(found, Source) or found.kind is FileKind.SYMLINK:
                return found
            if found.kind is not FileKind.DIRECTORY and number < len(parts) - 1:
                return ABSENT
        return found if parts else Source("", FileKind.DIRECTORY, 0o755)

    def _one(self, path: str) -> Source | Absent | Unknown:
        native = self._native(path)
        try:
            status = os.lstat(native)
            target = os.readlink(native) if stat.S_ISLNK(status.st_mode) else None
        except FileNotFoundError:
            return ABSENT
        except (OSError, ValueError) as error:
            return Unknown(f"{path} cannot be read: {error}")
        # Where the file system has no permission bits, the builder makes its own.
        mode = None if os.name == "nt" else stat.S_IMODE(status.st_mode)
        kind = _kind(status.st_mode)
        size = status.st_size if kind is FileKind.FILE else None
        return Source(path, kind, mode, size, None if target is None else target.replace(os.sep, "/"))

    def _ignored(self, path: str) -> bool | None:
        if self._patterns is None:
            try:
                self._patterns = self._read_patterns()
            except ValueError:
                return None
        if not self._patterns:
            return False
        from smlint.dockerfile.ignorefile import is_ignored

        return is_ignored(path, self._patterns)

    def _keeps_some(self, directory: str) -> bool:
        """Whether an ignored directory is sent all the same, for a file in it that an exception keeps."""
        if not any(pattern.keeps for pattern in self._patterns or ()):
            return False
        looked_at = 0
        for folder, _, names in os.walk(self._native(directory)):
            inside = os.path.relpath(folder, self._root).replace(os.sep, "/")
            looked_at += len(names)
            if looked_at > _WILDCARD_LIMIT or any(not self._ignored(f"{inside}/{name}") for name in names):
                return True
        return False

    def _read_patterns(self) -> tuple[Pattern, ...]:
        for ignore_file in (f"{self._dockerfile}.dockerignore", os.path.join(self._root, ".dockerignore")):
            if os.path.isfile(ignore_file):
                from smlint.dockerfile.ignorefile import read_patterns

                content = _read(ignore_file)
                if content is None:
                    raise ValueError(f"{ignore_file} cannot be read")
                return read_patterns(content.decode(errors="replace"))
        return ()


def _kind(mode: int) -> FileKind:
    if stat.S_ISREG(mode):
        return FileKind.FILE
    if stat.S_ISDIR(mode):
        return FileKind.DIRECTORY
    return FileKind.SYMLINK if stat.S_ISLNK(mode) else FileKind.OTHER


def _inside(path: str) -> str | None:
    """``path`` normalised, or None where ``..`` leads above the root."""
    parts: list[str] = []
    for part in path.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _matches(name: str, pattern: str) -> bool:
    if not any(character in pattern for character in "*?[\\"):
        return name == pattern
    return fnmatch.fnmatchcase(name, _for_fnmatch(pattern))


def _for_fnmatch(pattern: str) -> str:
    translated = ""
    characters = iter(pattern.replace("[^", "[!"))
    for character in characters:
        if character == "\\":
            following = next(characters, "")
            translated += f"[{following}]" if following in "*?[" and following else following
        else:
            translated += character
    return translated


def _read(native: str, at_most: int = CONTENT_LIMIT) -> bytes | None:
    """The content of a regular file, or its first ``at_most`` bytes."""
    # The file may have become something else since it was looked at: never wait for a pipe, never follow a link.
    flags = (
        os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    )
    try:
        descriptor = os.open(native, flags)
    except OSError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        try:
            return file.read(at_most)
        except OSError:
            return None
