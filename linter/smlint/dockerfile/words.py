"""How BuildKit's line parsers cut the text of one instruction: flags, words, JSON arrays.

The rules are those of moby/buildkit, ``frontend/dockerfile/parser`` (``split_command.go`` and ``line_parsers.go``).
Everything here works on one string and gives spans in it; nothing knows about lines or files.
"""

from __future__ import annotations

import functools
import json
import re
from typing import Final, NamedTuple, NoReturn

from smlint.dockerfile.errors import shown

#: What Go's ``unicode.IsSpace`` calls a space. Python's own idea also holds U+001C to U+001F.
SPACE: Final = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"

#: What separates a keyword from its arguments, and these where quotes mean nothing.
BLANK: Final = "\t\v\f\r "

_BLANKS = re.compile(rf"[{BLANK}]+")
_FIELD = re.compile(rf"[^{BLANK}]+")
# A flag in which nothing is quoted or escaped, with the blank that ends it.
_PLAIN_FLAG = re.compile(rf"--[\w=,./:@%+~-]+(?=[{BLANK}])", re.ASCII)
_JSON_STRING = re.compile(r'"(?:[^"\\]|\\.)*+"')
_CONTINUATION_BYTES: Final = bytes(range(0x80, 0xC0))
_SURROGATE = re.compile("[\ud800-\udfff]")


def has_plain_spaces(text: str) -> bool:
    """Whether Python and Go see the same spaces in ``text``."""
    return text.isascii() and not ("\x1c" in text or "\x1d" in text or "\x1e" in text or "\x1f" in text)


class Flag(NamedTuple):
    """``--name=value``, or ``--name`` with ``value`` None; quotes and escapes taken away.

    ``start`` and ``end`` count from the first character of the instruction's value: flags stand before it, so both
    are negative.
    """

    name: str
    value: str | None
    start: int
    end: int


class Argument(NamedTuple):
    """One node of what BuildKit's parser gives for an instruction, and its span in the instruction's value.

    The span of an item of a JSON array holds its quotes, ``text`` is the decoded string.
    """

    text: str
    start: int
    end: int


class InvalidArgumentsError(Exception):
    """The arguments of an instruction cannot be cut as BuildKit cuts them; the text says why."""


def read_flags(text: str, escape: str) -> tuple[tuple[Flag, ...], int]:
    """The flags at the start of ``text``, the rest of an instruction, and the offset of the value that follows.

    BuildKit looks for flags before it takes away spaces other than blanks: behind one there are none.
    """
    if not text.startswith("--"):
        return (), len(text) - len(text.lstrip(SPACE))
    if text.isascii():
        flags, end = _read_flags(text, escape)
    else:
        # BuildKit walks through flags byte by byte and takes each byte for a character: so must we, to end where it does.
        raw = text.encode("utf-8", "surrogatepass")
        flags, end = _read_flags(raw.decode("latin-1"), escape)
        flags, end = _in_characters(flags, end, raw)
    end = len(text) - len(text[end:].lstrip(SPACE))
    return tuple([Flag(name, value, first - end, last - end) for name, value, first, last in flags]), end


def _in_characters(flags: list[Flag], end: int, raw: bytes) -> tuple[list[Flag], int]:
    """The same with offsets in characters instead of bytes."""
    done = characters = 0

    def count(offset: int) -> int:
        nonlocal done, characters
        characters += len(raw[done:offset].translate(None, _CONTINUATION_BYTES))
        done = offset
        return characters

    return [Flag(name, value, count(first), count(last)) for name, value, first, last in flags], count(end)


def _read_flags(text: str, escape: str) -> tuple[list[Flag], int]:
    """The flags with spans in ``text``, and the offset at which something else begins."""
    flags: list[Flag] = []
    position = 0
    while True:
        while position < len(text) and text[position] in SPACE:
            position += 1
        if not text.startswith("--", position):
            return flags, position
        start = position
        word, position = _flag_word(text, start, escape)
        if word == "--":
            return flags, position
        name, equals, value = word[2:].partition("=")
        flags.append(Flag(name, value if equals else None, start, position))


def _flag_word(text: str, position: int, escape: str) -> tuple[str, int]:
    """The word at ``position`` without quotes and escapes, and the offset after it."""
    plain = _PLAIN_FLAG.match(text, position)
    if plain is not None:
        return plain.group(), plain.end()
    taken: list[str] = []
    quote = ""
    while position < len(text):
        character = text[position]
        if not quote and character in SPACE:
            break
        if character == quote:
            quote = ""
        elif not quote and character in "'\"":
            quote = character
        elif character != escape:
            taken.append(character)
        elif position + 1 < len(text):
            position += 1
            taken.append(text[position])
        position += 1
    return "".join(taken), position


def fields(text: str) -> tuple[Argument, ...]:
    """The words of ``text`` between blanks; quotes mean nothing. COPY, ADD, VOLUME, FROM and EXPOSE are read so."""
    return tuple([Argument(match[0], *match.span()) for match in _FIELD.finditer(text)])


def whole(text: str) -> tuple[Argument, ...]:
    """All of ``text`` as one argument; none if it is empty."""
    return (Argument(text, 0, len(text)),) if text else ()


@functools.cache
def _word_pattern(escape: str) -> re.Pattern[str]:
    e = re.escape(escape)
    return re.compile(
        rf"(?:[^'\"{e}{SPACE}]++"
        r"|'[^']*+(?:'|\Z)"
        rf'|"(?:[^"{e}]++|{e}(?s:.))*+(?:"|({e})?\Z)'
        rf"|{e}(?s:.)|({e})\Z)++"
    )


def words(text: str, escape: str) -> list[Argument]:
    """The words of ``text``, quotes kept; a lone escape character at the end is dropped. ENV, LABEL, ARG."""
    matches = list(_word_pattern(escape).finditer(text))
    found = [Argument(match[0], *match.span()) for match in matches]
    if matches and matches[-1].lastindex is not None:
        word, start, end = found.pop()
        if word != escape:
            found.append(Argument(word[:-1], start, end - 1))
    return found


def key_values(text: str, keyword: str, escape: str) -> tuple[Argument, ...]:
    """Keys and values in turn: ``KEY value`` (one pair) or ``key=value …``. ENV and LABEL.

    Raises InvalidArgumentsError when a key has no value.
    """
    found = words(text, escape)
    if not found:
        return ()
    if "=" not in found[0].text:
        blank = _BLANKS.search(text)
        if blank is None:
            raise InvalidArgumentsError(f"{keyword} needs a name and a value")
        key = Argument(text[: blank.start()], 0, blank.start())
        return key, Argument(text[blank.end() :], blank.end(), len(text))
    pairs: list[Argument] = []
    for word in found:
        key_text, equals, value = word.text.partition("=")
        if not equals:
            raise InvalidArgumentsError(f"{shown(word.text)} has no =; {keyword} wants name=value")
        middle = word.start + len(key_text)
        pairs.append(Argument(key_text, word.start, middle))
        pairs.append(Argument(value, middle + 1, word.end))
    return tuple(pairs)


def _no_float64(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON number")


def _number(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        _no_float64(text)
    return number


JSON = json.JSONDecoder(parse_int=_number, parse_float=_number, parse_constant=_no_float64)


def json_array(text: str) -> tuple[Argument, ...] | None:
    """The items of ``text`` as a JSON array of strings, or None if it is no JSON array: the exec form.

    Raises InvalidArgumentsError for a JSON array that holds something else than strings, which BuildKit refuses.
    """
    if not text.startswith("["):
        return None
    try:
        items = JSON.decode(text)
    except (ValueError, RecursionError):
        return None
    if not all(isinstance(item, str) for item in items):
        raise InvalidArgumentsError("a JSON array here may hold strings only")
    return tuple(
        Argument(_SURROGATE.sub("\ufffd", item), match.start(), match.end())
        for item, match in zip(items, _JSON_STRING.finditer(text), strict=False)
    )
