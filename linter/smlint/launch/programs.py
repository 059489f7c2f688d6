"""Programs at the end of a chain: known names, Python's command line, and what stands behind a script's first line."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from smlint.tables import mentions, read_table

_TABLE: Final = "programs.toml"
#: How the lines with names begin; a list of many goes on over several.
_KEYS: Final = ("names", "modules", "    ")
_PYTHON: Final = re.compile(r"(?:python|pypy)(?:\d(?:\.\d+)*)?w?$")
#: Python's options that take a word of their own.
_PYTHON_VALUES: Final = frozenset({"-W", "-X", "--check-hash-based-pycs"})


class Program(NamedTuple):
    """One row of ``programs.toml``."""

    name: str
    #: Runs what it is given: an interpreter, to whose program an argument may mean anything.
    runs_other: bool
    #: A further word ends it with a usage error.
    refuses_words: bool
    source: str


@cache
def known_programs() -> Mapping[str, Program]:
    """Programs by name and by ``-m`` module (written ``-m name``)."""
    found: dict[str, Program] = {}
    for row in read_table(__file__, _TABLE)["program"]:
        for name in row["names"]:
            found[name] = _program(name, row)
        for module in row.get("modules", ()):
            found[f"-m {module}"] = _program(row["names"][0], row)
    return found


def is_known(name: str) -> bool:
    """Whether a program of this name has a row."""
    return mentions(__file__, _TABLE, _KEYS, name) and name in known_programs()


def _program(name: str, row: Mapping[str, Any]) -> Program:
    return Program(name, row.get("runs-other", False), row.get("refuses-words", False), row["source"])


def is_python(program: str) -> bool:
    """Whether a program name means the Python interpreter."""
    return bool(_PYTHON.match(program.rpartition("/")[2]))


def has_arguments_of_its_own(argv: Sequence[str]) -> bool:
    """Whether ``argv`` starts a known program whose command line has no place for a further word, such as a server."""
    row = _row(argv)
    return row is not None and not row.runs_other


def refuses_words(argv: Sequence[str]) -> bool:
    """Whether ``argv`` starts a program that was seen to end with a usage error when a word is added to it."""
    row = _row(argv)
    return row is not None and row.refuses_words


def _row(argv: Sequence[str]) -> Program | None:
    if not argv:
        return None
    name = posixpath.basename(argv[0])
    if is_python(name):
        call = python_call(argv)
        if call.operand is None or call.how == "-c":
            return None
        operand = argv[call.operand]
        name = f"-m {operand}" if call.how == "-m" else posixpath.basename(operand)
    # Most programs have no row, and the table need not be read.
    if not mentions(__file__, _TABLE, _KEYS, name.removeprefix("-m ")):
        return None
    return known_programs().get(name)


class PythonCall(NamedTuple):
    """Python's command line, taken apart."""

    #: Index of the word that names the script or module, or holds the ``-c`` string; None where there is none.
    operand: int | None
    #: "", ``-m`` or ``-c``.
    how: str


def python_call(argv: Sequence[str]) -> PythonCall:
    """What ``python …`` runs. ``argv[0]`` is the interpreter."""
    index = 1
    while index < len(argv):
        word = argv[index]
        if word in ("-m", "-c"):
            return PythonCall(index + 1 if index + 1 < len(argv) else None, word)
        if word.startswith("-m") and not word.startswith("--"):
            # `-mmodule` in one word: rare, and the name would have to be cut out of it.
            return PythonCall(None, "-m")
        if word == "-" or not word.startswith("-"):
            return PythonCall(None if word == "-" else index, "")
        index += 2 if word in _PYTHON_VALUES else 1
    return PythonCall(None, "")
