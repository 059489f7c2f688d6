"""Evaluates ``test``, ``[ … ]`` and ``[[ … ]]`` as far as the words are known: true, false, or None for unknown."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from smlint.container import UNRESOLVED
from smlint.shell.transform import matches
from smlint.shell.values import UnsetError

_NUMBER: Final = re.compile(r"\s*[+-]?[0-9]{1,18}\s*")
_COMPARE: Final[dict[str, Callable[[int, int], bool]]] = {
    "-eq": lambda left, right: left == right,
    "-ne": lambda left, right: left != right,
    "-lt": lambda left, right: left < right,
    "-le": lambda left, right: left <= right,
    "-gt": lambda left, right: left > right,
    "-ge": lambda left, right: left >= right,
}
_BINARY: Final = frozenset((*_COMPARE, "=", "==", "!=", "<", ">", "=~", "-nt", "-ot", "-ef"))
#: Regular expressions that mean the same to the shell and to Python.
_SIMPLE_REGEX: Final = re.compile(r"(?:\[[\w-]+\]|[\w^$|()./*+?=:, -])*")
_GLOB: Final = re.compile(r"([*?\[\]\\])")


def evaluate(words: Sequence[str]) -> bool | None:
    """``test words``; the closing bracket is not among them."""
    words = list(words)
    if len(words) <= 4:
        return _short(words)
    for operator, combine in (("-o", _any), ("-a", _all)):
        if operator in words[1:-1]:
            at = words.index(operator, 1)
            return combine([evaluate(words[:at]), evaluate(words[at + 1 :])])
    if words[0] == "!":
        return _not(evaluate(words[1:]))
    if words[0] == "(" and words[-1] == ")":
        return evaluate(words[1:-1])
    return None


def _short(words: list[str]) -> bool | None:
    if not words:
        return False
    if len(words) == 1:
        return non_empty(words[0])
    if len(words) == 3 and words[1] in _BINARY:
        return compare(words[0], words[1], words[2], _GLOB.sub(r"\\\1", words[2]))
    if len(words) == 3 and words[1] in ("-a", "-o"):
        return (_all if words[1] == "-a" else _any)([non_empty(words[0]), non_empty(words[2])])
    if words[0] == "!":
        return _not(_short(words[1:]))
    if words[0] == "(" and words[-1] == ")":
        return _short(words[1:-1])
    if len(words) == 2:
        return unary(words[0], words[1])
    return None


def non_empty(text: str) -> bool | None:
    """``[ -n text ]``."""
    if text.replace(UNRESOLVED, ""):
        return True
    return None if text else False


def unary(operator: str, text: str) -> bool | None:
    """``[ -z text ]`` and its like; what asks about files is unknown."""
    if operator == "-n":
        return non_empty(text)
    if operator == "-z":
        return _not(non_empty(text))
    return None


def compare(left: str, operator: str, right: str, pattern: str) -> bool | None:
    """``left operator right``; ``pattern`` is ``right`` as a pattern."""
    if operator in ("=", "=="):
        return matches(left, pattern) if UNRESOLVED not in pattern else _may_equal(left, pattern)
    if operator == "!=":
        return _not(compare(left, "=", right, pattern))
    if UNRESOLVED in left + right:
        return None
    if operator in _COMPARE:
        if _NUMBER.fullmatch(left) and _NUMBER.fullmatch(right):
            return _COMPARE[operator](int(left), int(right))
        return None
    if operator == "=~" and _is_cheap(left, right):
        try:
            return re.search(right, left) is not None
        except re.error:
            return None
    return None


def _is_cheap(text: str, regex: str) -> bool:
    """Whether the expression means the same to Python, and cannot keep it busy."""
    if len(text) > 200 or len(regex) > 200 or not _SIMPLE_REGEX.fullmatch(regex):
        return False
    return not re.search(r"\)[*+?]", regex) and len(re.findall(r"[*+?]", regex)) <= 3


def _may_equal(left: str, pattern: str) -> bool | None:
    """Two texts with unknown parts are different when their known beginnings are."""
    plain = re.sub(r"\\(.)", r"\1", pattern)
    one, other = left.split(UNRESOLVED)[0], plain.split(UNRESOLVED)[0]
    shorter = min(len(one), len(other))
    return None if one[:shorter] == other[:shorter] else False


def condition(
    words: Sequence[str], expand: Callable[[str], str], pattern: Callable[[str], str]
) -> bool | None:
    """``[[ words ]]``, words as written, brackets left out."""
    reader = _Condition(words, expand, pattern)
    result = reader.any()
    return result if reader.at == len(words) else None


class _Condition:
    def __init__(
        self, words: Sequence[str], expand: Callable[[str], str], pattern: Callable[[str], str]
    ) -> None:
        self._words = words
        self._expand = expand
        self._pattern = pattern
        self.at = 0
        self._depth = 0
        # Whether what is read is passed over, or may be: the shell expands no more than it needs.
        self._is_idle = self._may_be_idle = False

    def any(self) -> bool | None:
        result = self._all()
        while self._peek() == "||":
            self.at += 1
            result = _any([result, self._behind(result, True, self._all)])
        return result

    def _all(self) -> bool | None:
        result = self._not()
        while self._peek() == "&&":
            self.at += 1
            result = _all([result, self._behind(result, False, self._not)])
        return result

    def _behind(self, left: bool | None, decisive: bool, read: Callable[[], bool | None]) -> bool | None:
        outer = self._is_idle, self._may_be_idle
        self._is_idle = self._is_idle or left is decisive
        self._may_be_idle = self._may_be_idle or left is None
        result = read()
        self._is_idle, self._may_be_idle = outer
        return result

    def _text(self, word: str, expand: Callable[[str], str]) -> str:
        try:
            return "" if self._is_idle else expand(word)
        except UnsetError:
            if not self._may_be_idle:
                raise
            return UNRESOLVED

    def _not(self) -> bool | None:
        negated = False
        while self._peek() == "!":
            self.at += 1
            negated = not negated
        result = self._primary()
        return _not(result) if negated else result

    def _primary(self) -> bool | None:
        word = self._next()
        if word == "(" and self._depth < 20:
            self._depth += 1
            result = self.any()
            self._depth -= 1
            # Where it does not close, words are left over in the end.
            self.at += self._peek() == ")"
            return result
        if self._peek() in _BINARY:
            operator, right = self._next(), self._next()
            texts = self._text(word, self._expand), self._text(right, self._expand)
            return compare(texts[0], operator, texts[1], self._text(right, self._pattern))
        if re.fullmatch(r"-[a-zA-Z]", word) and self._peek() not in ("", "&&", "||", ")"):
            return unary(word, self._text(self._next(), self._expand))
        return non_empty(self._text(word, self._expand))

    def _peek(self) -> str:
        return self._words[self.at] if self.at < len(self._words) else ""

    def _next(self) -> str:
        word = self._peek()
        self.at += 1
        return word


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value


def _any(values: Sequence[bool | None]) -> bool | None:
    return True if True in values else None if None in values else False


def _all(values: Sequence[bool | None]) -> bool | None:
    return False if False in values else None if None in values else True
