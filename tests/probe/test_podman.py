"""The same probes through Podman's socket: what agrees with Docker, engine against engine."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from smlint.probe.cleanup import LABEL
from smlint.probe.judge import judge
from smlint.probe.plan import ProbePlan
from smlint.probe.session import probe
from tests.conftest import unavailable
from tests.engine.mounts import unmount_below
from tests.probe.processes import PATIENCE, end, until
from tests.probe.scenarios import SCENARIOS, Scenario

if TYPE_CHECKING:
    import docker

    from tests.engine.images import Images

pytestmark = pytest.mark.engine

NAMES = ("python-handler", "python-no-handler", "script-no-exec-dash", "sigwait", "exits-3-before-ready")

#: Machines differ in what limits they allow to set, and in where they keep their init.
CONFIGURATION = """
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
init_path = "/usr/bin/tini"
"""


@pytest.fixture(scope="module")
def podman(tmp_path_factory: pytest.TempPathFactory) -> Iterator[docker.DockerClient]:
    import docker
    import docker.errors

    for tool in ("podman", "runc", "tini"):
        if shutil.which(tool) is None:
            unavailable(f"{tool} is not installed")
    if os.geteuid() != 0:
        pytest.skip("a Podman with a storage of its own needs root here")
    folder = tmp_path_factory.mktemp("podman")
    configuration = folder / "containers.conf"
    configuration.write_text(CONFIGURATION)
    places = [f"--root={folder}/root", f"--runroot={folder}/run", f"--tmpdir={folder}/tmp"]
    command = ["podman", f"--runtime={shutil.which('runc')}", "--cgroup-manager=cgroupfs", *places]
    environment = {**os.environ, "CONTAINERS_CONF": str(configuration)}
    socket = f"unix://{folder}/podman.sock"
    log = (folder / "log").open("wb")
    service = subprocess.Popen(
        [*command, "system", "service", "--time=0", socket], env=environment, stdout=log, stderr=log
    )
    try:
        until(
            lambda: Path(folder, "podman.sock").exists() or service.poll() is not None,
            lambda: Path(log.name).read_text(),
        )
        assert service.poll() is None, Path(log.name).read_text()
        client = docker.DockerClient(base_url=socket)
        yield client
        for image in client.images.list():
            client.images.remove(image.id, force=True)
        client.close()
    finally:
        service.terminate()
        try:
            service.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            end(service)
        log.close()
        # The overlay driver mounts its own folder and leaves that to the next boot.
        unmount_below(folder)


@pytest.mark.parametrize("name", NAMES)
def test_podman_gives_the_same_verdicts(
    podman: docker.DockerClient, engine: docker.DockerClient, images: Images, name: str
) -> None:
    scenario: Scenario = next(scenario for scenario in SCENARIOS if scenario.name == name)
    reference = images.make(scenario.base, scenario.files, entrypoint=scenario.entrypoint)
    podman.images.load(io.BytesIO(b"".join(engine.images.get(reference).save(named=reference))))
    record = probe(podman.api, ProbePlan(reference, grace=3.0))
    assert tuple(judge(run).verdict for run in record.runs) == scenario.verdicts, record
    assert record.engine.name == "Podman Engine"
    chosen = {"label": f"{LABEL}={record.id}"}
    assert podman.containers.list(all=True, filters=chosen) == []
    assert podman.volumes.list(filters=chosen) == []
