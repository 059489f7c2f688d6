"""Instructions as BuildKit's parser gives them: flags, arguments, exec form, heredocs, and where all of it stands.

Whether an instruction makes sense is :mod:`smlint.dockerfile.grammar`'s question, what it does is that of stages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from smlint.diagnostics import FileLocation
from smlint.dockerfile import words
from smlint.dockerfile.directives import Directive
from smlint.dockerfile.errors import DockerfileSyntaxError
from smlint.dockerfile.heredocs import Heredoc, Opener, openers
from smlint.dockerfile.reader import read_keywords
from smlint.dockerfile.source import LogicalLine, Source
from smlint.dockerfile.words import BLANK, SPACE, Argument, Flag, InvalidArgumentsError

_WITH_HEREDOC: Final = frozenset(("ADD", "COPY", "RUN"))
_JSON_OR_TEXT: Final = frozenset(("RUN", "CMD", "ENTRYPOINT", "SHELL"))
_JSON_OR_FIELDS: Final = frozenset(("ADD", "COPY", "VOLUME"))
_FIELDS: Final = frozenset(("FROM", "EXPOSE"))
_TEXT: Final = frozenset(("MAINTAINER", "STOPSIGNAL", "USER", "WORKDIR"))
#: Instructions that are read at a time: more than a Dockerfile has, few enough to keep little in memory.
_BATCH: Final = 512


class Instruction:
    """One instruction.

    All offsets count code points from the first character of ``value``; those of flags are negative. Lines and columns
    are 1-based. ``start_line`` and ``end_line`` (inclusive) are BuildKit's: heredoc bodies belong to the instruction.
    """

    __slots__ = (
        "_line",
        "_start",
        "_value_start",
        "arguments",
        "exec_form",
        "flags",
        "keyword",
        "onbuild",
        "value",
    )

    def __init__(self, line: LogicalLine, start: int, read: tuple[str, int, str], escape: str) -> None:
        """Take what was ``read`` from offset ``start`` of ``line`` on. Raises InvalidArgumentsError."""
        keyword, rest_start, rest = read
        #: In upper case, as in ``ENTRYPOINT``.
        self.keyword = keyword
        self.flags: tuple[Flag, ...]
        self.flags, skipped = words.read_flags(rest, escape)
        #: What follows the flags; continuations are joined, comments and blank lines inside them are gone.
        self.value = rest[skipped:]
        self._line = line
        self._start = start
        self._value_start = start + rest_start + skipped
        #: The items of the JSON array that the value (of HEALTHCHECK: the command) is; None if it is none.
        self.exec_form: tuple[str, ...] | None = None
        #: The instruction that an ONBUILD defers.
        self.onbuild: Instruction | None = None
        #: The nodes that BuildKit's parser makes of the value: paths of COPY, keys and values of ENV and LABEL in turn,
        #: the one text of a shell form, the items of an exec form. Empty for ONBUILD, see ``onbuild``.
        self.arguments: tuple[Argument, ...] = self._read_arguments(escape)

    def __repr__(self) -> str:
        return f"<{self.keyword} {self.value!r} at line {self.start_line}>"

    @property
    def start_line(self) -> int:
        """The line of the first character."""
        return self._line.start_line

    @property
    def end_line(self) -> int:
        """The last line, heredoc bodies included."""
        return self._line.end_line

    @property
    def text(self) -> str:
        """The whole instruction from its keyword on, continuations joined, without heredoc bodies."""
        return self._line.text[self._start :].strip(SPACE)

    @property
    def heredocs(self) -> tuple[Heredoc, ...]:
        """The heredocs in the order in which their bodies follow."""
        return self._line.heredocs

    @property
    def looks_like_json(self) -> bool:
        """Whether the value starts like an exec form and is none."""
        return self.exec_form is None and self.value.startswith("[")

    def flag(self, name: str) -> Flag | None:
        """The first flag called ``name`` (without the dashes)."""
        return next((flag for flag in self.flags if flag.name == name), None)

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of the character of ``value`` at ``offset``; ``len(value)`` is just behind the last one."""
        return self._line.position(self._value_start + offset)

    def location(self, path: str, start: int | None = None, end: int | None = None) -> FileLocation:
        """The span from ``start`` up to ``end``; by default all from the keyword to the end of the value."""
        first = self._start - self._value_start if start is None else start
        last = len(self.value) if end is None else end
        if last <= first:
            return FileLocation(path, *self.position(first), *self.position(first))
        end_line, end_column = self.position(last - 1)
        return FileLocation(path, *self.position(first), end_line, end_column + 1)

    def by_line(self) -> Iterator[tuple[int, int]]:
        """First and last offset (exclusive) of each part of ``value`` that stands in a line of its own."""
        start = 0
        for offset in range(1, len(self.value) + 1):
            if offset == len(self.value) or self.position(offset)[0] != self.position(start)[0]:
                yield start, offset
                start = offset

    def _read_arguments(self, escape: str) -> tuple[Argument, ...]:
        keyword, value = self.keyword, self.value
        if keyword in _JSON_OR_TEXT:
            return self._json_or(words.whole, 0)
        if keyword in _JSON_OR_FIELDS:
            return self._json_or(words.fields, 0)
        if keyword in _FIELDS:
            return words.fields(value)
        if keyword in ("ENV", "LABEL"):
            return words.key_values(value, keyword, escape)
        if keyword == "ARG":
            return tuple(words.words(value, escape))
        if keyword == "HEALTHCHECK":
            return self._health_check()
        if keyword == "ONBUILD" and value and not self._start:  # one in another is refused anyway
            self._read_onbuild(escape)
        return words.whole(value) if keyword in _TEXT else ()

    def _json_or(self, otherwise: Callable[[str], tuple[Argument, ...]], start: int) -> tuple[Argument, ...]:
        text = self.value[start:] if start else self.value
        found = words.json_array(text)
        if found is None:
            found = otherwise(text)
        else:
            self.exec_form = tuple([item.text for item in found])
        return (
            tuple([Argument(text, first + start, last + start) for text, first, last in found])
            if start
            else found
        )

    def _health_check(self) -> tuple[Argument, ...]:
        if not self.value:
            return ()
        kind, *_ = words.fields(self.value)
        command = self.value[kind.end :].lstrip(BLANK)
        return kind, *self._json_or(words.whole, len(self.value) - len(command))

    def _read_onbuild(self, escape: str) -> None:
        [read] = read_keywords([self.value], plain=False)
        self.onbuild = Instruction(self._line, self._value_start, read, escape)


class Comment(NamedTuple):
    """A comment line: its number (1-based) and its text after the ``#``, stripped."""

    line: int
    text: str


class Dockerfile:
    """A Dockerfile that BuildKit's parser accepts."""

    __slots__ = ("_source", "instructions", "text")

    def __init__(self, text: str, source: Source, instructions: tuple[Instruction, ...]) -> None:
        #: As given to :func:`parse`.
        self.text = text
        self.instructions = instructions
        self._source = source

    @property
    def escape(self) -> str:
        """The escape and continuation character: a backslash or a backtick."""
        return self._source.escape

    @property
    def directives(self) -> tuple[Directive, ...]:
        """The parser directives at the top, in order."""
        return self._source.directives

    @property
    def comments(self) -> list[Comment]:
        """All comment lines in order, those inside continuations too; no directives, nothing from heredoc bodies."""
        lines = self._source.lines
        return [
            Comment(number, lines[number - 1].lstrip(SPACE)[1:].strip()) for number in self._source.comments
        ]

    @property
    def lines(self) -> list[str]:
        """The lines of the file without their line feeds (a carriage return before one stays) and without a BOM.

        Line ``n``, column ``c`` of any position is ``lines[n - 1][c - 1]``.
        """
        return self._source.lines


def read_dockerfile(
    text: str, check: Callable[[Iterator[Instruction]], Iterable[Instruction]] = iter
) -> Dockerfile:
    """Read ``text`` as BuildKit's parser does; ``check`` sees the instructions as they are read and passes them on.

    Raises DockerfileSyntaxError.
    """
    source = Source(text, _find_openers)
    return Dockerfile(text, source, tuple(check(_read_instructions(source))))


def _read_instructions(source: Source) -> Iterator[Instruction]:
    while True:
        lines, error = source.read(_BATCH)
        read = read_keywords([line.text for line in lines], plain=source.plain)
        for line, each in zip(lines, read, strict=True):
            try:
                instruction = Instruction(line, 0, each, source.escape)
            except InvalidArgumentsError as refused:
                raise DockerfileSyntaxError(line.start_line, str(refused)) from None
            yield instruction
        if error is not None:
            raise error
        if len(lines) < _BATCH:
            return


def _find_openers(text: str, escape: str) -> list[Opener]:
    """The heredocs that a logical line opens: those of RUN, COPY and ADD, unless they have the exec form."""
    [(keyword, _, rest)] = read_keywords([text], plain=False)
    if keyword == "ONBUILD":
        [(keyword, _, rest)] = read_keywords([rest[words.read_flags(rest, escape)[1] :]], plain=False)
    if keyword not in _WITH_HEREDOC:
        return []
    value = rest[words.read_flags(rest, escape)[1] :]
    return [] if words.json_array(value) is not None else openers(text)
