"""Nothing stays on the engine: not after an interruption, not after a kill, and a living probe's is never touched."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from smlint.probe import cleanup, owner
from smlint.probe.cleanup import LABEL, OWNER_LABEL, UNTIL_LABEL, Custody
from tests.probe.processes import PATIENCE, doing, end, output, until
from tests.probe.programs import HANDLER

if TYPE_CHECKING:
    import docker

    from tests.engine.images import Images

KILLS = 100
SIDE_BY_SIDE = 5
#: A probe without the rest of the command, so that most of the random moments fall into it.
PROBE = """
import sys, docker
from smlint.probe.interruption import Interruption
from smlint.probe.plan import ProbePlan
from smlint.probe.session import probe
with Interruption() as interruption:
    probe(docker.from_env().api, ProbePlan(sys.argv[1], grace=3.0), interruption=interruption)
"""


def test_this_process_lives() -> None:
    assert owner.is_dead(owner.current()) is False


def test_an_ended_process_is_dead() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    living = owner.current()._replace(pid=child.pid, started=owner._started(child.pid))
    assert owner.is_dead(living) is False
    child.communicate(timeout=PATIENCE)
    assert owner.is_dead(living) is True


def test_a_process_id_that_was_given_again_is_another_process() -> None:
    assert owner.is_dead(owner.current()._replace(started="1")) is True


def test_a_process_that_nobody_has_waited_for_is_dead() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    living = owner.current()._replace(pid=child.pid, started=owner._started(child.pid))
    assert child.stdin is not None
    child.stdin.close()
    try:
        until(lambda: owner.is_dead(living), lambda: doing(child))
        assert child.returncode is None
    finally:
        child.wait(PATIENCE)


def test_processes_elsewhere_cannot_be_seen() -> None:
    assert owner.is_dead(owner.current()._replace(realm="another-boot.4026531836")) is None


def test_owners_survive_their_label() -> None:
    assert owner.parse(str(owner.current())) == owner.current()
    assert owner.parse("nonsense") is None
    assert owner.parse("") is None


@pytest.fixture
def mark() -> str:
    return f"test-{os.getpid()}-{time.monotonic_ns():x}"


def volume(engine: docker.DockerClient, mark: str, **labels: str) -> str:
    made = engine.volumes.create(labels={LABEL: mark, **labels})
    return str(made.id)


def volumes_of(engine: docker.DockerClient, mark: str) -> list[Any]:
    return engine.volumes.list(filters={"label": f"{LABEL}={mark}"})


@pytest.mark.engine
@pytest.mark.parametrize(
    ("realm", "until", "kept"),
    [
        ("elsewhere", 3600, True),
        ("elsewhere", -1, False),
        ("here, dead", 3600, False),
        ("here, living", -1, True),
        ("", -1, False),
    ],
)
def test_what_a_sweep_removes(
    engine: docker.DockerClient, mark: str, realm: str, until: int, kept: bool
) -> None:
    mine = owner.current()
    owners = {
        "elsewhere": str(mine._replace(realm="another-boot.1")),
        "here, dead": str(mine._replace(started="1")),
        "here, living": str(mine),
        "": "",
    }
    name = volume(engine, mark, **{OWNER_LABEL: owners[realm], UNTIL_LABEL: str(int(time.time()) + until)})
    try:
        swept = cleanup.sweep(engine.api)
        assert (mark in dict(swept.kept)) is kept
        assert bool(volumes_of(engine, mark)) is kept
    finally:
        if kept:
            engine.api.remove_volume(name)


@pytest.mark.engine
def test_custody_removes_everything_also_after_an_error(engine: docker.DockerClient, images: Images) -> None:
    image = images.base("dash")
    with pytest.raises(ZeroDivisionError), Custody(engine.api, 60) as custody:  # noqa: PT012
        name = volume(engine, custody.id, **custody.labels)
        network = engine.networks.create(f"smlint-test-{custody.id}", internal=True, labels=custody.labels)
        engine.containers.run(
            image,
            ["sleep", "1000"],
            detach=True,
            labels=custody.labels,
            network=network.id,
            volumes={name: {"bind": "/v", "mode": "rw"}},
        )
        raise ZeroDivisionError
    assert left(engine, f"{LABEL}={custody.id}") == []


def left(engine: docker.DockerClient, label: str) -> list[Any]:
    chosen = {"label": label}
    return [
        *engine.containers.list(all=True, filters=chosen, ignore_removed=True),
        *engine.networks.list(filters=chosen),
        *engine.volumes.list(filters=chosen),
    ]


def owned_by(engine: docker.DockerClient, pids: set[int]) -> list[Any]:
    """What probes of these processes have on the engine."""
    found = []
    for resource in left(engine, LABEL):
        attrs = resource.attrs
        labels = attrs.get("Labels") or attrs.get("Config", {}).get("Labels") or {}
        known = owner.parse(labels.get(OWNER_LABEL, ""))
        if known is not None and known.pid in pids:
            found.append(resource)
    return found


@pytest.mark.engine
@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name
)
def test_an_interrupted_command_cleans_up(
    engine: docker.DockerClient, images: Images, number: signal.Signals
) -> None:
    reference = images.make("dash", {"/train.py": HANDLER}, entrypoint=["/train.py"])
    command = [sys.executable, "-c", "from smlint.cli import run; run()", "image", reference]
    options = ["--probe-sigterm", "--ready-log", "never", "--ready-timeout", "600", "--isolated"]
    process = subprocess.Popen(
        [*command, *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Started by nohup or in the background of a script, the tests themselves ignore some of these, and smlint
        # rightly keeps ignoring what it is told to ignore.
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
    )
    try:
        until(
            lambda: process.poll() is not None or owned_by(engine, {process.pid}),
            lambda: f"nothing of it is on the engine\n{doing(process)}",
        )
    finally:
        process.send_signal(number)
        _, errors = output(process)
    assert process.returncode == 128 + number, errors
    assert number.name in errors
    assert owned_by(engine, {process.pid}) == []


@pytest.mark.engine
def test_killed_at_random_moments(engine: docker.DockerClient, images: Images) -> None:
    moments = random.Random(20)
    reference = images.make("dash", {"/train.py": HANDLER}, entrypoint=["/train.py"])

    def kill_one(after: float) -> tuple[int, bool]:
        process = subprocess.Popen(
            [sys.executable, "-c", PROBE, reference],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            process.wait(timeout=after)
        except subprocess.TimeoutExpired:
            end(process)
            return process.pid, True
        return process.pid, False

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        done = list(pool.map(kill_one, [moments.uniform(0.2, 2.5) for _ in range(KILLS)]))
    pids = {pid for pid, _ in done}
    assert sum(killed for _, killed in done) > KILLS / 2

    def swept() -> bool:
        # A create call that the engine was still at work on when its caller died ends after the sweep.
        cleanup.sweep(engine.api)
        return not owned_by(engine, pids)

    until(swept, lambda: owned_by(engine, pids))
