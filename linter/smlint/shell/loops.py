"""Loops: rounds that are known are run one by one; any other loop may run not at all or any number of times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from smlint.container import UNRESOLVED
from smlint.shell.control import tested
from smlint.shell.machine import SUCCESS, UNDECIDED, Machine, Status
from smlint.shell.outcome import Condition
from smlint.shell.syntax import Loop, LoopKind, Piece
from smlint.shell.words import ALL, Parameters, Value, fields

if TYPE_CHECKING:
    from smlint.shell.execute import Executor

_MAX_ROUNDS: Final = 40


def loop(executor: Executor, node: Loop, machine: Machine) -> list[Machine]:
    if node.kind is LoopKind.FOR:
        values = list(machine.parameters.all_from(1))
        if node.words is not None:
            values = [
                value
                for piece in node.words
                for value in fields(executor.text(piece), machine, brace=executor.brace)
            ]
        if len(values) <= _MAX_ROUNDS and not any(UNRESOLVED in value.text for value in values):
            return _rounds(executor, node, values, machine)
    if node.kind in (LoopKind.WHILE, LoopKind.UNTIL):
        return _while(executor, node, machine)
    if node.variable:
        machine.variables[node.variable] = Value(
            UNRESOLVED, frozenset((ALL,)) if node.words is None else frozenset()
        )
    return _unknown_rounds(executor, node, machine)


def _rounds(executor: Executor, node: Loop, values: Sequence[Value], machine: Machine) -> list[Machine]:
    running, done = [machine], list[Machine]()
    if not values:
        machine.status = SUCCESS
    outside = _Outside.of(machine)
    for value in values:
        following: list[Machine] = []
        for each in running:
            each.variables[node.variable] = value
            this = outside.begin(each)
            for end in executor.block(node.body, each):
                left = _after_round(end)
                this.end(end)
                (done if left or end.stopped else following).append(end)
        running = executor.bounded(following)
        outside = outside._replace(is_first=False)
    return running + done


def _may_end(executor: Executor, node: Loop) -> bool:
    """Whether the condition asks for something that the rounds may change."""
    texts = [executor.text(Piece(each.node.start, each.node.end)) for each in node.condition]
    return any("$" in text or "((" in text for text in texts)


def _while(executor: Executor, node: Loop, machine: Machine) -> list[Machine]:
    done: list[Machine] = []
    running = [machine]
    outside = _Outside.of(machine)
    for round_number in range(_MAX_ROUNDS):
        following: list[Machine] = []
        for each in running:
            this = outside.begin(each)
            # Of the last round, if there was one: what the loop ends with.
            status = each.status if round_number else SUCCESS
            executor.questions += 1
            answers = tested(executor, node.condition, each)
            executor.questions -= 1
            for asked in answers:
                if asked.stopped:
                    done.append(asked)
                    continue
                wanted = node.kind is LoopKind.WHILE
                if asked.status.value is None:
                    this.end(asked)
                    done += _unknown_while(executor, node, asked, status)
                elif asked.status.value is not wanted:
                    this.end(asked)
                    asked.status = status
                    done.append(asked)
                else:
                    before = asked.copy()
                    for end in executor.block(node.body, asked):
                        left = _after_round(end)
                        this.end(end)
                        if left or end.stopped:
                            done.append(end)
                        elif round_number == _MAX_ROUNDS - 1 and _may_end(executor, node):
                            # It ends at some time: a counter that has far to go, for one.
                            done += _unknown_rounds(executor, node, end, end.copy())
                        elif _same(before, end) or round_number == _MAX_ROUNDS - 1:
                            end.stopped = "loop"
                            done.append(_looped(end, len(before.events)))
                        else:
                            following.append(end)
        running = executor.bounded(following)
        outside = outside._replace(is_first=False)
        if not running:
            break
    return done


def _unknown_while(executor: Executor, node: Loop, machine: Machine, status: Status) -> list[Machine]:
    """A loop that ends when the status of a program does, or at a time that is not known; ``status`` if it ends here."""
    asked = machine.status
    before = set(machine.assumed)
    goes_on = (node.kind is LoopKind.WHILE) is not asked.is_negated
    skipped = machine.copy()
    if asked.origins and machine.status.value is None:
        skipped.assume(asked.origins, not goes_on)
        machine.assume(asked.origins, goes_on)
    skipped.status = status
    ends = _unknown_rounds(executor, node, machine, skipped)
    for end in ends:
        if end is not skipped and not end.stopped:
            # It was asked again since then, and at last it ended the loop.
            for origin in asked.origins - before:
                if goes_on:
                    end.assumed.pop(origin, None)
                else:
                    end.assumed[origin] = True
    return ends


def _unknown_rounds(
    executor: Executor, node: Loop, machine: Machine, skipped: Machine | None = None
) -> list[Machine]:
    """A loop that may run any number of times: not at all, or so often that what it changes is unknown.

    ``skipped`` is the way on which it does not, if that is another one than ``machine`` with success.
    """
    if skipped is None:
        skipped = machine.copy()
        skipped.status = SUCCESS
    before = len(machine.events)
    parameters = machine.parameters
    ends = executor.block(node.body, machine)
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
        for end in ends[:1]:
            end.conditions = skipped.conditions
            if end.status != skipped.status:
                end.status = UNDECIDED
        return ends[:1] if ends else [skipped]
    return [skipped, *changed]


class _Round(NamedTuple):
    """One round: what it began with, for what may be said behind it of its conditions."""

    outside: _Outside
    #: What the rounds before it have left to say.
    earlier: tuple[Condition, ...]
    events: int

    def end(self, machine: Machine) -> None:
        """Keep what made this round, or one before it, start a program; else what all rounds had in common."""
        if machine.stopped or len(machine.events) > self.events:
            return
        outer, own = (
            machine.conditions[: self.outside.conditions],
            machine.conditions[self.outside.conditions :],
        )
        if self.events > self.outside.events:
            own = self.earlier
        elif not self.outside.is_first:
            own = tuple(condition for condition in own if condition in self.earlier)
        machine.conditions = outer + own


class _Outside(NamedTuple):
    """How many conditions and events there were before a loop."""

    conditions: int
    events: int
    is_first: bool = True

    @classmethod
    def of(cls, machine: Machine) -> _Outside:
        return cls(len(machine.conditions), len(machine.events))

    def begin(self, machine: Machine) -> _Round:
        """Begin a round: what earlier ones assumed of ``$x`` says nothing about it, for it is another one now."""
        earlier = machine.conditions[self.conditions :]
        machine.conditions = machine.conditions[: self.conditions]
        return _Round(self, earlier, len(machine.events))


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
