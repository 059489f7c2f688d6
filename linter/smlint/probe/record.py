"""What a probe saw, as frozen values: processes, snapshots, files, runs. Times are seconds since the container's start.

Nothing here talks to an engine or judges.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from smlint.diagnostics import Location
from smlint.probe.signals import Signal
from smlint.workload import Workload

if TYPE_CHECKING:
    from smlint.launch.chain import Launch


class Masks(NamedTuple):
    """The signal masks of a process's main thread, as ``/proc/PID/status`` has them."""

    caught: int
    ignored: int
    blocked: int
    pending: int


class Hearing(enum.StrEnum):
    """What a process does with a signal."""

    CATCHES = "catches"
    #: Waits in sigwait, sigtimedwait or the like, which hides the block from the masks.
    AWAITS = "awaits"
    #: Blocked: another thread, a signalfd or a later wait may take it.
    BLOCKS = "blocks"
    IGNORES = "ignores"
    #: No handler: ends the process, unless it is PID 1, for which the kernel drops the signal.
    DEFAULT = "default"
    #: The engine does not show the masks.
    UNKNOWN = "unknown"


class Process(NamedTuple):
    """One line of the engine's process list. Ids are those of the engine's side, whatever the container sees."""

    pid: int
    ppid: int
    args: str
    #: The first letter of ps's STAT column: R, S, D, Z …; "" where it is not shown.
    state: str = ""
    masks: Masks | None = None
    #: The kernel function the process waits in; None where the engine hides it.
    wait_channel: str | None = None

    def hearing(self, signal: Signal) -> Hearing:
        """What the process does with ``signal``."""
        if self.masks is None:
            return Hearing.UNKNOWN
        if self.masks.caught & signal.bit:
            return Hearing.CATCHES
        if self.masks.ignored & signal.bit:
            return Hearing.IGNORES
        if self.masks.blocked & signal.bit:
            return Hearing.BLOCKS
        if self.wait_channel is None:
            return Hearing.UNKNOWN
        return Hearing.AWAITS if "sigtimedwait" in self.wait_channel else Hearing.DEFAULT

    def has_handler(self, signal: Signal) -> bool:
        """Whether the process is known to take ``signal`` by a handler or a wait of its own."""
        return self.hearing(signal) in (Hearing.CATCHES, Hearing.AWAITS, Hearing.BLOCKS)

    @property
    def name(self) -> str:
        """The program's base name: ``python`` of ``/usr/bin/python train.py``, ``nginx`` of ``nginx: master process``."""
        word = self.args.split(maxsplit=1)[0] if self.args.strip() else "?"
        return word.rsplit("/", 1)[-1].lstrip("-").rstrip(":") or word

    @property
    def command(self) -> str:
        """The command line, cut to a length that fits a message."""
        return self.args if len(self.args) <= 120 else self.args[:119] + "…"


class Phase(enum.StrEnum):
    """Where in a run a snapshot was taken."""

    STARTING = "starting"
    READY = "ready"
    STOPPING = "stopping"


class Snapshot(NamedTuple):
    """The process tree at one moment, PID 1 first, children behind their parents."""

    at: float
    phase: Phase
    processes: tuple[Process, ...]
    #: How many more processes there were than are kept.
    left_out: int = 0

    @property
    def pid1(self) -> Process | None:
        """The container's first process."""
        return self.processes[0] if self.processes else None

    def children(self, pid: int) -> tuple[Process, ...]:
        """The processes started by ``pid``."""
        return tuple(process for process in self.processes if process.ppid == pid)

    def leaves(self) -> tuple[Process, ...]:
        """The processes without children."""
        parents = {process.ppid for process in self.processes}
        return tuple(process for process in self.processes if process.pid not in parents)


class FileStat(NamedTuple):
    """Size in bytes and modification time in seconds since the epoch."""

    size: int
    modified: int


class Listing(NamedTuple):
    """The files under the directories that the platform saves, by absolute path."""

    files: Mapping[str, FileStat]
    #: Why the list stops early; "" when it is complete.
    cut: str = ""


class Ping(NamedTuple):
    """The last answer to ``GET /ping``."""

    #: HTTP status; None when no answer came.
    status: int | None
    #: What went wrong, in words; "" for an answer.
    problem: str
    #: Seconds the answer took.
    seconds: float
    #: Tries until then.
    tries: int
    #: Whether the server answers on 127.0.0.1 inside the container; None when that could not be tried.
    on_loopback: bool | None = None

    @property
    def ok(self) -> bool:
        """Whether it is what the platform wants."""
        return self.status == 200


class Control(NamedTuple):
    """The same start without the platform's mounts, tried when the start with them failed."""

    #: Whether it was still running, or had ended with 0, when the start with the mounts was already over.
    survived: bool
    exit_code: int | None


class Run(NamedTuple):
    """One start and stop of the container."""

    #: Whether the engine's init was PID 1.
    init: bool
    signal: Signal
    #: Seconds that the container was given between signal and SIGKILL.
    grace: float
    #: What the engine said when it could not start the container; "" when it could.
    start_error: str = ""
    #: When the container counted as ready; None when it never did.
    ready_at: float | None = None
    #: What made it count as ready, or what was waited for in vain.
    ready_by: str = ""
    signal_at: float | None = None
    #: SIGKILL, when it was needed.
    kill_at: float | None = None
    #: Whether SIGKILL came before the end of the grace period, because the kernel had to drop the signal.
    confirmed: bool = False
    ended_at: float | None = None
    exit_code: int | None = None
    out_of_memory: bool = False
    snapshots: tuple[Snapshot, ...] = ()
    files_before: Listing = Listing({})
    files_after: Listing = Listing({})
    log_tail: tuple[str, ...] = ()
    #: Lines written after the signal, bounded.
    log_after: tuple[str, ...] = ()
    ping: Ping | None = None
    control: Control | None = None

    @property
    def seconds_to_stop(self) -> float | None:
        """From the signal to the end of the container; None when there was no signal or no end."""
        if self.signal_at is None or self.ended_at is None:
            return None
        return self.ended_at - self.signal_at

    @property
    def last_before_signal(self) -> Snapshot | None:
        """The tree as it was when the signal was sent (or when the container was last seen)."""
        before = [snapshot for snapshot in self.snapshots if snapshot.phase is not Phase.STOPPING]
        return before[-1] if before else None

    @property
    def saved(self) -> tuple[str, ...]:
        """Paths of files that are new or changed since the signal."""
        before = self.files_before.files
        return tuple(path for path, stat in self.files_after.files.items() if before.get(path) != stat)


class EngineFacts(NamedTuple):
    """The engine that ran the container."""

    name: str
    version: str


class ProbeRecord(NamedTuple):
    """Everything a probe saw of one image."""

    id: str
    image: str
    image_id: str
    workload: Workload
    #: The argument vector that the engine started.
    argv: tuple[str, ...]
    #: The platform's words (or ContainerArguments) at its end.
    passed: tuple[str, ...]
    #: The image's STOPSIGNAL as written; "" when it has none.
    stop_signal: str
    engine: EngineFacts
    runs: tuple[Run, ...]
    #: Where findings stand: the ENTRYPOINT's line when the Dockerfile is known, else the image.
    anchor: Location
    #: Directories that the platform's mounts covered.
    mounts: tuple[str, ...] = ()
    #: Seconds the platform gives; None where no source says.
    platform_grace: int | None = None


class Probed(NamedTuple):
    """What a probe saw, beside what was to be expected."""

    record: ProbeRecord
    #: The predicted launch chain; None where none could be made.
    launch: Launch | None = None
