"""Word expansion: quotes, variables, positional parameters, braces; from a word as written to what the program gets.

What is not known becomes :data:`~smlint.container.UNRESOLVED`. Globs and tildes stay as written. Command
substitutions are never evaluated.
"""

from __future__ import annotations

import re
from typing import Final

from smlint.container import UNRESOLVED
from smlint.shell.arithmetic import assigned, evaluate
from smlint.shell.quotes import ansi_c, braces, close_bracket
from smlint.shell.transform import parameter_operation
from smlint.shell.values import ALL, SOME, UNKNOWN, Parameters, Scope, Value, parameter, splits_elsewhere

__all__ = [
    "ALL", "MAX_FIELDS", "SOME", "UNKNOWN", "Parameters", "Value", "fields", "heredoc", "pattern", "single",
]  # fmt: skip

_DEPTH: Final = 20
#: Longest text and most fields that one word becomes; ``x=$x$x`` in a loop would have no end.
_MAX_TEXT: Final = 100_000
MAX_FIELDS: Final = 10_000
#: A word that becomes itself: nothing in it is quoted, replaced or split.
_LITERAL: Final = re.compile(r"[\w./:=,@%+~-]{1,1000}")
_BLANK: Final = re.compile(r"[ \t\n]+")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]|[@*#?$!-]")
_PLAIN: Final = re.compile(r"[^\\'\"$`*?\[\]]+")
_PLAIN_QUOTED: Final = re.compile(r"[^\\\"$`]+")
_PARAMETER: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#?$!-])(.*)", re.DOTALL)
_LOOKS_AT_ARGUMENTS: Final = re.compile(r"\$\{?[@*1-9]")
_GLOB: Final = re.compile(r"([*?\[\]\\])")
_DEFAULT: Final = re.compile(r":?[-+=?]")
_SUBSCRIPT: Final = re.compile(r"\[([^\]]*)\](.*)", re.DOTALL)
_OFFSETS: Final = re.compile(r":\s*([0-9]+)(?:\s*:\s*([0-9]+))?\s*")


def fields(word: str, scope: Scope, *, brace: bool = True) -> list[Value]:
    """The arguments that ``word``, as written, becomes."""
    if _LITERAL.fullmatch(word):
        return [Value(word)]
    if word.startswith(("<(", ">(")):
        looks = _LOOKS_AT_ARGUMENTS.search(word) is not None
        return [Value(UNRESOLVED, frozenset((SOME,)) if looks else frozenset())]
    found: list[Value] = []
    for each in braces(word) if brace else [word]:
        found += _Expansion(scope).fields(each)
    return found


def single(word: str, scope: Scope) -> Value:
    """What ``word`` becomes where no splitting takes place: in assignments, redirections, ``case``."""
    if _LITERAL.fullmatch(word):
        return Value(word)
    return _Expansion(scope, split=False).single(word)


def pattern(word: str, scope: Scope) -> Value:
    """As :func:`single`, with a backslash before every character of ``*?[]`` that was quoted."""
    if _LITERAL.fullmatch(word):
        return Value(word)
    return _Expansion(scope, split=False, escape=True).single(word)


class _Expansion:
    """One pass over a word. A field under construction is text, provenance, and whether it exists though empty."""

    def __init__(self, scope: Scope, *, split: bool = True, escape: bool = False, depth: int = 0) -> None:
        self._scope = scope
        self._split = split
        self._escape = escape
        self._depth = depth
        self._done: list[Value] = []
        self._text: list[str] = []
        self._used: set[int] = set()
        self._exists = False
        self._is_literal = False
        self._size = 0

    def fields(self, word: str) -> list[Value]:
        self._unquoted(word)
        self._finish()
        return self._done

    def single(self, word: str) -> Value:
        found = self.fields(word)
        text = " ".join(value.text for value in found)
        return Value(text, frozenset().union(*(value.used for value in found)))

    def _finish(self) -> None:
        if (self._exists or self._text) and len(self._done) < MAX_FIELDS:
            self._done.append(Value("".join(self._text), frozenset(self._used)))
        self._text, self._used, self._exists = [], set(), False

    def _literal(self, text: str, *, quoted: bool) -> None:
        self._append(_GLOB.sub(r"\\\1", text) if quoted and self._escape else text)
        self._exists = self._exists or quoted

    def _append(self, text: str) -> None:
        fits = self._size <= _MAX_TEXT
        self._size += len(text)
        if self._size <= _MAX_TEXT:
            self._text.append(text)
        elif fits:
            self._text.append(UNRESOLVED)

    def _insert(self, value: Value, *, quoted: bool) -> None:
        if quoted or not self._split:
            self._literal(value.text, quoted=quoted)
            self._used |= value.used
            return
        is_given = self._depth > 0 or not self._is_literal
        if is_given and value.text and splits_elsewhere(self._scope, value.text):
            self._append(UNRESOLVED)
            self._used |= value.used
            return
        parts = _BLANK.split(value.text)
        for index, part in enumerate(parts):
            if index:
                self._finish()
            if part:
                self._append(part)
                self._used |= value.used

    def _unquoted(self, word: str) -> None:
        at = 0
        while at < len(word):
            plain = _PLAIN.match(word, at)
            if plain is not None:
                # Blanks stand here only in ``${name:-a b}``.
                self._is_literal = True
                self._insert(Value(plain.group()), quoted=False)
                self._is_literal = False
                at = plain.end()
                continue
            char = word[at]
            if char == "\\":
                if word[at + 1 : at + 2] != "\n":
                    self._literal(word[at + 1 : at + 2], quoted=True)
                at += 2
            elif char == "'":
                end = word.find("'", at + 1)
                end = len(word) if end < 0 else end
                self._literal(word[at + 1 : end], quoted=True)
                at = end + 1
            elif char == '"':
                self._exists = True
                at = self._quoted(word, at + 1)
            elif word.startswith("$'", at):
                text, at = ansi_c(word, at + 2)
                self._literal(text, quoted=True)
            elif word.startswith('$"', at):
                at += 1
            elif char in "$`":
                at = self._expansion(word, at, quoted=False)
            else:
                self._literal(char, quoted=False)
                at += 1

    def _quoted(self, word: str, at: int, *, bare: bool = False) -> int:
        """Read to the closing ``"`` (or, ``bare``, to the end); returns the offset behind it."""
        while at < len(word):
            char = word[at]
            if char == '"' and not bare:
                return at + 1
            if char == "\\":
                following = word[at + 1 : at + 2]
                if following != "\n":
                    # Only the bodies of heredocs still have their continuations.
                    self._literal(following if following in '$`"\\' else "\\" + following, quoted=True)
                at += 2
            elif char in "$`":
                at = self._expansion(word, at, quoted=True)
            else:
                plain = _PLAIN_QUOTED.match(word, at)
                end = plain.end() if plain is not None else at + 1
                self._literal(word[at:end], quoted=True)
                at = end
        return at

    def bare(self, text: str) -> Value:
        """The text of an unquoted heredoc."""
        self._quoted(text, 0, bare=True)
        self._finish()
        return Value("".join(value.text for value in self._done))

    def _expansion(self, word: str, at: int, *, quoted: bool) -> int:
        if word[at] == "`" or word.startswith("$(", at):
            end = close_bracket(word, at)
            number = self._arithmetic(word[at + 3 : end - 2]) if word.startswith("$((", at) else None
            if number is not None:
                self._insert(number, quoted=quoted)
                return end
            looks = _LOOKS_AT_ARGUMENTS.search(word, at, end)
            self._insert(Value(UNRESOLVED, frozenset((SOME,))) if looks else UNKNOWN, quoted=quoted)
            return end
        if word.startswith("${", at):
            end = close_bracket(word, at)
            self._braced(word[at + 2 : end - 1], quoted=quoted)
            return end
        name = _NAME.match(word, at + 1)
        if name is None:
            self._literal("$", quoted=quoted)
            return at + 1
        self._parameter(name.group(), "", quoted=quoted)
        return name.end()

    def _arithmetic(self, text: str) -> Value | None:
        if "$(" in text or "`" in text or self._depth > _DEPTH:
            return None
        expanded = self._nested(text)
        changed = assigned(expanded.text)
        for name in changed:
            self._scope.assign(name, UNKNOWN)
        number = None if changed else evaluate(expanded.text, self._number)
        return None if number is None else Value(str(number), expanded.used)

    def _number(self, name: str) -> str | None:
        value = self._scope.variable(name)
        return "0" if value is None else value.text

    def _indirect(self, inside: str, *, quoted: bool) -> None:
        """``${!name}``, ``${!name[@]}``, ``${!begin*}``."""
        if inside == "#":
            self._fields_of(self._scope.parameters.all_from(1)[-1:] or (UNKNOWN,), "@", quoted=quoted)
            return
        name, _, behind = inside.partition("[")
        if behind in ("@]", "*]"):
            elements = self._scope.array(name)
            if elements is not None and not any(each.text == UNRESOLVED for each in elements):
                numbers = tuple(Value(str(number)) for number in range(len(elements)))
                self._fields_of(numbers, behind[0], quoted=quoted)
                return
        value = parameter(self._scope, inside) if inside.isidentifier() else None
        if value is not None and value.text.isidentifier():
            found = self._scope.variable(value.text)
            if found is not None:
                self._insert(found._replace(used=found.used | value.used), quoted=quoted)
            return
        self._insert(Value(UNRESOLVED, self._mentioned(inside)), quoted=quoted)

    def _braced(self, inside: str, *, quoted: bool) -> None:
        if inside in ("#@", "#*"):
            self._parameter("#", "", quoted=quoted)
            return
        length = _PARAMETER.fullmatch(inside, 1) if inside[:1] == "#" else None
        if length is not None:
            self._length(length.group(1), length.group(2), quoted=quoted)
            return
        if len(inside) > 1 and inside[0] == "!" and inside[1] not in ":-+=?":
            self._indirect(inside[1:], quoted=quoted)
            return
        match = _PARAMETER.fullmatch(inside)
        if match is None or self._depth > _DEPTH:
            self._insert(Value(UNRESOLVED, self._mentioned(inside)), quoted=quoted)
            return
        self._parameter(match.group(1), match.group(2), quoted=quoted)

    def _length(self, name: str, subscript: str, *, quoted: bool) -> None:
        """``${#name}`` and ``${#name[@]}``."""
        number = UNKNOWN
        value = parameter(self._scope, name) if not subscript else UNKNOWN
        elements = self._scope.array(name) if subscript in ("[@]", "[*]") else None
        if value is None:
            self._scope.lacks(is_required=False)
            number = Value("0")
        elif UNRESOLVED not in value.text and "\0" not in value.text:
            number = Value(str(len(value.text)))
        elif elements is not None and not any(each.text == UNRESOLVED for each in elements):
            number = Value(str(len(elements)))
        self._insert(number, quoted=quoted)

    def _mentioned(self, inside: str) -> frozenset[int]:
        """Arguments that something not understood, such as ``${!1}`` or ``${args[@]}``, may hold."""
        name = _NAME.search(inside)
        value = parameter(self._scope, name.group()) if name is not None else None
        return value.used if value is not None else frozenset()

    def _parameter(self, name: str, operation: str, *, quoted: bool) -> None:
        if name in "@*":
            self._all(name, operation, quoted=quoted)
            return
        value = parameter(self._scope, name)
        if value is None and not _DEFAULT.match(operation):
            self._scope.lacks(is_required=False)
        if operation:
            if operation.startswith("[") and self._subscript(name, operation, quoted=quoted):
                return
            if operation.startswith("["):
                value = Value(UNRESOLVED, frozenset() if value is None else value.used)
            else:
                defaults: list[tuple[str, Value]] = []

                def expand(word: str) -> Value:
                    defaults.append((word, self._nested(word)))
                    return defaults[-1][1]

                given, value = value, parameter_operation(value, operation, expand, self._nested_pattern)
                if operation.startswith(("=", ":=")) and value is not given:
                    self._scope.assign(name, value)
                elif operation.startswith(("?", ":?")) and value is None:
                    self._scope.lacks(is_required=True)
                    value = UNKNOWN
                word = next((word for word, each in defaults if each is value), None)
                if word is not None and self._split and not quoted:
                    # Quotes inside ``${name:-word}`` keep their meaning.
                    self._depth += 1
                    self._unquoted(word)
                    self._depth -= 1
                    return
        if value is not None:
            self._insert(value, quoted=quoted)

    def _subscript(self, name: str, operation: str, *, quoted: bool) -> bool:
        """``${name[…]…}`` where the elements are known; false where nothing can be said."""
        elements = self._scope.array(name)
        match = _SUBSCRIPT.fullmatch(operation)
        if elements is None or match is None:
            return False
        index, rest = match.groups()
        is_counted = not any(each.text == UNRESOLVED for each in elements)
        if index not in ("@", "*"):
            number = evaluate(self._nested(index).text, self._number)
            if number is None or not is_counted or rest or not -len(elements) <= number < len(elements):
                return False
            self._insert(elements[number], quoted=quoted)
            return True
        offsets = _OFFSETS.fullmatch(rest)
        alternative = re.fullmatch(r":?([-+])(.*)", rest, re.DOTALL)
        if offsets is not None and is_counted:
            first, count = int(offsets.group(1)), offsets.group(2)
            elements = elements[first:] if count is None else elements[first : first + int(count)]
        elif alternative is not None and (elements or alternative.group(1) in "-+") and is_counted:
            if bool(elements) is (alternative.group(1) == "+"):
                self._depth += 1
                if self._depth <= _DEPTH:
                    self._unquoted(alternative.group(2))
                self._depth -= 1
                return True
            if alternative.group(1) == "+":
                return True
        elif rest:
            return False
        self._fields_of(elements, index, quoted=quoted)
        return True

    def _all(self, name: str, operation: str, *, quoted: bool) -> None:
        first = 1
        values = self._scope.parameters.all_from(1)
        offsets = _OFFSETS.fullmatch(operation)
        if offsets is not None:
            first = int(offsets.group(1)) or 1
            values = self._scope.parameters.all_from(first)
            if offsets.group(2) is not None and self._scope.parameters.rest is None:
                values = values[: int(offsets.group(2))]
        elif operation:
            joined = Value(
                " ".join(value.text for value in values), frozenset().union(*(v.used for v in values))
            )
            result: Value | None = Value(UNRESOLVED, joined.used)
            if _DEFAULT.match(operation):
                # ``${@:-default}``: the parameters themselves, one by one, unless there are none.
                if values and UNRESOLVED not in joined.text and "+" not in operation[:2]:
                    self._fields_of(values, name, quoted=quoted)
                    return
                known = joined if values else None
                result = parameter_operation(known, operation, self._nested, self._nested_pattern)
            if result is not None:
                self._insert(result, quoted=quoted)
            return
        self._fields_of(values, name, quoted=quoted)

    def _fields_of(self, values: tuple[Value, ...], name: str, *, quoted: bool) -> None:
        if quoted and name == "*":
            used: frozenset[int] = frozenset().union(*(value.used for value in values))
            self._insert(Value(" ".join(value.text for value in values), used), quoted=True)
            return
        if quoted and not values and not self._text:
            # ``"$@"`` without arguments is no word at all.
            self._exists = False
        for index, value in enumerate(values):
            if index:
                self._finish()
            self._insert(value, quoted=quoted)

    def _nested(self, word: str) -> Value:
        return _Expansion(self._scope, split=False, depth=self._depth + 1).single(word)

    def _nested_pattern(self, word: str) -> Value:
        return _Expansion(self._scope, split=False, escape=True, depth=self._depth + 1).single(word)


def heredoc(text: str, scope: Scope) -> str:
    """The body of a heredoc whose delimiter was not quoted."""
    return _Expansion(scope).bare(text).text
