"""Reading one layer: sought over where it is a plain file, streamed where it is compressed or comes over the network."""

from __future__ import annotations

import io
import re
from typing import Final, Protocol

from smlint.image import tar
from smlint.image.blobs import Blob
from smlint.image.index import LayerIndex
from smlint.image.progress import Progress, Silent
from smlint.image.reference import ImageError
from smlint.image.streams import (
    CHUNK,
    Decompressed,
    ForwardStream,
    Hashing,
    Readable,
    SeekingStream,
    expander,
)

#: Contents kept while a layer streams by, so that it need not stream by again.
KEPT_FILE: Final = 1 << 20
KEPT_PROGRAM: Final = 1 << 16
KEPT_DATABASE: Final = 16 << 20
KEPT_TOTAL: Final = 32 << 20

_DATABASES: Final = re.compile(
    r"var/lib/dpkg/status(\.d/.*)?|(usr/)?lib/apk/db/installed|(var/lib|usr/lib/sysimage)/rpm/(rpmdb\.sqlite|Packages(\.db)?)"
)
_SMALL: Final = re.compile(
    r"etc/(passwd|group|ld\.so\.conf(\.d/.*)?|nginx/.*|os-release)|.*\.(sh|bash|conf|cfg|ini|ya?ml|toml|json)|(.*/)?(train|serve)"
)
_CODE: Final = re.compile(r"(?!.*(/(site|dist)-packages/|/lib/python)).*\.(py|pl|R|js)")
_PROGRAMS: Final = re.compile(r"(usr/|usr/local/|opt/[^/]+/)?s?bin/[^/]+|[^/]+|opt/[^/]+/[^/]+")


class Layer(Protocol):
    """A layer that can be indexed and read."""

    def index(self) -> LayerIndex:
        """Read all of the layer once. The caller keeps what it gets."""
        ...

    def read(self, offset: int, size: int) -> bytes:
        """``size`` bytes of content at ``offset`` of the uncompressed layer."""
        ...


class BlobLayer:
    """A layer in a file: sought over when it is plain, streamed when it is compressed."""

    def __init__(self, blob: Blob, name: str, digest: str | None, progress: Progress | None = None) -> None:
        self._blob = blob
        self._name = name
        #: Digest of the blob as it is stored; checked when all of it is read anyway.
        self._digest = digest
        self._progress = progress or Silent()
        self._kept: dict[int, bytes] = {}
        self._expand = expander(blob.open().read(6))

    @property
    def size(self) -> int | None:
        """Bytes of the uncompressed layer, where they can be known without reading it."""
        return self._blob.size if self._expand is None else None

    def index(self) -> LayerIndex:
        """See :class:`Layer`."""
        blob, name = self._blob, self._name
        if self._expand is None and blob.seeks_cheaply:
            return index_layer(SeekingStream(blob.open(), blob.size), name)
        self._progress.start(f"reading {name}", blob.size)
        return stream_layer(blob.open(), blob.size, name, self._digest, self._progress, self._kept)

    def read(self, offset: int, size: int) -> bytes:
        """See :class:`Layer`."""
        kept = self._kept.get(offset)
        if kept is not None:
            return kept[:size]
        if self._expand is None:
            file = self._blob.open()
            file.seek(offset)
            return file.read(size)
        return read_streamed(self._blob.open(), self._blob.size, self._name, offset, size)


def index_layer(stream: tar.Stream, name: str, kept: dict[int, bytes] | None = None) -> LayerIndex:
    """Index the layer in ``stream``; contents likely to be asked for go into ``kept``, by offset.

    Raises :class:`ImageError` naming the layer.
    """
    index = LayerIndex(name)
    room = KEPT_TOTAL
    try:
        for member in tar.members(stream):
            index.add(member)
            if kept is not None and member.size <= room and is_worth_keeping(member):
                kept[member.offset] = stream.read(member.size)
                room -= member.size
    except tar.TarError as error:
        raise ImageError(f"{name}: {error}") from None
    index.seal()
    return index


def stream_layer(
    file: Readable, size: int, name: str, digest: str | None, progress: Progress, kept: dict[int, bytes]
) -> LayerIndex:
    """Index a layer that passes by once, from ``file`` of ``size`` bytes, compressed or not.

    ``digest`` is that of the file as it comes; raises :class:`ImageError` when it does not match.
    """
    head = file.read(6)
    raw = _Prefixed(head, file)
    hashing = Hashing(raw, (digest or "sha256").partition(":")[0], progress)
    expand = expander(head)
    stream: Readable = hashing
    if expand is not None:
        stream = io.BufferedReader(Decompressed(lambda: hashing, expand, size, name), CHUNK)
    index = index_layer(ForwardStream(stream.read), name, kept)
    # What follows the end mark counts for the digest as well.
    while stream.read(CHUNK) or hashing.read(CHUNK):
        pass
    if digest is not None and hashing.digest() != digest:
        raise ImageError(f"{name} does not match its digest: it should be {digest} and is {hashing.digest()}")
    return index


def read_streamed(file: Readable, size: int, name: str, offset: int, count: int) -> bytes:
    """``count`` bytes at ``offset`` of the uncompressed layer that ``file`` (of ``size`` bytes) holds.

    Raises :class:`ImageError` naming the layer.
    """
    head = file.read(6)
    raw = _Prefixed(head, file)
    expand = expander(head)
    if expand is None:
        stream = ForwardStream(raw.read)
    else:
        stream = ForwardStream(io.BufferedReader(Decompressed(lambda: raw, expand, size, name), CHUNK).read)
    try:
        stream.skip(offset)
    except tar.TarError as error:
        raise ImageError(f"{name}: {error}") from None
    return stream.read(count)


class _Prefixed:
    """A file whose first bytes have been read already."""

    def __init__(self, head: bytes, file: Readable) -> None:
        self._head = head
        self._file = file

    def read(self, size: int = -1, /) -> bytes:
        if self._head and size:
            taken = self._head if size < 0 else self._head[:size]
            self._head = self._head[len(taken) :]
            return taken
        return self._file.read(size)


def is_worth_keeping(member: tar.Member) -> bool:
    """Whether rules are likely to ask for the content of an entry, and it is small enough to be held."""
    path = member.name.removeprefix("./").lstrip("/")
    if _DATABASES.fullmatch(path):
        return member.size <= KEPT_DATABASE
    if member.size > KEPT_FILE or member.type != tar.REGULAR or member.sparse:
        return False
    if member.mode & 0o111 and _PROGRAMS.fullmatch(path):
        return member.size <= KEPT_PROGRAM
    return bool(_SMALL.fullmatch(path) or _CODE.fullmatch(path))
