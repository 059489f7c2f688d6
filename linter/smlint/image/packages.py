"""Package databases in an image: dpkg, apk and rpm.

What there is and cannot be read is said, not taken for empty. The insides of rpm's databases are for
:mod:`smlint.image.rpm`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from smlint.image import rpm
from smlint.image.source import FileSystem

#: Databases are held in memory, SQLite's twice. The largest in public images have some 30 MiB.
MAX_DATABASE: Final = 48 << 20

_DPKG: Final = "/var/lib/dpkg/status"
#: Where distroless images keep one file per package.
_DPKG_PARTS: Final = "/var/lib/dpkg/status.d/"
_APK: Final = ("/lib/apk/db/installed", "/usr/lib/apk/db/installed")
_RPM: Final = ("/var/lib/rpm/", "/usr/lib/sysimage/rpm/")


class Package(NamedTuple):
    """One installed package, and the database that lists it."""

    manager: str
    name: str
    version: str
    database: str


class Installed(NamedTuple):
    """What the package databases list, and which of them could not be read."""

    packages: tuple[Package, ...]
    #: Path of a database to the reason why it is not read.
    unread: dict[str, str]


def installed(files: FileSystem) -> Installed:
    """All packages that the image's databases list as installed."""
    databases = _Databases(files)
    packages = (*_dpkg(databases), *_apk(databases), *_rpm(databases))
    return Installed(packages, databases.unread)


class _Databases:
    """Reads databases whole, and remembers which were too large for that."""

    def __init__(self, files: FileSystem) -> None:
        self.files = files
        self.unread: dict[str, str] = {}

    def read(self, path: str) -> bytes:
        """The content; empty where there is none, or none that is read."""
        node = self.files.stat(path)
        if node is None:
            return b""
        if node.size is not None and node.size > MAX_DATABASE:
            self.unread[path] = (
                f"it has {node.size >> 20} MiB, more than the {MAX_DATABASE >> 20} that are read"
            )
            return b""
        return self.files.read(path, MAX_DATABASE) or b""


def _dpkg(databases: _Databases) -> Iterator[Package]:
    yield from _stanzas(databases.read(_DPKG), _DPKG)
    if databases.files.stat(_DPKG_PARTS) is None:
        return
    for node in databases.files.search([f"^{_DPKG_PARTS}[^/]+$"], [_DPKG_PARTS]).nodes:
        if not node.path.endswith(".md5sums"):
            yield from _stanzas(databases.read(node.path), node.path, parts=True)


def _stanzas(content: bytes, database: str, *, parts: bool = False) -> Iterator[Package]:
    for stanza in re.split(rb"\n{2,}", content):
        fields = dict(
            line.split(b": ", 1)
            for line in stanza.split(b"\n")
            if b": " in line and not line.startswith(b" ")
        )
        # ``deinstall ok config-files`` is what a removed package leaves behind.
        state = fields.get(b"Status", b"install ok installed" if parts else b"")
        if b"Package" in fields and state.endswith(b" installed"):
            yield Package("dpkg", _text(fields[b"Package"]), _text(fields.get(b"Version", b"")), database)


def _apk(databases: _Databases) -> Iterator[Package]:
    for database in _APK:
        content = databases.read(database)
        if not content:
            continue
        for stanza in content.split(b"\n\n"):
            fields = {line[:1]: line[2:] for line in stanza.split(b"\n") if line[1:2] == b":"}
            if b"P" in fields:
                yield Package("apk", _text(fields[b"P"]), _text(fields.get(b"V", b"")), database)
        return


def _rpm(databases: _Databases) -> Iterator[Package]:
    """The packages of the first rpm database; one folder is a link to the other in many images."""
    for database, kind in ((folder + name, kind) for folder in _RPM for name, kind in rpm.KINDS.items()):
        content = databases.read(database)
        if not content and database not in databases.unread:
            continue
        log = databases.files.stat(f"{database}-wal")
        if log is not None and log.size:
            databases.unread[f"{database}-wal"] = (
                "what SQLite has not yet moved into the database is not read"
            )
        try:
            for package in rpm.packages(content, kind) if content else ():
                yield Package("rpm", package.name, package.version, database)
        except rpm.DamagedError as error:
            databases.unread[database] = f"the rpm database is damaged: {error}"
        return


def _text(field: bytes) -> str:
    return field.strip().decode("utf-8", "replace")
