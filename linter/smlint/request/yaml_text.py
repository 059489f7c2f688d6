"""YAML text to nodes with spans, from PyYAML's event stream.

PyYAML's own composer recurses and expands nothing; here collections stand on one explicit stack, and every alias counts
as often as what it stands for, so that neither deep nesting nor a bomb of aliases costs more than its refusal.
Local tags (``!Ref``, ``!Sub`` …) become references. No tag ever constructs anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from smlint.request.nodes import (
    MAX_DEPTH,
    MAX_NODES,
    Array,
    Entry,
    Lines,
    Node,
    Object,
    Reference,
    Repeated,
    RequestSyntaxError,
    Scalar,
    Span,
    repeated_keys,
    without_surrogates,
)

if TYPE_CHECKING:
    from yaml.events import CollectionStartEvent, Event, ScalarEvent

_STANDARD: Final = "tag:yaml.org,2002:"
_SCALAR_TAGS: Final = frozenset({"bool", "int", "float", "null"})
_MERGE: Final = "<<"
#: Truth values of YAML 1.1 that are texts in 1.2.
_WORDS: Final = frozenset({"yes", "no", "on", "off"})


class _Open:
    """A collection whose end has not been seen; a mapping's children are keys and values in turn."""

    __slots__ = ("anchor", "children", "height", "is_mapping", "start", "tag", "weight")

    def __init__(self, event: CollectionStartEvent, *, is_mapping: bool) -> None:
        self.start = _index(event.start_mark)
        self.anchor: str | None = event.anchor
        self.tag: str | None = event.tag
        self.is_mapping = is_mapping
        self.children: list[Node] = []
        #: Values in here, aliases counted as often as they are used.
        self.weight = 1
        #: Levels below this one, those behind aliases counted.
        self.height = 0


class _Done(NamedTuple):
    """A finished node, the values and levels in it, and the anchor by which aliases call it."""

    node: Node
    weight: int
    height: int
    anchor: str | None


class _Composer:
    def __init__(self, text: str) -> None:
        self.text = text
        self.repeated: list[Repeated] = []
        self.total = 0
        self.anchors: dict[str | None, _Done] = {}

    def error(self, message: str, at: int) -> RequestSyntaxError:
        return RequestSyntaxError(message, *Lines(self.text).at(min(at, len(self.text))))

    def documents(self, events: Iterator[Event]) -> Iterator[Node]:
        import yaml

        stack: list[_Open] = []
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                self.anchors.clear()
            if isinstance(event, yaml.MappingStartEvent | yaml.SequenceStartEvent):
                if len(stack) >= MAX_DEPTH:
                    raise self.error(
                        f"the file is nested more than {MAX_DEPTH} levels deep", _index(event.start_mark)
                    )
                stack.append(_Open(event, is_mapping=isinstance(event, yaml.MappingStartEvent)))
                continue
            done = self._complete(event, stack)
            if done is None:
                continue
            self._check_size(done, event, len(stack))
            if isinstance(event, yaml.ScalarEvent | yaml.CollectionEndEvent) and done.anchor:
                self.anchors[done.anchor] = done
            if not stack:
                yield done.node
                continue
            stack[-1].children.append(done.node)
            stack[-1].weight += done.weight
            stack[-1].height = max(stack[-1].height, done.height + 1)

    def _complete(self, event: Event, stack: list[_Open]) -> _Done | None:
        """The node that ``event`` finishes, if it finishes one."""
        import yaml

        if isinstance(event, yaml.ScalarEvent):
            is_key = bool(stack) and stack[-1].is_mapping and len(stack[-1].children) % 2 == 0
            return _Done(self._scalar(event, is_key=is_key), 1, 0, event.anchor)
        if isinstance(event, yaml.AliasEvent):
            found = self.anchors.get(event.anchor)
            if found is None:
                raise self.error(
                    f"the alias *{event.anchor} stands inside or before what it names",
                    _index(event.start_mark),
                )
            return found
        if isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            top = stack.pop()
            node = self._collection(top, _index(event.end_mark))
            return _Done(node, top.weight, top.height, top.anchor)
        return None

    def _check_size(self, done: _Done, event: Event, depth: int) -> None:
        # A collection's children were counted when they ended; what an alias repeats was not.
        import yaml

        self.total += done.weight if isinstance(event, yaml.AliasEvent) else 1
        if self.total > MAX_NODES:
            raise self.error(
                f"the file holds more than {MAX_NODES} values, aliases counted", _index(event.start_mark)
            )
        if depth + done.height > MAX_DEPTH:
            raise self.error(
                f"the file is nested more than {MAX_DEPTH} levels deep, aliases followed",
                _index(event.start_mark),
            )

    def _scalar(self, event: ScalarEvent, *, is_key: bool) -> Node:
        span = Span(_index(event.start_mark), _index(event.end_mark))
        tag = event.tag
        if tag is not None and not tag.startswith(_STANDARD) and tag != "!":
            return Reference(f"{tag} stands in its place", span)
        if tag is None and event.implicit[0]:
            tag = _resolved(event.value)
            if not is_key and _is_disputed(tag, event.value):
                return Reference("YAML 1.1 and 1.2 read it in two ways", span)
        kind = (tag or "").removeprefix(_STANDARD)
        text = without_surrogates(event.value)
        return Scalar(_value(kind, text) if kind in _SCALAR_TAGS else text, span)

    def _collection(self, top: _Open, end: int) -> Node:
        # The end mark of a block collection stands before the next token, lines further down.
        last = top.children[-1].span.end if top.children else end
        closed = self.text[end - 1 : end] in ("}", "]") and end > last
        span = Span(top.start, end if closed or last < top.start else last)
        if top.tag is not None and not top.tag.startswith(_STANDARD) and top.tag != "!":
            return Reference(f"{top.tag} stands in its place", span)
        if not top.is_mapping:
            return Array(tuple(top.children), span)
        own: list[Entry] = []
        merged: list[Entry] = []
        for key, value in zip(top.children[::2], top.children[1::2], strict=True):
            if not isinstance(key, Scalar):
                raise self.error("a key must be a text", key.span.start)
            name = self._key(key)
            if name == _MERGE:
                merged += _merged(value)
            else:
                own.append(Entry(name, key.span, value))
        entries, repeated = repeated_keys(own)
        self.repeated += repeated
        by_name = {entry.key: entry for entry in entries}
        for entry in merged:
            by_name.setdefault(entry.key, entry)
        return Object(tuple(by_name.values()), span)

    def _key(self, key: Scalar) -> str:
        """The key as written: ``1`` and ``yes`` are names where a request has names."""
        if isinstance(key.value, str):
            return key.value
        return self.text[key.span.start : key.span.end].strip("\"'")


def _index(mark: Any) -> int:
    """The code point offset of a mark; the stubs allow for events without one, which no parser makes."""
    return int(mark.index)


def _merged(value: Node) -> list[Entry]:
    sources = value.items if isinstance(value, Array) else (value,)
    return [entry for source in sources if isinstance(source, Object) for entry in source.entries]


@cache
def _resolver() -> Any:
    import yaml

    return yaml.resolver.Resolver()


def _is_disputed(tag: str, text: str) -> bool:
    """Whether a plain scalar is a text in YAML 1.2, by which version 2 of the AWS CLI reads, and none in 1.1."""
    kind = tag.removeprefix(_STANDARD)
    if kind == "bool":
        return text.lower() in _WORDS
    return kind in ("int", "float") and ":" in text


def _resolved(value: str) -> str:
    """The tag of a plain scalar by YAML 1.1, as CloudFormation reads it."""
    import yaml

    return str(_resolver().resolve(yaml.ScalarNode, value, (True, False)))


def _value(kind: str, text: str) -> str | int | float | bool | None:
    import yaml

    node = yaml.ScalarNode(_STANDARD + kind, text)
    construct = yaml.constructor.SafeConstructor()
    try:
        if kind == "null":
            return None
        if kind == "bool":
            return bool(construct.construct_yaml_bool(node))
        if kind == "int":
            return int(construct.construct_yaml_int(node))
        return float(construct.construct_yaml_float(node))
    except (ValueError, KeyError, IndexError, OverflowError):
        # `!!int abc`, or more digits than Python converts: not the type that it claims to be.
        return text


def parse(text: str) -> tuple[tuple[Node, ...], tuple[Repeated, ...]]:
    """The documents of a YAML stream and their repeated keys; raises RequestSyntaxError."""
    import yaml

    composer = _Composer(text)
    # libyaml reads ten times faster; PyYAML's wheels have it, some distributions' builds do not.
    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        documents = tuple(composer.documents(yaml.parse(text, Loader=loader)))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = ", ".join(part for part in (error.context, error.problem) if part)
        raise composer.error(what or "not YAML", _index(mark) if mark else 0) from None
    except yaml.reader.ReaderError as error:
        at = error.position if isinstance(error.position, int) else 0
        raise composer.error(f"a character that YAML does not allow: {error.reason}", at) from None
    return documents, tuple(composer.repeated)
