"""What a shell script turns out to do, as frozen values: its ways to a program, and three-valued answers about each."""

from __future__ import annotations

import enum
from typing import Final, NamedTuple

from smlint.diagnostics import FileLocation


class Answer(NamedTuple):
    """Yes (True), no (False) or unknown (None), and why; ``reason`` is a clause without capital or full stop."""

    value: bool | None
    reason: str = ""


YES: Final = Answer(True)


class How(enum.StrEnum):
    """How a shell starts a command."""

    FOREGROUND = "foreground"
    #: With ``&``.
    BACKGROUND = "background"
    #: As a part of a pipeline.
    PIPED = "piped"
    #: Inside ``( … )``.
    SUBSHELL = "subshell"
    #: With ``exec``, in the shell's own process.
    EXEC = "exec"


class Argument(NamedTuple):
    """One word of a command. ``text`` may hold UNRESOLVED."""

    text: str
    location: FileLocation
    #: Numbers, from 1, of the words given to the shell that went into ``text``; 0 is "all further ones", where the
    #: number of words is not known, and -1 "perhaps some".
    used: frozenset[int] = frozenset()


class Started(NamedTuple):
    """A program that a script starts."""

    words: tuple[Argument, ...]
    #: ``A=1`` in front of the program.
    assignments: tuple[tuple[str, str], ...]
    #: The command without its redirections' bodies; in a sourced file, the place there.
    location: FileLocation
    how: How
    #: Where it runs: the directory given to the analysis, changed by ``cd``; may hold UNRESOLVED.
    directory: str

    @property
    def texts(self) -> tuple[str, ...]:
        """The words as plain strings."""
        return tuple(word.text for word in self.words)


class Condition(NamedTuple):
    """A test on the way that could not be decided: its text, which way was taken, and where it stands."""

    text: str
    holds: bool
    location: FileLocation

    def __str__(self) -> str:
        return self.text if self.holds else f"not {self.text}"


class Path(NamedTuple):
    """One way through a script to the program that it is for."""

    #: The last command that is no mere housekeeping (``echo``, ``cp`` …), or the background job that is waited for.
    command: Started
    #: Whether the program takes the shell's place, and with it its process id.
    replaces: Answer
    #: Whether a SIGTERM that the shell gets is passed on to the program; yes when there is no shell any more.
    forwards_signal: Answer
    #: Whether the shell, having passed the signal on, waits until the program has ended.
    awaits_program: Answer
    #: Whether every word given to the shell is among the program's arguments.
    passes_arguments: Answer
    #: Whether a program that fails makes the shell fail.
    keeps_exit_code: Answer
    #: Programs that were started before, in their order, housekeeping aside.
    earlier: tuple[Started, ...]
    #: Background jobs that run next to the program.
    background: tuple[Started, ...]
    #: What the shell does on SIGTERM, as written; None when it sets no trap, "" when it ignores the signal.
    trap: str | None
    #: What had to be assumed to come here, in order.
    conditions: tuple[Condition, ...]
    #: Whether the command waits for nothing (``sleep infinity``, ``tail -f /dev/null``, a bare shell).
    is_idle: bool = False
    #: Whether the program runs in a loop that never ends.
    is_repeated: bool = False


class Flow(NamedTuple):
    """What a script does. ``paths`` are alternatives, in the order of the text."""

    paths: tuple[Path, ...]
    #: Why there may be more than ``paths`` show; "" when there is not.
    unseen: str = ""
    #: Whether the script may also come to its end without starting any program.
    may_end: bool = False
