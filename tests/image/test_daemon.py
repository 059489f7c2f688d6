"""Images on a real engine: nothing is started, nothing is left behind, and what goes wrong is said in one line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from smlint.container import ABSENT, FileKind, Known
from smlint.image import daemon
from smlint.image.connection import NoEngineError, connect
from smlint.image.daemon import LABEL, NotOnEngineError, open_daemon
from smlint.image.facts import container_of
from smlint.image.reference import ImageError, parse_reference

if TYPE_CHECKING:
    import docker

    from tests.engine.images import Images

pytestmark = pytest.mark.engine


def opened(reference: str) -> daemon.DaemonImage:
    return open_daemon(parse_reference(f"docker-daemon:{reference}"), None)


def containers(engine: docker.DockerClient, image: str) -> list[str]:
    found = engine.containers.list(all=True, filters={"label": LABEL, "ancestor": image})
    return [each.status for each in found]


@pytest.fixture
def source(images: Images) -> Iterator[daemon.DaemonImage]:
    reference = images.build(
        f"FROM {images.base('dash')}\nCOPY rootfs /\nVOLUME /opt/ml /data\n",
        {
            "rootfs/opt/ml/model/weights": "w" * 1000,
            "rootfs/opt/ml/output/a": "a",
            "rootfs/data/kept": "k",
            "rootfs/opt/program/train": "#!/bin/sh\n",
        },
    )
    found = opened(reference)
    yield found
    found.close()


def test_a_container_is_created_never_started_and_removed(
    images: Images, engine: docker.DockerClient
) -> None:
    reference = images.make("dash", {"/only-here": "1"})
    source = opened(reference)
    assert containers(engine, reference) == []
    source.files.stat("/etc/passwd")
    assert containers(engine, reference) == ["created"]
    source.close()
    assert containers(engine, reference) == []
    source.close()


def test_volumes_of_the_image_are_not_made_and_hide_nothing(
    source: daemon.DaemonImage, engine: docker.DockerClient
) -> None:
    found = container_of(source).files.lookup("/data/kept")
    assert isinstance(found, Known)
    assert found.value.content == b"k"
    made = engine.containers.list(all=True, filters={"label": LABEL, "ancestor": source.files.image})
    assert [mount for each in made for mount in each.attrs["Mounts"]] == []


def test_files_are_looked_up_as_they_are(source: daemon.DaemonImage) -> None:
    files = container_of(source).files
    program = files.lookup("/opt/program/train")
    assert isinstance(program, Known)
    assert (program.value.mode, program.value.content) == (0o755, b"#!/bin/sh\n")
    shell = files.lookup("/bin/sh")
    assert isinstance(shell, Known)
    assert shell.value.path.endswith("/dash")
    assert files.lookup("/nothing/here") is ABSENT
    assert files.lookup("/opt/program/train/below") is ABSENT
    up = files.lookup("/opt/program/../ml/model/weights")
    assert isinstance(up, Known)
    assert up.value.size == 1000
    root = files.lookup("/")
    assert isinstance(root, Known)
    assert root.value.kind is FileKind.DIRECTORY


def test_a_directory_beyond_the_budget_is_said_to_be_read_in_part(
    source: daemon.DaemonImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon, "LIST_BYTES", 2000)
    monkeypatch.setattr(daemon, "WHOLE_BYTES", 0)
    container = container_of(source)
    found = container.evidence.files_matching(
        ["^/opt/ml/"], ["/opt/ml/", "/opt/ml/model/", "/opt/ml/output/"]
    )
    assert isinstance(found, Known)
    # The large folder is cut, and what stands beside it is seen all the same.
    assert {file.path for file in found.value} == {"/opt/ml/model/weights", "/opt/ml/output/a"}
    assert set(container.evidence.not_looked_at) == {"/opt/ml", "/opt/ml/model"}  # type: ignore[attr-defined]


@pytest.mark.usefixtures("engine")
def test_an_image_that_is_not_there() -> None:
    with pytest.raises(NotOnEngineError, match=r"has no image smlint/no-such:1; pull or build it"):
        opened("smlint/no-such:1")


def test_another_platform(images: Images) -> None:
    reference = parse_reference(f"docker-daemon:{images.base('dash')}")
    with pytest.raises(ImageError, match="is not there for linux/s390x, only for linux/amd64"):
        open_daemon(reference, "linux/s390x")


def test_an_image_by_its_id(images: Images, engine: docker.DockerClient) -> None:
    identity = engine.images.get(images.base("dash")).id
    source = open_daemon(parse_reference(f"docker-daemon:{identity}"), "linux/amd64")
    assert source.files.stat("/bin/bash") is not None
    source.close()


@pytest.mark.parametrize("host", ["unix:///nowhere.sock", "tcp://127.0.0.1:1"])
def test_no_engine(host: str) -> None:
    with pytest.raises(
        NoEngineError, match=r"no container engine answers at DOCKER_HOST=.*; start it"
    ) as raised:
        connect({"DOCKER_HOST": host})
    assert "\n" not in str(raised.value)


class TestContexts:
    """`docker context` stores a folder per context, named by the digest of its name."""

    @pytest.fixture
    def folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        import hashlib

        name = hashlib.sha256(b"far").hexdigest()
        meta = tmp_path / "contexts" / "meta" / name
        meta.mkdir(parents=True)
        endpoint = {"Host": "unix:///var/run/docker.sock", "SkipTLSVerify": False}
        content = {"Name": "far", "Metadata": {}, "Endpoints": {"docker": endpoint}}
        (meta / "meta.json").write_text(json.dumps(content))
        (tmp_path / "config.json").write_text(json.dumps({"currentContext": "far"}))
        monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
        monkeypatch.delenv("DOCKER_HOST", raising=False)
        return tmp_path

    def test_the_current_context_is_used(self, folder: Path, engine: docker.DockerClient) -> None:
        client = connect({"DOCKER_CONFIG": str(folder)})
        assert client.ping()
        client.close()

    def test_a_context_by_variable(self, folder: Path, engine: docker.DockerClient) -> None:
        client = connect({"DOCKER_CONFIG": str(folder), "DOCKER_CONTEXT": "far"})
        assert client.ping()
        client.close()

    def test_a_context_that_is_not_there(self, folder: Path) -> None:
        with pytest.raises(NoEngineError, match="there is no docker context near"):
            connect({"DOCKER_CONFIG": str(folder), "DOCKER_CONTEXT": "near"})

    def test_docker_host_wins(self, folder: Path) -> None:
        with pytest.raises(NoEngineError, match="DOCKER_HOST=unix:///nowhere"):
            connect({"DOCKER_CONFIG": str(folder), "DOCKER_HOST": "unix:///nowhere"})
