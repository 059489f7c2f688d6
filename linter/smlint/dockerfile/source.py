"""From a file to logical lines: what has to be settled before dockerfile-parse can read instructions as BuildKit does.

:func:`read` gets the text of a file safely. :class:`Source` joins continued lines, drops the comments and blank lines
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
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return f"It cannot be read: {text}."


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a directory"
    return "a FIFO" if stat.S_ISFIFO(mode) else "a device"


def split_lines(text: str) -> list[str]:
    """The lines of ``text`` without their line feeds. Only a line feed ends a line; a byte order mark is dropped."""
    lines = text.removeprefix(_BOM).split("\n")
    if not lines[-1]:
        lines.pop()
    return lines


def _until_too_long(lines: list[str], text: str) -> tuple[list[str], DockerfileSyntaxError | None]:
    """The lines up to the first that is too long for BuildKit, and the error which that one is."""
    if len(text) * 4 > MAX_LINE:
        for index, line in enumerate(lines):
            if len(line) * 4 > MAX_LINE and len(line.encode("utf-8", "surrogatepass")) > MAX_LINE:
                message = f"the line is longer than the {MAX_LINE} bytes that BuildKit allows"
                return lines[:index], DockerfileSyntaxError(index + 1, message)
    return lines, None


class Source:
    """A Dockerfile as logical lines. They are cut on demand: a large file of nonsense ends at its first instruction."""

    def __init__(self, text: str, find_openers: Callable[[str, str], list[Opener]]) -> None:
        """``find_openers`` names the heredocs of a logical line, given it and the escape character.

        Raises DockerfileSyntaxError for a bad directive.
        """
        #: The file's lines without their line feeds.
        self.lines = split_lines(text)
        self._readable, self._too_long = _until_too_long(self.lines, text)
        self.directives: tuple[Directive, ...] = read_directives(self._readable)
        self.escape: str = next(
            (each.value for each in self.directives if each.name == "escape"), DEFAULT_ESCAPE
        )
        #: Numbers of the lines that are comments, as far as the file is read; directives are not among them.
        self.comments: list[int] = []
        #: See :func:`~smlint.dockerfile.words.has_plain_spaces`.
        self.plain = has_plain_spaces(text)
        self._spaces = None if self.plain else SPACE
        self._find_openers = find_openers
        #: Index of the next line to read.
        self._next = len(self.directives)
        self._is_empty = True

    def read(self, count: int) -> tuple[list[LogicalLine], DockerfileSyntaxError | None]:
        """The next ``count`` logical lines. Fewer mean that the file is at its end.

        There an error says what BuildKit stops at after those lines; one of an instruction before would come first.
        """
        found: list[LogicalLine] = []
        try:
            self._read(count, found)
        except DockerfileSyntaxError as error:
            return found, error
        self._is_empty = self._is_empty and not found
        if len(found) == count:
            return found, None
        if self._is_empty and self._too_long is None:
            return found, DockerfileSyntaxError(max(len(self.lines), 1), "the file has no instructions")
        return found, self._too_long

    def _read(self, count: int, found: list[LogicalLine]) -> None:
        """Append to ``found``. Raises DockerfileSyntaxError for a heredoc gone wrong."""
        lines, spaces, escape = self._readable, self._spaces, self.escape
        while self._next < len(lines) and len(found) < count:
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
            found.append(LogicalLine(text, pieces, number, self._next, heredocs))

    def _without_continuation(self, line: str) -> tuple[str, bool]:
        """``line`` without the escape character that continues it. A doubled one does not."""
        tail = line.rstrip(" \t")
        if not tail.endswith(self.escape) or tail[-2:-1] == self.escape:
            return line, False
        return tail[:-1], True

    def _join(self, first: str, pieces: list[tuple[int, int, int]]) -> str:
        lines, spaces, escape = self._readable, self._spaces, self.escape
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
            openers = self._find_openers(text, self.escape)
        except InvalidArgumentsError as error:
            raise DockerfileSyntaxError(start_line, str(error)) from None
        return tuple([self._read_heredoc(opener, start_line) for opener in openers])

    def _read_heredoc(self, opener: Opener, start_line: int) -> Heredoc:
        first = self._next
        while self._next < len(self._readable):
            line = self._readable[self._next].rstrip("\r")
            self._next += 1
            if opener.strip_tabs:
                line = line.lstrip("\t")
            if line == opener.name:
                content = "".join([each + "\n" for each in self._readable[first : self._next - 1]])
                return Heredoc(*opener, content, first + 1)
        raise DockerfileSyntaxError(start_line, f"the heredoc {shown(opener.name)} is not closed")
