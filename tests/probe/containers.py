"""Containers without an engine: they answer a probe the way a test has written down."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from smlint.probe.live import LiveContainer
from smlint.probe.record import Listing, Masks, Phase, Process, Snapshot
from smlint.probe.signals import SIGTERM

CATCHES = Masks(SIGTERM.bit, 0, 0, 0)
NOTHING = Masks(0, 0, 0, 0)


def process(pid: int, ppid: int, args: str, masks: Masks | None = NOTHING, wait: str | None = "x") -> Process:
    """A sleeping process; without a wait channel the kernel hides what it waits for."""
    return Process(pid, ppid, args, "S", masks, wait)


def snapshot(*processes: Process, at: float = 1.0, phase: Phase = Phase.READY) -> Snapshot:
    """The tree of these processes."""
    return Snapshot(at, phase, processes)


class Scripted:
    """A container whose clock goes on by what is waited for, and which ends at a moment of that clock."""

    id = "c"

    def __init__(
        self,
        *,
        ends_at: float | None = None,
        exit_code: int = 0,
        start_error: str = "",
        kills: Iterable[bool] = (),
        looks: Iterable[Snapshot | None] = (),
        programs: Mapping[str, Callable[[list[str]], tuple[int | None, str]]] | None = None,
        address: str = "",
    ) -> None:
        self.killed: list[int] = []
        self.executed: list[list[str]] = []
        self._clock = 0.0
        self._ends_at = 0.0 if start_error else ends_at
        self._exit_code = exit_code
        self._start_error = start_error
        self._kills = iter(kills)
        self._looks = iter(looks)
        self._programs = programs or {}
        self._address = address

    def live(self) -> LiveContainer:
        """Itself, for code that wants the real one."""
        return cast(LiveContainer, self)

    @property
    def ended_at(self) -> float | None:
        return self._ends_at if self.wait(0) else None

    def now(self) -> float:
        return self._clock

    def start(self) -> str:
        return self._start_error

    def wait(self, seconds: float) -> bool:
        self._clock += seconds
        return self._ends_at is not None and self._clock >= self._ends_at

    def kill(self, number: int) -> bool:
        self.killed.append(number)
        told = next(self._kills, True)
        if number == 9 and told:
            self._ends_at = self._clock
        return told

    def snapshot(self, phase: Phase) -> Snapshot | None:
        return next(self._looks, None)

    def state(self) -> dict[str, Any]:
        return {"ExitCode": self._exit_code}

    def address(self) -> str:
        return self._address

    def execute(self, command: list[str]) -> tuple[int | None, str]:
        self.executed.append(command)
        run = self._programs.get(command[0])
        return run(command) if run is not None else (None, "")

    def listing(self, roots: tuple[str, ...]) -> Listing:
        return Listing({})

    def log_tail(self) -> tuple[str, ...]:
        return ()
