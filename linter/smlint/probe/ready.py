"""When a container counts as ready for the signal: a log line, an answer to pings, or a process tree at rest."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from smlint.probe.interruption import Interruption
from smlint.probe.live import LiveContainer
from smlint.probe.ping import Pinger
from smlint.probe.plan import ProbePlan
from smlint.probe.progress import Progress
from smlint.probe.record import Phase, Ping, Snapshot
from smlint.probe.signals import Signal

#: Seconds that the tree must be unchanged when every process at its ends listens for the signal …
_SETTLE_HEARING: Final = 0.25
#: … and when one does not: it may still be importing what comes before its handler.
_SETTLE_DEAF: Final = 3.0
#: … and when one of these works instead of waiting: it may have a long way to go, a large library to import.
_SETTLE_WORKING: Final = 10.0
#: After so many seconds only PID 1 must be at rest: a shell loop never has the same tree twice.
_RESTLESS: Final = 10.0
_INTERVALS: Final = (0.05, 0.25)


class Ready(NamedTuple):
    """How the wait ended."""

    at: float | None
    #: What made it ready, or what was waited for in vain.
    by: str
    ping: Ping | None = None


class Wait:
    """Polls one container until it is ready, has ended, or the time is over; keeps every snapshot it takes."""

    def __init__(
        self,
        container: LiveContainer,
        plan: ProbePlan,
        signal: Signal,
        keep: Callable[[Snapshot], None],
        progress: Progress,
        interruption: Interruption,
    ) -> None:
        self._container = container
        self._plan = plan
        self._signal = signal
        self._keep = keep
        self._progress = progress
        self._interruption = interruption
        self._still = Stillness(signal)

    def run(self) -> Ready:
        """Wait. ``Ready.at`` is None when the container ended or the time was over first."""
        if self._plan.ready.log is not None:
            return self._for_line(self._plan.ready.log)
        if self._plan.wants_ping:
            return self._for_ping()
        return self._for_rest()

    def _for_line(self, text: str) -> Ready:
        seen = self._container.await_line(re.compile(text))
        what = f"a log line that matches {text!r}"
        return self._until(seen.is_set, what)

    def _for_ping(self) -> Ready:
        pinger = Pinger(self._container)
        ping = Ping(None, "not asked", 0.0, 0)

        def answered() -> bool:
            nonlocal ping
            ping = pinger.ask()
            return ping.ok

        ready = self._until(answered, "GET /ping answers 200")
        if ready.at is None and not self._container.wait(0):
            ping = _nowhere_else(pinger, ping)
        return ready._replace(ping=ping)

    def _for_rest(self) -> Ready:
        if self._plan.ready.expects_handler:
            what = f"a handler for {self._signal.name} is installed"
            return self._until(lambda: self._still.hears and self._rested(), what)
        return self._until(self._rested, "the process tree is at rest")

    def _rested(self) -> bool:
        return self._still.rested(self._container.now(), self._plan.ready.settle)

    def _until(self, met: Callable[[], bool], what: str) -> Ready:
        shortest, longest = _INTERVALS
        interval = shortest
        while True:
            self._interruption.check()
            self._look()
            if self._container.wait(0):
                return Ready(None, what)
            if met():
                return self._settled(what)
            elapsed = self._container.now()
            if elapsed > self._plan.ready_timeout:
                return Ready(None, what)
            self._progress.waiting(elapsed, self._plan.ready_timeout)
            if self._container.wait(interval):
                return Ready(None, what)
            interval = min(interval * 1.2, longest)

    def _look(self) -> None:
        snapshot = self._container.snapshot(Phase.STARTING)
        if snapshot is not None and snapshot.processes:
            self._keep(snapshot)
            self._still.saw(snapshot)

    def _settled(self, what: str) -> Ready:
        """An asked-for ``--settle`` also counts behind a log line or a ping."""
        waited_for_something = self._plan.ready.log is not None or self._plan.wants_ping
        end = self._container.now() + (self._plan.ready.settle or 0.0 if waited_for_something else 0.0)
        while (left := end - self._container.now()) > 0:
            self._interruption.check()
            if self._container.wait(min(left, _INTERVALS[1])):
                return Ready(None, what)
        return Ready(self._container.now(), what)


def _nowhere_else(pinger: Pinger, last: Ping) -> Ping:
    """``last`` with whether the server answers on 127.0.0.1; a server that began to answer only now does so everywhere."""
    on_loopback = pinger.on_loopback()
    if on_loopback and last.status is None:
        last = pinger.ask()
    return last._replace(on_loopback=on_loopback)


class Stillness:
    """Says since when the process tree has not changed. Pure: fed with snapshots, asked with times."""

    def __init__(self, signal: Signal) -> None:
        self._signal = signal
        self._tree: object = None
        self._tree_since = 0.0
        self._first: object = None
        self._first_since = 0.0
        self._deaf = True
        self._worked_at = 0.0
        #: Whether some process of the last tree has a handler.
        self.hears = False

    def saw(self, snapshot: Snapshot) -> None:
        """Take a snapshot into account."""
        tree = [(process.pid, process.args, process.masks) for process in snapshot.processes]
        if tree != self._tree:
            self._tree, self._tree_since = tree, snapshot.at
        if tree[:1] != self._first:
            self._first, self._first_since = tree[:1], snapshot.at
        deaf = [leaf for leaf in snapshot.leaves() if not leaf.has_handler(self._signal)]
        self._deaf = bool(deaf)
        if any(leaf.state in ("R", "D") for leaf in deaf):
            self._worked_at = snapshot.at
        self.hears = any(process.has_handler(self._signal) for process in snapshot.processes)

    def rested(self, now: float, settle: float | None) -> bool:
        """Whether the tree has been the same for long enough."""
        if self._tree is None:
            return False
        if settle is None:
            settle = self._settle(now)
        if now - self._tree_since >= settle:
            return True
        return now >= _RESTLESS and now - self._first_since >= settle

    def _settle(self, now: float) -> float:
        if not self._deaf:
            return _SETTLE_HEARING
        return _SETTLE_DEAF if now - self._worked_at >= _SETTLE_DEAF else _SETTLE_WORKING
