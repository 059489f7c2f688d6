"""Runs the probes that a call asks for, with progress, interruption and one line for what goes wrong."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, NamedTuple, NoReturn

import typer

from smlint.cli import options
from smlint.cli.probe_options import ProbeArguments, plans
from smlint.diagnostics import Diagnostic, ImageLocation
from smlint.engine import Outcome, Plan, in_order
from smlint.image.reference import Transport, parse_reference
from smlint.probe.diagnose import diagnostics
from smlint.probe.expectation import Expectation, expect
from smlint.probe.interruption import Interruption, ProbeInterruptedError
from smlint.probe.plan import ProbeError, ProbePlan
from smlint.probe.progress import Silent
from smlint.probe.record import Probed
from smlint.probe.session import probe
from smlint.workload import Workload

if TYPE_CHECKING:
    import docker

    from smlint.container import Container
    from smlint.image.origin import Origin
    from smlint.report.probe_line import ProbeLine


class Asked(NamedTuple):
    """What the call says about all its probes."""

    words: ProbeArguments
    workloads: tuple[Workload, ...]
    rules: Plan
    #: The Dockerfile that findings are led back to.
    origin: Origin | None


class _Planned(NamedTuple):
    plan: ProbePlan
    expectation: Expectation


class Probes(NamedTuple):
    """The outcomes with what the probes add to them, and a line for each probe that could not be made."""

    outcomes: tuple[Outcome, ...]
    failures: tuple[str, ...]


class Foresight:
    """What the images let one expect of their probes, gathered while they are open to be judged.

    To open an image once more costs a third of a second.
    """

    def __init__(self, asked: Asked) -> None:
        """Ends the call for words that mean nothing, before anything takes time."""
        self.asked = asked
        try:
            plans(asked.words, "", asked.workloads)
        except ProbeError as error:
            options.usage(str(error))
        self._planned: dict[str, tuple[_Planned, ...] | ProbeError] = {}

    def look(self, reference: str, container: Container) -> None:
        """Note the plans for an image; what is wrong with them is said when they are wanted."""
        try:
            self._planned[reference] = tuple(_plans(reference, container, self.asked))
        except ProbeError as error:
            self._planned[reference] = error

    def plans(self, reference: str) -> tuple[_Planned, ...]:
        """The plans for an image that was looked at, each with what to expect; raises ProbeError."""
        found = self._planned[reference]
        if isinstance(found, ProbeError):
            raise found
        return found


def _plans(reference: str, container: Container, asked: Asked) -> Iterator[_Planned]:
    named = parse_reference(reference)
    if named.transport not in (Transport.ANY, Transport.DOCKER_DAEMON) or named.image is None:
        raise ProbeError(
            f"{reference} lies on no engine, so that it cannot be started; load it first: docker load"
        )
    for plan in plans(asked.words, named.image, asked.workloads):
        expectation = expect(container, plan)
        ready = plan.ready._replace(expects_handler=expectation.handler)
        yield _Planned(plan._replace(ready=ready, anchor=expectation.anchor), expectation)


def run(references: Iterable[str], outcomes: Iterable[Outcome], foresight: Foresight) -> Probes:
    """Probe one image after the other. Ctrl-C and SIGTERM end the call when everything is cleaned up."""
    found = list(outcomes)
    failures: list[str] = []
    asked = foresight.asked
    with _engine() as client, Interruption() as interruption, _line() as line:
        for reference in references:
            index = _judged(reference, found)
            if index is None:
                # It could not even be read, and a line about that has been made already.
                continue
            try:
                for plan, expectation in foresight.plans(reference):
                    record = probe(client.api, plan, line, interruption)
                    found[index] = _with(found[index], Probed(record, expectation.launch), asked)
            except ProbeInterruptedError as interrupted:
                _end(interrupted)
            except ProbeError as error:
                failures.append(str(error))
    return Probes(tuple(found), tuple(failures))


def _judged(reference: str, outcomes: list[Outcome]) -> int | None:
    """Which of the outcomes is about the image; a bare name is called by the transport that had it."""
    image = parse_reference(reference).image
    names = (reference, f"{Transport.DOCKER_DAEMON}:{image}", f"{Transport.DOCKER}://{image}")
    return next((index for index, outcome in enumerate(outcomes) if outcome.subject.name in names), None)


def _with(outcome: Outcome, probed: Probed, asked: Asked) -> Outcome:
    """``outcome`` with the probe and what the live rules say of it."""
    found: Iterable[Diagnostic] = diagnostics(probed.record, asked.rules)
    ignored: Iterable[Diagnostic] = ()
    if asked.origin is not None:
        place = probed.record.anchor
        made_by = place.created_by if isinstance(place, ImageLocation) else None
        related = asked.origin.relate(found, [made_by] if made_by else [])
        found, ignored, _ = asked.origin.obey(related, asked.rules.registry)
    return outcome._replace(
        diagnostics=tuple(in_order([*outcome.diagnostics, *found])),
        suppressed=tuple(in_order([*outcome.suppressed, *ignored])),
        probes=(*outcome.probes, probed),
    )


def clean() -> None:
    """Remove what killed probes left, and say what was removed and what was left alone."""
    from smlint.probe.cleanup import sweep

    with _engine() as client:
        swept = sweep(client.api)
    typer.echo(f"removed what {_count(len(swept.removed))} left")
    for probe_id, reason in swept.kept:
        typer.echo(f"left probe {probe_id} alone: {reason}")


def _count(number: int) -> str:
    return "1 probe" if number == 1 else f"{number} probes"


@contextmanager
def _engine() -> Iterator[docker.DockerClient]:
    """A client of the engine in force; what the engine refuses ends the call with one line."""
    import docker.errors
    import requests

    from smlint.image.connection import NoEngineError, connect, innermost

    try:
        client = connect()
    except NoEngineError as error:
        options.usage(str(error))
    try:
        yield client
    except (docker.errors.DockerException, requests.RequestException) as error:
        options.usage(f"the engine failed: {getattr(error, 'explanation', None) or innermost(error)}")
    finally:
        client.close()


def _line() -> AbstractContextManager[ProbeLine | Silent]:
    if not sys.stderr.isatty():
        return nullcontext(Silent())
    from smlint.report.probe_line import ProbeLine

    return ProbeLine()


def _end(interrupted: ProbeInterruptedError) -> NoReturn:
    options.complain(f"{interrupted}; the probe's container and volumes are removed")
    raise typer.Exit(interrupted.exit_code)
