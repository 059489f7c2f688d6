"""Parser directives: the ``# syntax=``, ``# escape=`` and ``# check=`` comments at the very top of a Dockerfile."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from smlint.dockerfile.errors import DockerfileSyntaxError, shown
from smlint.dockerfile.words import SPACE

DEFAULT_ESCAPE: Final = "\\"

#: What may stand between the ``#`` and the name.
INDENT: Final = SPACE
NAMES: Final = frozenset({"syntax", "escape", "check"})
# Go's \s, which knows no vertical tab.
_DIRECTIVE = re.compile(r"([a-zA-Z][a-zA-Z0-9]*)[\t\n\f\r ]*=[\t\n\f\r ]*(.+?)[\t\n\f\r ]*\Z")


class Directive(NamedTuple):
    """A parser directive: ``name`` in lower case, its value as written, its line (1-based)."""

    name: str
    value: str
    line: int


def read_directives(lines: list[str]) -> tuple[Directive, ...]:
    """The directives at the top of ``lines``. The first line that is none ends them.

    Raises DockerfileSyntaxError for one that is repeated and for an escape character that is neither ``\\`` nor `````.
    """
    found: dict[str, Directive] = {}
    for number, line in enumerate(lines, start=1):
        line = line.rstrip("\r").lstrip(SPACE)
        if not line.startswith("#"):
            break
        match = _DIRECTIVE.match(line[1:].lstrip(INDENT))
        if match is None or match[1].lower() not in NAMES:
            break
        directive = Directive(match[1].lower(), match[2], number)
        if directive.name in found:
            raise DockerfileSyntaxError(number, f"the {directive.name} directive may stand only once")
        if directive.name == "escape" and directive.value not in ("\\", "`"):
            raise DockerfileSyntaxError(
                number, f"the escape character is \\ or `, not {shown(directive.value)}"
            )
        found[directive.name] = directive
    return tuple(found.values())
