"""Images on a container engine, looked at through its API: any Docker or Podman, local or remote.

The API can say what one path is (1 ms) and send a path with everything in it as a tar stream; it cannot list. So a
container is created from the image, never started, and removed on closing. A small image is streamed whole, which takes
a second at most. In a large one, where that would cost seconds for every gigabyte, exact paths are asked for, and
directories are streamed up to a budget.
"""

from __future__ import annotations

import base64
import json
import posixpath
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Final

from smlint.container import FileKind
from smlint.image import tar
from smlint.image.config import ImageConfig, config_of_engine
from smlint.image.connection import TIMEOUT, connect
from smlint.image.layer import is_worth_keeping
from smlint.image.patterns import literal_directory, union
from smlint.image.reference import ImageError, ImageReference
from smlint.image.source import Listing, Manifest, Node, check_platform
from smlint.image.streams import ForwardStream

if TYPE_CHECKING:
    import docker
    import requests

#: On every container made here: `docker ps -a --filter label=io.smlint.image` finds what a SIGKILL left.
LABEL: Final = "io.smlint.image"
#: Bytes and entries of a directory that are streamed at most, since contents come with the names.
LIST_BYTES: Final = 64 << 20
LIST_ENTRIES: Final = 100_000
#: Images up to this size are looked at whole.
WHOLE_BYTES: Final = 256 << 20
MAX_HOPS: Final = 40
KEPT_FILE: Final = 1 << 14
KEPT_FILES: Final = 256
KEPT_TOTAL: Final = 32 << 20

_ELSEWHERE: Final = "folders that no rule names, where a driver may lie as well"
_NO_LISTING: Final = "an engine cannot list an image of this size"

_STAT_HEADER: Final = "X-Docker-Container-Path-Stat"
#: Go's os.FileMode, which the API gives.
_GO_DIRECTORY, _GO_SYMLINK, _GO_SPECIAL = 1 << 31, 1 << 27, 0b0111_0010_1000 << 16
_GO_SETUID, _GO_SETGID, _GO_STICKY = 1 << 23, 1 << 22, 1 << 20

_TAR_KINDS: Final = {
    tar.REGULAR: FileKind.FILE,
    tar.HARD_LINK: FileKind.FILE,
    tar.SYMLINK: FileKind.SYMLINK,
    tar.DIRECTORY: FileKind.DIRECTORY,
}


class DaemonImage:
    """An image on an engine; see :class:`smlint.image.source.ImageSource`."""

    def __init__(
        self, reference: str, client: docker.DockerClient, image: str, config: ImageConfig, size: int | None
    ) -> None:
        self.reference = reference
        self.config = config
        self.manifest = Manifest(size=size, layers=config.diff_ids)
        self.files = DaemonFiles(client, image, config, size)
        self._client = client

    def close(self) -> None:
        """Remove the container, if one was needed, and hang up."""
        try:
            self.files.close()
        finally:
            self._client.close()


def open_daemon(reference: ImageReference, platform: str | None) -> DaemonImage:
    """Open an image that the engine has.

    Raises :class:`~smlint.image.connection.NoEngineError` or :class:`NotOnEngineError`; nothing is pulled.
    """
    import docker.errors

    client = connect()
    image = reference.image or ""
    with ExitStack() as undo:
        undo.callback(client.close)
        try:
            with _one_line(image):
                attributes = client.api.inspect_image(image)  # type: ignore[no-untyped-call]
                history = client.api.history(attributes["Id"])  # type: ignore[no-untyped-call]
            config = config_of_engine(attributes, history, "its config")
            check_platform(config, platform)
        except docker.errors.NotFound:
            elsewhere = (
                f", or read it from its registry with docker://{image}" if reference.repository else ""
            )
            raise NotOnEngineError(
                f"{reference.text}: the engine has no image {image}; pull or build it{elsewhere}"
            ) from None
        except ImageError as error:
            raise ImageError(f"{reference.text}: {error}") from None
        undo.pop_all()
    return DaemonImage(f"docker-daemon:{image}", client, attributes["Id"], config, attributes.get("Size"))


class NotOnEngineError(ImageError):
    """The engine answers and does not have the image."""


class DaemonFiles:
    """The file system of an image on an engine; see :class:`smlint.image.source.FileSystem`."""

    def __init__(
        self, client: docker.DockerClient, image: str, config: ImageConfig, size: int | None = None
    ) -> None:
        self._client = client
        self.image = image
        self._config = config
        self._size = size
        self._container: str | None = None
        #: Makes the container: Ctrl-C ends the wait for the engine's answer, and not who gets it.
        self._maker = ThreadPoolExecutor(1)
        self._seen: dict[str, Node | None] = {}
        self._listings: dict[str, Listing] = {}
        #: Directories that were listed to the end, "" for the root: what is not in their listing is not there.
        self._whole: set[str] = set()
        #: Small files that came along with a listing: another question would cost 30 ms.
        self._contents: dict[str, bytes] = {}
        self._room = KEPT_TOTAL

    def stat(self, path: str) -> Node | None:
        """See :class:`smlint.image.source.FileSystem`."""
        return self._resolve(path, 0)

    def read(self, path: str, limit: int) -> bytes | None:
        """See :class:`smlint.image.source.FileSystem`."""
        node = self.stat(path)
        if node is None or node.kind is not FileKind.FILE:
            return None
        if node.path in self._contents:
            return self._contents[node.path][:limit]
        with self._archive(node.path) as stream:
            member = next(tar.members(stream), None)
            return None if member is None else stream.read(min(member.size, limit))

    def search(self, patterns: Sequence[str], under: Sequence[str]) -> Listing:
        """See :class:`smlint.image.source.FileSystem`; in a large image only places in ``under`` are looked at."""
        wanted = union(patterns)
        if self._is_seen_whole():
            return Listing([node for node in self._listings[""].nodes if wanted.search(node.path)])
        within = tuple(map(literal_directory, patterns))
        found: dict[str, Node] = {}
        incomplete = {_ELSEWHERE: _NO_LISTING} if None in within else {}
        for place in tuple(under) or tuple(filter(None, within)):
            listing = self._place(place)
            incomplete.update(listing.incomplete)
            found.update((node.path, node) for node in listing.nodes if wanted.search(node.path))
        return Listing(sorted(found.values(), key=lambda node: node.path), incomplete)

    def _is_seen_whole(self) -> bool:
        """Whether everything is known; a small image is streamed at the first question."""
        if self._size is not None and self._size <= WHOLE_BYTES and "" not in self._listings:
            listing = self._list("/", WHOLE_BYTES)
            self._listings[""] = Listing(
                sorted(listing.nodes, key=lambda node: node.path), listing.incomplete
            )
            if not listing.incomplete:
                self._whole.add("")
        return "" in self._whole

    def close(self) -> None:
        """Remove the container."""
        self._maker.shutdown()
        container, self._container = self._container, None
        if container is not None:
            with _one_line(self.image):
                self._client.api.remove_container(container, v=True, force=True)

    def _place(self, place: str) -> Listing:
        folder, _, name = place.rpartition("/")
        parent = self._resolve(folder, 0)
        if parent is None or parent.kind is not FileKind.DIRECTORY:
            return Listing(())
        if not name:
            return self._listing(parent.path)
        node = self._lstat(posixpath.join(parent.path, name))
        return Listing([node] if node is not None and node.kind is not FileKind.DIRECTORY else ())

    def _listing(self, directory: str) -> Listing:
        above = next(filter(self._whole.__contains__, _ancestors(directory)), None)
        if above is not None:
            nodes = self._listings[above].nodes
            return Listing([node for node in nodes if node.path.startswith(f"{directory}/")])
        if directory not in self._listings:
            self._listings[directory] = self._list(directory)
            if not self._listings[directory].incomplete:
                self._whole.add(directory)
        return self._listings[directory]

    def _list(self, directory: str, budget: int | None = None) -> Listing:
        """Everything below a directory (a resolved path), as far as the budget of bytes goes."""
        nodes: list[Node] = []
        above = posixpath.dirname(directory)
        budget = LIST_BYTES if budget is None else budget
        with self._archive(directory) as stream:
            for count, member in enumerate(tar.members(stream)):
                path = posixpath.normpath(posixpath.join(above, member.name.lstrip("/")))
                node = _node_of(member, path, self._linked(above, member))
                self._seen[path] = node
                if node.kind is not FileKind.DIRECTORY:
                    nodes.append(node)
                if (count < KEPT_FILES and member.size <= KEPT_FILE) or is_worth_keeping(member):
                    self._keep(path, member, stream)
                if count >= LIST_ENTRIES or stream.tell() + member.size > budget:
                    return Listing(nodes, {directory: "it holds more than is read over the engine's API"})
        return Listing(nodes)

    def _linked(self, above: str, member: tar.Member) -> Node | None:
        """What a hard link stands for: the engine sends the first of the names with the content."""
        if member.type != tar.HARD_LINK:
            return None
        return self._seen.get(posixpath.normpath(posixpath.join(above, member.link.lstrip("/"))))

    def _keep(self, path: str, member: tar.Member, stream: ForwardStream) -> None:
        if member.type == tar.REGULAR and member.size <= self._room:
            self._contents[path] = stream.read(member.size)
            self._room -= member.size

    def _resolve(self, path: str, hops: int) -> Node | None:
        node: Node | None = Node("/", FileKind.DIRECTORY, 0o755)
        for part in path.split("/"):
            if part in ("", "."):
                continue
            if node is None or node.kind is not FileKind.DIRECTORY:
                return None
            if part == "..":
                node = self._resolve(posixpath.dirname(node.path), hops)
                continue
            step = self._lstat(posixpath.join(node.path, part))
            if step is not None and step.kind is FileKind.SYMLINK:
                if hops >= MAX_HOPS:
                    return None
                step = self._resolve(posixpath.join(node.path, step.link or ""), hops + 1)
            node = step
        return node

    def _lstat(self, path: str) -> Node | None:
        if path not in self._seen:
            listed = any(map(self._whole.__contains__, _ancestors(path)))
            self._seen[path] = None if listed else self._ask(path)
        return self._seen[path]

    def _ask(self, path: str) -> Node | None:
        with _one_line(path):
            response = self._client.api.head(self._url(), params={"path": path}, timeout=TIMEOUT)
        if response.status_code == 404:
            return None
        header = response.headers.get(_STAT_HEADER)
        if not response.ok or not header:
            raise ImageError(f"{path}: the engine does not say what it is (status {response.status_code})")
        try:
            answer: dict[str, Any] = json.loads(base64.b64decode(header))
            mode, size, link = int(answer["mode"]), int(answer["size"]), str(answer.get("linkTarget") or "")
        except (ValueError, KeyError, TypeError):
            raise ImageError(f"{path}: the engine's answer cannot be read") from None
        kind = _kind(mode)
        return Node(
            path=path,
            kind=kind,
            mode=_permissions(mode),
            size=size if kind is FileKind.FILE else None,
            link=link if kind is FileKind.SYMLINK else None,
        )

    @contextmanager
    def _archive(self, path: str) -> Iterator[ForwardStream]:
        """The tar stream of ``path``; hanging up early is how the rest is left untransferred."""
        with _one_line(path):
            response: requests.Response = self._client.api.get(
                self._url(),
                params={"path": path},
                # The engine compresses for whoever accepts it, at a twentieth of the speed.
                headers={"Accept-Encoding": "identity"},
                stream=True,
                timeout=TIMEOUT,
            )
            try:
                if not response.ok:
                    raise ImageError(f"{path}: the engine does not send it (status {response.status_code})")
                yield ForwardStream(response.raw.read)
            finally:
                response.close()

    def _url(self) -> str:
        if self._container is None:
            # First nothing, so that the thread is there: interrupted while it starts, the pool would not wait for it.
            self._maker.submit(int).result()
            self._maker.submit(self._create).result()
        api = self._client.api
        return f"{api.base_url}/v{api.api_version}/containers/{self._container}/archive"

    def _create(self) -> None:
        api = self._client.api
        # A volume of the image would be made and filled with the image's content; a tmpfs takes its place, and as the
        # container never starts, nothing is mounted and the image's own files stay in sight.
        tmpfs = dict.fromkeys(self._config.volumes, "")
        with _one_line(self.image):
            created = api.create_container(
                self.image,
                command=["never-started"],
                labels={LABEL: "1"},
                network_disabled=True,
                host_config=api.create_host_config(tmpfs=tmpfs or None),
            )
        self._container = str(created["Id"])


@contextmanager
def _one_line(what: str) -> Iterator[None]:
    """Turn the SDK's and the connection's errors into one line; "not found" stays what it is."""
    import docker.errors
    import requests
    import urllib3.exceptions

    try:
        yield
    except docker.errors.NotFound:
        raise
    except (docker.errors.DockerException, requests.RequestException, urllib3.exceptions.HTTPError) as error:
        text = " ".join(str(getattr(error, "explanation", None) or error).split())
        raise ImageError(f"{what}: the engine failed: {text[:300]}") from None


def _ancestors(path: str) -> Iterator[str]:
    """The directories above ``path``, the closest first, "" for the root."""
    while path:
        path = path.rpartition("/")[0]
        yield path


def _kind(mode: int) -> FileKind:
    if mode & _GO_DIRECTORY:
        return FileKind.DIRECTORY
    if mode & _GO_SYMLINK:
        return FileKind.SYMLINK
    return FileKind.OTHER if mode & _GO_SPECIAL else FileKind.FILE


def _permissions(mode: int) -> int:
    special = ((_GO_SETUID, 0o4000), (_GO_SETGID, 0o2000), (_GO_STICKY, 0o1000))
    return (mode & 0o777) | sum(bit for go, bit in special if mode & go)


def _node_of(member: tar.Member, path: str, linked: Node | None) -> Node:
    kind = _TAR_KINDS.get(member.type, FileKind.OTHER)
    size = member.size if member.type == tar.REGULAR else None
    return Node(
        path=path,
        kind=kind,
        mode=member.mode,
        size=linked.size if linked else size,
        uid=member.uid,
        gid=member.gid,
        link=member.link if member.type == tar.SYMLINK else None,
    )
