"""A request file as read: its text, its values with positions, and what is wrong with its form (SM900).

What the values mean is the business of :mod:`smlint.request.kinds`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import IO, Final, NamedTuple

from smlint.diagnostics import RequestLocation
from smlint.request.nodes import Array, Entry, Lines, Node, Object, Repeated, RequestSyntaxError, Span
from smlint.request.references import without_references

#: Larger files are refused unread. The services' own limit for a request or definition is 1 MiB.
MAX_BYTES: Final = 4 * 1024 * 1024


class Problem(NamedTuple):
    """Something wrong with the form of the file that does not keep it from being read."""

    location: RequestLocation
    message: str
    help: str


class Document(NamedTuple):
    """A request file: one root for JSON, one per document for YAML."""

    path: str
    text: str
    roots: tuple[Node, ...]
    repeated: tuple[Repeated, ...]
    lines: Lines

    def location(self, span: Span, pointer: str) -> RequestLocation:
        """The place of a span, which belongs to the value at ``pointer``."""
        line, column = self.lines.at(span.start)
        end_line, end_column = self.lines.at(span.end)
        return RequestLocation(self.path, pointer, line, column, end_line, end_column)

    def problems(self) -> list[Problem]:
        """Keys that stand twice in one object."""
        pointers = self._pointers() if self.repeated else {}
        return [
            Problem(
                self.location(key.span, f"{pointers[key.span.start]}/{escaped(key.key)}"),
                f"the key {shown(key.key)} stands twice in this object (first on line "
                f"{self.lines.at(key.first.start)[0]}): all values but the last are dropped without a word",
                "delete one of the two",
            )
            for key in self.repeated
        ]

    def _pointers(self) -> dict[int, str]:
        """The pointer of the innermost collection around each repeated key, by the key's offset."""
        collections = sorted(
            (node.span.start, -node.span.end, pointer)
            for root in self.roots
            for node, pointer in _collections(root, "")
        )
        found: dict[int, str] = {}
        around: list[tuple[int, str]] = []
        following = iter([*collections, (len(self.text) + 1, 0, "")])
        start, end, pointer = next(following)
        for offset in sorted(key.span.start for key in self.repeated):
            while start <= offset:
                around.append((-end, pointer))
                start, end, pointer = next(following)
            while around and around[-1][0] <= offset:
                around.pop()
            found[offset] = around[-1][1] if around else ""
        return found


def _collections(node: Node, pointer: str) -> Iterator[tuple[Node, str]]:
    """Every object and array with its pointer. Depth is bounded by the readers."""
    children: Iterable[tuple[str, Node]] = ()
    if isinstance(node, Object):
        children = ((entry.key, entry.value) for entry in node.entries)
    elif isinstance(node, Array):
        children = ((str(index), item) for index, item in enumerate(node.items))
    else:
        return
    yield node, pointer
    for token, child in children:
        yield from _collections(child, f"{pointer}/{escaped(token)}")


def escaped(key: str) -> str:
    """A key as a token of a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


def read(stream: IO[bytes]) -> bytes:
    """At most :data:`MAX_BYTES` from a binary stream; raises RequestSyntaxError when there is more."""
    data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise RequestSyntaxError(f"the file is larger than {MAX_BYTES // 1024 // 1024} MiB; no request is")
    return data


def parse(path: str, data: bytes) -> Document:
    """Read JSON or YAML; raises RequestSyntaxError.

    A name that ends in ``.json`` means JSON, ``.yaml`` and ``.yml`` mean YAML; any other text is JSON when it begins with
    a brace or bracket.
    """
    text = _decoded(data)
    if not text.strip():
        raise RequestSyntaxError("the file is empty; a job request in JSON or YAML was expected")
    from smlint.request import json_text, yaml_text

    roots: tuple[Node, ...]
    if _is_json(path, text):
        root, repeated = json_text.parse(text)
        roots = (root,)
    else:
        roots, repeated = yaml_text.parse(text)
        if not roots:
            raise RequestSyntaxError("the file holds nothing but comments; a job request was expected")
    return Document(path, text, tuple(without_references(root) for root in roots), repeated, Lines(text))


def embedded(text: str, span: Span) -> Node | None:
    """The value of a JSON text that stands as one string of another file at ``span``; None where it is something else."""
    from smlint.request import json_text

    try:
        node = json_text.parse(text)[0]
    except RequestSyntaxError:
        return None
    return without_references(_moved(node, span))


def _moved(node: Node, span: Span) -> Node:
    """``node`` with everything in it at one place."""
    if isinstance(node, Object):
        return Object(tuple(Entry(key, span, _moved(value, span)) for key, _, value in node.entries), span)
    if isinstance(node, Array):
        return Array(tuple(_moved(item, span) for item in node.items), span)
    return node._replace(span=span)


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8-sig", "replace")
        raise RequestSyntaxError("the file is not UTF-8", *Lines(before).at(len(before))) from None


def _is_json(path: str, text: str) -> bool:
    name = path.lower()
    if name.endswith((".yaml", ".yml")):
        return False
    return name.endswith(".json") or text.lstrip()[:1] in ("{", "[")


def shown(text: str) -> str:
    """A text as messages show it: quoted, printable, cut to a line's length. Never hand a secret to it."""
    printable = "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )
    return f"`{printable}`" if len(printable) <= 60 else f"`{printable[:57]}…`"
