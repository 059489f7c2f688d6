"""Byte streams: windows into files, decompression with a guard against bombs, digests, and what tar is read from.

What the bytes mean, and which files they come from, is for others.
"""

from __future__ import annotations

import hashlib
import io
import os
import zlib
from collections.abc import Callable
from typing import IO, TYPE_CHECKING, Final, Protocol, TypeAlias

from smlint.image import tar
from smlint.image.progress import Progress
from smlint.image.reference import ImageError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

CHUNK: Final = 1 << 18
#: A stream that grows beyond this at more than the ratio is a bomb, not a layer.
BOMB_SIZE: Final = 16 << 30
BOMB_RATIO: Final = 100

Expander: TypeAlias = "Callable[[Readable], Readable]"


class Window(io.RawIOBase):
    """A part of a file, read as a file of its own. Several windows may share the file, one at a time."""

    def __init__(self, file: IO[bytes], start: int, size: int) -> None:
        self._file = file
        self._start = start
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill ``buffer`` from the current position; 0 at the window's end."""
        view = memoryview(buffer)[: max(self._size - self._position, 0)]
        self._file.seek(self._start + self._position)
        content = self._file.read(len(view))
        view[: len(content)] = content
        self._position += len(content)
        return len(content)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """As files do."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        self._position = max(base + offset, 0)
        return self._position

    def tell(self) -> int:
        """As files do."""
        return self._position


class Readable(Protocol):
    """The least that decompressors ask of a file."""

    def read(self, size: int = -1, /) -> bytes:
        """Up to ``size`` bytes."""
        ...


class Decompressed(io.RawIOBase):
    """A compressed file read as the bytes in it. Seeking back starts over, so go forward where you can."""

    def __init__(self, opener: Callable[[], Readable], expand: Expander, size: int, what: str) -> None:
        self._opener = opener
        self._expand = expand
        self._limit = max(BOMB_SIZE, size * BOMB_RATIO)
        self._what = what
        self._restart()

    def _restart(self) -> None:
        self._stream = self._expand(self._opener())
        self._position = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always, though not cheaply."""
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Fill ``buffer`` with decompressed bytes; raises :class:`ImageError` for damaged and for hostile streams."""
        view = memoryview(buffer)
        try:
            content = self._stream.read(len(view))
        except (OSError, EOFError, zlib.error) as error:
            raise ImageError(f"{self._what}: cannot be decompressed: {error}") from None
        except Exception as error:
            # lzma.LZMAError and zstandard.ZstdError, whose modules are imported only where they are needed.
            if type(error).__name__ not in ("LZMAError", "ZstdError"):
                raise
            raise ImageError(f"{self._what}: cannot be decompressed: {error}") from None
        self._position += len(content)
        if self._position > self._limit:
            raise ImageError(
                f"{self._what}: expands to more than {self._limit >> 30} GiB, over {BOMB_RATIO} times its size; "
                "that is no layer but a decompression bomb"
            )
        view[: len(content)] = content
        return len(content)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """As files do, except that the end is not known beforehand."""
        target = {os.SEEK_SET: 0, os.SEEK_CUR: self._position}[whence] + offset
        if target < self._position:
            self._restart()
        while self._position < target and self.read(min(CHUNK, target - self._position)):
            pass
        return self._position

    def tell(self) -> int:
        """As files do."""
        return self._position


def expander(magic: bytes) -> Expander | None:
    """What decompresses a stream that begins with these bytes; None for one that is not compressed."""
    if magic.startswith(b"\x1f\x8b"):
        return _gunzip
    if magic.startswith(b"\x28\xb5\x2f\xfd"):
        return _unzstd
    if magic.startswith(b"BZh"):
        return _bunzip2
    if magic.startswith(b"\xfd7zXZ\0"):
        return _unxz
    return None


def _gunzip(file: Readable) -> Readable:
    import gzip

    return gzip.GzipFile(fileobj=file)  # type: ignore[call-overload, no-any-return]


def _unzstd(file: Readable) -> Readable:
    import zstandard

    return zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True, closefd=False)  # type: ignore[arg-type]


def _bunzip2(file: Readable) -> Readable:
    import bz2

    return bz2.BZ2File(file)  # type: ignore[call-overload, no-any-return]


def _unxz(file: Readable) -> Readable:
    import lzma

    return lzma.LZMAFile(file)  # type: ignore[arg-type]


class SeekingStream:
    """A tar stream in a file that can be sought: contents are stepped over, whatever their size."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file = file
        self._size = size
        self._position = 0

    def read(self, size: int) -> bytes:
        """See :class:`smlint.image.tar.Stream`."""
        content = self._file.read(size)
        self._position += len(content)
        return content

    def skip(self, size: int) -> None:
        """See :class:`smlint.image.tar.Stream`."""
        if self._position + size > self._size:
            raise tar.TarError(
                f"the archive is cut off: {self._position + size - self._size} bytes are missing"
            )
        self._position += size
        if size:
            self._file.seek(size, os.SEEK_CUR)

    def tell(self) -> int:
        """See :class:`smlint.image.tar.Stream`."""
        return self._position


class ForwardStream:
    """A tar stream that can only be read on, from a decompressor or a network connection."""

    def __init__(self, read: Callable[[int], bytes]) -> None:
        self._read = read
        self._position = 0

    def read(self, size: int) -> bytes:
        """See :class:`smlint.image.tar.Stream`."""
        content = self._read(size)
        while len(content) < size:
            more = self._read(size - len(content))
            if not more:
                break
            content += more
        self._position += len(content)
        return content

    def skip(self, size: int) -> None:
        """See :class:`smlint.image.tar.Stream`."""
        while size > 0:
            content = self._read(min(size, CHUNK))
            if not content:
                raise tar.TarError(f"the archive is cut off: {size} bytes are missing")
            self._position += len(content)
            size -= len(content)

    def tell(self) -> int:
        """See :class:`smlint.image.tar.Stream`."""
        return self._position


class Hashing:
    """Passes reads on, remembers the digest of what went through, and tells the progress."""

    def __init__(self, file: Readable, algorithm: str, progress: Progress) -> None:
        self._file = file
        self._progress = progress
        self._hash = hashlib.new(algorithm)

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes."""
        content = self._file.read(CHUNK if size < 0 else size)
        self._hash.update(content)
        self._progress.advance(len(content))
        return content

    def digest(self) -> str:
        """``sha256:…`` of everything read so far."""
        return f"{self._hash.name}:{self._hash.hexdigest()}"
