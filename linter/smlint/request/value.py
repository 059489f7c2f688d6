"""A value of a request together with its place: what rules walk through, in facts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from smlint.container import ABSENT, UNRESOLVED, Fact, Known, Unknown, Word
from smlint.diagnostics import RequestLocation
from smlint.request.document import Document, escaped
from smlint.request.nodes import Array, Node, Object, Reference, Scalar

#: The API takes words of 256 characters. What a shell would make of a much longer one is not worth finding out.
_LONGEST_WORD: Final = 4096


class Member(NamedTuple):
    """One member of an object: its key, where the key stands, and its value."""

    key: str
    location: RequestLocation
    value: Value


class Value:
    """A node at a JSON pointer. What is not there is absent; what is a reference, or of another type, is unknown."""

    __slots__ = ("document", "node", "pointer")

    def __init__(self, document: Document, node: Node, pointer: str = "") -> None:
        self.document = document
        self.node = node
        self.pointer = pointer

    @property
    def location(self) -> RequestLocation:
        """Where the value stands."""
        return self.document.location(self.node.span, self.pointer)

    def get(self, *keys: str) -> Fact[Value]:
        """The value under a path of keys; a null counts as absent, as in the AWS tools."""
        found = self
        for key in keys:
            node = found.node
            if isinstance(node, Reference):
                return Unknown(node.reason)
            if not isinstance(node, Object):
                return Unknown("an object was expected here")
            child = node.get(key)
            if child is None or (isinstance(child, Scalar) and child.value is None):
                return ABSENT
            found = Value(self.document, child, f"{found.pointer}/{escaped(key)}")
        if isinstance(found.node, Reference):
            return Unknown(found.node.reason)
        return Known(found, found.location)

    def at(self, pointer: str) -> Value:
        """The value at a JSON pointer below this one, or the innermost one on the way to it that is there."""
        found = self
        for token in pointer.split("/")[1:]:
            node: Node | None = None
            if isinstance(found.node, Object):
                node = found.node.get(token.replace("~1", "/").replace("~0", "~"))
            elif isinstance(found.node, Array) and token.isdigit() and int(token) < len(found.node.items):
                node = found.node.items[int(token)]
            if node is None:
                break
            found = Value(self.document, node, f"{found.pointer}/{token}")
        return found

    def text(self, *keys: str) -> Fact[str]:
        """The text under a path of keys; unknown when it is of another type."""
        found = self.get(*keys)
        if not isinstance(found, Known):
            return found
        node = found.value.node
        if isinstance(node, Scalar) and isinstance(node.value, str):
            return Known(node.value, found.location)
        return Unknown("a text was expected here")

    def integer(self, *keys: str) -> Fact[int]:
        """The whole number under a path of keys, also where it is written as a text; else unknown."""
        found = self.get(*keys)
        if not isinstance(found, Known):
            return found
        node = found.value.node
        value = node.value if isinstance(node, Scalar) else None
        if isinstance(value, str) and len(value) < 20 and value.isascii() and value.isdigit():
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return Known(value, found.location)
        return Unknown("a whole number was expected here")

    def is_true(self, *keys: str) -> bool:
        """Whether the value is known to be true (``"true"`` in templates)."""
        found = self.get(*keys)
        if not isinstance(found, Known) or not isinstance(found.value.node, Scalar):
            return False
        value = found.value.node.value
        return value is True or (isinstance(value, str) and value.lower() == "true")

    def items(self, *keys: str) -> Fact[tuple[Value, ...]]:
        """The items of the array under a path of keys; unknown when it is something else."""
        found = self.get(*keys)
        if not isinstance(found, Known):
            return found
        node = found.value.node
        if not isinstance(node, Array):
            return Unknown("an array was expected here")
        pointer = found.value.pointer
        children = (Value(self.document, item, f"{pointer}/{index}") for index, item in enumerate(node.items))
        return Known(tuple(children), found.location)

    def each(self, *keys: str) -> tuple[Value, ...]:
        """The items that are known; none when the array is not."""
        found = self.items(*keys)
        return found.value if isinstance(found, Known) else ()

    def members(self, *keys: str) -> Iterator[Member]:
        """The members of the object under a path of keys, references included; none when it is something else."""
        found = self.get(*keys)
        node = found.value.node if isinstance(found, Known) else None
        if isinstance(found, Known) and isinstance(node, Object):
            for entry in node.entries:
                pointer = f"{found.value.pointer}/{escaped(entry.key)}"
                place = self.document.location(entry.key_span, pointer)
                yield Member(entry.key, place, Value(self.document, entry.value, pointer))

    def word(self) -> Word:
        """The value as one word of a command."""
        node = self.node
        text = node.value if isinstance(node, Scalar) and isinstance(node.value, str) else UNRESOLVED
        return Word(text if len(text) <= _LONGEST_WORD else UNRESOLVED, self.location)
