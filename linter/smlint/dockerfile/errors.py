"""What can be wrong with a Dockerfile before any rule looks at it. Nothing here reads or parses."""

from __future__ import annotations


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
