"""The Containerfile for CI use: judged by hadolint and by smlint, built, and run as its comment says."""

from __future__ import annotations

import contextlib
import io
import os
import re
import ssl
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import docker
import docker.errors
import pytest

from smlint.cli import main
from tests.engine import bases

if TYPE_CHECKING:
    from tests.engine.images import Images

ROOT = Path(__file__).parent.parent.parent
CONTAINERFILE = ROOT / "Containerfile"


def test_hadolint_finds_nothing() -> None:
    hadolint = Path(sys.executable).parent / "hadolint"
    if not hadolint.exists():
        pytest.skip("hadolint is not installed")
    done = subprocess.run([hadolint, str(CONTAINERFILE)], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("", 0)


def test_smlint_finds_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "--isolated", "--format", "concise", str(CONTAINERFILE)]) == 0
    assert capsys.readouterr().out == ""


def context() -> Iterator[Path]:
    """What the ignore file lets into the build, and the Containerfile itself."""
    allowed = (ROOT / "Containerfile.dockerignore").read_text().splitlines()
    assert allowed[0] == "*"
    for name in ["Containerfile", *(line.removeprefix("!") for line in allowed[1:])]:
        path = ROOT / name
        yield from (each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]


def archive() -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path in context():
            if "__pycache__" not in path.parts:
                tar.add(path, path.relative_to(ROOT))
    return buffer.getvalue()


@pytest.fixture
def python_image(engine: docker.DockerClient, images: Images) -> str:
    """Python with venv, and what this machine's pip needs to trust and find its index."""
    base = bases.debian(engine, (*bases.PACKAGES, "ca-certificates", "passwd", "python3-venv"))
    authorities = ssl.get_default_verify_paths()
    bundle = Path(os.environ.get("SSL_CERT_FILE") or authorities.cafile or authorities.openssl_cafile)
    files = {"rootfs/etc/pip.conf": "[global]\ncert = /etc/authorities.pem\n"}
    return images.build(
        f"FROM {base}\nCOPY rootfs /\n", {**files, "rootfs/etc/authorities.pem": bundle.read_bytes()}
    )


@pytest.fixture
def built(engine: docker.DockerClient, python_image: str) -> Iterator[str]:
    """The image that the Containerfile makes; taken away with its build stage."""
    name = "smlint-test-containerfile"
    log = engine.api.build(
        fileobj=io.BytesIO(archive()),
        custom_context=True,
        dockerfile="Containerfile",
        buildargs={"PYTHON": python_image},
        tag=name,
        # What pip can reach here it can reach there, whatever networks the engine has.
        network_mode="host",
        rm=True,
        forcerm=True,
        nocache=True,
        decode=True,
    )
    said = "".join(event.get("stream", "") + event.get("error", "") for event in log)
    layers = re.findall(r"^ ---> ([0-9a-f]{12})$", said, re.MULTILINE)
    assert f"Successfully tagged {name}:latest" in said, said
    yield name
    engine.images.remove(name)
    for layer in reversed(layers):
        with contextlib.suppress(docker.errors.APIError):
            if not engine.images.get(layer).tags:
                engine.images.remove(layer)


@pytest.mark.engine
def test_the_image_lints_what_is_mounted(engine: docker.DockerClient, built: str, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "Dockerfile").write_text("FROM python:3.12\nENTRYPOINT python train.py\n")
    volumes = {str(tmp_path): {"bind": "/src", "mode": "ro"}}

    def lint(*arguments: str) -> tuple[int, str]:
        container = engine.containers.create(built, list(arguments), volumes=volumes, network_mode="none")
        try:
            container.start()
            code = container.wait()["StatusCode"]
            return code, container.logs().decode()
        finally:
            container.remove(force=True)

    code, said = lint("--format", "concise")
    assert (code, said.split(" ")[:3]) == (1, ["Dockerfile:2:1:", "error", "SM101"])
    (tmp_path / "Dockerfile").write_text('FROM python:3.12\nENTRYPOINT ["python", "train.py"]\n')
    assert lint("Dockerfile") == (0, "No findings in Dockerfile.\n")
