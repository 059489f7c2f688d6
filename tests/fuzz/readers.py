"""Fuzz everything else that reads a user's text: whole Dockerfiles up to the report, scripts, programs, ignore files.

The first byte chooses the reader, the rest is what it reads. Only typed errors, and places inside the text.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import atheris

with atheris.instrument_imports(include=["smlint", "smlint_rules"]):
    from smlint import registry
    from smlint.config import Settings
    from smlint.diagnostics import FileLocation
    from smlint.dockerfile import UnreadableInputError, decode
    from smlint.dockerfile.ignorefile import is_ignored, read_patterns
    from smlint.dockerfile.lint import DockerfileOptions, lint_dockerfile
    from smlint.launch import python_program
    from smlint.plan import make_plan
    from smlint.report import FORMATS, Report, render
    from smlint.shell.commands import read_commands, unwrap
    from smlint.shell.flow import analyse

PLAN: Final = make_plan(Settings(), (), registry.installed())


def _lint(raw: bytes) -> None:
    with suppress(UnreadableInputError):
        text = decode(raw)
        outcome = lint_dockerfile(text, "Dockerfile", DockerfileOptions(), PLAN)
        lines = text.removeprefix("\ufeff").split("\n")
        for finding in outcome.diagnostics:
            place = finding.location
            assert isinstance(place, FileLocation)
            assert 1 <= place.line <= place.end_line <= len(lines), place
            assert 1 <= place.column <= len(lines[place.line - 1]) + 1, place
            assert 1 <= place.end_column <= len(lines[place.end_line - 1]) + 1, place
        for name in FORMATS:
            render(name, Report((outcome,)))


def _commands(raw: bytes) -> None:
    text = raw.decode("utf-8", "replace")

    def locate(start: int, end: int) -> FileLocation:
        assert 0 <= start <= end <= len(text)
        return FileLocation("", 1, start + 1, 1, end + 1)

    for command in read_commands(text, lookup=lambda name: None, directory="/", locate=locate).commands:
        list(unwrap(command))


def _flow(raw: bytes) -> None:
    lines = raw.decode("utf-8", "surrogateescape").split("\n")
    for path in analyse(raw, arguments=("train",), dialect="bash").paths:
        place = path.command.location
        assert 1 <= place.line <= place.end_line <= len(lines)


def _ignored(raw: bytes) -> None:
    with suppress(ValueError):
        is_ignored("a/b/c.py", read_patterns(raw.decode("utf-8", "replace")))


READERS: Final[tuple[Callable[[bytes], object], ...]] = (
    _lint,
    _commands,
    _flow,
    _ignored,
    python_program.parse,
)


def target(raw: bytes) -> None:
    """One input."""
    if raw:
        READERS[raw[0] % len(READERS)](raw[1:])


if __name__ == "__main__":
    atheris.Setup(sys.argv, target)
    atheris.Fuzz()
