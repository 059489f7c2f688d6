"""The index of one layer: what every path in it is and where its content stands, in forty bytes per entry.

Contents and an object per entry would not do: a layer may have a million of them. Layers above and below it, links
and whiteouts' effects are for :mod:`smlint.image.layers`.
"""

from __future__ import annotations

import zlib
from array import array
from bisect import bisect_left
from collections.abc import Iterator
from typing import Final, NamedTuple

from smlint.image import tar
from smlint.image.reference import ImageError

#: Entries of all layers together. The largest public images have about half a million.
MAX_ENTRIES: Final = 2_000_000
#: Link targets are kept as they are.
MAX_LINK_BYTES: Final = 32 << 20
MAX_PATH: Final = 4096

_NAMES_PER_BLOCK: Final = 4096
#: Directories known to have a row; beyond that many, some get several, which is harmless.
_REMEMBERED: Final = 20_000
_SORTED_AT_ONCE: Final = 50_000
_WHITEOUT: Final = ".wh."
_OPAQUE: Final = ".wh..wh..opq"

#: Row kinds, in one byte each.
DIRECTORY, REGULAR, SYMLINK, HARD_LINK, OTHER, IMPLIED = range(6)
_TYPES: Final = {
    tar.DIRECTORY: DIRECTORY,
    tar.REGULAR: REGULAR,
    tar.SYMLINK: SYMLINK,
    tar.HARD_LINK: HARD_LINK,
}


class Row(NamedTuple):
    """One entry of a layer."""

    kind: int
    mode: int
    uid: int
    gid: int
    size: int
    offset: int
    link: str | None
    readable: bool


class LayerIndex:
    """Where everything in one layer stands. Fill it with :meth:`add`, then :meth:`seal` it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._hashes = array("q")
        self._order = array("I")
        self._kinds = array("B")
        self._modes = array("H")
        self._owners = (array("I"), array("I"))
        self._sizes = array("Q")
        self._offsets = array("Q")
        self._links: dict[int, str] = {}
        self._link_bytes = 0
        self._sparse: set[int] = set()
        self._whiteouts: set[str] = set()
        self._opaque: set[str] = set()
        self._names: list[bytes] = []
        self._block: list[str] = []
        self._directories: set[str] = set()

    def __len__(self) -> int:
        return len(self._kinds)

    def add(self, member: tar.Member) -> None:
        """Take in one entry; raises :class:`ImageError` for one that no engine would unpack."""
        path = self._clean(member.name)
        if not path:
            return
        parent, _, name = path.rpartition("/")
        if name == _OPAQUE:
            self._opaque.add(parent)
        elif name.startswith(_WHITEOUT + _WHITEOUT):
            return  # bookkeeping of the aufs driver
        elif name.startswith(_WHITEOUT):
            self._whiteouts.add(f"{parent}/{name.removeprefix(_WHITEOUT)}".lstrip("/"))
        else:
            self._imply(parent)
            if member.type == tar.DIRECTORY and len(self._directories) < _REMEMBERED:
                self._directories.add(path)
            self._append(path, _TYPES.get(member.type, OTHER), member)
            return
        self._count_links(path)
        self._imply(parent)

    def _clean(self, name: str) -> str:
        if len(name) > MAX_PATH:
            raise ImageError(f"{self.name}: an entry's name has {len(name)} characters, more than {MAX_PATH}")
        parts = [part for part in name.split("/") if part not in ("", ".")]
        if ".." in parts:
            raise ImageError(f"{self.name}: the entry {name!r} leads out of the image's root")
        return "/".join(parts)

    def _imply(self, directory: str) -> None:
        """Archives may leave directories out: every parent gets a row, mostly once."""
        while directory and directory not in self._directories:
            if len(self._directories) < _REMEMBERED:
                self._directories.add(directory)
            self._append(directory, IMPLIED, None)
            directory = directory.rpartition("/")[0]

    def _append(self, path: str, kind: int, member: tar.Member | None) -> None:
        row = len(self._kinds)
        if row >= MAX_ENTRIES:
            raise ImageError(f"{self.name} has more than {MAX_ENTRIES:,} entries, more than are read")
        self._hashes.append(hash(path))
        self._kinds.append(kind)
        self._modes.append(member.mode if member else 0o755)
        for owners, owner in zip(self._owners, (member.uid, member.gid) if member else (0, 0), strict=True):
            owners.append(owner & 0xFFFFFFFF)
        self._sizes.append(member.size if member else 0)
        self._offsets.append(member.offset if member else 0)
        if member is None or kind == DIRECTORY:
            return
        if kind in (SYMLINK, HARD_LINK):
            self._count_links(member.link)
            self._links[row] = member.link
        if member.sparse:
            self._sparse.add(row)
        self._block.append(path)
        if len(self._block) >= _NAMES_PER_BLOCK:
            self._flush()

    def _count_links(self, text: str) -> None:
        self._link_bytes += len(text) + 100
        if self._link_bytes > MAX_LINK_BYTES:
            raise ImageError(
                f"{self.name}: its links and whiteouts take more than {MAX_LINK_BYTES >> 20} MiB"
            )

    def _flush(self) -> None:
        if self._block:
            text = "\0".join(self._block).encode("utf-8", "surrogateescape")
            self._names.append(zlib.compress(text, 1))
            self._block = []

    def seal(self) -> None:
        """No more entries come: sort, so that :meth:`find` can search by halves."""
        self._flush()
        self._directories = set()
        hashes = self._hashes
        # Sorting makes objects of numbers, a hundred bytes for each, so a large layer is sorted in eight parts, by the
        # hashes' first bits. It is stable: of two entries with one name the later one stays the later one.
        for part in range(-4, 4) if len(hashes) > _SORTED_AT_ONCE else (None,):
            rows = (row for row, number in enumerate(hashes) if part is None or number >> 61 == part)
            self._order.extend(sorted(rows, key=hashes.__getitem__))
        self._hashes = array("q", (self._hashes[row] for row in self._order))

    def find(self, path: str) -> Row | None:
        """The entry at a path without leading slash; the last one wins, and a real one over an implied one."""
        wanted = hash(path)
        position = bisect_left(self._hashes, wanted)
        best: int | None = None
        while position < len(self._hashes) and self._hashes[position] == wanted:
            row = self._order[position]
            if best is None or self._kinds[row] != IMPLIED:
                best = row
            position += 1
        return None if best is None else self._row(best)

    def _row(self, row: int) -> Row:
        return Row(
            self._kinds[row],
            self._modes[row],
            self._owners[0][row],
            self._owners[1][row],
            self._sizes[row],
            self._offsets[row],
            self._links.get(row),
            row not in self._sparse,
        )

    def hides(self, path: str) -> bool:
        """Whether this layer removes what lower layers have at ``path``."""
        return path in self._whiteouts

    def empties(self, path: str) -> bool:
        """Whether this layer removes what lower layers have inside the directory ``path``."""
        return path in self._opaque or path in self._whiteouts

    def paths(self) -> Iterator[str]:
        """Paths of all files and links, in the layer's order; a name may come twice."""
        for block in self._names:
            yield from zlib.decompress(block).decode("utf-8", "surrogateescape").split("\0")
