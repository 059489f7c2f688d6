"""Keyword and value of every logical line, read by dockerfile-parse.

What is left for this module is to show dockerfile-parse each instruction as one line that it reads as BuildKit would:
it takes any trailing backslash for a continuation and more characters for spaces, and it drops what has no argument.
One line each also keeps it linear: it joins continued lines by copying all that came before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dockerfile_parse.parser import DockerfileParser

from smlint.dockerfile.words import BLANK, SPACE, has_plain_spaces

#: A private-use character that is a space for nobody.
_STAND_IN: Final = "\ue000"


class _PreparedLines:
    """The file object that dockerfile-parse reads from: lines that are already cut and decoded."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines

    def seek(self, offset: int) -> None:
        """Stay: the lines are always read from the first."""

    def readlines(self) -> list[str]:
        return self._lines


def read_keywords(texts: Sequence[str], *, plain: bool) -> list[tuple[str, int, str]]:
    """For each logical line its keyword in upper case, and the rest and where it begins.

    The keyword is "" for a line that has none. The rest has no spaces behind it, and before it none but those that do
    not separate it from the keyword. ``plain`` promises that all texts have plain spaces.
    """
    prepared = [_prepared(text if plain else _without_foreign_spaces(text)) for text in texts]
    found = [("", 0, "")] * len(texts)
    for entry in DockerfileParser(fileobj=_PreparedLines(prepared), env_replace=False).structure:
        index, keyword, value = entry["startline"], entry["instruction"], entry["value"]
        start = len(prepared[index]) - 1 - len(value)
        if not plain or value[-1:] in ("", _STAND_IN):
            text = texts[index]
            if _STAND_IN in keyword:
                keyword = upper_keyword(text.strip(SPACE)[: len(keyword)])
            start = min(start, len(text))  # a stand-in may have been added
            value = text[start:].rstrip(SPACE)
        found[index] = keyword, start, value
    return found


def _prepared(text: str) -> str:
    text = text.rstrip()
    if text[:1] == "#":  # the instruction of an ONBUILD: no comment begins there
        text = _STAND_IN + text[1:]
    return text + (_STAND_IN if text[-1:] == "\\" else "") + "\n"


def _without_foreign_spaces(text: str) -> str:
    """``text`` with every space that does not separate a keyword from its arguments replaced, lengths kept."""
    if has_plain_spaces(text):
        return text
    inner = text.lstrip(SPACE)
    indent = len(text) - len(inner)
    shown = [
        _STAND_IN if each > "\x7f" or (each.isspace() and each not in BLANK) else each
        for each in inner.rstrip(SPACE)
    ]
    return " " * indent + "".join(shown)


def upper_keyword(written: str) -> str:
    """``written`` in upper case as Go compares keywords: by the simple lower case of each character."""
    lowered = "".join([each.lower()[0] for each in written])
    return lowered.upper() if lowered.isascii() else lowered
