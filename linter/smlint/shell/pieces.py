"""Where words begin and end, where tree-sitter-bash takes them apart, puts several in one, or passes over them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from smlint.shell.syntax import Piece

if TYPE_CHECKING:
    import tree_sitter

_WORD: Final = re.compile(r"(?:\\.|[^\s\\])+", re.DOTALL)


def join(words: list[Piece], piece: Piece) -> None:
    """Add ``piece`` to ``words``; what touches the last of them belongs to it."""
    if words and words[-1].end == piece.start:
        last = words[-1]
        words[-1] = Piece(last.start, piece.end, (*last.substitutions, *piece.substitutions))
        return
    words.append(piece)


def written(text: str, start: int, end: int) -> Iterator[Piece]:
    """The words of a part of ``text`` that has no quotes and no substitutions."""
    for match in _WORD.finditer(text, start, end):
        yield Piece(*match.span())


def is_several(node: tree_sitter.Node, text: str) -> bool:
    """Whether tree-sitter took several words for one: ``{ {``."""
    return node.type == "word" and len(_WORD.findall(text, node.start_byte, node.end_byte)) > 1
