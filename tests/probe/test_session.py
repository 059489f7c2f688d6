"""The runs of a probe, without an engine: what is kept of the looks, and what odd starts end in."""

from __future__ import annotations

from typing import Any, cast

import pytest

from smlint.probe import session
from smlint.probe.cleanup import Custody
from smlint.probe.interruption import Interruption
from smlint.probe.plan import Limits, ProbeError, ProbePlan, Stop
from smlint.probe.progress import Silent
from smlint.probe.record import Control, Phase, Run, Snapshot
from smlint.probe.session import Keeper
from smlint.probe.signals import SIGTERM
from smlint.workload import Workload
from tests.probe.containers import CATCHES, Scripted, process, snapshot

START = Stop(False, SIGTERM)
HIDDEN = snapshot(process(1, 0, "x", wait=None))
DEAF = snapshot(process(1, 0, "x"))
AT_WORK = snapshot(process(1, 0, "x")._replace(state="R"))
HEARING = snapshot(process(1, 0, "x", CATCHES))


class Engine:
    """Removes what it is told to; containers are made in its place."""

    def remove_container(self, container: str, **options: Any) -> None:
        pass


def run(monkeypatch: pytest.MonkeyPatch, plan: ProbePlan, *containers: Scripted) -> tuple[Run, list[Any]]:
    """One run of ``plan`` for which the engine makes ``containers`` in turn; the run, and how each was made."""
    made: list[Any] = []
    left = list(containers)

    def create(api: Any, image: str, **options: Any) -> Scripted:
        made.append(options)
        return left.pop(0)

    monkeypatch.setattr("smlint.probe.live.create", create)
    api = cast(Any, Engine())
    plan = plan._replace(limits=Limits(memory=1 << 30))
    attempts = session._Attempts(api, plan, Custody(api, 60), Silent(), Interruption())
    found = attempts.run(START)
    assert left == []
    return found, made


def test_an_engine_without_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = 'could not select device driver "" with capabilities: [[gpu]]'
    with pytest.raises(ProbeError, match="cannot pass GPUs through, as --gpus asks: could not select"):
        run(monkeypatch, ProbePlan("i", gpus="all"), Scripted(start_error=refused))


@pytest.mark.parametrize(("gpus", "count"), [("all", -1), ("2", 2)])
def test_gpus_are_asked_for_as_docker_run_does(
    monkeypatch: pytest.MonkeyPatch, gpus: str, count: int
) -> None:
    _, (made,) = run(monkeypatch, ProbePlan("i", gpus=gpus), Scripted(ends_at=0.0))
    (request,) = made["host_config"]["device_requests"]
    assert (request["Count"], request["Capabilities"]) == (count, [["gpu"]])


def test_a_start_that_fails_is_tried_without_the_mounts(monkeypatch: pytest.MonkeyPatch) -> None:
    found, (first, second) = run(
        monkeypatch, ProbePlan("i"), Scripted(ends_at=0.0, exit_code=2), Scripted(ends_at=0.5, exit_code=3)
    )
    assert found.control == Control(False, 3)
    assert first["directories"]
    assert second["directories"] == ()


def test_a_start_that_fails_without_the_mounts_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    # Podman's containers that never started have exit code 0, which must not read as a success.
    found, _ = run(
        monkeypatch,
        ProbePlan("i"),
        Scripted(ends_at=0.0, exit_code=2),
        Scripted(start_error="no such file or directory"),
    )
    assert found.control == Control(False, None)


def test_without_mounts_there_is_nothing_to_compare(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = ProbePlan("i", Workload.INFERENCE, network="bridge")
    found, _ = run(monkeypatch, plan, Scripted(ends_at=0.0, exit_code=2))
    assert found.exit_code == 2
    assert found.control is None


@pytest.mark.parametrize("network", ["none", "host", "bridge", "default", "container:abc"])
def test_networks_that_every_engine_has_are_not_looked_for(network: str) -> None:
    assert session._existing(cast(Any, None), network) == network


@pytest.mark.parametrize(
    ("looks", "kept"),
    [
        ([HEARING, DEAF], [HEARING]),
        ([DEAF, HIDDEN], [DEAF]),
        # Awake in the first look, so that the kernel shows no wait; then it waits again.
        ([HIDDEN, DEAF, HEARING], [HIDDEN, DEAF]),
        # At work without a handler may be a wait with a timeout, between two of its rounds.
        ([AT_WORK, HEARING], [AT_WORK, HEARING]),
        ([HIDDEN, None, DEAF], [HIDDEN]),
        ([snapshot(), DEAF], []),
        ([HIDDEN] * 15, [HIDDEN] * 10),
    ],
)
def test_looks_right_before_the_signal(looks: list[Snapshot | None], kept: list[Snapshot]) -> None:
    found: list[Snapshot] = []
    session._look_closely(Scripted(looks=looks).live(), cast(Keeper, found.append), START)
    assert found == kept


def test_no_more_looks_once_it_is_over() -> None:
    found: list[Snapshot] = []
    container = Scripted(looks=[HIDDEN, DEAF], ends_at=0.01)
    session._look_closely(container.live(), cast(Keeper, found.append), START)
    assert found == [HIDDEN]


def at(moment: float, args: str = "x", phase: Phase = Phase.STARTING) -> Snapshot:
    return snapshot(process(1, 0, args), at=moment, phase=phase)


def test_only_what_differs_is_kept_and_the_last_look() -> None:
    keep = Keeper()
    assert keep.last is None
    looks = [at(0), at(1), at(2), at(3, "y"), at(4, "y", Phase.READY), at(5, "y", Phase.READY)]
    for look in looks:
        keep(look)
    assert [kept.at for kept in keep.snapshots] == [0, 3, 4, 5]
    assert keep.last == looks[-1]


def test_the_last_look_before_the_signal_stays_although_the_tree_was_the_same() -> None:
    keep = Keeper()
    looks = [HIDDEN, DEAF, DEAF._replace(at=2.0, phase=Phase.STOPPING)]
    for look in looks:
        keep(look)
    assert keep.snapshots == tuple(looks)
    assert Run(True, SIGTERM, 6.0, snapshots=keep.snapshots).last_before_signal == DEAF


def test_the_last_look_before_the_signal_stays_although_the_tree_never_rested() -> None:
    keep = Keeper()
    for moment in range(300):
        keep(at(moment, f"x {moment}"))
    for moment in range(300, 600):
        keep(at(moment, f"x {moment}", Phase.READY if moment == 300 else Phase.STOPPING))
    assert [kept.at for kept in keep.snapshots] == [*range(200), 299, 300, 301, 599]


def test_a_tree_that_never_rests_is_cut_and_the_last_look_stays() -> None:
    keep = Keeper()
    for moment in range(500):
        keep(at(moment, f"x {moment}"))
    assert [kept.at for kept in keep.snapshots] == [*range(200), 499]
