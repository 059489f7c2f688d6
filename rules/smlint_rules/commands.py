"""Words that decide what a command line means: interpreters, and options that take a command line."""

from __future__ import annotations

import re
from typing import Final

from smlint_rules.words import SHELLS

_INTERPRETER: Final = re.compile(
    r"(python|pypy|perl|ruby)[0-9.]*|Rscript|R|node|julia|java|php|torchrun|accelerate|deepspeed|mpirun|conda|env"
)
#: `-c` of shells and interpreters, alone or behind other letters.
_COMMAND_LINE: Final = re.compile(r"-[a-z]*c|--command|-e|--eval")


def is_interpreter(program: str) -> bool:
    """Whether a program, named without its folder, is known to run what its arguments name."""
    return program in SHELLS or _INTERPRETER.fullmatch(program) is not None


def takes_command_line(option: str) -> bool:
    """Whether what follows ``option`` is a command line or program text rather than one value."""
    return _COMMAND_LINE.fullmatch(option) is not None
