"""What the image's files let one expect of a run: the launch chain, and whether the program installs a handler."""

from __future__ import annotations

from typing import NamedTuple

from smlint.container import Container, Known, Overrides, Word
from smlint.diagnostics import Location
from smlint.launch import Launch, resolve
from smlint.launch.programs import is_python
from smlint.launch.python_program import handles
from smlint.probe.plan import ProbePlan
from smlint.workload import Workload


class Expectation(NamedTuple):
    """The prediction beside which the observation is shown."""

    launch: Launch
    #: Whether the program is known to install a handler for every signal that the workload is stopped with.
    handler: bool
    #: What starts the program: where findings stand.
    anchor: Location


def expect(container: Container, plan: ProbePlan) -> Expectation:
    """Resolve the chain that ``plan`` starts and read its program, where that is one Python file."""
    place = container.anchor
    overrides = Overrides(
        tuple(Word(text, place) for text in plan.entrypoint) or None,
        tuple(Word(text, place) for text in plan.arguments) or None,
    )
    launch = resolve(container, plan.workload, overrides)
    return Expectation(launch, _has_handler(container, launch), _anchor(container, plan))


def _has_handler(container: Container, launch: Launch) -> bool:
    signals = {"SIGTERM", "SIGINT"} if launch.workload is Workload.PROCESSING else {"SIGTERM"}
    programs = launch.programs
    if not programs or isinstance(container.stop_signal, Known):
        return False
    return all(
        is_python(program.argv[0])
        and isinstance(program.file, Known)
        and all(handles(container, program.file.value, frozenset({name})).value is True for name in signals)
        for program in programs
    )


def _anchor(container: Container, plan: ProbePlan) -> Location:
    if not plan.entrypoint:
        if isinstance(container.entrypoint, Known):
            return container.entrypoint.location
        if plan.workload is Workload.PROCESSING and isinstance(container.cmd, Known):
            return container.cmd.location
    return container.anchor
