"""Keeps the number of ways through a script bounded, by making one of those that differ in variables alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from smlint.container import UNRESOLVED
from smlint.shell.machine import Machine, Status
from smlint.shell.words import Value

#: Ways that are followed at the same time; beyond it, they are merged where they can be.
_WAYS: Final = 24
_MAX_WAYS: Final = 96


def bounded(machines: Sequence[Machine]) -> tuple[list[Machine], bool]:
    """The ways to go on with, and whether some had to be left out."""
    if len(machines) <= _WAYS:
        return list(machines), False
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
    return list(merged.values())[:_MAX_WAYS], len(merged) > _MAX_WAYS


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
