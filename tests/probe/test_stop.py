"""The stop of one container: the signal, the grace period, and who was faster."""

from __future__ import annotations

import pytest

from smlint.probe.interruption import Interruption, ProbeInterruptedError
from smlint.probe.plan import ProbePlan
from smlint.probe.progress import Silent
from smlint.probe.record import Phase, Snapshot
from smlint.probe.signals import SIGTERM
from smlint.probe.stop import Stopped, stop
from tests.probe.containers import CATCHES, Scripted, process, snapshot

PLAN = ProbePlan("i", grace=20.0)
DEAF = snapshot(process(1, 0, "python3 train.py"))
HEARING = snapshot(process(1, 0, "python3 train.py", CATCHES))


def stopped(container: Scripted, before: Snapshot | None, plan: ProbePlan = PLAN) -> Stopped:
    return stop(
        container.live(), plan, SIGTERM, False, before, list[Snapshot]().append, Silent(), Interruption()
    )


def test_it_ends_by_itself() -> None:
    container = Scripted(ends_at=4.0)
    assert stopped(container, HEARING) == Stopped(0.0, None, False)
    assert container.killed == [15]


def test_it_outlives_the_grace_period() -> None:
    container = Scripted()
    found = stopped(container, HEARING)
    assert found.signal_at == 0.0
    assert found.kill_at == pytest.approx(20.0)
    assert not found.confirmed
    assert container.killed == [15, 9]


def test_what_the_kernel_must_drop_is_confirmed_sooner() -> None:
    found = stopped(Scripted(), DEAF)
    assert found.kill_at == pytest.approx(10.0)
    assert found.confirmed


def test_the_whole_grace_period_when_it_is_asked_for() -> None:
    found = stopped(Scripted(), DEAF, PLAN._replace(full_grace=True))
    assert found.kill_at == pytest.approx(20.0)
    assert not found.confirmed


def test_gone_before_the_signal() -> None:
    container = Scripted(kills=[False])
    assert stopped(container, HEARING) == Stopped(None, None, False)


def test_an_end_at_the_last_moment_is_no_kill() -> None:
    # Over when SIGKILL came, which says that the program stopped by itself, if only just.
    container = Scripted(kills=[True, False])
    assert stopped(container, HEARING) == Stopped(0.0, None, False)


def test_what_is_seen_on_the_way_is_kept() -> None:
    kept: list[Snapshot] = []
    seen = HEARING._replace(phase=Phase.STOPPING)
    container = Scripted(ends_at=0.25, looks=[seen, None])
    stop(container.live(), PLAN, SIGTERM, False, HEARING, kept.append, Silent(), Interruption())
    assert kept == [seen]


def test_an_interruption_ends_the_wait() -> None:
    interruption = Interruption()
    interruption._note(SIGTERM.number, None)
    with pytest.raises(ProbeInterruptedError, match="SIGTERM"):
        stop(Scripted().live(), PLAN, SIGTERM, False, None, list[Snapshot]().append, Silent(), interruption)
