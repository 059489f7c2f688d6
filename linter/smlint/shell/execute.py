"""Goes every way through a script: control flow, functions, subshells, sourced files. Builtins are in :mod:`.builtins`.

Each method takes a :class:`~smlint.shell.machine.Machine` and gives the machines that it may have become. A machine is
used up by the method that it is given to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from smlint.container import UNRESOLVED
from smlint.diagnostics import FileLocation
from smlint.shell import asked, builtins, control, loops, ways
from smlint.shell.housekeeping import is_builtin, is_idle, is_trivial
from smlint.shell.machine import FAILURE, SUCCESS, UNDECIDED, Event, Machine, Status, Wait, shown, visible
from smlint.shell.outcome import How, Started
from smlint.shell.parse import Script
from smlint.shell.scripts import ScriptText, Sourced
from smlint.shell.syntax import (
    AndOr,
    Assignment,
    Block,
    Case,
    Function,
    Group,
    If,
    Loop,
    Negated,
    Node,
    Piece,
    Pipeline,
    Redirected,
    Simple,
    Statement,
)
from smlint.shell.values import SOME, Parameters, UnsetError, Value
from smlint.shell.words import MAX_FIELDS, fields, single

_MAX_STEPS: Final = 40_000
_MAX_LEVELS: Final = 90
_MAX_CALLS: Final = 8


class Executor:
    """Runs one script."""

    def __init__(
        self,
        *,
        read_source: Callable[[str, str], Sourced | None],
        tail: Callable[[Script], frozenset[int]],
        dialect: str,
    ) -> None:
        """``dialect`` is the shell's name; ``sh`` where it is not known which it is."""
        self._read_source = read_source
        self._tail_of = tail
        self.dialect = dialect
        #: Whether the shell expands ``{a,b}``.
        self.brace = dialect not in ("dash", "busybox")
        self._tail: frozenset[int] = frozenset()
        self._texts: list[ScriptText] = []
        self._current = 0
        self._reading: list[str] = []
        self._steps = 0
        #: How many conditions of loops deep.
        self.questions = 0
        #: Arguments that went into the text that ``eval`` runs.
        self._used: frozenset[int] = frozenset()
        #: Why not everything was followed; "" when all was.
        self.unseen = ""

    @property
    def scripts(self) -> list[Script]:
        """Everything that was read, in the order in which functions refer to it."""
        return [text.script for text in self._texts]

    def run(self, name: str, text: str, machine: Machine) -> list[Machine]:
        """Run the whole script; every machine that comes back has stopped or reached the end."""
        self._texts.append(ScriptText(name, text))
        script = self._texts[-1].script
        if not script.complete:
            self.unseen = "a part of it could not be read"
        self._tail = self._tail_of(script)
        return [control.at_exit(self, end) for end in self.block(script.body, machine)]

    def block(self, block: Block, machine: Machine) -> list[Machine]:
        """Run a list of commands."""
        running, stopped = [machine], list[Machine]()
        for statement in block:
            following: list[Machine] = []
            for each in running:
                for after in self._statement(statement, each):
                    (stopped if after.stopped else following).append(after)
            running = self.bounded(following)
        return running + stopped

    def bounded(self, machines: list[Machine]) -> list[Machine]:
        """Not too many ways; see :mod:`.ways`."""
        kept, cut = ways.bounded(machines)
        if cut:
            self.unseen = "there are too many ways through it"
        return kept

    def _statement(self, statement: Statement, machine: Machine) -> list[Machine]:
        if not statement.background:
            return self.node(statement.node, machine)
        inner = machine.enter_subshell(How.BACKGROUND)
        inner.how, inner.job = How.BACKGROUND, len(machine.jobs) + 1
        ends: list[Machine] = []
        found = [control.at_exit(self, end) for end in self.node(statement.node, inner)]
        outcome = _outcome(found)
        for end in found[:4]:
            after = machine.leave_subshell(end)
            after.stopped = ""
            after.assumed, after.conditions = dict(machine.assumed), machine.conditions
            started = frozenset(range(len(machine.events), len(after.events)))
            after.jobs, after.outcomes = (*machine.jobs, started), (*machine.outcomes, outcome)
            after.status = SUCCESS
            ends.append(after)
        # What a background job decides for itself gives no new way for the script.
        return [max(ends, key=lambda end: len(end.events))] if ends else [machine]

    def node(self, node: Node, machine: Machine) -> list[Machine]:
        """Run one command."""
        self._steps += 1
        machine.levels += 1
        if self._steps > _MAX_STEPS or machine.levels > _MAX_LEVELS:
            self.unseen = "it is too long or too deeply nested"
            machine.levels -= 1
            return [machine]
        try:
            found = self._dispatch(node, machine)
        except UnsetError:
            # It ends the shell, be it tested or not.
            machine.status, machine.stopped = FAILURE, "exit"
            found = [machine]
        for each in found:
            each.levels -= 1
        return found

    def _dispatch(self, node: Node, machine: Machine) -> list[Machine]:
        match node:
            case Simple():
                return self._simple(node, machine)
            case Pipeline():
                return control.pipeline(self, node, machine)
            case Negated():
                return control.negated(self, node, machine)
            case AndOr():
                return control.and_or(self, node, machine)
            case Group():
                return control.group(self, node, machine)
            case Redirected():
                return self.node(node.body, machine)
            case If():
                return control.conditional(self, node, machine)
            case Case():
                return control.case(self, node, machine)
            case Loop():
                return loops.loop(self, node, machine)
            case Function():
                machine.functions[node.name] = (node.body, self._current)
                machine.status = SUCCESS
                return [machine]
            case _:
                if node.is_error:
                    self.unseen = "a part of it could not be read"
                machine.status = control.calculation(self.text(Piece(node.start, node.end)), machine)
                return self._checked(machine)

    def text(self, piece: Piece) -> str:
        """A word as written."""
        return self._texts[self._current].script.source.text[piece.start : piece.end]

    def place(self, start: int, end: int) -> FileLocation:
        """Where a span of the current script is."""
        return self._texts[self._current].location(start, end)

    # Simple commands.

    def _simple(self, node: Simple, machine: Machine) -> list[Machine]:
        first = self.text(node.words[0]) if node.words else ""
        if first == "[[":
            machine.status = control.condition(self, node, machine)
            return [machine]
        expand = control.declared if first in builtins.DECLARATIONS else fields
        words: list[tuple[Value, Piece]] = [
            (value, piece)
            for piece in node.words
            for value in expand(self.text(piece), machine, brace=self.brace)
        ]
        while len(words) > 1 and words[0][0].text in ("command", "builtin"):
            if words[1][0].text.startswith("-") and words[1][0].text != "--":
                machine.status = UNDECIDED
                return self._checked(machine)
            words = words[2:] if words[1][0].text == "--" else words[1:]
        if not words:
            for assignment in node.assignments:
                self.assign(assignment, machine)
            machine.status = UNDECIDED if any(a.substitutions for a in node.assignments) else SUCCESS
            return [machine]
        return self.command(node, words, machine)

    def command(self, node: Simple, words: list[tuple[Value, Piece]], machine: Machine) -> list[Machine]:
        """Run a simple command whose words are expanded."""
        texts = [value.text for value, _ in words]
        function = machine.functions.get(texts[0])
        if function is not None:
            return self.checked_all(self._call(function, node, [value for value, _ in words[1:]], machine))
        builtin = builtins.BUILTINS.get(texts[0])
        if builtin is not None:
            return self.checked_all(builtin(self, node, words, machine))
        if texts[0] in ("[", "test"):
            machine.status = asked.test(texts[1:-1] if texts[0] == "[" else texts[1:], machine)
            return self._checked(machine)
        if is_builtin(texts[0]):
            machine.status = FAILURE if texts[0] == "false" else SUCCESS
            if texts[0] in ("type", "let", "hash"):
                machine.status = UNDECIDED
            return self._checked(machine)
        if not texts[0]:
            machine.status = UNDECIDED
            return [machine]
        return self._checked(self.start(node, words, machine, machine.how))

    def start(self, node: Simple, words: list[tuple[Value, Piece]], machine: Machine, how: How) -> Machine:
        """Start a program."""
        arguments = tuple(
            shown(value._replace(used=value.used | self._used), self.place(piece.start, piece.end))
            for value, piece in words
        )
        texts = [argument.text for argument in arguments]
        assignments = tuple(
            (each.name, visible(single(self.text(each.value), machine).text))
            for each in node.assignments
            if each.value is not None
        )
        started = Started(
            arguments, assignments, self.place(node.start, node.end), how, visible(machine.directory)
        )
        machine.start(
            Event(
                started,
                is_trivial=is_trivial(texts),
                is_idle=is_idle(texts),
                is_tail=id(node) in self._tail and not machine.calls,
                traps=tuple(machine.traps.items()),
                job=machine.job,
                is_asked=machine.asked > 0,
                in_loop=machine.loops > 0,
                was_trapped=machine.was_trapped,
            )
        )
        machine.status = Status(None, frozenset((len(machine.events) - 1,)))
        return machine

    def checked_all(self, machines: Iterable[Machine]) -> list[Machine]:
        """Apply ``set -e`` to every way."""
        return [after for machine in machines for after in self._checked(machine)]

    def _checked(self, machine: Machine) -> list[Machine]:
        """Apply ``set -e`` to the status of a command."""
        if machine.stopped or machine.tested or "e" not in machine.options or machine.status.value is True:
            return [machine]
        if machine.status.value is False:
            machine.stopped = "exit"
            return [machine]
        if not machine.status.origins or machine.status.is_negated:
            return [machine]
        failed = machine.copy()
        failed.assume(machine.status.origins, False)
        failed.stopped = "exit"
        machine.assume(machine.status.origins, True)
        machine.status = SUCCESS
        return [machine, failed]

    def assign(self, assignment: Assignment, machine: Machine) -> None:
        """``name=value`` in the shell itself."""
        name = assignment.name
        if assignment.elements is not None:
            values = [
                v
                for piece in assignment.elements
                for v in fields(self.text(piece), machine, brace=self.brace)
            ]
            before = machine.arrays.get(name) if assignment.appends else ()
            # ``([2]=x)`` says where the element goes.
            placed = any(self.text(piece).startswith("[") for piece in assignment.elements)
            known = before is not None and not placed and len(before) + len(values) <= MAX_FIELDS
            machine.arrays[name] = (*(before or ()), *values) if known else None
            used: frozenset[int] = frozenset().union(*(value.used for value in values))
            machine.variables[name] = Value(UNRESOLVED, used)
            return
        if assignment.value is not None:
            machine.variables[name] = single(self.text(assignment.value), machine)
            return
        raw = self.text(Piece(assignment.start, assignment.end))
        added = single(raw.partition("=")[2], machine)
        before_value = machine.variable(name) or Value("")
        if assignment.appends and not raw.startswith(f"{name}["):
            text = before_value.text + added.text
            text = text if len(text) <= MAX_FIELDS else UNRESOLVED
            machine.variables[name] = Value(text, before_value.used | added.used)
        else:
            machine.variables[name] = Value(UNRESOLVED, before_value.used | added.used)
            machine.arrays[name] = None

    def _call(
        self, function: tuple[Node, int], node: Simple, arguments: Sequence[Value], machine: Machine
    ) -> list[Machine]:
        if machine.calls >= _MAX_CALLS:
            self.unseen = "functions call each other too deeply"
            return [machine]
        parameters, current, hidden = machine.parameters, self._current, machine.hidden
        machine.hidden = {}
        for assignment in node.assignments:
            machine.hide(assignment.name)
            self.assign(assignment, machine)
        machine.parameters = Parameters(tuple(arguments))
        machine.calls += 1
        self._current = function[1]
        ends = self.node(function[0], machine)
        self._current = current
        for end in ends:
            end.parameters = parameters
            end.show(hidden)
            end.calls -= 1
            if end.stopped == "return":
                end.stopped = ""
        return ends

    def evaluate(
        self, text: str, at: FileLocation, machine: Machine, used: frozenset[int] = frozenset()
    ) -> list[Machine]:
        """``eval``: run text, into which the arguments ``used`` went, in this shell; all of it stands where that does."""
        script, outer = ScriptText(at.path, text, at), self._used
        is_simple = len(script.script.body) == 1 and isinstance(script.script.body[0].node, Simple)
        # Into which of several commands they went is not followed.
        self._used = outer | (used if is_simple or not used else frozenset((SOME,)))
        ends = self._included(script, machine)
        self._used = outer
        return ends

    def source(self, path: str, arguments: Sequence[Value], machine: Machine) -> list[Machine]:
        """``source path``: run a file in this shell."""
        found = None
        if UNRESOLVED not in path and len(self._reading) < _MAX_CALLS:
            found = self._read_source(path, visible(machine.directory))
        if found is None or found.name in self._reading:
            machine.status = UNDECIDED
            return [machine]
        self._reading.append(found.name)
        parameters = machine.parameters
        if arguments:
            machine.parameters = Parameters(tuple(arguments))
        ends = self._included(ScriptText(found.name, found.text), machine)
        self._reading.pop()
        for end in ends:
            if arguments:
                end.parameters = parameters
            if end.stopped == "return":
                end.stopped = ""
        return ends

    def _included(self, text: ScriptText, machine: Machine) -> list[Machine]:
        if not text.script.complete:
            self.unseen = "a part of what it reads could not be read"
        current = self._current
        self._texts.append(text)
        self._current = len(self._texts) - 1
        machine.calls += 1
        ends = self.block(text.script.body, machine)
        for end in ends:
            end.calls -= 1
        self._current = current
        return ends

    def wait(self, jobs: frozenset[int] | None, machine: Machine) -> None:
        """``wait``: for some jobs, or for all (None)."""
        trap, is_repeated = machine.traps.get("TERM"), self.questions > 0
        machine.waits = (*machine.waits, Wait(jobs, len(machine.events), trap, machine.told, is_repeated))


def _outcome(ends: Sequence[Machine]) -> Status:
    """The exit status of a background job that may end in several ways."""
    statuses = {end.status for end in ends}
    if len(statuses) == 1:
        return statuses.pop()
    failures = [status for status in statuses if status.value is not True]
    if not failures:
        return SUCCESS if statuses else UNDECIDED
    # With ``set -e`` what fails ends the job with its own status; elsewhere all of that has worked.
    origins: frozenset[int] = frozenset().union(*(status.origins for status in failures))
    is_theirs = not any(status.is_negated or not status.origins for status in failures)
    if is_theirs and all(end.assumed.get(at) for end in ends if end.status.value for at in origins):
        return Status(None, origins)
    return UNDECIDED
