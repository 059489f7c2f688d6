"""Keeps the number of ways through a script bounded, by making one of those that differ in variables alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from smlint.container import UNRESOLVED
from smlint.shell.machine import Machine, Status
from smlint.shell.words import Value

#: Ways that are followed at the same time. Those that go on alike are always made one; beyond the first figure also those
#: that differ in the housekeeping they did last, beyond the second those that differ in variables.
_SAME_HOUSEKEEPING: Final = 4
_WAYS: Final = 16
_MAX_WAYS: Final = 96


def bounded(machines: Sequence[Machine]) -> tuple[list[Machine], bool]:
    """The ways to go on with, and whether some had to be left out."""
    if len(machines) < 2:
        return list(machines), False
    machines = _distinct(machines)
    if len(machines) > _SAME_HOUSEKEEPING:
        machines = _distinct(machines, housekeeping=False)
    if len(machines) <= _WAYS:
        return machines, False
    merged: dict[object, Machine] = {}
    for machine in machines:
        key = (
            machine.events and machine.events[-1],
            machine.jobs,
            machine.outcomes,
            machine.waits,
            machine.told,
            machine.parameters,
            frozenset(machine.traps.items()),
            machine.options,
        )
        if key in merged:
            _merge(merged[key], machine)
        else:
            merged[key] = machine
    return list(merged.values())[:_MAX_WAYS], len(merged) > _MAX_WAYS


def _distinct(machines: Sequence[Machine], *, housekeeping: bool = True) -> list[Machine]:
    """The ways that go on differently; of those that do not, only the conditions that they share are kept.

    Nothing is lost: a program at the end of them would be one program, under those conditions. Without ``housekeeping``
    it is forgotten which command of a script that starts nothing else was the last one.
    """
    found: dict[object, Machine] = {}
    for machine in machines:
        kept = found.setdefault(_likeness(machine, housekeeping), machine)
        if kept is machine:
            continue
        if kept.conditions != machine.conditions:
            others = frozenset(machine.conditions)
            kept.conditions = tuple(each for each in kept.conditions if each in others)
        if False not in machine.assumed.values():
            # The end that it may come to without a program is no failure's.
            kept.events, kept.assumed, kept.status = machine.events, machine.assumed, machine.status
    return list(found.values())


def _likeness(machine: Machine, housekeeping: bool) -> object:
    """Everything that decides how a way goes on, and what is said of it at its end."""
    events = machine.events
    values = [value.text for value in machine.variables.values() if value is not None]
    values += [value.text for value in machine.parameters.values]
    # Jobs and marks in values refer to programs by number, housekeeping included.
    by_number = machine.jobs or machine.piped.origins or any("\0" in text for text in values)
    status = machine.status
    return (
        machine.past,
        events if by_number else None,
        # Housekeeping is what the script is for only where nothing else is started.
        None if machine.past or not housekeeping else (events[-1:], machine.assumed.get(len(events) - 1)),
        machine.jobs,
        machine.piped,
        machine.waits,
        machine.told,
        machine.doubted,
        machine.parameters,
        machine.options,
        (machine.directory, machine.directories, machine.previous),
        frozenset(machine.variables.items()),
        frozenset(machine.arrays.items()),
        (frozenset(machine.traps.items()), machine.was_trapped, machine.outcomes),
        frozenset((name, id(body), number) for name, (body, number) in machine.functions.items()),
        frozenset((machine.hidden or {}).items()),
        (status.value, status.is_negated),
        frozenset((events[at].started, machine.assumed.get(at)) for at in status.origins),
    )


def _merge(kept: Machine, other: Machine) -> None:
    """Make ``kept`` stand for ``other`` as well: what they disagree on is unknown."""
    for name in kept.variables.keys() | other.variables.keys():
        one, two = kept.variable(name), other.variable(name)
        if one != two:
            used = (one.used if one else frozenset()) | (two.used if two else frozenset())
            kept.variables[name] = Value(UNRESOLVED, used)
    for name in kept.arrays.keys() | other.arrays.keys():
        kept.arrays[name] = _either(kept.arrays.get(name), other.arrays.get(name))
    kept.functions.update(other.functions)
    kept.doubted |= other.doubted
    if kept.directory != other.directory:
        kept.directory = UNRESOLVED
    if (kept.directories, kept.previous) != (other.directories, other.previous):
        kept.directories, kept.previous = (), UNRESOLVED
    if kept.status != other.status:
        # Programs are known by number, and a number of the other way may mean none here, or another one.
        is_shared = all(kept.events[at : at + 1] == other.events[at : at + 1] for at in other.status.origins)
        kept.status = Status(None, kept.status.origins | other.status.origins if is_shared else frozenset())
    shared = zip(kept.conditions, other.conditions, strict=False)
    same = next(
        (at for at, (one, two) in enumerate(shared) if one != two),
        min(len(kept.conditions), len(other.conditions)),
    )
    kept.conditions = kept.conditions[:same]
    last, others_last = len(kept.events) - 1, len(other.events) - 1
    for origin in list(kept.assumed):
        theirs = others_last if origin == last else origin
        if other.assumed.get(theirs) != kept.assumed[origin]:
            del kept.assumed[origin]
            kept.doubted |= {origin}


def _either(one: tuple[Value, ...] | None, two: tuple[Value, ...] | None) -> tuple[Value, ...] | None:
    """The elements that two arrays begin with, and nobody knows what behind them."""
    if one == two or one is None or two is None:
        return one if one == two else None
    same = next((at for at, (left, right) in enumerate(zip(one, two, strict=False)) if left != right), None)
    shared = min(len(one), len(two)) if same is None else same
    used: frozenset[int] = frozenset().union(*(value.used for value in (*one[shared:], *two[shared:])))
    return (*one[:shared], Value(UNRESOLVED, used))
