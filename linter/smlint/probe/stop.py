"""The stop itself: the signal, the grace period, SIGKILL; and whether the kernel must drop the signal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from smlint.probe import plan as plans
from smlint.probe import signals
from smlint.probe.interruption import Interruption
from smlint.probe.judge import must_drop
from smlint.probe.live import LiveContainer
from smlint.probe.plan import ProbePlan
from smlint.probe.progress import Progress
from smlint.probe.record import Phase, Snapshot
from smlint.probe.signals import Signal

#: Seconds between two looks: densely while something is likely to happen.
_DENSE: Final = 0.1
_SPARSE: Final = 0.5
_DENSE_FOR: Final = 3.0
#: Seconds that the engine may need to report the end of a killed container.
_KILLED_WITHIN: Final = 30.0


class Stopped(NamedTuple):
    """How the stop went; times as in the record."""

    signal_at: float | None
    kill_at: float | None
    confirmed: bool


def stop(
    container: LiveContainer,
    plan: ProbePlan,
    signal: Signal,
    init: bool,
    before: Snapshot | None,
    keep: Callable[[Snapshot], None],
    progress: Progress,
    interruption: Interruption,
) -> Stopped:
    """Send the signal, watch the tree through the grace period, and kill what is left.

    Where ``before`` says that the kernel must drop the signal, a short confirmation takes the place of the grace
    period. ``signal_at`` is None when the container was gone before the signal could be sent.
    """
    patience = plan.budget
    confirmed = False
    if not plan.full_grace and before is not None and must_drop(before, signal, init):
        confirmed = patience > plans.CONFIRMATION
        patience = min(patience, plans.CONFIRMATION)
    if not container.kill(signal.number):
        return Stopped(None, None, False)
    sent = container.now()
    while (left := sent + patience - container.now()) > 0:
        interruption.check()
        elapsed = container.now() - sent
        progress.waiting(elapsed, patience)
        if container.wait(min(left, _DENSE if elapsed < _DENSE_FOR else _SPARSE)):
            return Stopped(sent, None, False)
        snapshot = container.snapshot(Phase.STOPPING)
        if snapshot is not None and snapshot.processes:
            keep(snapshot)
    killed_at = container.now()
    killed = container.kill(signals.SIGKILL.number)
    container.wait(_KILLED_WITHIN)
    if not killed:
        return Stopped(sent, None, False)
    return Stopped(sent, killed_at, confirmed)
