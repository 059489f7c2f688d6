"""Which heredocs an instruction opens: BuildKit looks for ``<<WORD`` among the shell words of the whole line.

The lexer follows moby/buildkit, ``frontend/dockerfile/shell/lex.go``, as its parser calls it: no variable is set and
unset ones stay as written. The bodies are read by :mod:`smlint.dockerfile.source`.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from smlint.dockerfile.words import SPACE, InvalidArgumentsError

_ESCAPE: Final = "\\"
_HEREDOC = re.compile(r"[0-9]*<<(-?)[\t\n\f\r ]*([^<]*)\Z")
#: What may stand between ``<<`` and the name.
BLANKS: Final = "\t\r "
#: What may follow the name in ``${name…}``, besides a colon and one of the first three.
SUBSTITUTIONS: Final = frozenset(("-", "+", "?", "#", "%", "/"))
_SPECIAL_PARAMETERS: Final = "@*#?-$!0"
_PLAIN = re.compile(rf"[^$'\"<\\/}}{SPACE}]+")


class Heredoc(NamedTuple):
    """A heredoc of an instruction.

    ``content`` is the body as it stands in the file, line ends included and leading tabs kept, so that its n-th line is
    line ``first_line + n`` of the file. ``expand`` is False when a part of the name is quoted. ``strip_tabs`` is set
    for ``<<-``.
    """

    name: str
    expand: bool
    strip_tabs: bool
    content: str
    first_line: int


class Opener(NamedTuple):
    """``<<NAME`` in an instruction, before its body is read."""

    name: str
    expand: bool
    strip_tabs: bool


class _TooDeepError(InvalidArgumentsError):
    """BuildKit would read it, but Python's stack ends before: better refused than read wrongly."""


def openers(line: str) -> list[Opener]:
    """The heredocs that ``line``, a whole instruction, opens. Raises InvalidArgumentsError for one that BuildKit refuses."""
    try:
        found = Lexer(line, raw_quotes=True, raw_escapes=True).words()
    except _TooDeepError:
        raise
    except InvalidArgumentsError:
        # BuildKit takes a line that it cannot lex (it's an apostrophe …) for one without heredocs.
        return []
    return [opener for opener in map(_opener, found) if opener is not None]


def opener(word: str) -> Opener | None:
    """The heredoc for which ``word``, a path of COPY or ADD, stands; None where it is an ordinary path."""
    try:
        return _opener(word)
    except InvalidArgumentsError:
        return None


def _opener(word: str) -> Opener | None:
    match = _HEREDOC.match(word)
    if match is None or not match[2]:
        return None
    names = Lexer(match[2], raw_quotes=False, raw_escapes=False).words()
    if len(names) != 1:
        return None
    # What cuts words apart are blanks outside of quotes, so that it is one word with its quotes, too.
    (quoted,) = Lexer(match[2], raw_quotes=True, raw_escapes=False).words()
    return Opener(names[0], _quotes(names[0]) == _quotes(quoted), bool(match[1]))


def _quotes(text: str) -> int:
    return text.count("'") + text.count('"')


class Lexer:
    """Cuts a line into shell words as BuildKit does, its oddities included."""

    def __init__(self, text: str, *, raw_quotes: bool, raw_escapes: bool) -> None:
        self._text = text
        self._position = 0
        self._raw_quotes = raw_quotes
        self._raw_escapes = raw_escapes
        # BuildKit shares this buffer with the words inside ${…}, which empty it: a heredoc may vanish that way.
        self._word: list[str] = []

    def words(self) -> list[str]:
        try:
            return self._read("", self._raw_escapes)[1]
        except RecursionError:
            raise _TooDeepError("the substitutions of this line are nested too deep") from None

    def _peek(self) -> str:
        return self._text[self._position : self._position + 1]

    def _next(self) -> str:
        character = self._peek()
        self._position += len(character)
        return character

    def _read(self, stop: str, raw_escapes: bool) -> tuple[str, list[str]]:
        outer_escapes, self._raw_escapes = self._raw_escapes, raw_escapes
        try:
            return self._read_until(stop)
        finally:
            self._raw_escapes = outer_escapes

    def _read_until(self, stop: str) -> tuple[str, list[str]]:
        result: list[str] = []
        words: list[str] = []
        self._word.clear()
        while character := self._peek():
            if character == stop:
                self._next()
                return "".join(result), self._finish(words)
            plain = _PLAIN.match(self._text, self._position)
            if plain is not None:
                text = plain.group()
                self._position = plain.end()
                self._word.append(text)
            elif character == "$":
                text = self._dollar()
                for each in text:
                    self._add(each, words)
            elif character in "'\"":
                text = self._single_quoted() if character == "'" else self._double_quoted()
                self._word.append(text)
            elif character == "<":
                text = self._angle()
                self._word.append(text)
            elif character == _ESCAPE:
                text = self._escaped()
                self._word.append(text)
            else:
                text = self._next()
                self._add(text, words)
            result.append(text)
        if stop:
            raise InvalidArgumentsError(f"{stop} is missing")
        return "".join(result), self._finish(words)

    def _add(self, character: str, words: list[str]) -> None:
        if character not in SPACE:
            self._word.append(character)
        else:
            self._finish(words)

    def _finish(self, words: list[str]) -> list[str]:
        word = "".join(self._word)
        self._word.clear()
        if word:
            words.append(word)
        return words

    def _escaped(self) -> str:
        escape = self._next() if self._raw_escapes else self._next()[:0]
        return escape + self._next()

    def _angle(self) -> str:
        self._next()
        if self._peek() != "<":
            return "<"
        self._next()
        start = self._position
        while self._peek() and self._peek() in BLANKS:
            self._next()
        return "<<" + self._text[start : self._position]

    def _single_quoted(self) -> str:
        end = self._text.find("'", self._position + 1)
        if end < 0:
            raise InvalidArgumentsError("a single quote is not closed")
        start, self._position = self._position, end + 1
        return self._text[start : end + 1] if self._raw_quotes else self._text[start + 1 : end]

    def _double_quoted(self) -> str:
        quote = self._next() if self._raw_quotes else self._next()[:0]
        taken = [quote]
        while character := self._peek():
            if character == '"':
                self._next()
                taken.append(quote)
                return "".join(taken)
            if character == "$":
                taken.append(self._dollar())
                continue
            self._next()
            if character == _ESCAPE:
                if self._raw_escapes:
                    taken.append(character)
                if self._peek() in '"$\\':
                    character = self._next()
            taken.append(character)
        raise InvalidArgumentsError("a double quote is not closed")

    def _dollar(self) -> str:
        self._next()
        if self._peek() != "{":
            return "$" + self._name()
        self._next()
        if self._peek() in ("", "{", "}", ":"):
            raise InvalidArgumentsError("${ is not closed or has no name")
        name = self._name()
        modifier = self._next()
        if modifier == "}":
            return "${" + name + "}"
        sign = self._next() if modifier == ":" else modifier
        by_pattern = sign in SUBSTITUTIONS and sign in ("#", "%")
        if (modifier == ":" and by_pattern) or (modifier != ":" and sign not in SUBSTITUTIONS):
            raise InvalidArgumentsError("${" + name + modifier + " begins no substitution")
        if modifier == "/":
            return self._replacement(name)
        word, _ = self._read("}", raw_escapes=by_pattern)
        return "${" + name + modifier + (sign if modifier == ":" else "") + word + "}"

    def _replacement(self, name: str) -> str:
        if self._peek() == "/":
            self._next()
        pattern, _ = self._read("/", raw_escapes=True)
        replacement, _ = self._read("}", raw_escapes=True)
        return "${" + name + "/" + pattern + "/" + replacement + "}"

    def _name(self) -> str:
        start = self._position
        first = self._peek()
        if first.isdecimal():
            while self._peek().isdecimal():
                self._next()
        elif first and first in _SPECIAL_PARAMETERS:
            self._next()
        else:
            while self._peek().isalpha() or self._peek().isdecimal() or self._peek() == "_":
                self._next()
        return self._text[start : self._position]
