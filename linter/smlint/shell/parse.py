"""Shell text to syntax: tree-sitter-bash reads, :mod:`smlint.shell.reader` makes :mod:`smlint.shell.syntax` of that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from smlint.shell import grammar
from smlint.shell.reader import Reader
from smlint.shell.source import DEPTH, LIMIT, Source, prepare
from smlint.shell.syntax import Block


class Script(NamedTuple):
    """Shell text and its syntax. ``complete`` is false when not all of it could be read."""

    source: Source
    body: Block
    complete: bool


def parse(text: str) -> Script:
    """Read shell text. Never raises: text that is too long, too deep or no shell gives an empty, incomplete script."""
    if len(text) > LIMIT:
        return Script(Source("", [0], [0], {}), (), False)
    source = prepare(text)
    if source.depth > DEPTH:
        return Script(source, (), False)
    script, passed_over = _read(source)
    return _read(source, passed_over)[0] if passed_over else script


def _read(source: Source, line_ends: Sequence[int] = ()) -> tuple[Script, Sequence[int]]:
    """The script, and where tree-sitter has passed over line ends that are none of ``line_ends``."""
    tree = grammar.tree(source.text, source.hidden, line_ends)
    if tree is None:
        return Script(source, (), False), ()
    reader = Reader(source)
    body = reader.block(tree.root_node.children, 0)
    return Script(source, body, not (tree.root_node.has_error or reader.has_error)), reader.passed_over
