"""Reads the headers of a tar stream, and nothing of the contents.

Why not ``tarfile``: it keeps every member, follows extended headers of any length into memory, and needs four times as
long for each entry; layers come from strangers and hold hundreds of thousands of entries. Formats: V7, ustar, GNU (long
names, base-256 numbers, sparse) and pax, which is what engines, BuildKit, Bazel and tar itself write.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple, Protocol

from smlint.image.reference import ImageError

BLOCK: Final = 512
#: Longest extended header that is read; PATH_MAX is 4096, and extended attributes are limited to 64 KiB each.
MAX_EXTENDED: Final = 1 << 20
#: GNU sparse maps continue in further blocks of 21 entries; nobody writes this many.
MAX_SPARSE_BLOCKS: Final = 4096

REGULAR: Final = b"0"
HARD_LINK: Final = b"1"
SYMLINK: Final = b"2"
DIRECTORY: Final = b"5"

_REGULAR_TYPES: Final = frozenset((b"0", b"\0", b"7", b"S"))
#: Links, devices, directories, pipes. Types that nobody knows have contents, as regular files do.
_HEADER_ONLY: Final = frozenset((b"1", b"2", b"3", b"4", b"5", b"6"))


class TarError(ImageError):
    """The stream is no tar archive, or a broken one."""


class Stream(Protocol):
    """What headers are read from: bytes in order, with a way to leave some out."""

    def read(self, size: int) -> bytes:
        """Exactly ``size`` bytes, fewer only at the end."""
        ...

    def skip(self, size: int) -> None:
        """Leave out ``size`` bytes; raises :class:`ImageError` when there are not so many."""
        ...

    def tell(self) -> int:
        """Bytes read or left out so far."""
        ...


class Member(NamedTuple):
    """One entry. ``type`` is :data:`REGULAR`, a link, :data:`DIRECTORY` or another type byte."""

    name: str
    type: bytes
    mode: int
    uid: int
    gid: int
    #: Length of the content as it is stored; 0 for links, directories and devices.
    size: int
    link: str
    #: Offset of the content in the stream.
    offset: int
    #: The content is a sparse map and fragments: it cannot be read as it stands.
    sparse: bool = False


class _Extended:
    """What the extended headers before an entry say about it."""

    def __init__(self) -> None:
        self.name: str | None = None
        self.link: str | None = None
        self.records: dict[str, str] = {}


def members(stream: Stream) -> Iterator[Member]:
    """All entries of ``stream``. After each, up to all of its content may have been read by the caller.

    Raises :class:`TarError` on anything that is not a whole tar archive.
    """
    everywhere: dict[str, str] = {}
    extended = _Extended()
    while True:
        block = stream.read(BLOCK)
        if not block or block.count(0) == len(block) == BLOCK:
            return
        if len(block) < BLOCK:
            raise TarError(f"the archive is cut off: {len(block)} bytes at {stream.tell() - len(block)}")
        _verify(block, stream.tell() - BLOCK)
        kind = block[156:157]
        if kind in (b"x", b"g", b"L", b"K"):
            _extend(stream, block, kind, extended, everywhere)
            continue
        member = _member(stream, block, extended, everywhere)
        extended = _Extended()
        yield member
        end = member.offset + member.size + -member.size % BLOCK
        stream.skip(end - stream.tell())


def _verify(block: bytes, offset: int) -> None:
    try:
        expected = _number(block[148:156])
    except TarError:
        expected = -1
    # The checksum counts its own field as blanks.
    if expected != sum(block) - sum(block[148:156]) + 8 * 0x20:
        raise TarError(f"no tar header at byte {offset}: the checksum does not match")


def _extend(
    stream: Stream, block: bytes, kind: bytes, extended: _Extended, everywhere: dict[str, str]
) -> None:
    size = _number(block[124:136])
    if not 0 <= size <= MAX_EXTENDED:
        raise TarError(f"an extended header claims {size} bytes, more than the {MAX_EXTENDED} that are read")
    content = stream.read(size)
    if len(content) < size:
        raise TarError("the archive is cut off inside an extended header")
    stream.skip(-size % BLOCK)
    if kind == b"L":
        extended.name = _text(content)
    elif kind == b"K":
        extended.link = _text(content)
    elif kind == b"x":
        extended.records.update(_records(content))
    else:
        everywhere.update(_records(content))


def _member(stream: Stream, block: bytes, extended: _Extended, everywhere: dict[str, str]) -> Member:
    records = {**everywhere, **extended.records} if everywhere else extended.records
    kind = block[156:157]
    name = records.get("GNU.sparse.name") or records.get("path") or extended.name or _ustar_name(block)
    link = records.get("linkpath") or extended.link or _text(block[157:257])
    size = _pax_number(records, "size", block[124:136])
    if size < 0:
        raise TarError(f"{name}: its size is {size} bytes")
    sparse = kind == b"S" or "GNU.sparse.major" in records or "GNU.sparse.map" in records
    if kind == b"S":
        _skip_sparse_map(stream, block)
    if kind in _REGULAR_TYPES:
        # V7 archives mark a directory by nothing but the slash.
        kind = DIRECTORY if kind == b"\0" and name.endswith("/") else REGULAR
    if kind in _HEADER_ONLY:
        # A link's size field may repeat its target's: nothing is stored for it.
        size = 0
    return Member(
        name=name,
        type=kind,
        mode=_number(block[100:108]) & 0o7777,
        uid=_pax_number(records, "uid", block[108:116]),
        gid=_pax_number(records, "gid", block[116:124]),
        size=size,
        link=link,
        offset=stream.tell(),
        sparse=sparse,
    )


def _skip_sparse_map(stream: Stream, block: bytes) -> None:
    more = block[482]
    for _ in range(MAX_SPARSE_BLOCKS):
        if not more:
            return
        block = stream.read(BLOCK)
        if len(block) < BLOCK:
            raise TarError("the archive is cut off inside a sparse map")
        more = block[504]
    raise TarError(f"a sparse map has more than {MAX_SPARSE_BLOCKS} blocks")


def _ustar_name(block: bytes) -> str:
    name = _text(block[:100])
    # GNU headers keep times and sparse maps where ustar has the prefix.
    if block[257:263] == b"ustar\0" and block[345]:
        return f"{_text(block[345:500])}/{name}"
    return name


def _records(content: bytes) -> dict[str, str]:
    """The ``length key=value\\n`` records of a pax header."""
    found: dict[str, str] = {}
    position = 0
    while position < len(content) and content[position]:
        space = content.find(b" ", position, position + 20)
        length = content[position:space] if space > 0 else b""
        if not length.isdigit() or not space < position + int(length) <= len(content):
            raise TarError("a pax header is malformed")
        end = position + int(length)
        key, _, value = content[space + 1 : end].removesuffix(b"\n").partition(b"=")
        # Extended attributes and the like are of no use here, and they may be large.
        if key in (b"path", b"linkpath", b"size", b"uid", b"gid") or key.startswith(b"GNU.sparse."):
            found[key.decode("ascii", "replace")] = _text(value)
        position = end
    return found


def _pax_number(records: dict[str, str], key: str, field: bytes) -> int:
    text = records.get(key)
    if text is None:
        return _number(field)
    try:
        return int(text)
    except ValueError:
        raise TarError(f"a pax header gives {key} as {text[:40]!r}") from None


def _number(field: bytes) -> int:
    """An octal number, or a base-256 one where the first bit is set (GNU's extension for large values)."""
    if field[0] & 0x80:
        value = int.from_bytes(field, "big") & ((1 << (8 * len(field) - 1)) - 1)
        return value - (1 << (8 * len(field) - 1)) if field[0] & 0x40 else value
    digits = field.partition(b"\0")[0].strip()
    if not digits:
        return 0
    try:
        return int(digits, 8)
    except ValueError:
        raise TarError(f"a number in a tar header reads {field!r}") from None


def _text(field: bytes) -> str:
    # Names are bytes; what is not UTF-8 survives the round trip and is shown escaped.
    return field.partition(b"\0")[0].decode("utf-8", "surrogateescape")
