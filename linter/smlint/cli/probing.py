"""Runs the probes that a call asks for, with progress, interruption and one line for what goes wrong."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, NamedTuple, NoReturn

import typer

from smlint.cli import options
from smlint.probe.interruption import Interruption, ProbeInterruptedError
from smlint.probe.plan import ProbeError, ProbePlan
from smlint.probe.progress import Silent
from smlint.probe.record import ProbeRecord

if TYPE_CHECKING:
    import docker

    from smlint.report.probe_line import ProbeLine


class Probes(NamedTuple):
    """The records of the probes that could be made, and a line for each that could not."""

    records: tuple[ProbeRecord, ...]
    failures: tuple[str, ...]


def run(plans: Iterable[ProbePlan]) -> Probes:
    """Probe one plan after the other. Ctrl-C and SIGTERM end the call when everything is cleaned up."""
    from smlint.probe.session import probe

    records: list[ProbeRecord] = []
    failures: list[str] = []
    with _engine() as client, Interruption() as interruption, _line() as line:
        for plan in plans:
            try:
                records.append(probe(client.api, plan, line, interruption))
            except ProbeInterruptedError as interrupted:
                _end(interrupted)
            except ProbeError as error:
                failures.append(str(error))
    return Probes(tuple(records), tuple(failures))


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
