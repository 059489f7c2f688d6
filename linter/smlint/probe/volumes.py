"""Carrying files to and from the container's volumes through the engine's archive calls.

The archive calls work on containers that never ran, on remote engines and from within containers, where a bind mount
would show the wrong machine's files. Both directions are streams: nothing is held in memory or in temporary files.
"""

from __future__ import annotations

import io
import os
import stat
import tarfile
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from smlint.probe.plan import Directory, ProbeError
from smlint.probe.record import FileStat, Listing

if TYPE_CHECKING:
    from docker import APIClient

_CHUNK: Final = 1 << 20

#: A listing stops after so many bytes, seconds and entries. The archive call sends contents along with the headers, so
#: that a model of many gigabytes would be carried over only to learn its name.
LISTING_BYTES: Final = 512 << 20
LISTING_SECONDS: Final = 5.0
LISTING_ENTRIES: Final = 20_000
_STAMP_SECONDS: Final = 10


class _Member(NamedTuple):
    """An entry of an archive to send: a directory, a text, or a file to be read."""

    path: str
    content: bytes | None = None
    source: str | None = None


def archive(directory: Directory) -> Iterator[bytes]:
    """The content of ``directory`` as a tar stream, owned by root and without execute bits, as the platform's copies
    from S3 are. Raises ProbeError for a tree that cannot be read."""
    for member in _members(directory):
        yield from _entry(member)
    yield tarfile.NUL * (2 * tarfile.BLOCKSIZE)


def is_empty(directory: Directory) -> bool:
    """Whether there is nothing to send."""
    return not (directory.texts or directory.trees or directory.empty)


def _members(directory: Directory) -> Iterator[_Member]:
    parents: dict[str, None] = {}
    for path in (*directory.texts, *(tree for tree in directory.trees if tree)):
        while path := os.path.dirname(path):
            parents[path] = None
    for path in sorted({*parents, *directory.empty, *(tree for tree in directory.trees if tree)}):
        yield _Member(path)
    for path, text in directory.texts.items():
        yield _Member(path, content=text.encode())
    for path, root in directory.trees.items():
        yield from _tree(path, root)


def _tree(path: str, root: str) -> Iterator[_Member]:
    if not os.path.isdir(root):
        raise ProbeError(f"{root} is no directory")

    def fail(error: OSError) -> None:
        raise ProbeError(f"{error.filename} cannot be read: {error.strerror}") from error

    for folder, folders, names in os.walk(root, onerror=fail):
        folders.sort()
        inside = os.path.join(path, os.path.relpath(folder, root)) if folder != root else path
        for name in folders:
            yield _Member(os.path.join(inside, name))
        for name in sorted(names):
            yield _Member(os.path.join(inside, name), source=os.path.join(folder, name))


def _entry(member: _Member) -> Iterator[bytes]:
    info = tarfile.TarInfo(member.path.replace(os.sep, "/"))
    info.mtime = int(time.time())
    if member.source is not None:
        yield from _file(info, member.source)
        return
    if member.content is None:
        info.type, info.mode = tarfile.DIRTYPE, 0o755
        yield info.tobuf(tarfile.PAX_FORMAT)
        return
    info.size = len(member.content)
    yield info.tobuf(tarfile.PAX_FORMAT) + member.content + _padding(info.size)


def _file(info: tarfile.TarInfo, path: str) -> Iterator[bytes]:
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            # S3 has neither devices nor sockets; opening a FIFO would wait for ever.
            return
        with open(path, "rb") as file:
            info.size = os.fstat(file.fileno()).st_size
            yield info.tobuf(tarfile.PAX_FORMAT)
            left = info.size
            while left:
                chunk = file.read(min(_CHUNK, left))
                if not chunk:
                    raise ProbeError(f"{path} became shorter while it was read")
                left -= len(chunk)
                yield chunk
            yield _padding(info.size)
    except OSError as error:
        raise ProbeError(f"{path} cannot be read: {error.strerror}") from error


def _padding(size: int) -> bytes:
    return tarfile.NUL * (-size % tarfile.BLOCKSIZE)


def listing(api: APIClient, container: str, roots: Iterable[str]) -> Listing:
    """The files below ``roots`` with size and modification time, cut at the limits above. Works on stopped containers."""
    files: dict[str, FileStat] = {}
    deadline = time.monotonic() + LISTING_SECONDS
    for root in roots:
        cut = _list(api, container, root, files, deadline)
        if cut:
            return Listing(files, cut)
    return Listing(files)


def stamps(api: APIClient, container: str, directory: Directory) -> tuple[str, ...]:
    """What the engine says of a directory without files, and of those in it: the same later means still no files.

    A hundredth of what sending the directory costs. Empty where that can say nothing.
    """
    if directory.texts or directory.trees:
        return ()
    paths = (directory.target, *(f"{directory.target}/{name}" for name in directory.empty))
    answers = [
        api.head(
            f"{api.base_url}/containers/{container}/archive", params={"path": path}, timeout=_STAMP_SECONDS
        )
        for path in paths
    ]
    found = tuple(answer.headers.get("X-Docker-Container-Path-Stat", "") for answer in answers)
    return found if all(found) else ()


def _list(api: APIClient, container: str, root: str, files: dict[str, FileStat], deadline: float) -> str:
    import docker.errors

    try:
        chunks, _ = api.get_archive(container, root, chunk_size=_CHUNK)
    except docker.errors.NotFound:
        return ""
    except docker.errors.APIError as error:
        return f"{root} cannot be read: {error.explanation}"
    reader = _Bounded(chunks, deadline)
    try:
        with tarfile.open(fileobj=reader, mode="r|", bufsize=_CHUNK) as tar:
            prefix: str | None = None
            for member in tar:
                name = member.name.strip("/")
                if prefix is None:
                    # Docker's names begin with the directory's own, which comes first; Podman's do not.
                    prefix = os.path.basename(root)
                    prefix = f"{prefix}/" if f"{name}/".startswith(f"{prefix}/") else ""
                if member.isfile():
                    files[f"{root}/{name.removeprefix(prefix)}"] = FileStat(member.size, int(member.mtime))
                if len(files) > LISTING_ENTRIES:
                    return f"more than {LISTING_ENTRIES} files"
    except _EnoughError as enough:
        return str(enough)
    except tarfile.TarError as error:
        return f"the engine's archive of {root} cannot be read: {error}"
    finally:
        reader.close()
    return ""


class _EnoughError(Exception):
    """A listing has reached its limit; the message says which."""


class _Bounded(io.RawIOBase):
    """A stream of chunks as a file that can be read once, up to a number of bytes and a moment."""

    def __init__(self, chunks: Iterator[bytes], deadline: float) -> None:
        self._chunks = chunks
        self._deadline = deadline
        self._rest = b""
        self._seen = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        parts: list[bytes] = []
        wanted = size
        while wanted:
            if not self._rest:
                self._rest = self._next()
                if not self._rest:
                    break
            part, self._rest = self._rest[:wanted], self._rest[wanted:]
            wanted -= len(part)
            parts.append(part)
        return b"".join(parts)

    def _next(self) -> bytes:
        if self._seen > LISTING_BYTES:
            raise _EnoughError(f"more than {LISTING_BYTES >> 20} MiB")
        if time.monotonic() > self._deadline:
            raise _EnoughError(f"reading took more than {LISTING_SECONDS:.0f} s")
        chunk = next(self._chunks, b"")
        self._seen += len(chunk)
        return chunk

    def close(self) -> None:
        """Drop the connection, whatever is left in it."""
        self._rest = b""
        close = getattr(self._chunks, "close", None)
        if close is not None:
            close()
        self._chunks = iter(())
        super().close()
