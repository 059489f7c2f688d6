"""JSON text to nodes with spans: RFC 8259 to the letter, without recursion, in bounded memory.

The standard library gives no positions; json-source-map walks recursively and keeps one of two equal keys without a
word; a YAML parser refuses tabs and long keys and reads ``1e3`` as text. So the grammar is walked here, on one explicit stack,
and strings are left to the standard library's own scanner.
"""

from __future__ import annotations

import re
from json import JSONDecodeError
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Final

from smlint.request.nodes import (
    MAX_DEPTH,
    MAX_NODES,
    Array,
    Entry,
    Lines,
    Node,
    Object,
    Repeated,
    RequestSyntaxError,
    Scalar,
    Span,
    repeated_keys,
    without_surrogates,
)

_SPACE: Final = re.compile(r"[ \t\n\r]*")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_LITERAL: Final = re.compile(r"true|false|null")
_LITERALS: Final[dict[str, bool | None]] = {"true": True, "false": False, "null": None}
#: Longer digit strings are no numbers that anybody means; Python refuses to convert them in bulk.
_LONGEST_INTEGER: Final = 400


class _Open:
    """An object or array whose end has not been seen."""

    __slots__ = ("entries", "items", "key", "start")

    def __init__(self, start: int, *, is_object: bool) -> None:
        self.start = start
        self.entries: list[Entry] | None = [] if is_object else None
        self.items: list[Node] = []
        self.key: tuple[str, Span] | None = None

    def add(self, node: Node) -> None:
        if self.entries is None:
            self.items.append(node)
            return
        assert self.key is not None
        self.entries.append(Entry(self.key[0], self.key[1], node))
        self.key = None


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.count = 0
        self.repeated: list[Repeated] = []

    def error(self, message: str, at: int) -> RequestSyntaxError:
        return RequestSyntaxError(message, *Lines(self.text).at(at))

    def peek(self) -> str:
        """The next character that is no white space; "" at the end."""
        found = _SPACE.match(self.text, self.position)
        assert found is not None
        self.position = found.end()
        return self.text[self.position : self.position + 1]

    def document(self) -> Node:
        stack: list[_Open] = []
        while True:
            node = self._value(stack)
            while node is not None:
                if not stack:
                    return self._end(node)
                stack[-1].add(node)
                node = self._after_value(stack)

    def _value(self, stack: list[_Open]) -> Node | None:
        """A scalar or an empty collection; None when a collection was opened and its first value stands next."""
        self.count += 1
        if self.count > MAX_NODES:
            raise self.error(f"the file holds more than {MAX_NODES} values", self.position)
        start = self.peek()
        at = self.position
        if start in ("{", "["):
            if len(stack) >= MAX_DEPTH:
                raise self.error(f"the file is nested more than {MAX_DEPTH} levels deep", at)
            self.position += 1
            is_object = start == "{"
            if self.peek() == ("}" if is_object else "]"):
                self.position += 1
                span = Span(at, self.position)
                return Object((), span) if is_object else Array((), span)
            stack.append(_Open(at, is_object=is_object))
            if is_object:
                self._key(stack[-1])
            return None
        return self._scalar(start, at)

    def _scalar(self, start: str, at: int) -> Scalar:
        if start == '"':
            return Scalar(*self._string())
        literal = _LITERAL.match(self.text, at)
        if literal is not None:
            self.position = literal.end()
            return Scalar(_LITERALS[literal[0]], Span(at, literal.end()))
        number = _NUMBER.match(self.text, at)
        if number is not None:
            self.position = number.end()
            is_integer = number[1] is None and number[2] is None and len(number[0]) <= _LONGEST_INTEGER
            return Scalar(int(number[0]) if is_integer else float(number[0]), Span(at, number.end()))
        raise self.error(f"expected a value, found {self._found(at)}", at)

    def _string(self) -> tuple[str, Span]:
        at = self.position
        try:
            value, self.position = scanstring(self.text, at + 1, True)
        except JSONDecodeError as error:
            raise self.error(f"broken string: {error.msg}", min(error.pos, len(self.text))) from None
        return without_surrogates(value), Span(at, self.position)

    def _key(self, open_object: _Open) -> None:
        if self.peek() != '"':
            raise self.error(
                f"expected a member name in double quotes, found {self._found(self.position)}", self.position
            )
        open_object.key = self._string()
        if self.peek() != ":":
            raise self.error(f"expected ':', found {self._found(self.position)}", self.position)
        self.position += 1

    def _after_value(self, stack: list[_Open]) -> Node | None:
        """After a value: None when another one follows, else the collection that ends here."""
        top = stack[-1]
        closing = "]" if top.entries is None else "}"
        mark = self.peek()
        at = self.position
        if mark not in (",", closing) or not mark:
            raise self.error(f"expected ',' or '{closing}', found {self._found(at)}", at)
        self.position += 1
        if mark == ",":
            if self.peek() == closing:
                raise self.error(f"a comma stands before '{closing}'; JSON has no trailing commas", at)
            if top.entries is not None:
                self._key(top)
            return None
        stack.pop()
        span = Span(top.start, self.position)
        if top.entries is None:
            return Array(tuple(top.items), span)
        entries, repeated = repeated_keys(top.entries)
        self.repeated += repeated
        return Object(tuple(entries), span)

    def _end(self, node: Node) -> Node:
        if self.peek():
            at = self.position
            raise self.error(f"expected the end of the file, found {self._found(at)}", at)
        return node

    def _found(self, at: int) -> str:
        if at >= len(self.text):
            return "the end of the file"
        if self.text.startswith(("//", "/*", "#"), at):
            return "a comment, which JSON does not have"
        return repr(self.text[at])


def parse(text: str) -> tuple[Node, tuple[Repeated, ...]]:
    """The one value of a JSON text, and its repeated keys; raises RequestSyntaxError."""
    scanner = _Scanner(text)
    node = scanner.document()
    return node, tuple(scanner.repeated)
