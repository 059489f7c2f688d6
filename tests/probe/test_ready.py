"""When a process tree is at rest, and what is said of a server that did not answer in time."""

from __future__ import annotations

import threading
from typing import cast

import pytest

from smlint.probe.interruption import Interruption
from smlint.probe.ping import Pinger
from smlint.probe.plan import ProbePlan, Readiness
from smlint.probe.progress import Silent
from smlint.probe.ready import Ready, Stillness, Wait, _nowhere_else
from smlint.probe.record import Masks, Phase, Ping, Process, Snapshot
from smlint.probe.signals import SIGTERM
from tests.probe.containers import CATCHES, Scripted, process, snapshot

SILENT = Ping(None, "no answer within 2 s", 2.0, 3)
UNHEALTHY = Ping(500, "", 0.1, 4)


class Server:
    """Answers on 127.0.0.1 or not, and from outside what it is told to."""

    def __init__(self, on_loopback: bool | None, outside: Ping) -> None:
        self._on_loopback = on_loopback
        self._outside = outside

    def on_loopback(self) -> bool | None:
        return self._on_loopback

    def ask(self) -> Ping:
        return self._outside


@pytest.mark.parametrize(
    ("server", "last", "status", "on_loopback"),
    [
        (Server(True, SILENT), SILENT, None, True),
        # Busy at the last ping, awake at the next: that is no server on 127.0.0.1 alone.
        (Server(True, UNHEALTHY), SILENT, 500, True),
        (Server(True, SILENT), UNHEALTHY, 500, True),
        (Server(False, UNHEALTHY), SILENT, None, False),
        (Server(None, UNHEALTHY), SILENT, None, None),
    ],
)
def test_only_a_server_that_stays_silent_outside_is_on_loopback_alone(
    server: Server, last: Ping, status: int | None, on_loopback: bool | None
) -> None:
    found = _nowhere_else(cast(Pinger, server), last)
    assert (found.status, found.on_loopback) == (status, on_loopback)


def looked_at(at: float, state: str, caught: int = 0) -> Snapshot:
    return Snapshot(at, Phase.STARTING, (Process(1, 0, "python3 x", state, Masks(caught, 0, 0, 0), "x"),))


@pytest.mark.parametrize(
    ("state", "caught", "rests_at"),
    [("S", SIGTERM.bit, 0.5), ("R", SIGTERM.bit, 0.5), ("S", 0, 3.0), ("R", 0, 10.0), ("D", 0, 10.0)],
)
def test_what_works_without_a_handler_is_waited_for(state: str, caught: int, rests_at: float) -> None:
    still = Stillness(SIGTERM)
    looks = [step / 4 for step in range(50)]
    rested = []
    for at in looks:
        still.saw(looked_at(at, state, caught))
        rested.append(still.rested(at, None))
    first = looks[rested.index(True)]
    assert rests_at - 0.3 <= first <= rests_at


def test_a_moment_of_work_is_followed_by_three_seconds_of_rest() -> None:
    still = Stillness(SIGTERM)
    for at, state in ((0.0, "S"), (2.0, "R"), (4.0, "S")):
        still.saw(looked_at(at, state))
        assert not still.rested(at, None)
    still.saw(looked_at(5.0, "S"))
    assert still.rested(5.0, None)
    assert still.rested(5.0, 4.0)
    assert not still.rested(5.0, 6.0)


class Logging(Scripted):
    """Has already written the line that is waited for."""

    def await_line(self, pattern: object) -> threading.Event:
        found = threading.Event()
        found.set()
        return found


def ready(container: Scripted, readiness: Readiness) -> Ready:
    plan = ProbePlan("i", ready=readiness)
    return Wait(container.live(), plan, SIGTERM, list[Snapshot]().append, Silent(), Interruption()).run()


BY_LINE = "a log line that matches 'listening'"


def test_a_line_makes_it_ready_at_once() -> None:
    assert ready(Logging(), Readiness(log="listening")) == Ready(0.0, BY_LINE)


def test_an_asked_for_pause_also_counts_behind_a_line() -> None:
    found = ready(Logging(), Readiness(log="listening", settle=5.0))
    assert found.at == pytest.approx(5.0)


def test_what_ends_in_the_pause_was_never_ready() -> None:
    assert ready(Logging(ends_at=3.0), Readiness(log="listening", settle=5.0)) == Ready(None, BY_LINE)


def test_a_pause_without_a_line_is_the_time_that_the_tree_must_rest() -> None:
    looks = [snapshot(process(1, 0, "x", CATCHES), at=at / 4, phase=Phase.STARTING) for at in range(100)]
    found = ready(Scripted(looks=looks), Readiness(settle=5.0))
    assert found.at is not None
    assert 5.0 <= found.at < 5.5
