"""A whole probe: the runs of one image, one after the other, each in a fresh container, and nothing left behind."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, cast

from smlint.launch.matrix import EffectiveArgv
from smlint.probe import cleanup, live
from smlint.probe import plan as plans
from smlint.probe.cleanup import Custody
from smlint.probe.interruption import Interruption
from smlint.probe.judge import program_of
from smlint.probe.live import LiveContainer
from smlint.probe.plan import Directory, ProbeError, ProbePlan
from smlint.probe.progress import Progress, Silent
from smlint.probe.ready import Wait
from smlint.probe.record import Control, EngineFacts, Hearing, Phase, ProbeRecord, Run, Snapshot
from smlint.probe.stop import stop
from smlint.workload import Workload

if TYPE_CHECKING:
    from docker import APIClient

#: Seconds that making, reading and removing containers may take, over all runs.
_OVERHEAD: Final = 600
#: Seconds that a start without mounts is watched for outliving the start with them, beyond the latter's life.
_CONTROL_MARGIN: Final = 2.0
#: Looks taken at most right before the signal.
_LOOKS: Final = 10
#: Seconds between them: long enough for a process that has just woken up to wait again.
_BETWEEN_LOOKS: Final = 0.02
#: Snapshots kept per run, beside the first and the last of every phase: only those that differ from the one before.
_KEPT: Final = 200


def probe(
    api: APIClient,
    plan: ProbePlan,
    progress: Progress | None = None,
    interruption: Interruption | None = None,
) -> ProbeRecord:
    """Run ``plan`` on the engine behind ``api`` and say what was seen.

    First removes what killed probes left on that engine. Raises ProbeError for what the user can change,
    ProbeInterruptedError when ``interruption`` was asked to end, and the docker client's errors when the engine fails.
    """
    progress = progress or Silent()
    interruption = interruption or Interruption()
    plans.check(plan)
    cleanup.sweep(api)
    image = _image(api, plan.image)
    config: dict[str, Any] = image.get("Config") or {}
    words = plans.argv(plan, config)
    stop_signal = str(config.get("StopSignal") or "")
    stops = plans.stops(plan.workload, stop_signal)
    longest = len(stops) * (plan.ready_timeout + plan.budget + (plan.ready.settle or 0.0)) + _OVERHEAD
    with Custody(api, longest) as custody:
        attempt = _Attempts(api, plan, custody, progress, interruption)
        runs: list[Run] = []
        for planned in stops:
            runs.append(attempt.run(planned))
            if runs[-1].signal_at is None:
                # What cannot be brought to the signal once will not be under another init either.
                break
        return ProbeRecord(
            id=custody.id,
            image=plan.image,
            image_id=str(image.get("Id", "")),
            workload=plan.workload,
            argv=words.texts,
            passed=_passed(words, plan.workload),
            stop_signal=stop_signal,
            engine=_engine(api),
            runs=tuple(runs),
            anchor=plan.place,
            mounts=tuple(directory.target for directory in plans.directories(plan, custody.id)),
            platform_grace=plan.workload.grace,
        )


def _passed(words: EffectiveArgv, workload: Workload) -> tuple[str, ...]:
    return words.passed if len(words.passed) < len(words.texts) else ()


def _image(api: APIClient, reference: str) -> dict[str, Any]:
    import docker.errors

    try:
        found: dict[str, Any] = cast(Any, api).inspect_image(reference)
    except docker.errors.ImageNotFound as error:
        raise ProbeError(
            f"{reference} is not on the engine; pull it first: docker pull {reference}"
        ) from error
    except docker.errors.APIError as error:
        raise ProbeError(f"{reference}: {error.explanation}") from error
    return found


def _engine(api: APIClient) -> EngineFacts:
    version = api.version()
    name = str((version.get("Platform") or {}).get("Name") or "Docker Engine").strip()
    components = {str(part.get("Name")) for part in version.get("Components") or ()}
    if any("podman" in component.lower() for component in components):
        name = "Podman Engine"
    return EngineFacts(name, str(version.get("Version", "")))


class _Attempts:
    """Makes the runs of one probe."""

    def __init__(
        self,
        api: APIClient,
        plan: ProbePlan,
        custody: Custody,
        progress: Progress,
        interruption: Interruption,
    ) -> None:
        self._api = api
        self._plan = plan
        self._custody = custody
        self._progress = progress
        self._interruption = interruption
        self._network: str | None = None
        self._memory = plan.limits.memory or _memory(api)

    def run(self, planned: plans.Stop) -> Run:
        """One start and one stop."""
        under = " under the engine's init" if planned.init else ""
        self._progress.step(f"starting {self._plan.image}{under}")
        container = self._create(planned.init, plans.directories(self._plan, self._custody.id))
        run = Run(planned.init, planned.signal, self._plan.budget)
        problem = container.start()
        if "could not select device driver" in problem:
            raise ProbeError(f"the engine cannot pass GPUs through, as --gpus asks: {problem}")
        if problem:
            state = container.state()
            return run._replace(
                start_error=problem,
                ended_at=container.ended_at,
                exit_code=state.get("ExitCode"),
                log_tail=container.log_tail(),
            )
        keep = Keeper()
        self._progress.step(f"waiting until {self._plan.image}{under} is ready")
        ready = Wait(container, self._plan, planned.signal, keep, self._progress, self._interruption).run()
        run = run._replace(ready_at=ready.at, ready_by=ready.by, ping=ready.ping)
        if ready.at is None:
            return self._unready(run, container, keep)
        return self._stopped(run, container, keep, planned)

    def _stopped(self, run: Run, container: LiveContainer, keep: Keeper, planned: plans.Stop) -> Run:
        roots = plans.saved(self._plan)
        before = container.listing(roots)
        mark = container.log_mark()
        _look_closely(container, keep, planned)
        self._interruption.check()
        self._progress.step(f"{planned.signal.name} sent to {self._plan.image}")
        stopped = stop(
            container,
            self._plan,
            planned.signal,
            planned.init,
            keep.last,
            keep,
            self._progress,
            self._interruption,
        )
        run = run._replace(
            signal_at=stopped.signal_at,
            kill_at=stopped.kill_at,
            confirmed=stopped.confirmed,
            files_before=before,
            files_after=container.listing(roots),
            log_after=container.log_since(mark),
        )
        run = _over(run, container, keep)
        self._discard(container)
        return run

    def _unready(self, run: Run, container: LiveContainer, keep: Keeper) -> Run:
        """Never ready, or over too early: say how, and whether the mounts are to blame."""
        if container.ended_at is None:
            run = run._replace(kill_at=container.now())
            container.kill(9)
            container.wait(30.0)
        roots = plans.saved(self._plan)
        run = _over(run, container, keep)._replace(files_after=container.listing(roots))
        if run.kill_at is not None or not run.exit_code:
            return run
        refused = _refused(run)
        return run._replace(start_error=refused) if refused else run._replace(control=self._control(run))

    def _control(self, failed: Run) -> Control | None:
        """The same start without the platform's mounts; None where there are none to leave out."""
        if not plans.directories(self._plan, self._custody.id):
            return None
        self._progress.step("starting again without the platform's mounts, to compare")
        container = self._create(failed.init, ())
        if container.start():
            return Control(False, None)
        end = (failed.ended_at or 0.0) * 2 + _CONTROL_MARGIN
        while (left := end - container.now()) > 0:
            self._interruption.check()
            if container.wait(min(left, 0.25)):
                break
        if container.ended_at is None:
            self._discard(container)
            return Control(True, None)
        code = container.state().get("ExitCode")
        return Control(code == 0, code)

    def _discard(self, container: LiveContainer) -> None:
        """Make room for the next run at once: a model of many gigabytes need not be there twice."""
        self._api.remove_container(container.id, v=True, force=True)

    def _create(self, init: bool, directories: tuple[Directory, ...]) -> LiveContainer:
        self._interruption.check()
        entrypoint, command = plans.engine_command(self._plan)
        host: dict[str, Any] = {
            "init": init,
            "network_mode": self._network_mode(),
            "pids_limit": self._plan.limits.pids,
            "mem_limit": self._memory,
            "log_config": {"Type": "json-file", "Config": dict(live.LOG_LIMITS)},
        }
        if self._plan.gpus is not None:
            host["device_requests"] = [_gpus(self._plan.gpus)]
        return live.create(
            self._api,
            self._plan.image,
            labels=self._custody.labels,
            directories=directories,
            entrypoint=entrypoint,
            command=command,
            environment=plans.environment(self._plan, self._custody.id),
            hostname="algo-1" if self._plan.workload is not Workload.INFERENCE else None,
            host_config=host,
        )

    def _network_mode(self) -> str:
        """None at all, unless asked for; for pings a network of the probe's own without a way out."""
        if self._plan.network is not None:
            return _existing(self._api, self._plan.network)
        if not self._plan.wants_ping:
            return "none"
        if self._network is None:
            name = f"smlint-probe-{self._custody.id}"
            made = self._api.create_network(name, driver="bridge", internal=True, labels=self._custody.labels)
            self._network = str(made["Id"])
        return self._network


def _look_closely(container: LiveContainer, keep: Keeper, planned: plans.Stop) -> None:
    """One more snapshot, right before the signal. A process that wakes up while it is looked at shows no wait channel,
    and one that waits for the signal with a timeout shows no wait in between; then once more."""
    for _ in range(_LOOKS):
        latest = container.snapshot(Phase.READY)
        if latest is None or not latest.processes:
            return
        keep(latest)
        program = program_of(latest)
        hearing = program.hearing(planned.signal) if program is not None else Hearing.UNKNOWN
        runs = program is not None and program.state == "R"
        if hearing is not Hearing.UNKNOWN and not (hearing is Hearing.DEFAULT and runs):
            return
        if container.wait(_BETWEEN_LOOKS):
            return


def _over(run: Run, container: LiveContainer, keep: Keeper) -> Run:
    state = container.state()
    return run._replace(
        ended_at=container.ended_at,
        exit_code=state.get("ExitCode"),
        out_of_memory=bool(state.get("OOMKilled")),
        snapshots=keep.snapshots,
        log_tail=container.log_tail(),
    )


def _existing(api: APIClient, network: str) -> str:
    """The network's name, once the engine knows it: a container on a missing one fails as if the image were at fault."""
    import docker.errors

    if network in ("bridge", "default") or plans.borrowed(network):
        return network
    try:
        api.inspect_network(network)
    except docker.errors.NotFound as error:
        raise ProbeError(f"--network {network}: the engine has no such network") from error
    return network


#: What the runtime's own init says, in place of the program, when the kernel will not start it.
_REFUSED: Final = re.compile(
    r"exec .*: (exec format error|no such file or directory|permission denied)", re.IGNORECASE
)


def _refused(run: Run) -> str:
    """The runtime's words where they are all that the container ever said; "" otherwise.

    Older engines take such a start for a success and a program that failed at once.
    """
    if len(run.log_tail) == 1 and _REFUSED.search(run.log_tail[0]):
        return run.log_tail[0]
    return ""


def _memory(api: APIClient) -> int:
    """Three quarters of the engine's memory, so that a greedy program harms itself and not the machine."""
    return int(api.info().get("MemTotal") or 4 << 30) * 3 // 4


def _gpus(text: str) -> Any:
    from docker.types import DeviceRequest

    return DeviceRequest(count=-1 if text == "all" else int(text), capabilities=[["gpu"]])


class Keeper:
    """Keeps the snapshots that say something new: of every phase the first, every one that differs, the last."""

    def __init__(self) -> None:
        self._kept: list[Snapshot] = []
        self._repeated: Snapshot | None = None

    def __call__(self, snapshot: Snapshot) -> None:
        """Take one more."""
        last = self._kept[-1] if self._kept else None
        if last is None or last.phase is not snapshot.phase:
            # The last look before the signal is what the run is judged by, however often the tree was the same.
            self._kept = [*self.snapshots, snapshot]
            self._repeated = None
        elif _same(last, snapshot) or len(self._kept) >= _KEPT:
            self._repeated = snapshot
        else:
            self._kept.append(snapshot)
            self._repeated = None

    @property
    def last(self) -> Snapshot | None:
        """The latest one."""
        return self.snapshots[-1] if self._kept else None

    @property
    def snapshots(self) -> tuple[Snapshot, ...]:
        """What is kept, in order."""
        return tuple(self._kept) + ((self._repeated,) if self._repeated is not None else ())


def _same(one: Snapshot, other: Snapshot) -> bool:
    return [(p.pid, p.args, p.masks) for p in one.processes] == [
        (p.pid, p.args, p.masks) for p in other.processes
    ]
