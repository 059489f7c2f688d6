"""Goes every way through a script: control flow, functions, subshells, sourced files. Builtins are in :mod:`.builtins`.

Each method takes a :class:`~smlint.shell.machine.Machine` and gives the machines that it may have become. A machine is
used up by the method that it is given to.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

from smlint.container import UNRESOLVED
from smlint.diagnostics import FileLocation
from smlint.shell import builtins, tests
from smlint.shell.housekeeping import is_builtin, is_idle, is_trivial
from smlint.shell.machine import FAILURE, SUCCESS, UNDECIDED, Event, Machine, Status, Wait, shown, visible
from smlint.shell.outcome import Condition, How, Started
from smlint.shell.parse import Script, parse
from smlint.shell.syntax import (
    AndOr,
    Assignment,
    Block,
    Case,
    Function,
    Group,
    If,
    Loop,
    LoopKind,
    Negated,
    Node,
    Opaque,
    Piece,
    Pipeline,
    Redirected,
    Simple,
    Statement,
)
from smlint.shell.transform import matches
from smlint.shell.words import ALL, Parameters, Value, fields, pattern, single

#: Ways that are followed at the same time; beyond it, ways that differ in variables alone become one.
_WAYS: Final = 24
_MAX_WAYS: Final = 96
_MAX_STEPS: Final = 20_000
_MAX_LEVELS: Final = 90
_MAX_CALLS: Final = 8
_MAX_ROUNDS: Final = 40
_MAX_CONDITION: Final = 80


class Sourced(NamedTuple):
    """A file that a script reads with ``source`` or ``.``."""

    #: What locations in it are called.
    name: str
    text: str


class _Text:
    """A script with its name and lines."""

    def __init__(self, name: str, script: Script) -> None:
        self.name = name
        self.script = script
        self._lines = [0]
        self._origin = script.source

    def index(self, text: str) -> _Text:
        at = text.find("\n")
        while at >= 0:
            self._lines.append(at + 1)
            at = text.find("\n", at + 1)
        return self

    def location(self, start: int, end: int) -> FileLocation:
        first, last = self._origin.span(start, end)
        row = bisect_right(self._lines, first)
        end_row = bisect_right(self._lines, max(first, last - 1))
        return FileLocation(
            self.name, row, first - self._lines[row - 1] + 1, end_row, last - self._lines[end_row - 1] + 1
        )


class Executor:
    """Runs one script."""

    def __init__(
        self,
        *,
        read_source: Callable[[str, str], Sourced | None],
        tail: Callable[[Script], frozenset[int]],
        brace: bool,
    ) -> None:
        """``brace``: whether the shell expands ``{a,b}``."""
        self._read_source = read_source
        self._tail_of = tail
        self._brace = brace
        self._tail: frozenset[int] = frozenset()
        self._texts: list[_Text] = []
        self._current = 0
        self._reading: list[str] = []
        self._steps = 0
        #: Why not everything was followed; "" when all was.
        self.unseen = ""

    @property
    def scripts(self) -> list[Script]:
        """Everything that was read, in the order in which functions refer to it."""
        return [text.script for text in self._texts]

    def run(self, name: str, text: str, machine: Machine) -> list[Machine]:
        """Run the whole script; every machine that comes back has stopped or reached the end."""
        script = parse(text)
        if not script.complete:
            self.unseen = "a part of it could not be read"
        self._texts.append(_Text(name, script).index(text))
        self._tail = self._tail_of(script)
        return self._block(script.body, machine)

    def _block(self, block: Block, machine: Machine) -> list[Machine]:
        running, stopped = [machine], list[Machine]()
        for statement in block:
            following: list[Machine] = []
            for each in running:
                for after in self._statement(statement, each):
                    (stopped if after.stopped else following).append(after)
            running = self._bounded(following)
        return running + stopped

    def _bounded(self, machines: list[Machine]) -> list[Machine]:
        if len(machines) <= _WAYS:
            return machines
        merged: dict[object, Machine] = {}
        for machine in machines:
            key = (
                machine.events and machine.events[-1],
                machine.jobs,
                machine.waits,
                machine.parameters,
                frozenset(machine.traps.items()),
                machine.options,
            )
            if key in merged:
                _merge(merged[key], machine)
            else:
                merged[key] = machine
        if len(merged) > _MAX_WAYS:
            self.unseen = "there are too many ways through it"
        return list(merged.values())[:_MAX_WAYS]

    def _statement(self, statement: Statement, machine: Machine) -> list[Machine]:
        if not statement.background:
            return self.node(statement.node, machine)
        inner = machine.enter_subshell(How.BACKGROUND)
        inner.how, inner.job = How.BACKGROUND, len(machine.jobs) + 1
        inner.tested += 1
        ends: list[Machine] = []
        for end in self.node(statement.node, inner)[:4]:
            after = machine.leave_subshell(end)
            after.stopped = ""
            after.assumed, after.conditions = dict(machine.assumed), machine.conditions
            started = frozenset(range(len(machine.events), len(after.events)))
            after.jobs = (*machine.jobs, started)
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
        found = self._dispatch(node, machine)
        for each in found:
            each.levels -= 1
        return found

    def _dispatch(self, node: Node, machine: Machine) -> list[Machine]:
        match node:
            case Simple():
                return self._simple(node, machine)
            case Pipeline():
                return self._pipeline(node, machine)
            case Negated():
                return self._negated(node, machine)
            case AndOr():
                return self._and_or(node, machine)
            case Group():
                return self._group(node, machine)
            case Redirected():
                return self.node(node.body, machine)
            case If():
                return self._if(node, machine)
            case Case():
                return self._case(node, machine)
            case Loop():
                return self._loop(node, machine)
            case Function():
                machine.functions[node.name] = (node.body, self._current)
                machine.status = SUCCESS
                return [machine]
            case Opaque():
                if node.is_error:
                    self.unseen = "a part of it could not be read"
                machine.status = UNDECIDED
                return [machine]

    def _text(self, piece: Piece) -> str:
        return self._texts[self._current].script.source.text[piece.start : piece.end]

    def _place(self, start: int, end: int) -> FileLocation:
        return self._texts[self._current].location(start, end)

    # Simple commands.

    def _simple(self, node: Simple, machine: Machine) -> list[Machine]:
        first = self._text(node.words[0]) if node.words else ""
        if first == "[[":
            machine.status = self._condition(node, machine)
            return [machine]
        words: list[tuple[Value, Piece]] = [
            (value, piece)
            for piece in node.words
            for value in fields(self._text(piece), machine, brace=self._brace)
        ]
        while len(words) > 1 and words[0][0].text in ("command", "builtin"):
            if words[1][0].text.startswith("-") and words[1][0].text != "--":
                machine.status = UNDECIDED
                return self._checked(machine)
            words = words[1:]
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
            return self._call(function, [value for value, _ in words[1:]], machine)
        builtin = builtins.BUILTINS.get(texts[0])
        if builtin is not None:
            return self._checked_all(builtin(self, node, words, machine))
        if texts[0] in ("[", "test"):
            arguments = [visible(text) for text in texts[1:]]
            if texts[0] == "[" and arguments:
                arguments.pop()
            machine.status = Status(tests.evaluate(arguments))
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
        arguments = tuple(shown(value, self._place(piece.start, piece.end)) for value, piece in words)
        texts = [argument.text for argument in arguments]
        assignments = tuple(
            (each.name, visible(single(self._text(each.value), machine).text))
            for each in node.assignments
            if each.value is not None
        )
        started = Started(
            arguments, assignments, self._place(node.start, node.end), how, visible(machine.directory)
        )
        machine.events = (
            *machine.events,
            Event(
                started,
                is_trivial=is_trivial(texts),
                is_idle=is_idle(texts),
                is_tail=id(node) in self._tail and not machine.calls,
                traps=tuple(machine.traps.items()),
                job=machine.job,
                is_asked=machine.asked > 0,
                in_loop=machine.loops > 0,
                in_function=machine.calls > 0,
            ),
        )
        machine.status = Status(None, frozenset((len(machine.events) - 1,)))
        return machine

    def _checked_all(self, machines: Iterable[Machine]) -> list[Machine]:
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
        failed.assumed.update(dict.fromkeys(machine.status.origins, False))
        failed.stopped = "exit"
        machine.assumed.update(dict.fromkeys(machine.status.origins, True))
        machine.status = SUCCESS
        return [machine, failed]

    def assign(self, assignment: Assignment, machine: Machine) -> None:
        """``name=value`` in the shell itself."""
        name = assignment.name
        if assignment.elements is not None:
            values = [
                v
                for piece in assignment.elements
                for v in fields(self._text(piece), machine, brace=self._brace)
            ]
            before = machine.arrays.get(name) if assignment.appends else ()
            machine.arrays[name] = None if before is None else (*before, *values)
            used: frozenset[int] = frozenset().union(*(value.used for value in values))
            machine.variables[name] = Value(UNRESOLVED, used)
            return
        if assignment.value is not None:
            machine.variables[name] = single(self._text(assignment.value), machine)
            return
        raw = self._text(Piece(assignment.start, assignment.end))
        added = single(raw.partition("=")[2], machine)
        before_value = machine.variable(name) or Value("")
        if assignment.appends and not raw.startswith(f"{name}["):
            machine.variables[name] = Value(before_value.text + added.text, before_value.used | added.used)
        else:
            machine.variables[name] = Value(UNRESOLVED, before_value.used | added.used)
            machine.arrays[name] = None

    def _call(
        self, function: tuple[Node, int], arguments: Sequence[Value], machine: Machine
    ) -> list[Machine]:
        if machine.calls >= _MAX_CALLS:
            self.unseen = "functions call each other too deeply"
            return [machine]
        parameters, current = machine.parameters, self._current
        machine.parameters = Parameters(tuple(arguments))
        machine.calls += 1
        self._current = function[1]
        ends = self.node(function[0], machine)
        self._current = current
        for end in ends:
            end.parameters = parameters
            end.calls -= 1
            if end.stopped == "return":
                end.stopped = ""
        return ends

    def evaluate(self, text: str, machine: Machine) -> list[Machine]:
        """``eval``: run text, whose places are unknown, in this shell."""
        name = self._texts[self._current].name
        return self._included(_Text(name, parse(text)).index(text), machine)

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
        ends = self._included(_Text(found.name, parse(found.text)).index(found.text), machine)
        self._reading.pop()
        for end in ends:
            if arguments:
                end.parameters = parameters
            if end.stopped == "return":
                end.stopped = ""
        return ends

    def _included(self, text: _Text, machine: Machine) -> list[Machine]:
        if not text.script.complete:
            self.unseen = "a part of what it reads could not be read"
        current = self._current
        self._texts.append(text)
        self._current = len(self._texts) - 1
        machine.calls += 1
        ends = self._block(text.script.body, machine)
        for end in ends:
            end.calls -= 1
        self._current = current
        return ends

    def wait(self, jobs: frozenset[int] | None, machine: Machine) -> None:
        """``wait``: for some jobs, or for all (None)."""
        machine.waits = (*machine.waits, Wait(jobs, len(machine.events)))

    # Compound commands.

    def _pipeline(self, node: Pipeline, machine: Machine) -> list[Machine]:
        here = [machine]
        outer, machine.piped = machine.piped, frozenset()
        for part in node.parts:
            following: list[Machine] = []
            for each in here:
                inner = each.enter_subshell(How.PIPED)
                inner.tested += 1
                for end in self.node(part, inner):
                    end.tested = each.tested
                    after = each.leave_subshell(end)
                    after.piped = each.piped | end.status.origins
                    following.append(after)
            here = self._bounded(following)
        for each in here:
            if "pipefail" in each.options and each.piped:
                each.status = Status(None, each.piped)
            each.piped = outer
        return self._checked_all(here)

    def _negated(self, node: Negated, machine: Machine) -> list[Machine]:
        machine.tested += 1
        ends = self.node(node.body, machine)
        for end in ends:
            end.tested -= 1
            value, origins, is_negated = end.status
            end.status = Status(None if value is None else not value, origins, not is_negated)
        return ends

    def _and_or(self, node: AndOr, machine: Machine) -> list[Machine]:
        operands = [("", node.first), *node.rest]
        running, done = [machine], list[Machine]()
        for index, (operator, operand) in enumerate(operands):
            last = index == len(operands) - 1
            following: list[Machine] = []
            for each in running:
                if not operator:
                    following += self._operand(operand, each, last)
                    continue
                for truth, way in self._decide(each, operands[index - 1][1]):
                    if truth is (operator == "&&"):
                        following += self._operand(operand, way, last)
                    else:
                        following.append(way)
            running = [each for each in following if not each.stopped]
            done += [each for each in following if each.stopped]
            running = self._bounded(running)
        return running + done

    def _operand(self, node: Node, machine: Machine, last: bool) -> list[Machine]:
        machine.tested += not last
        ends = self.node(node, machine)
        for end in ends:
            end.tested -= not last
        return ends

    def _decide(self, machine: Machine, node: Node, is_question: bool = False) -> list[tuple[bool, Machine]]:
        """Go on both ways where the status of ``node`` is not known."""
        if machine.stopped:
            return [(True, machine)]
        status = machine.status
        if status.value is not None:
            return [(status.value, machine)]
        ways: list[tuple[bool, Machine]] = []
        for truth in (True, False):
            way = machine.copy()
            way.status = SUCCESS if truth else FAILURE
            if status.origins:
                worked = truth is not status.is_negated
                way.assumed.update(dict.fromkeys(status.origins, worked))
                if not truth and not worked:
                    way.status = Status(False, status.origins)
            if is_question or not status.origins:
                self._assume(way, node, truth)
            ways.append((truth, way))
        return ways

    def _assume(self, machine: Machine, node: Node, truth: bool) -> None:
        if isinstance(node, AndOr):
            node = node.rest[-1][1]
        if isinstance(node, Negated):
            node, truth = node.body, not truth
        text = " ".join(self._text(Piece(node.start, node.end)).split())
        if len(text) > _MAX_CONDITION:
            text = text[: _MAX_CONDITION - 1] + "…"
        machine.conditions = (*machine.conditions, Condition(text, truth, self._place(node.start, node.end)))

    def _condition(self, node: Simple, machine: Machine) -> Status:
        words = [self._text(piece) for piece in node.words[1:]]
        if words and words[-1] == "]]":
            words.pop()
        return Status(
            tests.condition(
                words,
                lambda word: visible(single(word, machine).text),
                lambda word: visible(pattern(word, machine).text),
            )
        )

    def _group(self, node: Group, machine: Machine) -> list[Machine]:
        if not node.subshell:
            return self._block(node.body, machine)
        ends = []
        for end in self._block(node.body, machine.enter_subshell(How.SUBSHELL)):
            after = machine.leave_subshell(end)
            after.levels = machine.levels
            ends.append(after)
        return self._checked_all(ends)

    def _if(self, node: If, machine: Machine) -> list[Machine]:
        pending, done = [machine], list[Machine]()
        for condition, body in node.branches:
            asked: list[Machine] = []
            for each in pending:
                asked += self._tested(condition, each)
            pending = []
            for each in asked:
                if each.stopped:
                    done.append(each)
                    continue
                for truth, way in (
                    self._decide(each, condition[-1].node, True) if condition else [(True, each)]
                ):
                    if truth:
                        done += self._block(body, way)
                    else:
                        pending.append(way)
            pending = self._bounded(pending)
        for each in pending:
            each.status = SUCCESS
            done += self._block(node.otherwise, each) if node.otherwise is not None else [each]
        return done

    def _tested(self, block: Block, machine: Machine) -> list[Machine]:
        machine.tested += 1
        machine.asked += 1
        ends = self._block(block, machine)
        for end in ends:
            end.tested -= 1
            end.asked -= 1
        return ends

    def _case(self, node: Case, machine: Machine) -> list[Machine]:
        word = visible(single(self._text(node.word), machine).text)
        pending, done, falling = [machine], list[Machine](), list[Machine]()
        for item in node.items:
            entering, rest = falling, []
            falling = []
            for each in pending:
                results = [matches(word, visible(pattern(self._text(p), each).text)) for p in item.patterns]
                holds = True if True in results else None if None in results else False
                if holds is not True:
                    way = each.copy()
                    if holds is None:
                        self._assume_case(way, node, item.patterns, False)
                    rest.append(way)
                if holds is not False:
                    if holds is None:
                        self._assume_case(each, node, item.patterns, True)
                    entering.append(each)
            for each in entering:
                ends = self._block(item.body, each)
                running = [end for end in ends if not end.stopped]
                done += [end for end in ends if end.stopped]
                if item.end == ";&":
                    falling += running
                elif item.end == ";;&":
                    rest += running
                else:
                    done += running
            pending = self._bounded(rest)
        return [*done, *falling, *pending]

    def _assume_case(self, machine: Machine, node: Case, patterns: Sequence[Piece], holds: bool) -> None:
        text = f"{self._text(node.word)} in {'|'.join(self._text(p) for p in patterns)}"
        if not patterns or (
            not holds and len(machine.conditions) > 0 and machine.conditions[-1].text == text
        ):
            return
        place = self._place(patterns[0].start, patterns[-1].end)
        machine.conditions = (*machine.conditions, Condition(text, holds, place))

    def _loop(self, node: Loop, machine: Machine) -> list[Machine]:
        if node.kind is LoopKind.FOR:
            values = list(machine.parameters.all_from(1))
            if node.words is not None:
                values = [
                    value
                    for piece in node.words
                    for value in fields(self._text(piece), machine, brace=self._brace)
                ]
            if len(values) <= _MAX_ROUNDS and not any(UNRESOLVED in value.text for value in values):
                return self._rounds(node, values, machine)
        if node.kind in (LoopKind.WHILE, LoopKind.UNTIL):
            return self._while(node, machine)
        if node.variable:
            machine.variables[node.variable] = Value(
                UNRESOLVED, frozenset((ALL,)) if node.words is None else frozenset()
            )
        return self._unknown_rounds(node, machine)

    def _rounds(self, node: Loop, values: Sequence[Value], machine: Machine) -> list[Machine]:
        running, done = [machine], list[Machine]()
        machine.status = SUCCESS
        for value in values:
            following: list[Machine] = []
            for each in running:
                each.variables[node.variable] = value
                for end in self._block(node.body, each):
                    left = _after_round(end)
                    (done if left or end.stopped else following).append(end)
            running = self._bounded(following)
        return running + done

    def _while(self, node: Loop, machine: Machine) -> list[Machine]:
        done: list[Machine] = []
        running = [machine]
        for round_number in range(_MAX_ROUNDS):
            following: list[Machine] = []
            for each in running:
                for asked in self._tested(node.condition, each):
                    if asked.stopped:
                        done.append(asked)
                        continue
                    wanted = node.kind is LoopKind.WHILE
                    if asked.status.value is None:
                        done += self._unknown_while(node, asked)
                    elif asked.status.value is not wanted:
                        asked.status = SUCCESS
                        done.append(asked)
                    else:
                        before = asked.copy()
                        for end in self._block(node.body, asked):
                            if _after_round(end) or end.stopped:
                                done.append(end)
                            elif _same(before, end) or round_number == _MAX_ROUNDS - 1:
                                end.stopped = "loop"
                                done.append(_looped(end, len(before.events)))
                            else:
                                following.append(end)
            running = self._bounded(following)
            if not running:
                break
        return done

    def _unknown_while(self, node: Loop, machine: Machine) -> list[Machine]:
        return self._unknown_rounds(node, machine)

    def _unknown_rounds(self, node: Loop, machine: Machine) -> list[Machine]:
        """A loop that may run any number of times: not at all, or so often that what it changes is unknown."""
        skipped = machine.copy()
        skipped.status = SUCCESS
        before = len(machine.events)
        parameters = machine.parameters
        ends = self._block(node.body, machine)
        for end in ends:
            _after_round(end)
            if end.parameters != parameters:
                end.parameters = Parameters((), rest=1)
            for name in end.variables:
                if end.variables[name] != skipped.variables.get(name):
                    value = end.variables[name]
                    end.variables[name] = Value(UNRESOLVED, value.used if value is not None else frozenset())
            for name, elements in end.arrays.items():
                known = skipped.arrays.get(name)
                if elements != known:
                    end.arrays[name] = _any_number(known or (), elements)
        changed = [end for end in ends if end.stopped or len(end.events) > before]
        if not changed:
            # Nothing was started: one way is enough, with what the loop may have changed unknown.
            return ends[:1] if ends else [skipped]
        return [skipped, *changed]


def _after_round(machine: Machine) -> bool:
    """Whether the loop is left; clears ``break`` and ``continue``."""
    left = machine.stopped == "break"
    if machine.stopped in ("break", "continue"):
        machine.stopped = ""
    return left


def _any_number(before: tuple[Value, ...], after: tuple[Value, ...] | None) -> tuple[Value, ...] | None:
    """An array to which a loop appends: what it held, and then nobody knows how many elements."""
    if after is None or after[: len(before)] != before:
        return None
    used: frozenset[int] = frozenset().union(*(value.used for value in after))
    return (*before, Value(UNRESOLVED, used))


def _same(before: Machine, after: Machine) -> bool:
    """Whether another round could not differ from the last one."""
    return before.variables == after.variables and before.parameters == after.parameters


def _looped(machine: Machine, first: int) -> Machine:
    events = [
        event._replace(in_loop=True) if at >= first else event for at, event in enumerate(machine.events)
    ]
    machine.events = tuple(events)
    return machine


def _merge(kept: Machine, other: Machine) -> None:
    """Make ``kept`` stand for ``other`` as well: what they disagree on is unknown."""
    for name in kept.variables.keys() | other.variables.keys():
        one, two = kept.variable(name), other.variable(name)
        if one != two:
            used = (one.used if one else frozenset()) | (two.used if two else frozenset())
            kept.variables[name] = Value(UNRESOLVED, used)
    for name in kept.arrays.keys() | other.arrays.keys():
        if kept.arrays.get(name) != other.arrays.get(name):
            kept.arrays[name] = None
    kept.functions.update(other.functions)
    if kept.directory != other.directory:
        kept.directory = UNRESOLVED
    if kept.status != other.status:
        kept.status = Status(None, kept.status.origins | other.status.origins)
    shared = zip(kept.conditions, other.conditions, strict=False)
    same = next(
        (at for at, (one, two) in enumerate(shared) if one != two),
        min(len(kept.conditions), len(other.conditions)),
    )
    kept.conditions = kept.conditions[:same]
    for origin in list(kept.assumed):
        if other.assumed.get(origin) != kept.assumed[origin]:
            del kept.assumed[origin]
