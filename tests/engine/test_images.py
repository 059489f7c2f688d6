"""The images that other tests stand on are what their names say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import docker

    from tests.engine.images import Images

pytestmark = pytest.mark.engine


@pytest.mark.parametrize(
    ("base", "words"),
    [("dash", b"dash"), ("bash", b"bash"), ("busybox", b"busybox"), ("nginx", b"dash")],
)
def test_the_shell_of_a_base(images: Images, engine: docker.DockerClient, base: str, words: bytes) -> None:
    output = engine.containers.run(images.base(base), ["readlink", "/bin/sh"], remove=True)
    assert output.strip() == words


def test_a_base_has_no_command_of_its_own(images: Images, engine: docker.DockerClient) -> None:
    config = engine.images.get(images.base("dash")).attrs["Config"]
    assert not config["Entrypoint"]
    assert not config["Cmd"]


def test_an_image_has_its_files_and_its_config(images: Images, engine: docker.DockerClient) -> None:
    reference = images.make(
        "dash",
        {"/opt/program/hello": "#!/usr/bin/python3\nimport sys; print(sys.argv[1:])\n"},
        entrypoint=["/opt/program/hello"],
        config=["STOPSIGNAL SIGQUIT"],
    )
    assert engine.containers.run(reference, ["train"], remove=True) == b"['train']\n"
    config = engine.images.get(reference).attrs["Config"]
    assert config["Entrypoint"] == ["/opt/program/hello"]
    assert config["StopSignal"] == "SIGQUIT"


def test_the_same_content_is_the_same_image(images: Images) -> None:
    first = images.make("dash", {"/a": "1"}, cmd="echo 1")
    assert images.make("dash", {"/a": "1"}, cmd="echo 1") == first
    assert images.make("dash", {"/a": "2"}, cmd="echo 1") != first
