"""A request held against the API model: every place where a type, a member, a bound, a pattern or an enumeration is broken.

Which of these is worth which code is decided by the rules; see :data:`~smlint.request.topics`.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from smlint.diagnostics import RequestLocation
from smlint.request.model import Origin, Request
from smlint.request.nodes import Array, Object, Reference, Scalar
from smlint.request.shapes import ApiModel, Shape, api_model
from smlint.request.value import Value


class Break(enum.StrEnum):
    """In which way a value breaks its shape."""

    TYPE = "type"
    MISSING = "missing"
    UNKNOWN = "unknown"
    TOO_SMALL = "too small"
    TOO_LARGE = "too large"
    PATTERN = "pattern"
    ENUM = "enum"


class Violation(NamedTuple):
    """A value that the API refuses, and the shape that it breaks."""

    how: Break
    shape: Shape
    location: RequestLocation
    #: The shape that has the value as a member, item, key or value; the request's own at the top.
    parent: Shape
    #: The offending value; for missing and unknown members the object that lacks or has them.
    value: Value
    #: The member that is missing or unknown; the key of a map where the key is at fault.
    key: str = ""

    @property
    def size(self) -> float:
        """What the bounds are about: characters, items, entries, or the number itself."""
        node = self.value.node
        if self.key:
            return len(self.key)
        if isinstance(node, Array):
            return len(node.items)
        if isinstance(node, Object):
            return len(node.entries)
        if isinstance(node, Scalar) and isinstance(node.value, str):
            return len(node.value)
        return node.value if isinstance(node, Scalar) and isinstance(node.value, int | float) else 0


_ANGLE: Final = re.compile(r"<[A-Za-z][\w .-]*>")
_TYPES: Final[dict[str, type | tuple[type, ...]]] = {
    "structure": Object,
    "map": Object,
    "list": Array,
    "string": str,
    "integer": int,
    "long": int,
    "float": (int, float),
    "double": (int, float),
    "boolean": bool,
}


_NUMBERS: Final = frozenset({"integer", "long", "float", "double"})


def violations(request: Request) -> tuple[Violation, ...]:
    """Every place in ``request`` that the API refuses, in file order."""
    return request.remembered(_violations)


def _violations(request: Request) -> tuple[Violation, ...]:
    model = api_model()
    shape = model.request(request.kind)
    found = list(_Walk(model, request.origin).check(request.body, shape, shape))
    if model.is_installed and request.origin in (Origin.API, Origin.STATE_MACHINE):
        found += _second_opinion(request, shape, found)
    if _is_description(request):
        found = [each for each in found if each.how is not Break.UNKNOWN or each.shape is not shape]
    return tuple(sorted(found, key=lambda violation: violation.location[2:]))


def _is_description(request: Request) -> bool:
    """Whether it is the answer of the service to a Describe call: beside what the request had, what came of it."""
    name = f"{request.kind.removeprefix('Create')}Arn"
    return any(member.key == name for member in request.body.members())


def _second_opinion(request: Request, shape: Shape, found: list[Violation]) -> Iterator[Violation]:
    """What botocore's validator refuses and the walk does not: nothing, as long as botocore checks what it checks today."""
    from smlint.request.second_opinion import complaints

    known = {(violation.location.pointer, violation.how) for violation in found}
    owners = {violation.value.pointer for violation in found}
    for complaint in complaints(request.body, request.kind):
        if (complaint.pointer, complaint.how) in known or complaint.pointer in owners:
            continue
        value = request.body.at(complaint.pointer.removeprefix(request.body.pointer))
        yield Violation(complaint.how, shape, value.location, shape, value, complaint.member)


class _Walk:
    def __init__(self, model: ApiModel, origin: Origin) -> None:
        self.shapes = model.shapes
        self.origin = origin
        #: Templates convert scalars into each other, add members of their own and leave others to the service.
        self.is_template = origin is Origin.TEMPLATE

    def check(self, value: Value, shape: Shape, parent: Shape) -> Iterator[Violation]:
        node = value.node
        if isinstance(node, Reference):
            return
        if not self._has_type(value, shape):
            yield Violation(Break.TYPE, shape, value.location, parent, value)
        elif isinstance(node, Object):
            yield from (
                self._structure(value, shape, parent)
                if shape.type == "structure"
                else self._map(value, shape, parent)
            )
        elif isinstance(node, Array):
            yield from _bounds(value, shape, parent, len(node.items))
            for index, item in enumerate(node.items):
                child = Value(value.document, item, f"{value.pointer}/{index}")
                yield from self.check(child, self.shapes[shape.member], shape)
        elif isinstance(node.value, str):
            yield from _text(value, shape, parent, node.value)
        elif shape.type in _NUMBERS and isinstance(node.value, int | float):
            yield from _bounds(value, shape, parent, node.value)

    def _has_type(self, value: Value, shape: Shape) -> bool:
        node = value.node
        expected = _TYPES.get(shape.type, object)
        if not isinstance(node, Scalar):
            return isinstance(node, expected)
        if self.is_template:
            return expected is not Object and expected is not Array
        if isinstance(node.value, bool):
            return shape.type == "boolean"
        return isinstance(node.value, expected)

    def _structure(self, value: Value, shape: Shape, parent: Shape) -> Iterator[Violation]:
        present = set()
        for member in value.members():
            present.add(member.key)
            inner = shape.members.get(member.key)
            if inner is not None:
                yield from self.check(member.value, self.shapes[inner], shape)
            elif not self.is_template:
                yield Violation(Break.UNKNOWN, shape, member.location, parent, value, member.key)
        if self.is_template or (parent is shape and self.origin is Origin.PIPELINE):
            # Pipelines name their jobs themselves and fill in some members of the whole.
            return
        for key in shape.required:
            if key not in present:
                yield Violation(Break.MISSING, shape, value.location, parent, value, key)

    def _map(self, value: Value, shape: Shape, parent: Shape) -> Iterator[Violation]:
        assert isinstance(value.node, Object)
        yield from _bounds(value, shape, parent, len(value.node.entries))
        keys = self.shapes[shape.key]
        for member in value.members():
            how = _broken(keys, member.key)
            if how is not None:
                yield Violation(how, keys, member.location, shape, value, member.key)
            yield from self.check(member.value, self.shapes[shape.value], shape)


def _bounds(value: Value, shape: Shape, parent: Shape, size: float) -> Iterator[Violation]:
    how = _out_of_bounds(shape, size)
    if how is not None:
        yield Violation(how, shape, value.location, parent, value)


def _text(value: Value, shape: Shape, parent: Shape, text: str) -> Iterator[Violation]:
    if shape.type != "string":
        return
    how = _broken(shape, text)
    if how is not None:
        yield Violation(how, shape, value.location, parent, value)


def _broken(shape: Shape, text: str) -> Break | None:
    if has_placeholder(text):
        return None
    how = _out_of_bounds(shape, len(text))
    if how is not None:
        return how
    if not shape.matches(text):
        return Break.PATTERN
    return Break.ENUM if shape.enum and text not in shape.enum else None


def has_placeholder(text: str) -> bool:
    """Whether a template tool fills in some of the text before it is sent: nothing can be said of the whole."""
    for opening, closing in (("${", "}"), ("{{", "}}")):
        start = text.find(opening)
        if start >= 0 and text.find(closing, start + 2) >= 0:
            return True
    return _ANGLE.search(text) is not None


def _out_of_bounds(shape: Shape, size: float) -> Break | None:
    if shape.min is not None and size < shape.min:
        return Break.TOO_SMALL
    return Break.TOO_LARGE if shape.max is not None and size > shape.max else None
