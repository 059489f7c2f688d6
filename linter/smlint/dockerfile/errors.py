"""What can be wrong with a Dockerfile before any rule looks at it. Nothing here reads or parses."""

from __future__ import annotations

from collections.abc import Iterable


class DockerfileSyntaxError(Exception):
    """BuildKit refuses the Dockerfile: ``message`` says why (one sentence), ``line`` where (1-based)."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(line, message)
        self.line = line
        self.message = message

    def __str__(self) -> str:
        return f"line {self.line}: {self.message}"


class UnreadableInputError(Exception):
    """The input is no text that a Dockerfile could be; the exception's text is one sentence without the path."""


def shown(text: str) -> str:
    """``text`` in quotes and at a length that a message can bear."""
    return repr(text if len(text) <= 60 else text[:59] + "…")


def nearest(text: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown word: what was probably meant, or nothing."""
    import difflib

    close = difflib.get_close_matches(text[:60], list(known), n=1, cutoff=0.7)
    return f"; did you mean {close[0]}?" if close else ""
