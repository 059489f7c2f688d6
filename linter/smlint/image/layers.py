"""The merged file system of an image's layers, looked through from the top.

Whiteouts and opaque directories (image-spec ``layer.md``) hide what lies below them, and links never lead out of the
image's root.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from smlint.container import FileKind
from smlint.image.index import (
    DIRECTORY,
    HARD_LINK,
    IMPLIED,
    MAX_ENTRIES,
    MAX_PATH,
    OTHER,
    REGULAR,
    SYMLINK,
    LayerIndex,
    Row,
)
from smlint.image.layer import Layer
from smlint.image.patterns import union
from smlint.image.reference import ImageError
from smlint.image.source import Listing, Node

#: A link loop is given up where Linux gives it up.
MAX_HOPS: Final = 40
#: Directories whose floor is remembered.
MAX_FLOORS: Final = 100_000

_KINDS: Final = {
    DIRECTORY: FileKind.DIRECTORY,
    IMPLIED: FileKind.DIRECTORY,
    REGULAR: FileKind.FILE,
    HARD_LINK: FileKind.FILE,
    SYMLINK: FileKind.SYMLINK,
    OTHER: FileKind.OTHER,
}
_ROOT: Final = Row(IMPLIED, 0o755, 0, 0, 0, 0, None, False)


class LayeredFiles:
    """The file system that the layers make together, lowest first."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        self._layers = layers
        self._indexes: list[LayerIndex] | None = None
        #: By directory: the lowest layer whose entries in it can be seen.
        self._floors: dict[str, int] = {}

    def _all(self) -> list[LayerIndex]:
        if self._indexes is None:
            found: list[LayerIndex] = []
            for layer in self._layers:
                found.append(layer.index())
                if sum(map(len, found)) > MAX_ENTRIES:
                    raise ImageError(f"the layers have more than {MAX_ENTRIES:,} entries, more than are read")
            self._indexes = found
        return self._indexes

    def stat(self, path: str) -> Node | None:
        """See :class:`smlint.image.source.FileSystem`."""
        found = self._resolve(path)
        return found and self._node(*found)

    def read(self, path: str, limit: int) -> bytes | None:
        """See :class:`smlint.image.source.FileSystem`."""
        found = self._resolve(path)
        if found is None:
            return None
        layer, row = self._follow_hard_links(found[1], found[2])
        if row.kind != REGULAR or not row.readable:
            return None
        size = min(row.size, limit)
        content = self._layers[layer].read(row.offset, size)
        if len(content) < size:
            raise ImageError(f"{self._all()[layer].name}: cut off inside {path}")
        return content

    def search(self, patterns: Sequence[str], under: Sequence[str] = ()) -> Listing:
        """See :class:`smlint.image.source.FileSystem`; everything is looked at, so ``under`` is not needed."""
        wanted = union(patterns)
        found: dict[str, Node] = {}
        for number, index in enumerate(self._all()):
            for path in index.paths():
                if wanted.search("/" + path):
                    seen = self._visible(path)
                    if seen is not None and seen[0] == number:
                        found["/" + path] = self._node("/" + path, *seen)
        return Listing(sorted(found.values(), key=lambda node: node.path))

    def _resolve(self, path: str) -> tuple[str, int, Row] | None:
        """Path, layer and row of what ``path`` leads to, all links followed; the root itself is an implied row."""
        pending = [part for part in reversed(path.split("/")) if part not in ("", ".")]
        current = ""
        row: tuple[int, Row] = (0, _ROOT)
        hops = 0
        while pending:
            part = pending.pop()
            if part == "..":
                current = current.rpartition("/")[0]
                row = self._visible(current) or (0, _ROOT)
                continue
            step = f"{current}/{part}" if current else part
            seen = self._visible(step)
            if seen is None:
                return None
            if seen[1].kind != SYMLINK:
                if pending and seen[1].kind not in (DIRECTORY, IMPLIED):
                    return None
                current, row = step, seen
                continue
            hops += 1
            target = seen[1].link or ""
            if hops > MAX_HOPS or len(pending) > MAX_PATH:
                return None
            if target.startswith("/"):
                current, row = "", (0, _ROOT)
            pending.extend(part for part in reversed(target.split("/")) if part not in ("", "."))
        return "/" + current, *row

    def _visible(self, path: str) -> tuple[int, Row] | None:
        """The entry at ``path`` that is not hidden by a layer above, links not followed."""
        indexes = self._all()
        floor = self._floor(path.rpartition("/")[0])
        for number in range(len(indexes) - 1, floor - 1, -1):
            row = indexes[number].find(path)
            if row is not None:
                return number, row
            if indexes[number].hides(path):
                return None
        return None

    def _floor(self, directory: str) -> int:
        """The lowest layer whose entries in ``directory`` are not hidden by a layer above."""
        # Up to what is known and down again, not by recursion: a path may have two thousand components.
        unknown: list[str] = []
        ancestor = directory
        while (known := self._floors.get(ancestor)) is None:
            unknown.append(ancestor)
            if not ancestor:
                break
            ancestor = ancestor.rpartition("/")[0]
        floor = known or 0
        for ancestor in reversed(unknown):
            floor = self._lowest(ancestor, floor)
            if len(self._floors) < MAX_FLOORS:
                self._floors[ancestor] = floor
        return floor

    def _lowest(self, directory: str, above: int) -> int:
        indexes = self._all()
        for number in range(len(indexes) - 1, above - 1, -1):
            if indexes[number].empties(directory):
                return number
            row = indexes[number].find(directory) if directory else None
            if row is not None and row.kind not in (DIRECTORY, IMPLIED):
                return number + 1
        return above

    def _follow_hard_links(self, layer: int, row: Row) -> tuple[int, Row]:
        for _ in range(MAX_HOPS):
            if row.kind != HARD_LINK:
                break
            name = (row.link or "").removeprefix("./").lstrip("/")
            found = self._below(name, layer)
            if found is None:
                break
            layer, row = found
        return layer, row

    def _below(self, path: str, layer: int) -> tuple[int, Row] | None:
        """What stood at ``path`` when a layer made a hard link to it, whatever became of it in the layers above."""
        for number in range(layer, -1, -1):
            row = self._all()[number].find(path)
            if row is not None:
                return number, row
        return None

    def _node(self, path: str, layer: int, row: Row) -> Node:
        source = self._follow_hard_links(layer, row)[1]
        return Node(
            path=path,
            kind=_KINDS[row.kind],
            mode=None if row.kind == IMPLIED else row.mode,
            size=source.size if _KINDS[row.kind] is FileKind.FILE else None,
            uid=row.uid,
            gid=row.gid,
            link=row.link if row.kind == SYMLINK else None,
            layer=layer,
        )
