"""What the launch rules share: walking the chains of the assumed workloads, and finding where something is lost."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from smlint.container import Container
from smlint.diagnostics import Location, Related
from smlint.launch import Answer, Hop, Launch, Relation, resolve
from smlint.rule import Context


class Step(NamedTuple):
    """A process and the one it starts."""

    parent: Hop
    child: Hop


def launches(container: Container, context: Context) -> Iterator[Launch]:
    """The chains of the assumed workloads, those with the same processes once."""
    seen = set()
    for workload in context.workloads:
        launch = resolve(container, workload)
        if launch.root is not None and launch.root not in seen:
            seen.add(launch.root)
            yield launch


def steps(launch: Launch) -> Iterator[Step]:
    """Every start of a process by another one, on every way a script may take, each once."""
    seen = set()
    for path in launch.paths():
        for parent, child in pairwise(path):
            if (parent, child) not in seen:
                seen.add((parent, child))
                yield Step(parent, child)


def loses(before: Answer, after: Answer) -> bool:
    """Whether something is certainly lost between two processes, and not already before."""
    return after.value is False and before.value is not False


def always(launch: Launch, step: Step) -> bool:
    """Whether every way through the script loses it there: a way that is right makes the others a choice."""
    siblings = step.parent.then
    return all(sibling.sigterm.value is False for sibling in siblings)


def related(hop: Hop, message: str, primary: Location) -> tuple[Related, ...]:
    """The place of ``hop`` as a labelled span, unless it is the finding's own."""
    return (Related(message, hop.location),) if hop.location != primary else ()


def short(hop: Hop, limit: int = 60) -> str:
    """What runs, for a message."""
    text = hop.text
    return text if len(text) <= limit else text[: limit - 1] + "…"


def is_replaced(hop: Hop) -> bool:
    """Whether ``hop`` took its parent's place."""
    return hop.relation is Relation.REPLACES
