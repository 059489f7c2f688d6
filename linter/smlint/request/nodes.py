"""What a request file consists of, whatever its syntax: objects, arrays, scalars and references, each with its span.

A reference is a value that something else fills in later (``!Ref``, ``{"Get": …}``, ``"Name.$"``): unknown, never wrong.
Reading text is the business of :mod:`smlint.request.json_text` and :mod:`smlint.request.yaml_text`.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Final, NamedTuple, TypeAlias

#: Files nested deeper than this are refused; the deepest member of the API models stands at level 12.
MAX_DEPTH: Final = 100
#: Values in one file, aliases counted as often as they are used.
MAX_NODES: Final = 400_000


class Span(NamedTuple):
    """Half-open range of code point offsets into the text."""

    start: int
    end: int


class Scalar(NamedTuple):
    """A text, number, truth value or null."""

    value: str | int | float | bool | None
    span: Span


class Entry(NamedTuple):
    """One member of an object."""

    key: str
    key_span: Span
    value: Node


class Object(NamedTuple):
    """A JSON object or YAML mapping; the entries keep file order, and a repeated key keeps its last value."""

    entries: tuple[Entry, ...]
    span: Span

    def get(self, key: str) -> Node | None:
        """The value of ``key``, or None."""
        for entry in self.entries:
            if entry.key == key:
                return entry.value
        return None


class Array(NamedTuple):
    """A JSON array or YAML sequence."""

    items: tuple[Node, ...]
    span: Span


class Reference(NamedTuple):
    """A value that is filled in by somebody else; ``reason`` completes "unknown, because …"."""

    reason: str
    span: Span


Node: TypeAlias = Scalar | Object | Array | Reference


class RequestSyntaxError(Exception):
    """The file cannot be read as a request: ``line`` and ``column`` (1-based) say where, ``str()`` why, ``help`` what to do."""

    def __init__(self, message: str, line: int = 1, column: int = 1, help: str = "correct the file") -> None:
        super().__init__(message)
        self.line = line
        self.column = column
        self.help = help


class Repeated(NamedTuple):
    """A key that stands twice in one object: readers keep the last value and drop the others silently."""

    key: str
    span: Span
    first: Span


class Lines:
    """From offsets to lines and columns; a line ends at a line feed, as in every report."""

    def __init__(self, text: str) -> None:
        self._starts = [0]
        position = text.find("\n")
        while position >= 0:
            self._starts.append(position + 1)
            position = text.find("\n", position + 1)

    def at(self, offset: int) -> tuple[int, int]:
        """Line and column, both 1-based, of a code point offset."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1


def repeated_keys(entries: list[Entry]) -> tuple[list[Entry], list[Repeated]]:
    """The entries with the last value of every key, and the keys that stand more than once."""
    first: dict[str, Entry] = {}
    last: dict[str, Entry] = {}
    found: list[Repeated] = []
    for entry in entries:
        if entry.key in first:
            found.append(Repeated(entry.key, entry.key_span, first[entry.key].key_span))
        first.setdefault(entry.key, entry)
        last[entry.key] = entry
    return (list(last.values()) if found else entries), found


def without_surrogates(text: str) -> str:
    """Half a surrogate pair, which escapes can write and UTF-8 cannot, becomes the replacement character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
