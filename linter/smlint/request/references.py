"""Values that somebody else fills in: SageMaker Pipelines' ``{"Get": …}``, CloudFormation's ``Fn::…``, Step Functions' ``.$``.

They become :class:`~smlint.request.nodes.Reference`, so that nothing after this has to know of them. YAML's short forms
(``!Ref``) have become references when the text was read.
"""

from __future__ import annotations

import re
from typing import Final

from smlint.request.nodes import Array, Entry, Node, Object, Reference, Scalar

#: What `{"Get": …}` of a pipeline definition can name.
_GET: Final = re.compile(r"(Parameters|Steps|Execution)\b")
#: What names another value: CloudFormation's, and that of JSON and YAML bundlers.
_POINTERS: Final = frozenset({"Ref", "$ref"})
_PIPELINE_FUNCTIONS: Final = frozenset({"Std:Join", "Std:JsonGet"})
#: JSONata in Step Functions: the whole text stands between these marks.
_JSONATA: Final = re.compile(r"\{%.*%\}\Z", re.DOTALL)
_PATH_SUFFIX: Final = ".$"
_DYNAMIC: Final = "{{resolve:"


def without_references(node: Node) -> Node:
    """``node`` with every reference in place of what stood for it. Depth is bounded by the readers."""
    if isinstance(node, Scalar):
        return _scalar(node)
    if isinstance(node, Array):
        return Array(tuple(without_references(item) for item in node.items), node.span)
    if isinstance(node, Object):
        name = _function(node)
        if name is not None:
            return Reference(f"{name} stands in its place", node.span)
        return Object(tuple(_entry(entry) for entry in node.entries), node.span)
    return node


def _scalar(node: Scalar) -> Node:
    text = node.value
    if not isinstance(text, str):
        return node
    if _JSONATA.match(text):
        return Reference("a JSONata expression stands in its place", node.span)
    if text.startswith(_DYNAMIC):
        return Reference("a dynamic reference stands in its place", node.span)
    return node


def _function(node: Object) -> str | None:
    """The function that an object with a single member calls, if it does."""
    if len(node.entries) != 1:
        return None
    key, _, value = node.entries[0]
    if (
        key == "Get"
        and isinstance(value, Scalar)
        and isinstance(value.value, str)
        and _GET.match(value.value)
    ):
        return key
    if key in _PIPELINE_FUNCTIONS or key.startswith("Fn::"):
        return key
    return key if key in _POINTERS and isinstance(value, Scalar) else None


def _entry(entry: Entry) -> Entry:
    if entry.key.endswith(_PATH_SUFFIX) and len(entry.key) > len(_PATH_SUFFIX):
        reference = Reference(f"{entry.key} reads it from the state's input", entry.value.span)
        return Entry(entry.key.removesuffix(_PATH_SUFFIX), entry.key_span, reference)
    return Entry(entry.key, entry.key_span, without_references(entry.value))
