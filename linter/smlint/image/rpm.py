"""rpm databases of all three kinds, read without rpm: SQLite, Berkeley DB hash tables (before RHEL 9) and ndb (SUSE).

All of them hold one header blob per package (rpm, ``lib/backend``); what surrounds the blobs is stripped here. Bytes
come from strangers, so every offset is checked, and what does not fit raises :class:`DamagedError`.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Final, NamedTuple

_NAME, _VERSION, _RELEASE = 1000, 1001, 1002
_STRING: Final = 6


class DamagedError(Exception):
    """The database is not what its name says; the text says what is wrong."""


class RpmPackage(NamedTuple):
    """An entry of an rpm database."""

    name: str
    #: ``version-release``.
    version: str


def packages(content: bytes, kind: Kind) -> Iterator[RpmPackage]:
    """All packages of a database of that kind; raises :class:`DamagedError`."""
    try:
        for header in kind(content):
            tags = _tags(header)
            if _NAME in tags:
                yield RpmPackage(tags[_NAME], f"{tags.get(_VERSION, '')}-{tags.get(_RELEASE, '')}")
    except struct.error:
        raise DamagedError("it ends in the middle") from None


#: SQLite's virtual machine is stopped after so many thousand instructions; a thousand packages take some ten.
_SQLITE_BUDGET: Final = 10_000


def sqlite(content: bytes) -> Iterator[bytes]:
    """The headers in ``rpmdb.sqlite``."""
    # The journal mode in the header would make SQLite look for a write-ahead log beside the file.
    rollback = bytearray(content)
    rollback[18:20] = b"\x01\x01"
    budget = iter(range(_SQLITE_BUDGET))
    try:
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.deserialize(rollback)
            # A stranger's schema may hold a view that never ends, under the name of the table.
            connection.set_progress_handler(lambda: next(budget, None) is None, 1000)
            connection.text_factory = bytes
            for (header,) in connection.execute("SELECT blob FROM Packages"):
                if isinstance(header, bytes):
                    yield header
    except (sqlite3.Error, OverflowError, UnicodeDecodeError) as error:
        raise DamagedError(str(error)) from None


_NDB_MAGIC, _NDB_SLOT, _NDB_BLOB = b"RpmP", b"Slot", b"BlbS"
_NDB_PAGE, _NDB_BLOCK = 4096, 16


def ndb(content: bytes) -> Iterator[bytes]:
    """The headers in ``Packages.db``: pages of slots, each with the place of a blob (rpm, ``ndb/rpmpkg.c``)."""
    magic, version, _, pages = struct.unpack_from("<4s3I", content)
    if magic != _NDB_MAGIC or version != 0:
        raise DamagedError("it does not begin as an ndb database does")
    if pages * _NDB_PAGE > len(content):
        raise DamagedError(f"it has fewer than the {pages} pages of slots that it speaks of")
    # The file's own header takes the room of the first two slots.
    for magic, package, block, _ in struct.iter_unpack("<4s3I", content[2 * _NDB_BLOCK : pages * _NDB_PAGE]):
        if magic != _NDB_SLOT:
            raise DamagedError("a slot does not begin as slots do")
        if package:
            start = block * _NDB_BLOCK
            magic, owner, _, size = struct.unpack_from("<4s3I", content, start)
            if magic != _NDB_BLOB or owner != package or start + _NDB_BLOCK + size > len(content):
                raise DamagedError(f"the blob of package {package} is not where its slot says")
            yield content[start + _NDB_BLOCK : start + _NDB_BLOCK + size]


_BDB_MAGIC: Final = 0x061561
#: Page types, and types of the items on a page (Berkeley DB, ``dbinc/db_page.h``).
_BDB_HASH_UNSORTED, _BDB_OVERFLOW, _BDB_HASH = 2, 7, 13
_BDB_ON_PAGE, _BDB_OFF_PAGE = 1, 3
_BDB_HEADER: Final = 26


def berkeley(content: bytes) -> Iterator[bytes]:
    """The headers in ``Packages``: values of a hash table, mostly in chains of overflow pages."""
    order = next((o for o in "<>" if struct.unpack_from(f"{o}I", content, 12)[0] == _BDB_MAGIC), None)
    if order is None:
        raise DamagedError("it is no Berkeley DB hash table")
    (size,) = struct.unpack_from(f"{order}I", content, 20)
    if size not in {1 << bits for bits in range(9, 17)}:
        raise DamagedError(f"it gives its pages {size} bytes")
    for start in range(size, len(content) - size + 1, size):
        page = content[start : start + size]
        if page[25] in (_BDB_HASH_UNSORTED, _BDB_HASH):
            for item in _values(page, order):
                yield item[1:] if item[0] == _BDB_ON_PAGE else _chain(content, size, order, item)


def _values(page: bytes, order: str) -> Iterator[bytes]:
    """Every second item of a hash page, its type byte first; the items before them are keys."""
    (count,) = struct.unpack_from(f"{order}H", page, 20)
    starts = struct.unpack_from(f"{order}{count}H", page, _BDB_HEADER)
    # Items are laid down from the end of the page; each ends where the one before it begins.
    for start, end in list(zip(starts, (len(page), *starts), strict=False))[1::2]:
        if not _BDB_HEADER <= start < end <= len(page):
            raise DamagedError("an item lies outside of its page")
        if page[start] in (_BDB_ON_PAGE, _BDB_OFF_PAGE):
            yield page[start:end]


def _chain(content: bytes, size: int, order: str, item: bytes) -> bytes:
    """What stands in a chain of overflow pages."""
    number, length = struct.unpack_from(f"{order}2I", item, 4)
    found = bytearray()
    while number:
        page = content[number * size : (number + 1) * size]
        following, _, used = struct.unpack_from(f"{order}I2H", page, 16)
        if len(page) < size or page[25] != _BDB_OVERFLOW or not 0 < used <= size - _BDB_HEADER:
            raise DamagedError(f"page {number} does not continue what another begins")
        found += page[_BDB_HEADER : _BDB_HEADER + used]
        # Pages that lead back to each other would never end.
        if len(found) > length:
            break
        number = following
    if len(found) != length:
        raise DamagedError(f"a header of {length} bytes is not all there")
    return bytes(found)


def _tags(header: bytes) -> dict[int, str]:
    """The string tags of an rpm header blob: two counts, 16-byte index entries, then the values."""
    # Berkeley DB's tables also hold the number of packages, in four bytes.
    if len(header) < 8:
        return {}
    (count,) = struct.unpack_from(">I", header)
    values = 8 + 16 * count
    if values > len(header):
        raise DamagedError(f"a header of {len(header)} bytes claims {count} entries")
    found: dict[int, str] = {}
    for tag, kind, offset, _ in struct.iter_unpack(">4I", header[8:values]):
        if kind == _STRING and tag in (_NAME, _VERSION, _RELEASE):
            start = values + offset
            found[tag] = header[start : header.find(b"\0", start)].decode("utf-8", "replace")
    return found


#: A reader of header blobs.
Kind = Callable[[bytes], Iterator[bytes]]
#: File names of the databases, and what reads them.
KINDS: Final[dict[str, Kind]] = {"rpmdb.sqlite": sqlite, "Packages.db": ndb, "Packages": berkeley}
