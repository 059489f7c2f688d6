"""Package databases in an image: dpkg, apk and rpm, as their own formats have them.

Databases that need another tool's library to be read (rpm's Berkeley DB and ndb) are said to be unreadable, not empty.
"""

from __future__ import annotations

import re
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing
from typing import Final, NamedTuple

from smlint.image.reference import ImageError
from smlint.image.source import FileSystem

MAX_DATABASE: Final = 128 << 20

_DPKG: Final = "/var/lib/dpkg/status"
#: Where distroless images keep one file per package.
_DPKG_PARTS: Final = "/var/lib/dpkg/status.d/"
_APK: Final = ("/lib/apk/db/installed", "/usr/lib/apk/db/installed")
_RPM: Final = ("/var/lib/rpm/", "/usr/lib/sysimage/rpm/")
_RPM_UNREADABLE: Final = ("Packages", "Packages.db")
_RPM_NAME, _RPM_VERSION, _RPM_RELEASE = 1000, 1001, 1002


class Package(NamedTuple):
    """One installed package, and the database that lists it."""

    manager: str
    name: str
    version: str
    database: str


class UnreadableDatabaseError(Exception):
    """There is a package database, and it cannot be read; the text completes "unknown, because …"."""


def installed(files: FileSystem) -> list[Package]:
    """All packages that the image's databases list as installed; raises :class:`UnreadableDatabaseError`."""
    return [*_dpkg(files), *_apk(files), *_rpm(files)]


def _dpkg(files: FileSystem) -> Iterator[Package]:
    status = files.read(_DPKG, MAX_DATABASE)
    if status:
        yield from _stanzas(status, _DPKG)
    if files.stat(_DPKG_PARTS) is None:
        return
    for node in files.search([f"^{_DPKG_PARTS}[^/]+$"], [_DPKG_PARTS]).nodes:
        if not node.path.endswith(".md5sums"):
            yield from _stanzas(files.read(node.path, MAX_DATABASE) or b"", node.path, parts=True)


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


def _apk(files: FileSystem) -> Iterator[Package]:
    for database in _APK:
        content = files.read(database, MAX_DATABASE)
        if not content:
            continue
        for stanza in content.split(b"\n\n"):
            fields = {line[:1]: line[2:] for line in stanza.split(b"\n") if line[1:2] == b":"}
            if b"P" in fields:
                yield Package("apk", _text(fields[b"P"]), _text(fields.get(b"V", b"")), database)
        return


def _rpm(files: FileSystem) -> Iterator[Package]:
    for folder in _RPM:
        database = f"{folder}rpmdb.sqlite"
        content = files.read(database, MAX_DATABASE)
        if content:
            yield from _rpm_rows(content, database)
            return
        for name in _RPM_UNREADABLE:
            if files.stat(folder + name) is not None:
                raise UnreadableDatabaseError(f"{folder}{name} is an rpm database of a kind that is not read")


def _rpm_rows(content: bytes, database: str) -> Iterator[Package]:
    # The journal mode in the header would make SQLite look for a write-ahead log beside the file.
    rollback = content[:18] + b"\x01\x01" + content[20:]
    try:
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.deserialize(rollback)
            for (header,) in connection.execute("SELECT blob FROM Packages"):
                tags = _rpm_tags(header)
                if _RPM_NAME in tags:
                    version = f"{tags.get(_RPM_VERSION, '')}-{tags.get(_RPM_RELEASE, '')}"
                    yield Package("rpm", tags[_RPM_NAME], version, database)
    except sqlite3.Error as error:
        raise ImageError(f"{database} is damaged: {error}") from None


def _rpm_tags(header: bytes) -> dict[int, str]:
    """The string tags of an rpm header blob: two counts, 16-byte index entries, then the values."""
    if not isinstance(header, bytes) or len(header) < 8:
        return {}
    (count,) = struct.unpack(">I", header[:4])
    values = 8 + 16 * count
    if values > len(header):
        return {}
    found: dict[int, str] = {}
    for tag, kind, offset, _ in struct.iter_unpack(">IIII", header[8:values]):
        if kind == 6 and tag in (_RPM_NAME, _RPM_VERSION, _RPM_RELEASE):
            start = values + offset
            found[tag] = _text(header[start : header.find(b"\0", start)])
    return found


def _text(field: bytes) -> str:
    return field.strip().decode("utf-8", "replace")
