"""Bytes of archives and layouts by name: the entries of a tar file, the files of a folder.

Nothing is unpacked to disk, and nothing is held in memory beyond a buffer. What the bytes mean is for others.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from typing import IO, Final, Protocol

from smlint.image import tar
from smlint.image.progress import Progress, Silent
from smlint.image.reference import ImageError
from smlint.image.streams import CHUNK, Decompressed, ForwardStream, SeekingStream, Window, expander

#: Entries of the outer archive; ``docker save`` writes a handful per layer.
MAX_OUTER_ENTRIES: Final = 100_000


class Blob:
    """A named run of bytes in a file."""

    def __init__(
        self, name: str, file: IO[bytes], start: int, size: int, *, seeks_cheaply: bool = True
    ) -> None:
        self.name = name
        self.size = size
        self.seeks_cheaply = seeks_cheaply
        self._file = file
        self._start = start

    def open(self) -> io.BufferedReader:
        """A file of just these bytes."""
        return io.BufferedReader(Window(self._file, self._start, self.size), CHUNK)

    def read_all(self, limit: int) -> bytes:
        """The content; raises :class:`ImageError` when it is larger than ``limit`` or cut off."""
        if self.size > limit:
            raise ImageError(f"{self.name} has {self.size} bytes, more than the {limit} that are read")
        content = self.open().read()
        if len(content) != self.size:
            raise ImageError(f"{self.name} is cut off: {len(content)} of {self.size} bytes are there")
        return content


class BlobStore(Protocol):
    """Blobs by path: a layout's folder, or the entries of an archive."""

    def find(self, path: str) -> Blob | None:
        """The blob at a relative ``path``; None when it is not there."""
        ...

    def close(self) -> None:
        """Release open files."""
        ...


def need(store: BlobStore, path: str, wanted_by: str) -> Blob:
    """The blob at ``path``; raises :class:`ImageError` naming who wants it when it is not there."""
    blob = store.find(path)
    if blob is None:
        raise ImageError(f"{wanted_by} names {path}, which is not there")
    return blob


def blob_path(digest: str) -> str:
    """Where a layout keeps the blob with that (checked) digest."""
    algorithm, _, value = digest.partition(":")
    return f"blobs/{algorithm}/{value}"


class DirectoryStore:
    """The files of an OCI layout folder."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._open: list[IO[bytes]] = []

    def find(self, path: str) -> Blob | None:
        """See :class:`BlobStore`."""
        try:
            file = open(os.path.join(self._root, *path.split("/")), "rb")  # noqa: SIM115 - closed by close()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            return None
        except OSError as error:
            raise ImageError(f"{self._root}/{path} cannot be read: {error.strerror}") from None
        self._open.append(file)
        return Blob(path, file, 0, os.fstat(file.fileno()).st_size)

    def close(self) -> None:
        """See :class:`BlobStore`."""
        while self._open:
            self._open.pop().close()


class TarStore:
    """The entries of an archive, compressed as a whole or not."""

    def __init__(self, path: str, progress: Progress | None = None) -> None:
        self._name = path
        try:
            self._raw = open(path, "rb")  # noqa: SIM115 - closed by close()
        except OSError as error:
            raise ImageError(f"{path} cannot be read: {error.strerror}") from None
        try:
            if not self._raw.seekable():
                raise ImageError(
                    f"{path} is a pipe, and an archive is read more than once: write it to a file"
                )
            self._index(progress or Silent())
        except BaseException:
            self.close()
            raise

    def _index(self, progress: Progress) -> None:
        size = os.fstat(self._raw.fileno()).st_size
        whole = Blob(self._name, self._raw, 0, size)
        expand = expander(whole.open().read(6))
        self._seeks_cheaply = expand is None
        stream: tar.Stream
        if expand is None:
            self._file: IO[bytes] = self._raw
            stream = SeekingStream(whole.open(), size)
        else:
            progress.start(f"reading {self._name}", None)
            self._file = io.BufferedReader(Decompressed(whole.open, expand, size, self._name), CHUNK)
            stream = ForwardStream(self._file.read)
        try:
            self._entries = dict(self._named(stream))
        except ImageError as error:
            raise ImageError(
                f"{self._name} is no whole image archive: {error}; docker save -o FILE IMAGE writes one"
            ) from None

    def _named(self, stream: tar.Stream) -> Iterator[tuple[str, tar.Member]]:
        for count, member in enumerate(tar.members(stream)):
            if count >= MAX_OUTER_ENTRIES:
                raise ImageError(f"more than {MAX_OUTER_ENTRIES} entries; that is no archive of images")
            yield "/".join(part for part in member.name.split("/") if part not in ("", ".")), member

    def find(self, path: str) -> Blob | None:
        """See :class:`BlobStore`."""
        name = path
        # ``docker save`` links a layer that occurs twice to its first occurrence.
        for _ in range(4):
            member = self._entries.get(name)
            if member is None or member.sparse:
                return None
            if member.type == tar.REGULAR:
                return Blob(path, self._file, member.offset, member.size, seeks_cheaply=self._seeks_cheaply)
            if member.type not in (tar.SYMLINK, tar.HARD_LINK):
                return None
            start = os.path.dirname(name) if member.type == tar.SYMLINK else ""
            name = os.path.normpath(os.path.join(start, member.link)).replace(os.sep, "/")
        return None

    def close(self) -> None:
        """See :class:`BlobStore`."""
        self._raw.close()
