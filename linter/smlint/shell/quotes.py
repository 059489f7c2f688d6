"""The lexical side of words: brackets that close, ``$'…'`` escapes, brace expansion. No variables here."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from smlint.container import UNRESOLVED

_MAX_BRACES: Final = 1000
_ESCAPE: Final = re.compile(
    r"\\(?:([abeEfnrtv\\'\"?])|([0-7]{1,3})|x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|c(.))|([^\\'])|(\\.)",
    re.DOTALL,
)
_LETTERS: Final = {
    "a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
    "\\": "\\", "'": "'", '"': '"', "?": "?",
}  # fmt: skip
_SEQUENCE: Final = re.compile(
    r"(-?[0-9]+)\.\.(-?[0-9]+)(?:\.\.(-?[0-9]+))?|([a-zA-Z])\.\.([a-zA-Z])(?:\.\.(-?[0-9]+))?"
)

#: A brace that does not belong to ``${…}``.
_MAY_EXPAND: Final = re.compile(r"(?<!\$)\{|\\\$\{")
_TEST_WORD: Final = re.compile(
    r"(?:\\.|'[^']*'|\"(?:[^\"\\]|\\.)*\"|\$\((?:[^()]|\([^()]*\))*\)|`[^`]*`|\$?\{[^}]*\}|[^\s'\"\\])+",
    re.DOTALL,
)
_WORDS_OF_CONDITION: Final = re.compile(
    r"&&|\|\||[()<>]|(?:\\.|'[^']*'|\"(?:[^\"\\]|\\.)*\"|\$\((?:[^()]|\([^()]*\))*\)|`[^`]*`|\$\{[^}]*\}|[^\s'\"\\()&|<>]|&(?!&)|\|(?!\|))+",
    re.DOTALL,
)


#: A word of letters, brackets and marks, without quotes, substitutions and blanks.
_BRACKETED: Final = re.compile(r"[^\s\"'`\\&;<>$]*(?:\$(?=[\s)|]|$)[^\s\"'`\\&;<>$]*)*")


def test_words(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The spans of the words of ``[ … ]`` or ``[[ … ]]``, brackets included; in the latter operators are words."""
    pattern = _WORDS_OF_CONDITION if text.startswith("[[", start) else _TEST_WORD
    found: list[tuple[int, int]] = []
    for match in pattern.finditer(text, start, end):
        if found and match.start() < found[-1][1]:
            continue
        before = text[slice(*found[-1])] if found else ""
        # Brackets belong to a regular expression, and to patterns such as ``@(a|b)``.
        whole = _BRACKETED.match(text, match.start(), end) if before in ("=~", "=", "==", "!=") else None
        found.append(
            whole.span() if whole is not None and _is_pattern(whole.group(), before) else match.span()
        )
    return found


def _is_pattern(word: str, operator: str) -> bool:
    return word.count("(") == word.count(")") > 0 and (operator == "=~" or word[0] in "?*+@!")


@lru_cache(maxsize=1024)
def close_bracket(word: str, at: int) -> int:
    """The offset behind the ``$(…)``, ``$((…))``, ``${…}`` or ```` `…` ```` that starts at ``at``.

    A word is expanded once on every way through a script, and its brackets close where they did before.
    """
    if word[at] == "`":
        at += 1
        while at < len(word) and word[at] != "`":
            at += 2 if word[at] == "\\" else 1
        return min(at + 1, len(word))
    open_marks = [")" if word[at + 1] == "(" else "}"]
    at += 2
    while at < len(word) and open_marks:
        char = word[at]
        inside = open_marks[-1]
        if char == "\\":
            at += 1
        elif char == inside:
            open_marks.pop()
        elif char == '"':
            open_marks.append('"')
        elif char == "'" and inside != '"':
            end = word.find("'", at + 1)
            at = len(word) if end < 0 else end
        elif char == "$" and word[at + 1 : at + 2] in ("(", "{"):
            open_marks.append(")" if word[at + 1] == "(" else "}")
            at += 1
        elif char == "(" and inside == ")":
            open_marks.append(")")
        elif char == "`" and inside != "`":
            open_marks.append("`")
        at += 1
    return min(at, len(word))


def ansi_c(word: str, at: int) -> tuple[str, int]:
    """The text of ``$'…'`` whose inside starts at ``at``, and the offset behind the closing quote."""
    text: list[str] = []
    while at < len(word) and word[at] != "'":
        match = _ESCAPE.match(word, at)
        if match is None:
            # A backslash is the last character.
            break
        letter, octal, byte, short, long, control, plain, other = match.groups()
        if letter is not None:
            text.append(_LETTERS[letter])
        elif control is not None:
            text.append(chr(ord(control) & 0x1F))
        elif plain is not None or other is not None:
            text.append(plain or other)
        else:
            number = int(octal, 8) if octal is not None else int(byte or short or long, 16)
            text.append(chr(number) if number <= 0x10FFFF and not 0xD800 <= number < 0xE000 else "\ufffd")
        at = match.end()
    return "".join(text), at + 1


def braces(word: str) -> list[str]:
    """Brace expansion of a word as written: ``/opt/{a,b}`` gives two words, ``{1..3}`` three.

    Where there would be more than a thousand, one word that is not known stands for them.
    """
    if not _MAY_EXPAND.search(word) or not ("," in word or ".." in word):
        return [word]
    done: list[str] = []
    queue = [word]
    while queue and len(done) + len(queue) <= _MAX_BRACES:
        here = queue.pop(0)
        found = _first_brace(here)
        if found is None:
            done.append(here)
            continue
        start, end, parts = found
        queue = [here[:start] + part + here[end:] for part in parts] + queue
    return [UNRESOLVED] if queue else done


def _first_brace(word: str) -> tuple[int, int, list[str]] | None:
    """The first ``{a,b}`` or ``{1..3}`` outside quotes: where it stands, and its alternatives."""
    at = 0
    while at < len(word):
        skipped = _skip(word, at)
        if skipped > at:
            at = skipped
            continue
        if word[at] == "{":
            parts = _alternatives(word, at)
            if parts is not None:
                return at, parts[0], parts[1]
        at += 1
    return None


def _skip(word: str, at: int) -> int:
    """The offset behind something at ``at`` that no brace expansion looks into; ``at`` when there is nothing."""
    char = word[at]
    if char == "\\":
        return at + 2
    if char == "`" or (char == "$" and word[at + 1 : at + 2] in ("(", "{")):
        return close_bracket(word, at)
    if char == "'":
        end = word.find("'", at + 1)
        return len(word) if end < 0 else end + 1
    if char == '"':
        at += 1
        while at < len(word) and word[at] != '"':
            if word[at] == "\\":
                at += 2
            elif word[at] == "`" or (word[at] == "$" and word[at + 1 : at + 2] in ("(", "{")):
                at = close_bracket(word, at)
            else:
                at += 1
        return min(at + 1, len(word))
    return at


def _alternatives(word: str, start: int) -> tuple[int, list[str]] | None:
    depth = 0
    at = begin = start + 1
    parts: list[str] = []
    while at < len(word):
        skipped = _skip(word, at)
        if skipped > at:
            at = skipped
            continue
        char = word[at]
        if char == "{":
            depth += 1
        elif char == "}" and depth:
            depth -= 1
        elif char == "," and not depth:
            parts.append(word[begin:at])
            begin = at + 1
        elif char == "}":
            if parts:
                return at + 1, [*parts, word[begin:at]]
            sequence = _sequence(word[begin:at])
            return None if sequence is None else (at + 1, sequence)
        at += 1
    return None


def _sequence(text: str) -> list[str] | None:
    match = _SEQUENCE.fullmatch(text)
    if match is None:
        return None
    if match.group(4) is not None:
        first, last = ord(match.group(4)), ord(match.group(5))
        step = abs(int((match.group(6) or "1")[:18])) or 1
        step = step if last >= first else -step
        return [chr(number) for number in range(first, last + (1 if step > 0 else -1), step)]
    low, high = match.group(1), match.group(2)
    first, last = int(low[:18]), int(high[:18])
    size = abs(int((match.group(3) or "1")[:18])) or 1
    if abs(last - first) // size > _MAX_BRACES:
        return [UNRESOLVED]
    width = max(len(low), len(high)) if re.search(r"^-?0[0-9]", low) or re.search(r"^-?0[0-9]", high) else 0
    step = size if last >= first else -size
    return [str(number).zfill(width) for number in range(first, last + (1 if step > 0 else -1), step)]
