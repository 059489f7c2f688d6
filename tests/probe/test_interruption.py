"""Signals to smlint itself while it probes: kept until a safe moment, and given back afterwards."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import pytest

from smlint.probe.interruption import Interruption, ProbeInterruptedError

NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in NUMBERS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def handlers() -> list[object]:
    return [signal.getsignal(number) for number in NUMBERS]


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number.name)
def test_a_signal_waits_for_the_next_safe_moment(number: signal.Signals) -> None:
    signal.signal(number, signal.SIG_DFL)  # What is started in the background begins with SIGINT ignored.
    before = handlers()
    with Interruption() as interruption:
        signal.raise_signal(number)
        with pytest.raises(ProbeInterruptedError, match=number.name) as raised:
            interruption.check()
    assert raised.value.exit_code == 128 + number
    assert handlers() == before


def test_nothing_happens_without_a_signal() -> None:
    with Interruption() as interruption:
        interruption.check()


def test_a_second_ctrl_c_does_not_wait() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with Interruption():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_a_second_sigterm_still_waits() -> None:
    with Interruption() as interruption:
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(ProbeInterruptedError, match="SIGTERM"):
            interruption.check()


def test_what_nohup_ignores_stays_ignored() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with Interruption() as interruption:
        signal.raise_signal(signal.SIGHUP)
        interruption.check()
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


def test_other_threads_leave_the_handlers_alone() -> None:
    before = handlers()
    inside: list[list[object]] = []

    def enter() -> None:
        with Interruption():
            inside.append(handlers())

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert inside == [before]
