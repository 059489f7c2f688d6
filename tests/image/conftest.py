"""Fixtures of the image tests: services that run for the whole session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import unavailable
from tests.image import services, tokens

if TYPE_CHECKING:
    import docker

    from tests.engine.images import Images


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """host:port of a registry without TLS."""
    if reason := services.missing("docker-registry", "skopeo"):
        unavailable(reason)
    with services.registry(tmp_path_factory.mktemp("registry")) as address:
        yield address


@pytest.fixture(scope="session")
def closed_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """host:port of a registry with TLS that wants a user, and its certificate."""
    if reason := services.missing("docker-registry", "skopeo", "openssl"):
        unavailable(reason)
    folder = tmp_path_factory.mktemp("closed-registry")
    with services.registry(folder, tls=True) as address:
        yield address, folder / "cert.pem"


@pytest.fixture(scope="session")
def token_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tokens.TokenRegistry]:
    """A registry with TLS that wants tokens, and the server that gives them."""
    if reason := services.missing("docker-registry", "skopeo", "openssl"):
        unavailable(reason)
    with tokens.registry(tmp_path_factory.mktemp("token-registry")) as found:
        yield found


@pytest.fixture(scope="session")
def podman(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """URL of Podman's API, and the folder of its storage."""
    if reason := services.missing("podman"):
        unavailable(reason)
    folder = tmp_path_factory.mktemp("podman")
    with services.podman(folder) as url:
        yield url, folder


@pytest.fixture(scope="session")
def driver_image(
    engine: docker.DockerClient, images: Images, tmp_path_factory: pytest.TempPathFactory
) -> str:
    """An image with real driver packages of NVIDIA."""
    if reason := services.missing("apt-get", "dpkg-deb"):
        unavailable(reason)
    try:
        return services.driver_image(engine, images.base("dash"), tmp_path_factory.mktemp("nvidia"))
    except RuntimeError as error:
        unavailable(f"Debian's driver packages cannot be had: {error}")
