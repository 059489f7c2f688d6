"""Linux signal numbers and names, as STOPSIGNAL may spell them, and the bits of the kernel's signal masks.

The table is Linux's generic one (x86-64, arm64): the container's numbers count, not those of the machine that smlint
runs on. Source: signal(7).
"""

from __future__ import annotations

from typing import Final, NamedTuple

_NAMES: Final = [
    "HUP",
    "INT",
    "QUIT",
    "ILL",
    "TRAP",
    "ABRT",
    "BUS",
    "FPE",
    "KILL",
    "USR1",
    "SEGV",
    "USR2",
    "PIPE",
    "ALRM",
    "TERM",
    "STKFLT",
    "CHLD",
    "CONT",
    "STOP",
    "TSTP",
    "TTIN",
    "TTOU",
    "URG",
    "XCPU",
    "XFSZ",
    "VTALRM",
    "PROF",
    "WINCH",
    "IO",
    "PWR",
    "SYS",
]
_NUMBERS: Final = {name: number for number, name in enumerate(_NAMES, 1)}
#: What the engine's runtimes call the real-time range; glibc keeps 32 and 33 for itself.
_RTMIN: Final = 34
_RTMAX: Final = 64


class Signal(NamedTuple):
    """A signal: its number and its name with ``SIG``."""

    number: int
    name: str

    @property
    def bit(self) -> int:
        """The signal's bit in a mask of ``/proc/PID/status``."""
        return 1 << (self.number - 1)

    @property
    def exit_code(self) -> int:
        """What a shell or an engine reports for a process that the signal ended."""
        return 128 + self.number


SIGINT: Final = Signal(2, "SIGINT")
SIGKILL: Final = Signal(9, "SIGKILL")
SIGTERM: Final = Signal(15, "SIGTERM")


def parse(text: str) -> Signal | None:
    """The signal that a STOPSIGNAL means: ``SIGQUIT``, ``quit``, ``3``, ``SIGRTMIN+3``; None when it means none."""
    word = text.strip().upper().removeprefix("SIG")
    if word.isdecimal():
        return _numbered(int(word))
    if word in _NUMBERS:
        return Signal(_NUMBERS[word], f"SIG{word}")
    for name, edge in (("RTMIN", _RTMIN), ("RTMAX", _RTMAX)):
        offset = word.removeprefix(name)
        if offset != word and (not offset or (offset[1:].isdecimal() and offset[0] in "+-")):
            return _numbered(edge + int(offset or 0))
    return None


def _numbered(number: int) -> Signal | None:
    if 1 <= number <= len(_NAMES):
        return Signal(number, f"SIG{_NAMES[number - 1]}")
    if _RTMIN <= number <= _RTMAX:
        return Signal(number, f"SIGRTMIN+{number - _RTMIN}" if number > _RTMIN else "SIGRTMIN")
    return None
