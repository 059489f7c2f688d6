"""The state of a shell on one way through a script, as far as it is known. What commands do to it is not here."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from smlint.container import UNRESOLVED
from smlint.diagnostics import FileLocation
from smlint.shell.outcome import Argument, Condition, How, Started
from smlint.shell.syntax import Node
from smlint.shell.words import UNKNOWN, Parameters, Value

#: Process ids and exit codes are not known, but whose they are is: ``$!`` and ``$?`` become such marks.
_MARK: Final = re.compile("\0([!?])([0-9,]*)\0")


class Status(NamedTuple):
    """An exit status: success, failure or unknown. ``origins`` are the programs whose own status it is."""

    value: bool | None
    origins: frozenset[int] = frozenset()
    #: Whether success and failure of ``origins`` have changed places (``! prog``).
    is_negated: bool = False


SUCCESS: Final = Status(True)
FAILURE: Final = Status(False)
UNDECIDED: Final = Status(None)


class Event(NamedTuple):
    """A program that was started."""

    started: Started
    #: Housekeeping such as ``echo`` and ``cp``.
    is_trivial: bool
    is_idle: bool
    #: Whether the shell would run it in place of itself because nothing follows, traps aside.
    is_tail: bool
    #: The traps that are set when it starts: signals and handlers.
    traps: tuple[tuple[str, str], ...] = ()
    job: int | None = None
    #: Whether it is run to hear its status: as the condition of ``if`` or ``while``.
    is_asked: bool = False
    in_loop: bool = False


class Wait(NamedTuple):
    """A ``wait`` for jobs; ``after`` is the number of events before it. None stands for all jobs."""

    jobs: frozenset[int] | None
    after: int


class Machine:
    """One shell process, or a copy of it that goes another way. See :class:`smlint.shell.words.Scope`."""

    def __init__(self, lookup: Callable[[str], str | None], parameters: Parameters, directory: str) -> None:
        self._lookup = lookup
        self.variables: dict[str, Value | None] = {}
        self.arrays: dict[str, tuple[Value, ...] | None] = {}
        self.parameters = parameters
        self.functions: dict[str, tuple[Node, int]] = {}
        self.traps: dict[str, str] = {}
        self.options: frozenset[str] = frozenset()
        self.directory = directory
        self.status = SUCCESS
        self.events: tuple[Event, ...] = ()
        self.waits: tuple[Wait, ...] = ()
        #: Programs by job, from 1.
        self.jobs: tuple[frozenset[int], ...] = ()
        self.conditions: tuple[Condition, ...] = ()
        #: Programs whose success or failure this way assumes.
        self.assumed: dict[int, bool] = {}
        #: "" while it runs; ``exit``, ``exec``, ``loop`` (for ever), ``return``, ``break``, ``continue``.
        self.stopped = ""
        self.levels = 0
        #: How many subshells deep; 0 is the shell itself.
        self.subshells = 0
        self.how = How.FOREGROUND
        self.job: int | None = None
        #: How many conditions deep: ``set -e`` does not hold there.
        self.tested = 0
        #: How many conditions of ``if`` and ``while`` deep.
        self.asked = 0
        #: Programs of the pipeline that is being run.
        self.piped: frozenset[int] = frozenset()
        self.loops = 0
        self.calls = 0

    def copy(self) -> Machine:
        """Another way from here."""
        other = Machine.__new__(Machine)
        other.__dict__.update(self.__dict__)
        other.variables = dict(self.variables)
        other.arrays = dict(self.arrays)
        other.functions = dict(self.functions)
        other.traps = dict(self.traps)
        other.assumed = dict(self.assumed)
        return other

    def variable(self, name: str) -> Value | None:
        """A variable; unknown unless the script or ``lookup`` says more."""
        if name in self.variables:
            return self.variables[name]
        if name == "?":
            return Value(self.status_mark())
        if name == "!":
            return Value(f"\0!{len(self.jobs)}\0") if self.jobs else None
        if name == "$":
            return Value("\0!0\0")
        if name == "PWD":
            return Value(self.directory)
        found = self._lookup(name)
        return UNKNOWN if found is None else Value(found)

    def array(self, name: str) -> tuple[Value, ...] | None:
        """An array that the script has filled."""
        return self.arrays.get(name)

    def status_mark(self) -> str:
        """What ``$?`` becomes: a number where it is known, else a mark that remembers whose status it is."""
        if self.status.value is True and not self.status.origins:
            return "0"
        if not self.status.origins or self.status.is_negated:
            return UNRESOLVED
        return "\0?" + ",".join(str(origin) for origin in sorted(self.status.origins)) + "\0"

    def enter_subshell(self, how: How) -> Machine:
        """A copy for a process of its own; :meth:`leave_subshell` takes over what it started."""
        inner = self.copy()
        inner.subshells += 1
        if inner.how is not How.BACKGROUND:
            inner.how = how
        inner.traps = {name: text for name, text in inner.traps.items() if not text}
        return inner

    def leave_subshell(self, inner: Machine) -> Machine:
        """What this shell is after ``inner`` has ended: nothing but programs, assumptions and the status are kept."""
        outer = self.copy()
        outer.events, outer.assumed, outer.conditions = inner.events, dict(inner.assumed), inner.conditions
        outer.status = inner.status
        if inner.stopped == "loop":
            outer.stopped = "loop"
        return outer


def visible(text: str) -> str:
    """``text`` for the outside world, marks made UNRESOLVED."""
    return _MARK.sub(UNRESOLVED, text) if "\0" in text else text


def jobs_named(text: str) -> frozenset[int]:
    """The jobs whose process ids are mentioned in ``text``; 0 is the shell itself."""
    return frozenset(int(match.group(2)) for match in _MARK.finditer(text) if match.group(1) == "!")


def origins_named(text: str) -> frozenset[int] | None:
    """The programs whose exit code ``text`` is; None when it is nobody's."""
    match = _MARK.fullmatch(text)
    if match is None or match.group(1) != "?" or not match.group(2):
        return None
    return frozenset(int(number) for number in match.group(2).split(","))


def shown(word: Value, location: FileLocation) -> Argument:
    """A word of a command for the outside world."""
    return Argument(visible(word.text), location, word.used)
