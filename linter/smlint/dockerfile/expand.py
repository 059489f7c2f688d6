"""Word expansion as BuildKit does it for ENV, LABEL, WORKDIR, COPY and the other instructions that take variables.

This is the Dockerfile's own small language (https://docs.docker.com/reference/dockerfile/#environment-replacement),
not a shell: RUN, CMD and ENTRYPOINT are not expanded here. A variable that may or may not be set, or whose value is not
known, leaves :data:`~smlint.container.UNRESOLVED` where its text would stand.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

from smlint.container import UNRESOLVED

#: Value of a variable: text (perhaps with UNRESOLVED parts, or UNRESOLVED alone for "perhaps not even set"), or None
#: where it is certain that nothing sets it.
Lookup: TypeAlias = Callable[[str], str | None]

_SPECIAL: Final = frozenset("@*#?-$!0")
#: Substitutions may hold substitutions; nobody nests them this deep, and Python's stack ends somewhere.
_DEPTH_LIMIT: Final = 50
#: Characters that variables may bring into one word: Linux hands no program a longer argument or variable
#: (MAX_ARG_STRLEN of execve(2)). Without an end, values that double each other fill all memory in forty lines.
_LENGTH_LIMIT: Final = 1 << 17
#: Steps that one pattern substitution may take before its result counts as unknown.
_PATTERN_WORK_LIMIT: Final = 2_000_000


class ExpansionError(ValueError):
    """The word is not valid (an open quote, ``${}``); the text says what is wrong with it."""


class RequiredVariableError(ExpansionError):
    """``${NAME:?message}`` where NAME is certainly not set."""


class _TooLongError(Exception):
    """More than _LENGTH_LIMIT, which counts as unknown."""


def expand(word: str, lookup: Lookup, *, escape: str = "\\") -> str:
    """``word`` as one word: quotes removed, escapes taken away, variables replaced.

    ``escape`` is the Dockerfile's escape character. Raises ExpansionError.
    """
    if _is_plain(word, escape):
        return word
    return "".join(text for text, _ in _Reader(word, lookup, escape).pieces())


def expand_words(word: str, lookup: Lookup, *, escape: str = "\\") -> list[str]:
    """``word`` split at unquoted blanks, also at those that a variable brings in; EXPOSE works so.

    Raises ExpansionError.
    """
    words: list[str] = []
    current = ""
    for text, splits in _Reader(word, lookup, escape).pieces():
        if not splits:
            current += text
            continue
        for character in text:
            if not character.isspace():
                current += character
            elif current:
                words.append(current)
                current = ""
    return [*words, current] if current else words


def expand_content(text: str, lookup: Lookup) -> str:
    """The body of a heredoc of COPY or ADD: variables and backslashes count, quotes are ordinary characters.

    Raises ExpansionError.
    """
    if _is_plain(text, "\\"):
        return text
    reader = _Reader(text, lookup, "\\", quotes=False)
    return "".join(piece for piece, _ in reader.pieces())


def _is_plain(word: str, escape: str) -> bool:
    return "$" not in word and '"' not in word and "'" not in word and escape not in word


class _Piece(NamedTuple):
    text: str
    #: Whether blanks in it separate words: they do when they are bare or come from an unquoted variable.
    splits: bool


class _Reader:
    """Reads one word from left to right."""

    def __init__(self, word: str, lookup: Lookup, escape: str, *, quotes: bool = True) -> None:
        self._word = word
        self._at = 0
        self._lookup = lookup
        self._escape = escape
        self._quotes = quotes
        self._depth = 0
        self._brought = 0

    def pieces(self) -> list[_Piece]:
        """The whole word; UNRESOLVED where variables make it too long for anybody to use."""
        try:
            return self.read_until("", raw=False)
        except _TooLongError:
            return [_Piece(UNRESOLVED, False)]

    def read_until(self, stop: str, *, raw: bool) -> list[_Piece]:
        """Everything up to ``stop`` (consumed), or to the end if ``stop`` is empty. ``raw`` keeps escapes."""
        pieces: list[_Piece] = []
        while character := self._peek():
            if character == stop:
                self._at += 1
                return pieces
            if character == "$":
                pieces.append(_Piece(self._dollar(), True))
            elif character == "'" and self._quotes:
                pieces.append(_Piece(self._single_quoted(), False))
            elif character == '"' and self._quotes:
                pieces.append(_Piece(self._double_quoted(raw=raw), False))
            elif character == self._escape:
                pieces.append(_Piece(self._escaped(raw=raw), False))
            else:
                pieces.append(_Piece(self._run_of_plain(stop), True))
        if stop:
            raise ExpansionError(f"the end of the word was reached while looking for {stop!r}")
        return pieces

    def _peek(self) -> str:
        return self._word[self._at : self._at + 1]

    def _next(self) -> str:
        character = self._peek()
        self._at += 1
        return character

    def _run_of_plain(self, stop: str) -> str:
        special = {"$", "'", '"', self._escape, stop}
        start = self._at
        self._at += 1
        while self._at < len(self._word) and self._word[self._at] not in special:
            self._at += 1
        return self._word[start : self._at]

    def _escaped(self, *, raw: bool) -> str:
        escape = self._next()
        return (escape if raw else "") + self._next()

    def _single_quoted(self) -> str:
        start = self._at + 1
        end = self._word.find("'", start)
        if end < 0:
            raise ExpansionError("a single quote is never closed")
        self._at = end + 1
        return self._word[start:end]

    def _double_quoted(self, *, raw: bool) -> str:
        self._at += 1
        text = ""
        while character := self._peek():
            if character == '"':
                self._at += 1
                return text
            if character == "$":
                text += self._dollar()
                continue
            self._at += 1
            if character == self._escape:
                if raw:
                    text += character
                if self._peek() in ('"', "$", self._escape):
                    character = self._next()
            text += character
        raise ExpansionError("a double quote is never closed")

    def _dollar(self) -> str:
        self._at += 1
        if self._peek() != "{":
            name = self._name()
            return self._value(name) or "" if name else "$"
        self._at += 1
        if self._peek() in ("", "{", "}", ":"):
            raise ExpansionError("'${' is not followed by a variable's name and '}'")
        self._depth += 1
        if self._depth > _DEPTH_LIMIT:
            raise ExpansionError("substitutions are nested too deeply")
        text = self._substitution(self._name())
        self._depth -= 1
        return text

    def _name(self) -> str:
        start = self._at
        first = self._peek()
        if first.isdecimal():
            while self._peek().isdecimal():
                self._at += 1
        elif first and first in _SPECIAL:
            self._at += 1
        else:
            while (character := self._peek()) == "_" or character.isalpha() or character.isdecimal():
                self._at += 1
        return self._word[start : self._at]

    def _value(self, name: str) -> str | None:
        value = self._lookup(name)
        self._brought += len(value or "")
        if self._brought > _LENGTH_LIMIT:
            raise _TooLongError
        return value

    def _substitution(self, name: str) -> str:
        operator = self._next()
        if operator == "}":
            return self._value(name) or ""
        if operator == "/":
            return self._replacement(name)
        empty_is_unset = operator == ":"
        if empty_is_unset:
            operator = self._next()
        if operator in "#%" and operator and not empty_is_unset:
            return self._trimmed(name, operator)
        if not operator or operator not in "-+?":
            raise ExpansionError(f"'${{{name}…}}' has a modifier that Dockerfiles do not know")
        word = self._text_until("}", raw=False)
        return _conditional(name, self._value(name), operator, word, empty_is_unset=empty_is_unset)

    def _text_until(self, stop: str, *, raw: bool) -> str:
        return "".join(text for text, _ in self.read_until(stop, raw=raw))

    def _trimmed(self, name: str, operator: str) -> str:
        pattern = self._text_until("}", raw=True)
        longest = pattern.startswith(operator)
        tokens = _pattern(pattern[1:] if longest else pattern)
        value = self._value(name) or ""
        if tokens is None or UNRESOLVED in value or len(tokens) * len(value) > _PATTERN_WORK_LIMIT:
            return UNRESOLVED
        if operator == "#":
            return value[_match_end(tokens, value, 0, longest=longest) or 0 :]
        cut = _match_end(tokens[::-1], value[::-1], 0, longest=longest) or 0
        return value[: len(value) - cut]

    def _replacement(self, name: str) -> str:
        everywhere = self._peek() == "/"
        if everywhere:
            self._at += 1
        tokens = _pattern(self._text_until("/", raw=True))
        replacement = self._text_until("}", raw=True)
        value = self._value(name) or ""
        if tokens is None or UNRESOLVED in value or len(tokens) * len(value) ** 2 > _PATTERN_WORK_LIMIT:
            return UNRESOLVED
        if everywhere and "$" in replacement:
            # BuildKit hands it to Go's Regexp.ReplaceAllString, where "$" has a meaning that nobody can want.
            return UNRESOLVED
        if (len(value) + 1) * len(replacement) > _PATTERN_WORK_LIMIT:
            return UNRESOLVED
        return _replace(tokens, value, replacement, everywhere=everywhere)


def _conditional(name: str, value: str | None, operator: str, word: str, *, empty_is_unset: bool) -> str:
    if value is not None and not value.replace(UNRESOLVED, "") and UNRESOLVED in value:
        return UNRESOLVED
    counts_as_unset = value is None or (empty_is_unset and not value)
    if operator == "+":
        return "" if counts_as_unset else word
    if not counts_as_unset:
        return value or ""
    if operator == "-":
        return word
    raise RequiredVariableError(f"{name}: {word or 'is not allowed to be unset'}")


class _Token(NamedTuple):
    #: One character to match; "" for a wildcard.
    literal: str
    #: ``*`` matches any number of characters, ``?`` matches one. None of them matches a line feed.
    star: bool = False


def _pattern(text: str) -> list[_Token] | None:
    """The pattern of ``#``, ``%`` and ``/``: only ``*``, ``?`` and escapes mean something. None if not known."""
    if UNRESOLVED in text:
        return None
    tokens: list[_Token] = []
    characters = iter(text)
    for character in characters:
        if character == "\\":
            character = next(characters, "")
            if character not in ("}", "/", "*", "?", "\\"):
                raise ExpansionError(f"a pattern cannot escape {character!r}")
            tokens.append(_Token(character))
        elif character in "*?":
            tokens.append(_Token("", star=character == "*"))
        else:
            tokens.append(_Token(character))
    return tokens


def _match_end(tokens: list[_Token], value: str, start: int, *, longest: bool) -> int | None:
    """Where a match of ``tokens`` that begins at ``start`` ends; None if there is none.

    Follows all positions in the pattern at once, so that the work is bounded by their product.
    """
    found: int | None = None
    states = _skip_stars({0}, tokens)
    at = start
    while states:
        if len(tokens) in states:
            found = at
            if not longest:
                break
        if at == len(value):
            break
        states = _skip_stars(_step(states, tokens, value[at]), tokens)
        at += 1
    return found


def _step(states: set[int], tokens: list[_Token], character: str) -> set[int]:
    following = set()
    for state in states:
        if state == len(tokens):
            continue
        token = tokens[state]
        if token.literal == character or (not token.literal and character != "\n"):
            following.add(state if token.star else state + 1)
    return following


def _skip_stars(states: set[int], tokens: list[_Token]) -> set[int]:
    """``states`` with those that are reached by letting a star match nothing."""
    reached = set(states)
    for state in states:
        while state < len(tokens) and tokens[state].star:
            state += 1
            reached.add(state)
    return reached


def _replace(tokens: list[_Token], value: str, replacement: str, *, everywhere: bool) -> str:
    text = ""
    copied = 0
    last_end = -1
    start = 0
    while start <= len(value):
        end = _match_end(tokens, value, start, longest=True)
        if end is None or (end == start == last_end):
            start += 1
            continue
        text += value[copied:start] + replacement
        copied = last_end = end
        if not everywhere:
            break
        start = max(end, start + (end == start))
    return text + value[copied:]
