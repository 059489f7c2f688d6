"""Where reports go: standard output, a terminal, files. The only place from which smlint writes findings."""

from __future__ import annotations

import enum
import os
import sys
from collections.abc import Iterable
from typing import NamedTuple

from smlint.report import FORMATS, Report, render


class Color(enum.StrEnum):
    """When to colour."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class OutputError(Exception):
    """A report that cannot be written; the message is one line."""


class Target(NamedTuple):
    """A file a report is written to, and its format; None means the format asked for with ``--format``."""

    format: str | None
    path: str


def parse_target(text: str) -> Target:
    """``FILE`` or ``FORMAT=FILE``."""
    name, equals, path = text.partition("=")
    if equals and name in FORMATS:
        return Target(name, path)
    return Target(None, text)


def emit(report: Report, name: str, targets: Iterable[Target], color: Color, *, quiet: bool) -> None:
    """Write ``report`` to every target, and to standard output unless a target without a format takes its place.

    Raises OutputError. ``quiet`` leaves out the summary of the text format, so that a clean report is silent.
    """
    targets = tuple(targets)
    for target in targets:
        _to_file(report, target.format or name, target.path)
    if any(target.format is None for target in targets):
        return
    if name == "text" and quiet and report.worst() is None:
        return
    if name == "text" and _is_colored(color):
        from smlint.report.terminal import draw

        draw(report, sys.stdout, force=not sys.stdout.isatty())
        return
    sys.stdout.write(render(name, report))


def _to_file(report: Report, name: str, path: str) -> None:
    write_text(render(name, report), path)


def write_text(text: str, path: str) -> None:
    """Store ``text`` at ``path``; raises OutputError."""
    try:
        with open(path, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from error


def _is_colored(color: Color) -> bool:
    if color is not Color.AUTO:
        return color is Color.ALWAYS
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or sys.stdout.isatty()
