"""The API's own description of its requests: types, required members, bounds, patterns and enumerations.

They come from botocore where it is installed (the extra ``aws``) and at least as new as the copy of the six operations
that lies beside this module; ``python -m smlint.request.refresh`` makes that copy.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, Final, NamedTuple

from smlint.request.model import Kind

DATA_FILE: Final = os.path.join(os.path.dirname(__file__), "api_model.json")
#: Java's patterns that Python's `re` does not have, or reads otherwise: they are not checked.
_FOREIGN: Final = ("\\p{", "\\uD8")


class Shape(NamedTuple):
    """One shape of the API model, with the model's own names."""

    name: str
    #: ``structure``, ``list``, ``map``, ``string``, ``integer``, ``long``, ``float``, ``boolean``.
    type: str
    #: Characters of a string, items of a list, entries of a map, value of a number.
    min: float | None = None
    max: float | None = None
    pattern: str | None = None
    enum: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    #: Member name to shape name.
    members: Mapping[str, str] = {}
    #: Shape names of a list's items, a map's keys and values.
    member: str = ""
    key: str = ""
    value: str = ""

    def matches(self, text: str) -> bool:
        """Whether the whole text fits the pattern; a dot is no line break, as in Java."""
        if self.pattern is None or any(part in self.pattern for part in _FOREIGN):
            return True
        if self.pattern in (".*", ".+"):
            return not re.search("[\n\r\u0085\u2028\u2029]", text)
        return re.fullmatch(self.pattern, text) is not None


class ApiModel(NamedTuple):
    """The shapes that the requests of :class:`Kind` are made of."""

    #: ``botocore 1.2.3``, and where the copy is used the day on which it was made.
    source: str
    inputs: Mapping[Kind, str]
    shapes: Mapping[str, Shape]
    #: Whether this is the installed botocore's model rather than the copy.
    is_installed: bool = False

    def request(self, kind: Kind) -> Shape:
        """The shape of a whole request."""
        return self.shapes[self.inputs[kind]]


@cache
def api_model() -> ApiModel:
    """The newest model at hand."""
    copy = _copied()
    newer = from_botocore(at_least=copy["botocore"])
    document = copy if newer is None else newer
    shapes = {name: _shape(name, raw) for name, raw in document["shapes"].items()}
    inputs = {Kind(operation): name for operation, name in document["operations"].items()}
    made = f" of {document['date']}" if "date" in document else ""
    return ApiModel(f"botocore {document['botocore']}{made}", inputs, shapes, newer is not None)


def _copied() -> dict[str, Any]:
    with open(DATA_FILE, encoding="utf-8") as stream:
        document: dict[str, Any] = json.load(stream)
    return document


def from_botocore(at_least: str = "0") -> dict[str, Any] | None:
    """The document of :data:`DATA_FILE`, without its date, from the installed botocore; None where that is older or missing."""
    try:
        import botocore
    except ImportError:
        return None
    if _numbers(botocore.__version__) < _numbers(at_least):
        return None
    model = service_description()
    operations = {kind.value: str(model["operations"][kind]["input"]["shape"]) for kind in Kind}
    names: dict[str, None] = dict.fromkeys(operations.values())
    shapes: dict[str, Any] = {}
    while names:
        name = names.popitem()[0]
        shapes[name] = _slim(model["shapes"][name])
        parts = [
            *shapes[name].get("members", {}).values(),
            *(shapes[name].get(key) for key in ("member", "key", "value")),
        ]
        names.update(dict.fromkeys(part for part in parts if part and part not in shapes))
    return {
        "botocore": botocore.__version__,
        "operations": operations,
        "shapes": dict(sorted(shapes.items())),
    }


@cache
def service_description() -> Mapping[str, Any]:
    """botocore's description of the SageMaker service, prose included: megabytes, so it is read once.

    Raises ImportError where botocore is not installed.
    """
    from botocore.loaders import Loader

    description: Mapping[str, Any] = Loader().load_service_model("sagemaker", "service-2")
    return description


def _slim(raw: Mapping[str, Any]) -> dict[str, Any]:
    """What is checked of a shape; the model's prose stays where it is."""
    kept = {
        key: raw[key]
        for key in ("type", "required", "min", "max", "pattern", "enum")
        if raw.get(key) not in (None, [])
    }
    if "members" in raw:
        kept["members"] = {name: member["shape"] for name, member in raw["members"].items()}
    for key in ("member", "key", "value"):
        if key in raw:
            kept[key] = raw[key]["shape"]
    return kept


def _shape(name: str, raw: Mapping[str, Any]) -> Shape:
    fields: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in raw.items()
    }
    return Shape(name, **fields)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])
