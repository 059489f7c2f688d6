"""Images in a registry: manifest and config, and with ``layers`` the layers as they stream by. Nothing is stored.

The HTTP side is python-dxf's; credentials are found by the docker SDK, as `docker login` and credential helpers
(docker-credential-ecr-login) left them.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from smlint.image.config import ImageConfig, parse_config, parse_object
from smlint.image.connection import innermost
from smlint.image.index import LayerIndex
from smlint.image.layer import read_streamed, stream_layer
from smlint.image.layers import LayeredFiles
from smlint.image.manifest import MAX_INDEX_DEPTH, descriptors, digest_of, for_platform
from smlint.image.progress import Progress
from smlint.image.reference import DOCKER_HUB, ImageError, ImageReference, RepositoryName
from smlint.image.source import (
    INDEX_TYPES,
    MANIFEST_TYPES,
    Listable,
    Manifest,
    Unseen,
    attestation,
    check_platform,
)

if TYPE_CHECKING:
    import dxf
    import requests

    from smlint.image.repository import Repository

#: Seconds for one answer of the registry.
TIMEOUT: Final = 60

#: The names under which Docker Hub answers, and under which its credentials are kept.
_HUB_HOST: Final = "registry-1.docker.io"


class RegistryImage:
    """An image in a registry; see :class:`smlint.image.source.ImageSource`."""

    def __init__(
        self, reference: str, repository: Repository, config: ImageConfig, manifest: Manifest, files: Listable
    ) -> None:
        self.reference = reference
        self.config = config
        self.manifest = manifest
        self.files = files
        self._repository = repository

    def close(self) -> None:
        """See :class:`smlint.image.source.ImageSource`."""
        self._repository.__exit__(None, None, None)  # type: ignore[no-untyped-call]


def open_registry(
    reference: ImageReference,
    platform: str | None,
    progress: Progress,
    *,
    layers: bool = False,
    insecure: frozenset[str] = frozenset(),
) -> RegistryImage:
    """Open an image of a registry; raises :class:`ImageError`."""
    name = reference.repository
    assert name is not None
    repository = _connect(name, insecure)
    try:
        with _one_line(name):
            return _image(name, repository, platform, progress, layers)
    except BaseException:
        repository.__exit__(None, None, None)  # type: ignore[no-untyped-call]
        raise


def _connect(name: RepositoryName, insecure: frozenset[str]) -> Repository:
    from smlint.image.repository import Repository

    repository = Repository(
        _HUB_HOST if name.registry == DOCKER_HUB else name.registry,
        name.path,
        auth=_login(name.registry),
        insecure=name.registry in insecure,
        timeout=TIMEOUT,
    )
    # One session for all requests: a connection per blob would shake hands for each.
    repository.__enter__()
    return repository


def _login(registry: str) -> Callable[[dxf.DXFBase, requests.Response], None]:
    def answer(repository: dxf.DXFBase, response: requests.Response) -> None:
        user, password = credentials(registry)
        try:
            repository.authenticate(user, password, response=response)
        except (LookupError, TypeError, AttributeError, ValueError):
            # dxf takes challenges and tokens for what they should be.
            raise ImageError(f"{registry} asks for credentials in a way that is not understood") from None

    return answer


def credentials(registry: str) -> tuple[str | None, str | None]:
    """User and password for a registry from Docker's configuration; twice None where there are none.

    Raises :class:`ImageError` when a credential helper fails or gives what cannot be used.
    """
    import docker.auth
    import docker.errors

    try:
        with warnings.catch_warnings(action="ignore", category=UserWarning):
            # The SDK warns of a missing helper before it raises; the error says it all.
            found = docker.auth.load_config().resolve_authconfig(None if registry == DOCKER_HUB else registry)
    except (docker.errors.DockerException, ValueError, OSError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ImageError(
            f"the credentials for {registry} cannot be had: {reason}; {_log_in(registry)}"
        ) from None
    if not found:
        return None, None
    # Entries of config.json and answers of helpers differ in case.
    entry = {key.lower(): value for key, value in found.items()}
    if entry.get("identitytoken"):
        raise ImageError(
            f"the credentials for {registry} are an identity token, which cannot be used; "
            f"log in with a user and password: docker login {registry}"
        )
    return entry.get("username"), entry.get("password")


def _image(
    name: RepositoryName, repository: Repository, platform: str | None, progress: Progress, layers: bool
) -> RegistryImage:
    media_type, content = _manifest(repository, name.version)
    top, attestations = media_type, False
    for _ in range(MAX_INDEX_DEPTH):
        if media_type not in INDEX_TYPES:
            break
        entries = list(descriptors(content, "manifests", "the index"))
        attestations = attestations or any(map(attestation, entries))
        media_type, content = _manifest(repository, digest_of(for_platform(entries, platform), "the index"))
    if media_type in INDEX_TYPES:
        raise ImageError(f"its indexes are nested more than {MAX_INDEX_DEPTH} deep")
    if media_type not in MANIFEST_TYPES:
        raise ImageError(f"its manifest is of type {media_type}, which is no image that can be read")
    digest = digest_of(content.get("config"), "the manifest")
    config = parse_config(repository.config(digest), f"config {digest}")
    check_platform(config, platform)
    blobs = list(descriptors(content, "layers", "the manifest"))
    manifest = Manifest(
        media_type=top,
        is_pushed=True,
        attestations=attestations,
        layers=config.diff_ids if len(config.diff_ids) == len(blobs) else (),
    )
    files: Listable = Unseen(
        "of an image in a registry only manifest and config are read",
        "Add --layers to read its files as well (everything is downloaded, nothing stored).",
    )
    if layers:
        files = LayeredFiles([RemoteLayer(repository, name, blob, progress) for blob in blobs])
    return RegistryImage(f"docker://{name}", repository, config, manifest, files)


def _manifest(repository: Repository, version: str) -> tuple[str, dict[str, Any]]:
    served, raw = repository.manifest(version)
    content = parse_object(raw, "the manifest")
    return str(content.get("mediaType") or served), content


class RemoteLayer:
    """A layer that is downloaded whenever it is read; see :class:`smlint.image.layer.Layer`."""

    def __init__(
        self, repository: Repository, name: RepositoryName, descriptor: Mapping[str, Any], progress: Progress
    ) -> None:
        self._repository = repository
        self._name = name
        self._digest = digest_of(descriptor, "the manifest")
        self._progress = progress
        self._kept: dict[int, bytes] = {}

    def index(self) -> LayerIndex:
        """See :class:`smlint.image.layer.Layer`."""
        with _one_line(self._name), self._repository.layer(self._digest) as (file, size):
            what = f"layer {self._digest}"
            self._progress.start(f"downloading {what[:25]}", size)
            return stream_layer(file, size, what, self._digest, self._progress, self._kept)

    def read(self, offset: int, size: int) -> bytes:
        """See :class:`smlint.image.layer.Layer`; contents that were not kept are downloaded again."""
        kept = self._kept.get(offset)
        if kept is not None:
            return kept[:size]
        with _one_line(self._name), self._repository.layer(self._digest) as (file, length):
            return read_streamed(file, length, f"layer {self._digest}", offset, size)


@contextmanager
def _one_line(name: RepositoryName) -> Iterator[None]:
    """Turn every way in which a registry can fail into one line that says what to do."""
    import requests
    import urllib3.exceptions
    from dxf import exceptions

    shown = f"docker://{name}"
    try:
        yield
    except ImageError as error:
        raise ImageError(f"{shown}: {str(error).removeprefix(f'{shown}: ')}") from None
    except exceptions.DXFAuthInsecureError:
        raise ImageError(
            f"{shown}: {name.registry} asks for credentials, which are not sent over plain HTTP"
        ) from None
    except exceptions.DXFUnauthorizedError:
        raise ImageError(f"{shown}: {name.registry} refuses access; {_log_in(name.registry)}") from None
    except exceptions.DXFError as error:
        raise ImageError(f"{shown}: {' '.join(str(error).split())}") from None
    except requests.HTTPError as error:
        raise ImageError(f"{shown}: {_status(error, name)}") from None
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        raise ImageError(f"{shown}: {name.registry} cannot be reached: {_unreached(error, name)}") from None


def _unreached(error: Exception, name: RepositoryName) -> str:
    reason = innermost(error)
    if "WRONG_VERSION_NUMBER" in reason:
        return f"it speaks plain HTTP; for a test registry add --insecure-registry {name.registry}"
    if "CERTIFICATE_VERIFY_FAILED" in reason:
        return "its certificate is not trusted; name its authority's file in REQUESTS_CA_BUNDLE"
    return (
        f"{reason}; check the name and the network, or read the image from an archive (docker-archive:FILE)"
    )


def _status(error: requests.HTTPError, name: RepositoryName) -> str:
    status = error.response.status_code if error.response is not None else 0
    if status == 404:
        return f"{name.registry} has no such image; check the name and the tag"
    if status == 403:
        return f"{name.registry} refuses access; {_log_in(name.registry)}"
    if status == 429:
        return f"{name.registry} answers that there were too many requests; wait, or {_log_in(name.registry)}"
    return f"{name.registry} answers with status {status}"


def _log_in(registry: str) -> str:
    if ".dkr.ecr." in registry and registry.count(".") > 3:
        region = registry.split(".")[3]
        return (
            f"log in: aws ecr get-login-password --region {region} | "
            f"docker login --username AWS --password-stdin {registry}"
        )
    return f"log in: docker login{'' if registry == DOCKER_HUB else f' {registry}'}"
