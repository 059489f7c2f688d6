"""botocore's own validator on a request, with its complaints brought back to the places they are about.

It knows types, required and unknown members and lower bounds. What it says is what a client of the same version says
before it sends anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Final, NamedTuple

from smlint.request.document import escaped
from smlint.request.nodes import Array, Node, Object, Reference, Scalar
from smlint.request.shapes import service_description
from smlint.request.structure import Break, has_placeholder
from smlint.request.value import Value

_KINDS: Final = {
    "missing required field": Break.MISSING,
    "unknown field": Break.UNKNOWN,
    "invalid length": Break.TOO_SMALL,
    "invalid range": Break.TOO_SMALL,
}

#: Fits no type.
_UNKNOWN: Final = object()


class Complaint(NamedTuple):
    """One complaint: the value it is about, in which way that is wrong, and the member that is missing or unknown."""

    pointer: str
    how: Break
    member: str = ""


def complaints(body: Value, operation: str) -> list[Complaint]:
    """What botocore's validator says of a request; raises ImportError where botocore is not installed."""
    from botocore.validate import ParamValidator

    shape = _service().operation_model(operation).input_shape
    # The public face of the result is prose; what it is made of has been the same since 2013, and a test watches it.
    raised = ParamValidator().validate(_plain(body.node), shape)._errors
    pointers: dict[str, str] = {}
    for name, pointer in _names(body.node, "", ""):
        pointers.setdefault(name, pointer)
    unknown = [pointer for pointer, node in _pointers(body.node, "") if _is_unknown(node)]
    found = []
    for reason, name, details in raised:
        pointer = pointers.get(name, "")
        member = details.get("required_name") or details.get("unknown_param") or ""
        if not any(f"{pointer}/".startswith(f"{reference}/") for reference in unknown):
            found.append(Complaint(f"{body.pointer}{pointer}", _KINDS.get(reason, Break.TYPE), member))
    return found


@cache
def _service() -> Any:
    from botocore.model import ServiceModel

    return ServiceModel(service_description(), "sagemaker")


def _plain(node: Node) -> Any:
    """The node as Python values; a reference becomes one complaint of its own, which is dropped."""
    if isinstance(node, Object):
        return {entry.key: _plain(entry.value) for entry in node.entries}
    if isinstance(node, Array):
        return [_plain(item) for item in node.items]
    return _UNKNOWN if isinstance(node, Reference) or _is_unknown(node) else node.value


def _is_unknown(node: Node) -> bool:
    """Whether somebody else fills the value in, wholly or in part: its length says nothing."""
    if isinstance(node, Scalar):
        return isinstance(node.value, str) and has_placeholder(node.value)
    return isinstance(node, Reference)


def _names(node: Node, name: str, pointer: str) -> Iterator[tuple[str, str]]:
    """Every value by the name that botocore gives it."""
    yield name, pointer
    if isinstance(node, Object):
        for entry in node.entries:
            inner = f"{pointer}/{escaped(entry.key)}"
            yield f"{name} (key: {entry.key})", inner
            yield from _names(entry.value, f"{name}.{entry.key}", inner)
    elif isinstance(node, Array):
        for index, item in enumerate(node.items):
            yield from _names(item, f"{name}[{index}]", f"{pointer}/{index}")


def _pointers(node: Node, pointer: str) -> Iterator[tuple[str, Node]]:
    yield pointer, node
    if isinstance(node, Object):
        for entry in node.entries:
            yield from _pointers(entry.value, f"{pointer}/{escaped(entry.key)}")
    elif isinstance(node, Array):
        for index, item in enumerate(node.items):
            yield from _pointers(item, f"{pointer}/{index}")
