"""Who owns a probe's resources on the engine, and whether that process still lives.

An engine may be shared by machines and containers that cannot see each other's processes, so an owner that cannot be
looked up here counts as living until the deadline that it wrote on its resources itself.
"""

from __future__ import annotations

import os
from typing import Final, NamedTuple


class Owner(NamedTuple):
    """A process, told apart from every other one that had or will have its id."""

    #: The boot of the machine and the process-id namespace: where ``pid`` means something.
    realm: str
    pid: int
    #: When it started, in the kernel's own ticks since boot; "" where the system does not say.
    started: str

    def __str__(self) -> str:
        return f"{self.realm}/{self.pid}/{self.started}"


def current() -> Owner:
    """This process."""
    return Owner(_realm(), os.getpid(), _started(os.getpid()))


def parse(text: str) -> Owner | None:
    """The owner that a label names; None for anything else."""
    realm, _, rest = text.partition("/")
    pid, _, started = rest.partition("/")
    return Owner(realm, int(pid), started) if pid.isdecimal() else None


def is_dead(owner: Owner) -> bool | None:
    """Whether the process has ended; None when that cannot be seen from here."""
    if not owner.realm or owner.realm != _realm():
        return None
    return _started(owner.pid) != owner.started


def _realm() -> str:
    """Boot and namespace, or "" on systems without /proc, where nothing can be said about other processes."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            boot = file.read().strip()
        return f"{boot}.{os.stat('/proc/self/ns/pid').st_ino}"
    except OSError:
        return ""


_START_FIELD: Final = 22


def _started(pid: int) -> str:
    """Field 22 of ``/proc/PID/stat``; "" when there is no such process."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            text = file.read()
    except OSError:
        return ""
    # The second field is the name in parentheses and may hold anything.
    fields = text.rpartition(")")[2].split()
    if fields[0] == "Z":
        return ""
    return fields[_START_FIELD - 3]
