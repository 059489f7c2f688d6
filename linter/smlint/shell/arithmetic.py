"""Shell arithmetic on whole numbers; what assigns, or is not known, has no value here."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Final

_TOKEN: Final = re.compile(r"\s*(?:([0-9]+)|([A-Za-z_]\w*)|(\|\||&&|[=!<>]=|[-+*/%()<>!]))")
#: Binary operators, those that bind least first.
_LEVELS: Final[tuple[dict[str, Callable[[int, int], int]], ...]] = (
    {"||": lambda one, two: int(bool(one or two))},
    {"&&": lambda one, two: int(bool(one and two))},
    {"==": operator.eq, "!=": operator.ne},
    {"<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge},
    {"+": operator.add, "-": operator.sub},
    {
        "*": operator.mul,
        "/": lambda one, two: int(one / two),
        "%": lambda one, two: one - two * int(one / two),
    },
)
_MAX_TOKENS: Final = 60
#: Beyond it Python and the shell would count differently.
_MAX: Final = 2**31
_ASSIGNED: Final = re.compile(
    r"([A-Za-z_]\w*)\s*(?:\+\+|--|(?:[-+*/%&|^]|<<|>>)?=(?!=))|(?:\+\+|--)\s*([A-Za-z_]\w*)"
)


class _UnknownError(Exception):
    pass


def assigned(text: str) -> list[str]:
    """The variables that an expression changes."""
    return [match.group(1) or match.group(2) for match in _ASSIGNED.finditer(text)]


def evaluate(text: str, lookup: Callable[[str], str | None]) -> int | None:
    """The value of an expression whose ``$`` are expanded; None where that is not known.

    ``lookup`` gives the text of a variable, None where it is unknown.
    """
    tokens: list[tuple[str, str, str]] = []
    at, text = 0, text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or len(tokens) > _MAX_TOKENS:
            return None
        tokens.append((match.group(1) or "", match.group(2) or "", match.group(3) or ""))
        at = match.end()
    reader = _Reader(tokens, lookup)
    try:
        value = reader.binary(0)
    except (_UnknownError, ZeroDivisionError):
        return None
    return value if reader.at == len(tokens) and abs(value) < _MAX else None


class _Reader:
    def __init__(self, tokens: list[tuple[str, str, str]], lookup: Callable[[str], str | None]) -> None:
        self._tokens = tokens
        self._lookup = lookup
        self.at = 0

    def binary(self, level: int) -> int:
        if level == len(_LEVELS):
            return self._unary()
        value = self.binary(level + 1)
        while self._sign() in _LEVELS[level]:
            apply = _LEVELS[level][self._sign()]
            self.at += 1
            value = int(apply(value, self.binary(level + 1)))
            if abs(value) >= _MAX:
                raise _UnknownError
        return value

    def _sign(self) -> str:
        return self._tokens[self.at][2] if self.at < len(self._tokens) else ""

    def _unary(self) -> int:
        if self.at >= len(self._tokens):
            raise _UnknownError
        number, name, sign = self._tokens[self.at]
        self.at += 1
        if sign == "(":
            value = self.binary(0)
            if self._sign() != ")":
                raise _UnknownError
            self.at += 1
            return value
        if sign in ("-", "+", "!"):
            value = self._unary()
            return {"-": -value, "+": value, "!": int(not value)}[sign]
        text = number if number else (self._lookup(name) or "" if name else "")
        # A leading zero makes it octal, and anything else is an expression of its own.
        if not re.fullmatch(r"-?(?:0|[1-9][0-9]{0,8})", text, re.ASCII):
            raise _UnknownError
        return int(text)
