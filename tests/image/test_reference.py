from __future__ import annotations

import re

import pytest

from smlint.image.reference import ImageError, RepositoryName, Transport, parse_reference, parse_repository

DIGEST = "sha256:" + "a" * 64


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ubuntu", RepositoryName("docker.io", "library/ubuntu", "latest", None)),
        ("me/app:1", RepositoryName("docker.io", "me/app", "1", None)),
        ("localhost/app", RepositoryName("localhost", "app", "latest", None)),
        ("localhost:5000/a/b:x", RepositoryName("localhost:5000", "a/b", "x", None)),
        (f"ghcr.io/a/b@{DIGEST}", RepositoryName("ghcr.io", "a/b", None, DIGEST)),
        (f"ghcr.io/a/b:v1@{DIGEST}", RepositoryName("ghcr.io", "a/b", "v1", DIGEST)),
        ("index.docker.io/ubuntu", RepositoryName("docker.io", "library/ubuntu", "latest", None)),
        (
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/train:2024-01",
            RepositoryName("123456789012.dkr.ecr.eu-west-1.amazonaws.com", "team/train", "2024-01", None),
        ),
    ],
)
def test_repository_names_get_dockers_defaults(text: str, expected: RepositoryName) -> None:
    assert parse_repository(text) == expected


@pytest.mark.parametrize(
    "text", ["", "Ubuntu", "a b", "a:", "a:b:c", "a@sha256:12", "../x", "a//b", "-a", "a/../b"]
)
def test_what_is_no_image_name_is_refused(text: str) -> None:
    with pytest.raises(ImageError):
        # ``a:`` has an empty tag; Docker refuses it as well.
        parse_repository(text)


@pytest.mark.parametrize(
    ("text", "transport", "path", "image"),
    [
        ("ubuntu:22.04", Transport.ANY, "", "ubuntu:22.04"),
        ("docker-daemon:app:1", Transport.DOCKER_DAEMON, "", "app:1"),
        ("docker://ghcr.io/a/b", Transport.DOCKER, "", "ghcr.io/a/b"),
        ("docker-archive:/tmp/a.tar", Transport.DOCKER_ARCHIVE, "/tmp/a.tar", None),
        ("docker-archive:a.tar:app:1", Transport.DOCKER_ARCHIVE, "a.tar", "app:1"),
        ("oci:dir", Transport.OCI, "dir", None),
        ("oci:dir:tag", Transport.OCI, "dir", "tag"),
        ("oci-archive:x.tar.gz:v1", Transport.OCI_ARCHIVE, "x.tar.gz", "v1"),
        (r"docker-archive:C:\a.tar", Transport.DOCKER_ARCHIVE, r"C:\a.tar", None),
        ("a" * 64, Transport.ANY, "", "a" * 64),
        (f"docker-daemon:sha256:{'a' * 64}", Transport.DOCKER_DAEMON, "", f"sha256:{'a' * 64}"),
    ],
)
def test_transports(text: str, transport: Transport, path: str, image: str | None) -> None:
    reference = parse_reference(text)
    assert (reference.transport, reference.path, reference.image) == (transport, path, image)
    assert reference.text == text


@pytest.mark.parametrize("text", ["docker:ubuntu", "oci:", "docker-archive:", "docker://", "docker-daemon:"])
def test_transports_without_an_image_are_refused_with_the_form_to_type(text: str) -> None:
    with pytest.raises(ImageError):
        parse_reference(text)


@pytest.mark.parametrize("identity", ["a" * 64, f"sha256:{'a' * 64}"])
def test_a_registry_is_not_asked_for_an_image_id(identity: str) -> None:
    with pytest.raises(ImageError, match="a registry knows images by name, not by ID"):
        parse_reference(f"docker://{identity}")


@pytest.mark.parametrize(
    "text",
    [
        "image.tar",
        "./image",
        "../a/image.tar.gz",
        "/tmp/image.tgz",
        "~/image",
        "a/b.tar.zst",
        "./layout",
        "/x:1",
    ],
)
def test_a_file_without_its_transport_is_told_how_it_is_written(text: str) -> None:
    with pytest.raises(ImageError, match=re.escape(f"docker-archive:{text}")):
        parse_reference(text)


@pytest.mark.parametrize("text", ["tar", "a/tar:1", "image.tar:1", "quay.io/a/b.tar.gz:2"])
def test_an_image_that_is_called_like_a_file_is_an_image(text: str) -> None:
    assert parse_reference(text).transport is Transport.ANY


def test_podman_s_own_storage_is_read_through_its_socket() -> None:
    with pytest.raises(ImageError, match=r"docker-daemon:localhost/train:1$"):
        parse_reference("containers-storage:localhost/train:1")
