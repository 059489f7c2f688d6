"""Parameter operations: what stands behind the name in ``${name…}``, and glob patterns, both three-valued."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from smlint.container import UNRESOLVED

if TYPE_CHECKING:
    from smlint.shell.words import Value

_DEFAULT: Final = re.compile(r"(:?)([-=+?])(.*)", re.DOTALL)
_TRIM: Final = re.compile(r"(##?|%%?)(.*)", re.DOTALL)
_REPLACE: Final = re.compile(r"(/[/#%]?)((?:\\.|[^/\\])*)(?:/(.*))?", re.DOTALL)
_SUBSTRING: Final = re.compile(r":\s*([0-9]+)\s*(?::\s*([0-9]+)\s*)?")
_CASES: Final[dict[str, Callable[[str], str]]] = {
    "^^": str.upper,
    ",,": str.lower,
    "^": lambda text: text[:1].upper() + text[1:],
    ",": lambda text: text[:1].lower() + text[1:],
}
_BRACKET: Final = re.compile(r"\[[!^]?\]?(?:\[:\w+:\]|\\.|[^\]\\])*\]")
#: An extended pattern whose choices are plain words.
_EXTENDED: Final = re.compile(r"([@?])\(([\w|-]*)\)")
_CLASS: Final = {
    "alpha": "a-zA-Z", "digit": "0-9", "alnum": "a-zA-Z0-9", "upper": "A-Z", "lower": "a-z", "space": r"\s",
    "blank": r" \t", "punct": r"!-/:-@\[-`{-~", "xdigit": "0-9A-Fa-f",
}  # fmt: skip


def parameter_operation(
    value: Value | None,
    operation: str,
    expand: Callable[[str], Value],
    expand_pattern: Callable[[str], Value],
) -> Value | None:
    """``${value operation}``; ``value`` and the result are None when unset. ``expand`` expands the operation's words."""
    match = _DEFAULT.fullmatch(operation)
    if match is not None:
        return _default(value, match.group(1) == ":", match.group(2), match.group(3), expand)
    if value is None:
        return None
    text, used = value
    unknown = value._replace(text=UNRESOLVED)
    if UNRESOLVED in text or "\0" in text:
        # Exit codes and process ids are marks until they are shown.
        return unknown
    upper = _CASES.get(operation)
    if upper is not None:
        return value._replace(text=upper(text))
    match = _SUBSTRING.fullmatch(operation)
    if match is not None:
        start = int(match.group(1)[:9])
        length = match.group(2)
        return value._replace(text=text[start:] if length is None else text[start : start + int(length[:9])])
    match = _TRIM.fullmatch(operation)
    if match is not None:
        glob = expand_pattern(match.group(2)).text
        trimmed = _trim(text, match.group(1), glob)
        return unknown if trimmed is None else value._replace(text=trimmed)
    match = _REPLACE.fullmatch(operation)
    if match is not None:
        replacement = expand(match.group(3) or "")
        replaced = _replace(text, match.group(1), expand_pattern(match.group(2)).text, replacement.text)
        return unknown if replaced is None else value._replace(text=replaced, used=used | replacement.used)
    return unknown


def _default(
    value: Value | None, colon: bool, operator: str, word: str, expand: Callable[[str], Value]
) -> Value | None:
    is_set: bool | None = value is not None
    if value is not None:
        if colon and not value.text:
            is_set = False
        elif value.text == UNRESOLVED:
            is_set = None
    if operator == "+":
        if is_set is None:
            return expand("")._replace(text=UNRESOLVED, used=expand(word).used)
        return expand(word) if is_set else None
    if operator == "?":
        return None if is_set is False else value
    if is_set is None and value is not None:
        return value
    return value if is_set else expand(word)


#: Texts and patterns beyond these are not compared: every ``*`` multiplies the work.
_MAX_STARS: Final = 3
_MAX_TEXT: Final = 500


@lru_cache(maxsize=256)
def glob_regex(pattern: str) -> re.Pattern[str] | None:
    """A shell pattern (quoted characters behind backslashes) as a regular expression; None for extended globs."""
    star = ".*"
    parts: list[str] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if pattern[at + 1 : at + 2] == "(" and char in "?*+@!":
            group = _EXTENDED.match(pattern, at)
            if group is None:
                return None
            choices = "|".join(re.escape(each) for each in group.group(2).split("|"))
            parts.append(f"(?:{choices})" + group.group(1).replace("@", ""))
            at = group.end()
            continue
        if char == "\\":
            parts.append(re.escape(pattern[at + 1 : at + 2]))
            at += 2
            continue
        if char == "[":
            bracket = _BRACKET.match(pattern, at)
            if bracket is not None:
                parts.append(_bracket(bracket.group()))
                at = bracket.end()
                continue
        if char == "*":
            # ``**`` is ``*``; many in a row would make the expression engine try for ever.
            if not parts or parts[-1] != star:
                parts.append(star)
        else:
            parts.append("." if char == "?" else re.escape(char))
        at += 1
    if parts.count(star) > _MAX_STARS:
        return None
    try:
        return re.compile("".join(parts), re.DOTALL)
    except re.error:
        return None


def _bracket(text: str) -> str:
    inside = text[1:-1]
    negated = inside[:1] in ("!", "^")
    if negated:
        inside = inside[1:]
    inside = re.sub(r"\[:(\w+):\]", lambda match: f"\0{match.group(1)}\0", inside)
    inside = re.sub(r"\\(?!\])|\[", r"\\\g<0>", inside)
    if inside.startswith("]"):
        inside = "\\" + inside
    inside = re.sub("\0(\\w+)\0", lambda match: _CLASS.get(match.group(1), ""), inside)
    return f"[{'^' if negated else ''}{inside}]"


def matches(text: str, pattern: str) -> bool | None:
    """Whether ``text`` matches a shell pattern; None when that is not known."""
    if pattern == "*":
        return True
    if UNRESOLVED in pattern:
        return None
    if UNRESOLVED in text:
        literal = re.match(r"[^*?\[\\]*", pattern)
        start = text.split(UNRESOLVED)[0]
        fixed = literal.group() if literal is not None else ""
        shorter = min(len(start), len(fixed))
        return False if start[:shorter] != fixed[:shorter] else None
    regex = glob_regex(pattern)
    return (
        None
        if regex is None or (len(text) > _MAX_TEXT and "*" in pattern)
        else regex.fullmatch(text) is not None
    )


def _trim(text: str, operator: str, pattern: str) -> str | None:
    # Extended patterns mean something here only where the shell is told so.
    regex = None if UNRESOLVED in pattern or _EXTENDED.search(pattern) else glob_regex(pattern)
    if regex is None or len(text) > _MAX_TEXT:
        return None
    sizes = range(len(text) + 1)
    for size in sizes if len(operator) == 1 else reversed(sizes):
        if operator[0] == "#" and regex.fullmatch(text, 0, size):
            return text[size:]
        if operator[0] == "%" and regex.fullmatch(text, len(text) - size):
            return text[: len(text) - size]
    return text


def _replace(text: str, operator: str, pattern: str, replacement: str) -> str | None:
    # Extended patterns mean something here only where the shell is told so.
    regex = None if UNRESOLVED in pattern or _EXTENDED.search(pattern) else glob_regex(pattern)
    if regex is None or len(text) > _MAX_TEXT:
        return None
    if not pattern:
        return text
    if operator in ("/#", "/%"):
        anchored = re.compile(
            ("" if operator == "/%" else r"\A") + regex.pattern + (r"\Z" if operator == "/%" else "")
        )
        return anchored.sub(lambda match: replacement, text, count=1)
    return regex.sub(lambda match: replacement, text, count=0 if operator == "//" else 1)
