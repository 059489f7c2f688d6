"""What expanding words changes: ``${name:=word}``, and assignments inside ``$((…))``. Their values are in :mod:`.words`."""

from __future__ import annotations

import re
from typing import Final

from smlint.shell.arithmetic import assigned
from smlint.shell.machine import Machine
from smlint.shell.quotes import close_bracket
from smlint.shell.words import UNKNOWN, single

_BEGINS: Final = re.compile(r"\$\{([A-Za-z_]\w*):?=|\$\(\((?=[^)]*(?:=|\+\+|--))")
#: Where it is not obvious whether the text is expanded at all, or by this shell.
_UNCLEAR: Final = re.compile(r"['\\`]|\$\((?!\()")


def expand(word: str, machine: Machine) -> None:
    """Follow what the expansion of ``word``, as written, assigns; what is not obvious becomes unknown."""
    if "=" not in word and "++" not in word and "--" not in word:
        return
    unclear = _UNCLEAR.search(word) is not None
    for match in _BEGINS.finditer(word):
        text = word[match.start() : close_bracket(word, match.start())]
        name = match.group(1)
        if name is None:
            for each in assigned(text):
                machine.variables[each] = UNKNOWN
        else:
            machine.variables[name] = UNKNOWN if unclear else single(f'"{text}"', machine)
