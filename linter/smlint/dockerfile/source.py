"""From a file to logical lines: what has to be settled before dockerfile-parse can read instructions as BuildKit does.

:func:`read` gets the text of a file safely. :func:`prepare` joins continued lines, drops the comments and blank lines
inside them, takes heredoc bodies out and finds the parser directives, and keeps for each logical line where its pieces
stand in the file. What an instruction means is none of this module's business.
"""

from __future__ import annotations

import bisect
import os
import stat
from collections.abc import Callable
from typing import Final, NamedTuple

from smlint.dockerfile.directives import DEFAULT_ESCAPE, Directive, read_directives
from smlint.dockerfile.errors import DockerfileSyntaxError, UnreadableInputError, shown
from smlint.dockerfile.heredocs import Heredoc, Opener
from smlint.dockerfile.words import SPACE, InvalidArgumentsError, has_plain_spaces

#: Bytes. BuildKit hands a Dockerfile to its frontend in one gRPC message, which may have 16 MiB (its
#: ``gateway/grpcclient`` sets containerd's ``DefaultMaxRecvMsgSize``), so no larger one can be built.
MAX_SIZE: Final = 16 << 20
#: Bytes of one line, without its line feed: the buffer of Go's ``bufio.Scanner``.
MAX_LINE: Final = 65535

_BOM: Final = "\ufeff"
# Without O_NONBLOCK, opening a FIFO waits for somebody to write into it. Windows has neither of these.
_OPEN_FLAGS: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)


class LogicalLine(NamedTuple):
    """One instruction's text, continuations joined, and where it comes from.

    ``pieces`` has one triple per line of the file that gave text: offset in ``text``, line (1-based), column (1-based)
    of the character at that offset. ``end_line`` counts the heredoc bodies, and the comments and blank lines that
    follow a continuation, as BuildKit does.
    """

    text: str
    pieces: list[tuple[int, int, int]]
    start_line: int
    end_line: int
    heredocs: tuple[Heredoc, ...]

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of the character at ``offset``; one past the end for ``len(text)``."""
        start, line, column = self.pieces[bisect.bisect_left(self.pieces, (offset + 1,)) - 1]
        return line, column + offset - start


class Source(NamedTuple):
    """A Dockerfile as logical lines. ``error`` is what stops BuildKit after the last of them, if something does."""

    lines: list[str]
    logical_lines: list[LogicalLine]
    directives: tuple[Directive, ...]
    #: Numbers of the lines that are comments; directives are not among them.
    comments: list[int]
    escape: str
    #: See :func:`~smlint.dockerfile.words.has_plain_spaces`.
    plain: bool
    error: DockerfileSyntaxError | None


def read(path: str) -> str:
    """The text of the file at ``path``. Never waits for a FIFO or device, never takes more than MAX_SIZE into memory.

    Raises UnreadableInputError.
    """
    try:
        descriptor = os.open(path, _OPEN_FLAGS)
    except (OSError, ValueError) as error:
        raise UnreadableInputError(_reason(path, error)) from None
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise UnreadableInputError(f"It is {_kind(mode)}, not a file.")
        return decode(_content(descriptor))
    except OSError as error:
        raise UnreadableInputError(_reason(path, error)) from None
    finally:
        os.close(descriptor)


def _content(descriptor: int) -> bytes:
    """All of a file, or enough to see that it is too large."""
    chunks: list[bytes] = []
    size = 0
    while size <= MAX_SIZE and (chunk := os.read(descriptor, 1 << 16)):
        chunks.append(chunk)
        size += len(chunk)
    return b"".join(chunks)


def decode(raw: bytes) -> str:
    """The text that ``raw``, the bytes of a Dockerfile, holds. Raises UnreadableInputError."""
    if len(raw) > MAX_SIZE:
        raise UnreadableInputError(f"It is larger than {MAX_SIZE >> 20} MiB, the most that BuildKit takes.")
    if 0 in raw:
        line = raw.count(b"\n", 0, raw.index(0)) + 1
        raise UnreadableInputError(
            f"Line {line} holds a NUL byte: it is binary, or text in another encoding than UTF-8."
        )
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UnreadableInputError(
            f"Line {line} is not UTF-8 (byte 0x{raw[error.start]:02x}); save it as UTF-8."
        ) from None


def _reason(path: str, error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError) and os.path.islink(path):
        return "It is a link to a file that does not exist."
    if isinstance(error, IsADirectoryError):
        return "It is a directory, not a file."
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"It cannot be read: {text}."


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a directory"
    if stat.S_ISFIFO(mode):
        return "a FIFO"
    if stat.S_ISSOCK(mode):
        return "a socket"
    return "a device"


def split_lines(text: str) -> list[str]:
    """The lines of ``text`` without their line feeds. Only a line feed ends a line; a byte order mark is dropped."""
    lines = text.removeprefix(_BOM).split("\n")
    if not lines[-1]:
        lines.pop()
    return lines


def prepare(text: str, find_openers: Callable[[str, str], list[Opener]]) -> Source:
    """Cut ``text`` into logical lines. ``find_openers`` names the heredocs of a logical line, given it and the escape.

    What BuildKit refuses on the way is not raised but put into the result, so that an earlier instruction's error can
    come first.
    """
    lines = split_lines(text)
    readable, error = _readable(lines, text)
    try:
        directives = read_directives(readable)
    except DockerfileSyntaxError as refused:
        return Source(lines, [], (), [], DEFAULT_ESCAPE, False, refused)
    escape = next((each.value for each in directives if each.name == "escape"), DEFAULT_ESCAPE)
    plain = has_plain_spaces(text)
    reader = _Reader(readable, None if plain else SPACE, escape, find_openers)
    try:
        reader.read_all(skip=len(directives))
    except DockerfileSyntaxError as refused:
        error = refused
    if not reader.logical_lines and error is None:
        error = DockerfileSyntaxError(max(len(lines), 1), "the file has no instructions")
    return Source(lines, reader.logical_lines, directives, reader.comments, escape, plain, error)


def _readable(lines: list[str], text: str) -> tuple[list[str], DockerfileSyntaxError | None]:
    """The lines up to the first that is too long for BuildKit, and the error which that one is."""
    if len(text) * 4 > MAX_LINE:
        for index, line in enumerate(lines):
            if len(line) * 4 > MAX_LINE and len(line.encode("utf-8", "surrogatepass")) > MAX_LINE:
                message = f"the line is longer than the {MAX_LINE} bytes that BuildKit allows"
                return lines[:index], DockerfileSyntaxError(index + 1, message)
    return lines, None


class _Reader:
    """Walks through the lines once, as BuildKit's scanner does."""

    def __init__(
        self,
        lines: list[str],
        spaces: str | None,
        escape: str,
        find_openers: Callable[[str, str], list[Opener]],
    ) -> None:
        self.logical_lines: list[LogicalLine] = []
        #: Numbers of the lines that are comments.
        self.comments: list[int] = []
        self._lines = lines
        self._spaces = spaces
        self._escape = escape
        self._find_openers = find_openers
        #: Index of the next line to read.
        self._next = 0

    def read_all(self, skip: int) -> None:
        """Read everything after the first ``skip`` lines. Raises DockerfileSyntaxError for a heredoc gone wrong."""
        lines, spaces, escape = self._lines, self._spaces, self._escape
        self._next = skip
        while self._next < len(lines):
            raw = lines[self._next]
            self._next = number = self._next + 1
            line = raw.lstrip(spaces)
            if not line:
                continue
            if line[0] == "#":
                self.comments.append(number)
                continue
            text = line.rstrip("\r")
            pieces = [(0, number, len(raw) - len(line) + 1)]
            if escape in text:
                text, continued = self._without_continuation(text)
                if continued:
                    text = self._join(text, pieces)
            heredocs = self._read_heredocs(text, number) if "<<" in text else ()
            self.logical_lines.append(LogicalLine(text, pieces, number, self._next, heredocs))

    def _without_continuation(self, line: str) -> tuple[str, bool]:
        """``line`` without the escape character that continues it. A doubled one does not."""
        tail = line.rstrip(" \t")
        if not tail.endswith(self._escape) or tail[-2:-1] == self._escape:
            return line, False
        return tail[:-1], True

    def _join(self, first: str, pieces: list[tuple[int, int, int]]) -> str:
        lines, spaces, escape = self._lines, self._spaces, self._escape
        texts = [first]
        length = len(first)
        number = self._next
        while number < len(lines):
            raw = lines[number]
            number += 1
            stripped = raw.lstrip(spaces)
            if not stripped:
                continue
            if stripped[0] == "#":
                self.comments.append(number)
                continue
            text, continued = raw.rstrip("\r"), False
            if escape in text:
                text, continued = self._without_continuation(text)
            pieces.append((length, number, 1))
            texts.append(text)
            length += len(text)
            if not continued:
                break
        self._next = number
        return "".join(texts)

    def _read_heredocs(self, text: str, start_line: int) -> tuple[Heredoc, ...]:
        try:
            openers = self._find_openers(text, self._escape)
        except InvalidArgumentsError as error:
            raise DockerfileSyntaxError(start_line, str(error)) from None
        return tuple([self._read_heredoc(opener, start_line) for opener in openers])

    def _read_heredoc(self, opener: Opener, start_line: int) -> Heredoc:
        first = self._next
        while self._next < len(self._lines):
            line = self._lines[self._next].rstrip("\r")
            self._next += 1
            if opener.strip_tabs:
                line = line.lstrip("\t")
            if line == opener.name:
                content = "".join([each + "\n" for each in self._lines[first : self._next - 1]])
                return Heredoc(*opener, content, first + 1)
        raise DockerfileSyntaxError(start_line, f"the heredoc {shown(opener.name)} is not closed")
