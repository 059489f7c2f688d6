"""What a script asks of exit codes it has kept: ``[ $? -ne 0 ]``, ``[[ $code = 0 ]]``, ``(( status ))``.

Such a test works, or fails, as the program did whose exit code that is. Other tests are in :mod:`.tests`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from smlint.shell import tests
from smlint.shell.machine import FAILED, FAILURE, SUCCESS, Machine, Status, origins_named, visible

#: Operators and numbers by which an exit code is told to be 0, or not to be: there is none below 0.
_WORKED: Final = frozenset((("-eq", "0"), ("=", "0"), ("==", "0"), ("-lt", "1"), ("<", "1"), ("-le", "0")))
_FAILED: Final = frozenset((("-ne", "0"), ("!=", "0"), ("-gt", "0"), (">", "0"), ("-ge", "1"), (">=", "1")))
OPERATORS: Final = frozenset(operator for operator, _ in _WORKED | _FAILED)
_SYMMETRIC: Final = frozenset(("-eq", "=", "==", "-ne", "!="))


def test(words: Sequence[str], machine: Machine) -> Status:
    """The status of ``test words``, words expanded."""
    found = of_exit_code(words, machine)
    if found is not None:
        return found
    value = tests.evaluate([visible(word) for word in words])
    if value is None:
        machine.doubt(words)
    return Status(value)


def of_exit_code(words: Sequence[str], machine: Machine) -> Status | None:
    """The status of a test whether programs worked; None where it is about something else."""
    if len(words) == 4 and words[0] == "!":
        words, is_opposite = words[1:], True
    else:
        is_opposite = False
    if len(words) != 3:
        return None
    code, operator, number = words
    if operator in _SYMMETRIC and "\0" in number:
        code, number = number, code
    origins = frozenset[int]() if code == FAILED else origins_named(code)
    if origins is None or (operator, number) not in _WORKED | _FAILED:
        return None
    is_negated = ((operator, number) in _FAILED) is not is_opposite
    assumed = {machine.assumed.get(origin) for origin in origins} or {False}
    if assumed == {True} or assumed == {False}:
        return SUCCESS if (True in assumed) is not is_negated else FAILURE
    return Status(None, origins, is_negated)
