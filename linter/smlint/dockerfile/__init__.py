"""Dockerfiles: text to instructions, instructions to stages, the judged stage to a Container."""

from __future__ import annotations

from smlint.dockerfile.directives import Directive
from smlint.dockerfile.errors import DockerfileSyntaxError, UnreadableInputError
from smlint.dockerfile.grammar import check
from smlint.dockerfile.heredocs import Heredoc
from smlint.dockerfile.instructions import Comment, Dockerfile, Instruction, read_dockerfile
from smlint.dockerfile.source import decode, read
from smlint.dockerfile.words import Argument, Flag

__all__ = [
    "Argument",
    "Comment",
    "Directive",
    "Dockerfile",
    "DockerfileSyntaxError",
    "Flag",
    "Heredoc",
    "Instruction",
    "UnreadableInputError",
    "decode",
    "parse",
    "read",
]


def parse(text: str) -> Dockerfile:
    """Read ``text`` as BuildKit does: the same instructions on the same lines, refusing what it refuses.

    Raises DockerfileSyntaxError.
    """
    return read_dockerfile(text, check)
