"""The state of a shell on one way through a script, as far as it is known. What commands do to it is not here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple, TypeAlias

from smlint.container import UNRESOLVED
from smlint.diagnostics import FileLocation
from smlint.shell.outcome import Argument, Condition, How, Started
from smlint.shell.syntax import Node
from smlint.shell.values import UNKNOWN, Parameters, UnsetError, Value

#: Process ids and exit codes are not known, but whose they are is: ``$!`` and ``$?`` become such marks.
_MARK: Final = re.compile("\0([!?])([0-9,]*)\0")


#: ``$?`` of a failure that is no program's.
FAILED: Final = "\0?\0"


class Status(NamedTuple):
    """An exit status: success, failure or unknown. ``origins`` are the programs whose own status it is."""

    value: bool | None
    origins: frozenset[int] = frozenset()
    #: Whether success and failure of ``origins`` have changed places (``! prog``).
    is_negated: bool = False
    #: Of a ``cd`` that is taken for granted unless somebody asks: the directory where the shell still is if it fails.
    otherwise: str | None = None


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
    #: Whether a trap was set before, be it reset since.
    was_trapped: bool = False


class Wait(NamedTuple):
    """A ``wait`` for jobs; ``after`` is the number of events before it. None stands for all jobs."""

    jobs: frozenset[int] | None
    after: int
    #: The trap for SIGTERM that holds while it waits; None where there is none.
    trap: str | None = None
    #: The jobs that the script itself has sent SIGTERM to before.
    told: frozenset[int] = frozenset()
    #: Whether it is the question of a loop, asked until the jobs have ended: ``while kill -0 $!``.
    is_repeated: bool = False


#: Whether a variable was set or unset by the script, to which value, and its elements.
_Hidden: TypeAlias = tuple[bool, Value | None, tuple[Value, ...] | None]


class Machine:
    """One shell process, or a copy of it that goes another way. See :class:`smlint.shell.words.Scope`."""

    def __init__(self, lookup: Callable[[str], str | None], parameters: Parameters, directory: str) -> None:
        self._lookup = lookup
        self.variables: dict[str, Value | None] = {}
        self.arrays: dict[str, tuple[Value, ...] | None] = {}
        self.parameters = parameters
        self.functions: dict[str, tuple[Node, int]] = {}
        self.traps: dict[str, str] = {}
        self.was_trapped = False
        #: The status with which the trap for EXIT begins, while that runs.
        self.ended: Status | None = None
        self.options: frozenset[str] = frozenset()
        self.directory = directory
        #: What ``pushd`` has put aside, and where ``cd -`` goes.
        self.directories: tuple[str, ...] = ()
        self.previous = UNRESOLVED
        self.status = SUCCESS
        self.events: tuple[Event, ...] = ()
        self.waits: tuple[Wait, ...] = ()
        #: The jobs that the script itself has sent SIGTERM to.
        self.told: frozenset[int] = frozenset()
        #: Programs by job, from 1.
        self.jobs: tuple[frozenset[int], ...] = ()
        #: What waiting for each of the jobs gives.
        self.outcomes: tuple[Status, ...] = ()
        self.conditions: tuple[Condition, ...] = ()
        #: Programs whose success or failure this way assumes.
        self.assumed: dict[int, bool] = {}
        #: Programs of whose exit codes more was asked than whether they worked, and not followed.
        self.doubted: frozenset[int] = frozenset()
        #: A digest of the programs that are more than housekeeping and of what is assumed of them: of two ways on which
        #: it is the same, one is enough, if they agree in the rest.
        self.past = 0
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
        #: What the parts of the pipeline that is being run give together, with pipefail.
        self.piped = SUCCESS
        self.loops = 0
        self.calls = 0
        #: What the variables were that the function at hand has made its own; None outside of functions.
        self.hidden: dict[str, _Hidden] | None = None

    def copy(self) -> Machine:
        """Another way from here."""
        other = Machine.__new__(Machine)
        other.__dict__.update(self.__dict__)
        other.variables = dict(self.variables)
        other.arrays = dict(self.arrays)
        other.functions = dict(self.functions)
        other.traps = dict(self.traps)
        other.assumed = dict(self.assumed)
        other.hidden = None if self.hidden is None else dict(self.hidden)
        return other

    def start(self, event: Event) -> None:
        """Note a program that was started."""
        if not event.is_trivial or event.is_idle:
            self.past = hash((self.past, event))
        self.events = (*self.events, event)

    def assume(self, origins: frozenset[int], worked: bool) -> None:
        """Note that this way is the one on which some programs succeed, or fail."""
        self.assumed.update(dict.fromkeys(origins, worked))
        substantial = [
            at for at in sorted(origins) if not self.events[at].is_trivial or self.events[at].is_idle
        ]
        if substantial:
            self.past = hash((self.past, worked, *substantial))

    def doubt(self, texts: Iterable[str]) -> None:
        """Note that this way may depend on which exit codes those are that ``texts`` hold."""
        marks = (match.groups() for text in texts for match in _MARK.finditer(text))
        self.doubted |= {
            int(number) for kind, numbers in marks if kind == "?" and numbers for number in numbers.split(",")
        }

    def hide(self, name: str) -> None:
        """Make a variable the function's own (``local``), its value to be given back at the end."""
        if self.hidden is not None and name not in self.hidden:
            self.hidden[name] = (name in self.variables, self.variables.get(name), self.arrays.get(name))

    def show(self, outer: dict[str, _Hidden] | None) -> None:
        """Give back what the function has hidden."""
        for name, (is_set, value, elements) in (self.hidden or {}).items():
            self.variables.pop(name, None)
            self.arrays.pop(name, None)
            if is_set:
                self.variables[name] = value
            if elements is not None:
                self.arrays[name] = elements
        self.hidden = None if outer is None else dict(outer)

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

    def assign(self, name: str, value: Value | None) -> None:
        """Set a variable, or unset it."""
        self.variables[name] = value

    def lacks(self, *, is_required: bool) -> None:
        """Raise :class:`UnsetError` where that ends the shell."""
        if is_required or "u" in self.options:
            raise UnsetError

    def status_mark(self) -> str:
        """What ``$?`` becomes: a number where it is known, else a mark that remembers whose status it is."""
        if self.status.value is True and not self.status.origins:
            return "0"
        if self.status.value is False and not self.status.origins:
            return FAILED
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
        inner.was_trapped, inner.ended = False, None
        return inner

    def leave_subshell(self, inner: Machine) -> Machine:
        """What this shell is after ``inner`` has ended: nothing but programs, assumptions and the status are kept."""
        outer = self.copy()
        outer.events, outer.assumed, outer.conditions = inner.events, dict(inner.assumed), inner.conditions
        outer.past, outer.doubted = inner.past, inner.doubted
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
