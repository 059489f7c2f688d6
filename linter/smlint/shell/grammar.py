"""tree-sitter-bash: loaded when first needed, once per process, and given up on when it takes too long."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import tree_sitter

#: Seconds after which reading is given up: tree-sitter needs quadratic time for some texts that are no shell at all.
_PATIENCE: Final = 3.0
# An escaped blank is a part of a word to the shell, but white space to tree-sitter-bash 0.25.
_ESCAPED: Final = re.compile(r"\\(.)")
# One code point must be one byte for tree-sitter, and only the shell's own white space may separate words.
_FOREIGN: Final = re.compile(r"[^\n\t -~]")


@cache
def _parser() -> tree_sitter.Parser:
    import tree_sitter
    import tree_sitter_bash

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_bash.language()))


def tree(
    text: str, hidden: Iterable[tuple[int, int]] = (), line_ends: Iterable[int] = ()
) -> tree_sitter.Tree | None:
    """The syntax tree of ``text``, offsets in code points; None when tree-sitter does not come to an end.

    ``hidden`` are spans that are read elsewhere; tree-sitter gets letters in their place. At ``line_ends``, offsets of
    white space, it gets a ``;``.
    """
    data = bytearray(_ESCAPED.sub(_masked, _FOREIGN.sub("x", text)).encode("ascii"))
    for start, end in hidden:
        data[start:end] = b"x" * (end - start)
    for at in line_ends:
        data[at : at + 1] = b";"
    deadline = time.monotonic() + _PATIENCE

    def read(offset: int, _: tree_sitter.Point) -> bytes:
        return bytes(data[offset : offset + 65536])

    try:
        return _parser().parse(read, progress_callback=lambda offset, error: time.monotonic() > deadline)
    except ValueError:
        # The parser resumes where it was interrupted unless it is told to forget.
        _parser().reset()
        return None


def _masked(pair: re.Match[str]) -> str:
    return "xx" if pair.group(1) in " \t" else pair.group()
