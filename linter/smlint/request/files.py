"""Request files for commands that follow a request rather than judge it."""

from __future__ import annotations

import os
import stat
import sys

from smlint.request.document import parse, read
from smlint.request.kinds import requests
from smlint.request.model import Request
from smlint.request.nodes import RequestSyntaxError

_STDIN = "-"
_OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class RequestFileError(Exception):
    """A file that cannot be followed; the message is one line."""


def requests_in(path: str) -> tuple[Request, ...]:
    """The requests of a file (``-``: standard input), at least one; raises RequestFileError."""
    try:
        found = requests(parse(path, content(path)))
    except OSError as error:
        raise RequestFileError(f"{path}: It cannot be read: {error.strerror or error}.") from None
    except RequestSyntaxError as error:
        raise RequestFileError(f"{path}:{error.line}:{error.column}: {error}") from None
    if not found:
        raise RequestFileError(f"{path}: it holds no request that starts a container")
    return found


def content(path: str) -> bytes:
    """The bytes of a file; never waits for a FIFO. Raises OSError, and RequestSyntaxError where it is too large."""
    if path == _STDIN:
        if sys.stdin is None:
            raise RequestFileError("standard input is closed")
        return read(sys.stdin.buffer)
    descriptor = os.open(path, _OPEN_FLAGS)
    with open(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError("it is no regular file")
        return read(file)
