"""Prepares shell text for tree-sitter-bash, and remembers where every character came from.

Continuation lines are joined, and the bodies of heredocs are taken out: tree-sitter-bash splits ``wo\\<newline>rd`` in
two, and reads ``cat <<EOF | sh && x`` as an error. What the text *means* is not decided here.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final, NamedTuple

#: Longest text that is read, in code points; the entry scripts of real images are a few kilobytes long.
LIMIT: Final = 1_000_000
#: Deepest nesting that is read.
DEPTH: Final = 200

_PLAIN: Final = re.compile(r"[^\\'\"$`()#<\n{}\[\]]+")
_DOLLAR_QUOTE: Final = re.compile(r"\$'(?:[^\\']|\\.)*'?", re.DOTALL)
_HEREDOC: Final = re.compile(r"<<(-?)([ \t]*)((?:'[^'\n]*'|\"[^\"\n]*\"|\\.|[^\s;&|<>()'\"\\])+)")
#: What may stand in front of an arithmetic command ``((…))``.
_BEFORE_COMMAND: Final = re.compile(r"(?:^|[;&|\n(]|\b(?:for|if|while|until|elif|then|do|else)|[!{])[ \t]*\Z")
_WORD_END: Final = frozenset(" \t\n;&|()<>")


class Heredoc(NamedTuple):
    """Text given by ``<<`` or ``<<<``. ``literal`` is true when nothing in it is expanded (a quoted delimiter)."""

    text: str
    literal: bool
    #: ``<<``, ``<<-`` or ``<<<``. The text of a here-string is the redirection's own target.
    operator: str


class Source:
    """Shell text without continuations and heredoc bodies."""

    def __init__(
        self,
        text: str,
        starts: list[int],
        origins: list[int],
        heredocs: dict[int, Heredoc],
        depth: int = 0,
        hidden: tuple[tuple[int, int], ...] = (),
    ) -> None:
        self.text = text
        #: Spans of ``${…}`` and of conditions that hold no commands, and mean nothing to the grammar.
        self.hidden = hidden
        #: How deep quotes and brackets are nested at most.
        self.depth = depth
        #: By offset, in :attr:`text`, of the ``<`` that stands for it.
        self.heredocs = heredocs
        self._starts = starts
        self._origins = origins

    def origin(self, offset: int) -> int:
        """The offset in the given text of the character at ``offset``."""
        piece = bisect_right(self._starts, offset) - 1
        return self._origins[piece] + offset - self._starts[piece]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """A span of :attr:`text` as a span of the given text; the end stays behind the last character."""
        while end > start and self.text[end - 1] == "\n":
            end -= 1
        if end <= start:
            return self.origin(start), self.origin(start)
        return self.origin(start), self.origin(end - 1) + 1


def prepare(text: str) -> Source:
    """Join continuations and take heredocs out; linear in the length of ``text``, which is at most :data:`LIMIT`."""
    return _Preparation(text).run()


class _Pending(NamedTuple):
    at: int
    delimiter: str
    operator: str
    literal: bool


class _Mark(NamedTuple):
    depth: int
    start: int
    holds_commands: bool = False


class _Preparation:
    """One pass over the text with a stack of what is open: ``"``, ```` ` ````, ``(``, ``{`` (``${``) or ``a`` (``$((``), ``[``, ``[[``."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._length = 0
        self._pieces: list[str] = []
        self._starts = [0]
        self._origins = [0]
        self._heredocs: dict[int, Heredoc] = {}
        self._pending: list[_Pending] = []
        self._open: list[str] = []
        self._depth = 0
        self._hidden: list[tuple[int, int]] = []
        #: Of every open ``${``, ``[`` and ``[[``: where it is in :attr:`_open` and begins, and whether it holds commands.
        self._marks: list[_Mark] = []

    def run(self) -> Source:
        text = self._text
        while self._at < len(text):
            plain = _PLAIN.match(text, self._at)
            if plain is not None:
                self._keep(plain.end())
                continue
            self._special(text[self._at])
            self._depth = max(self._depth, len(self._open))
        return Source(
            "".join(self._pieces),
            self._starts,
            self._origins,
            self._heredocs,
            self._depth,
            tuple(self._hidden),
        )

    @property
    def _inside(self) -> str:
        return self._open[-1] if self._open else ""

    def _keep(self, end: int) -> None:
        self._write(self._text[self._at : end])
        self._at = end

    def _write(self, text: str) -> None:
        self._pieces.append(text)
        self._length += len(text)

    def _skip(self, end: int) -> None:
        self._at = end
        if self._starts[-1] == self._length:
            self._origins[-1] = end
            return
        self._starts.append(self._length)
        self._origins.append(end)

    def _special(self, char: str) -> None:
        text, at = self._text, self._at
        if char == "\\":
            if text.startswith("\n", at + 1):
                self._skip(at + 2)
            else:
                self._keep(min(at + 2, len(text)))
        elif char == "'" and self._inside != '"':
            end = text.find("'", at + 1)
            self._keep(len(text) if end < 0 else end + 1)
        elif char == '"':
            self._toggle('"')
            self._keep(at + 1)
        elif char == "`":
            self._has_commands()
            self._toggle("`")
            self._keep(at + 1)
        elif char == "$":
            self._dollar()
        elif char == "#" and self._inside in ("", "(", "`") and self._at_word_start():
            end = text.find("\n", at)
            self._keep(len(text) if end < 0 else end)
        elif char == "<" and self._inside in ("", "(", "`"):
            self._less_than()
        elif char in "[]":
            self._test(char)
        elif char == "\n":
            if self._inside == "[":
                # Not a condition after all.
                self._open.pop()
                self._marks.pop()
            self._keep(at + 1)
            if self._pending:
                self._bodies()
        else:
            self._bracket(char)

    def _test(self, char: str) -> None:
        """``[ … ]`` and ``[[ … ]]``; a bracket that is a word of its own opens and closes them."""
        text, at = self._text, self._at
        word = char * 2 if text.startswith(char * 2, at) else char
        alone = at + len(word) >= len(text) or text[at + len(word)] in _WORD_END
        if char == "[" and alone and self._inside in ("", "(", "`"):
            if _BEFORE_COMMAND.search(text, max(0, at - 16), at):
                self._open.append(word)
                self._marks.append(_Mark(len(self._open), self._length + len(word) + 1))
        elif alone and self._inside == word.replace("]", "[") and text[at - 1] in " \t\n":
            self._open.pop()
            self._close(self._length - 1)
        self._keep(at + len(word))

    def _has_commands(self) -> None:
        self._marks = [mark._replace(holds_commands=True) for mark in self._marks]

    def _close(self, end: int) -> None:
        """What was opened last has ended: hide it from the grammar, unless there are commands in it."""
        if not self._marks or self._marks[-1].depth != len(self._open) + 1:
            return
        mark = self._marks.pop()
        if mark.start < end and not mark.holds_commands:
            self._hidden.append((mark.start, end))

    def _toggle(self, quote: str) -> None:
        if self._inside == quote:
            self._open.pop()
        else:
            self._open.append(quote)

    def _at_word_start(self) -> bool:
        return self._at == 0 or self._text[self._at - 1] in _WORD_END

    def _dollar(self) -> None:
        text, at = self._text, self._at
        if text.startswith("$((", at):
            self._open += ["a", "a"]
            self._keep(at + 3)
        elif text.startswith("$(", at):
            self._has_commands()
            self._open.append("(")
            self._keep(at + 2)
        elif text.startswith("${", at):
            self._open.append("{")
            self._keep(at + 2)
            self._marks.append(_Mark(len(self._open), self._length))
        elif text.startswith("$'", at) and self._inside != '"':
            quoted = _DOLLAR_QUOTE.match(text, at)
            self._keep(quoted.end() if quoted is not None else at + 2)
        else:
            # ``$#`` is no comment.
            self._keep(at + (2 if text.startswith("$#", at) else 1))

    def _bracket(self, char: str) -> None:
        inside = self._inside
        if char == "(" and inside == "a":
            self._open.append("a")
        elif char == "(" and inside in ("", "(", "`"):
            before = self._text[max(0, self._at - 16) : self._at]
            arithmetic = self._text.startswith("((", self._at) and _BEFORE_COMMAND.search(before)
            self._open.append("a" if arithmetic else "(")
        elif (char == ")" and inside in ("(", "a")) or (char == "}" and inside == "{"):
            self._open.pop()
            if char == "}":
                self._close(self._length)
        elif inside == "{" and char in "()":
            self._hidden.append((self._length, self._length + 1))
        self._keep(self._at + 1)

    def _less_than(self) -> None:
        text, at = self._text, self._at
        if text.startswith("<<<", at):
            self._heredocs[self._length] = Heredoc("", False, "<<<")
            self._write("<")
            self._skip(at + 3)
            return
        if text.startswith("<>", at):
            # Read and written: to tree-sitter, read.
            self._write("<")
            self._skip(at + 2)
            return
        match = _HEREDOC.match(text, at)
        if match is None:
            self._keep(at + 1)
            return
        dash, _, word = match.groups()
        literal = any(mark in word for mark in "'\"\\")
        delimiter = re.sub(r"\\(.)|['\"]", r"\1", word)
        self._pending.append(_Pending(self._length, delimiter, "<<" + dash, literal))
        self._write("<")
        self._skip(match.start(3))
        self._keep(match.end())

    def _bodies(self) -> None:
        text = self._text
        for pending in self._pending:
            lines: list[str] = []
            is_continued = False
            at = self._at
            while at < len(text):
                end = text.find("\n", at)
                end = len(text) if end < 0 else end
                line = text[at:end]
                at = min(end + 1, len(text))
                if pending.operator == "<<-":
                    line = line.lstrip("\t")
                if line == pending.delimiter and not is_continued:
                    break
                lines.append(line + "\n")
                backslashes = len(line) - len(line.rstrip("\\"))
                is_continued = not pending.literal and backslashes % 2 == 1
            self._at = at
            self._heredocs[pending.at] = Heredoc("".join(lines), pending.literal, pending.operator)
        self._pending.clear()
        self._skip(self._at)
