"""Names of images: transports as containers-image spells them, repository names as Docker spells them.

Only text is looked at here; whether the image exists is for the sources to find out.
"""

from __future__ import annotations

import enum
import re
from typing import Final, NamedTuple


class ImageError(Exception):
    """An image cannot be read. The text is one line that names what is wrong and says what to do."""


class Transport(enum.StrEnum):
    """Where an image lies. The values are the prefixes users type."""

    #: No prefix: a running engine is asked first, then the registry.
    ANY = ""
    DOCKER_DAEMON = "docker-daemon"
    DOCKER_ARCHIVE = "docker-archive"
    OCI = "oci"
    OCI_ARCHIVE = "oci-archive"
    DOCKER = "docker"


class RepositoryName(NamedTuple):
    """``registry/path:tag@digest`` with Docker's defaults filled in."""

    registry: str
    path: str
    #: None only when ``digest`` is given without a tag.
    tag: str | None
    digest: str | None

    @property
    def version(self) -> str:
        """What a registry is asked for: the digest, or else the tag."""
        return self.digest or self.tag or DEFAULT_TAG

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.registry}/{self.path}{tag}{digest}"


class ImageReference(NamedTuple):
    """One image as the user named it."""

    transport: Transport
    #: As typed, transport included: what reports show.
    text: str
    #: The file or directory of the transports that have one; "" for engines and registries.
    path: str = ""
    #: The image inside the archive or layout (``None``: its only one), or the name an engine or registry knows.
    image: str | None = None
    #: The parsed name for engines and registries; None for files and image IDs.
    repository: RepositoryName | None = None


DOCKER_HUB: Final = "docker.io"
DEFAULT_TAG: Final = "latest"

_PODMAN: Final = "containers-storage:"
_PREFIX: Final = re.compile(r"(docker-daemon|docker-archive|oci-archive|oci|docker):(.*)", re.DOTALL)
_IMAGE_ID: Final = re.compile(r"(?:sha256:)?[0-9a-f]{64}")
_REGISTRY: Final = re.compile(
    r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]+)?|\[[0-9a-fA-F:.]+\](?::[0-9]+)?"
)
_PATH: Final = re.compile(r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*")
_TAG: Final = re.compile(r"[\w][\w.-]{0,127}", re.ASCII)
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
#: A bare name of this shape is a file that has been named without its transport.
_FILE: Final = re.compile(r"\.{0,2}/.*|~.*|.*\.(?:tar(?:\.\w+)?|tgz)", re.DOTALL)
_DRIVE: Final = re.compile(r"[A-Za-z]:[\\/]")


def parse_reference(text: str) -> ImageReference:
    """Read ``transport:rest``, ``docker://name`` or a bare name.

    Raises :class:`ImageError` when the text can name no image.
    """
    prefixed = _PREFIX.fullmatch(text)
    # ``docker:24`` and ``oci:v1`` could be repositories called docker and oci; containers-image reads the transport.
    if prefixed is None:
        if _FILE.fullmatch(text):
            raise ImageError(
                f"{text}: a file is named with how it was made: docker-archive:{text} (docker save), "
                f"oci-archive:{text}, or oci:{text} for a folder"
            )
        if text.startswith(_PODMAN):
            raise ImageError(
                f"{text}: Podman's images are read through its socket: docker-daemon:{text.removeprefix(_PODMAN)}"
            )
        return _named(Transport.ANY, text, text)
    transport, rest = Transport(prefixed[1]), prefixed[2]
    if transport is Transport.DOCKER:
        if not rest.startswith("//"):
            raise ImageError(f"{text}: a registry image is written docker://{rest.lstrip('/')}")
        return _named(transport, text, rest[2:])
    if transport is Transport.DOCKER_DAEMON:
        return _named(transport, text, rest)
    return _file(transport, text, rest)


def parse_repository(name: str) -> RepositoryName:
    """Read ``[registry/]path[:tag][@digest]``; raises :class:`ImageError`."""
    rest, at, digest = name.partition("@")
    if at and not _DIGEST.fullmatch(digest):
        raise ImageError(f"{name}: what follows @ is no digest; write @sha256: and 64 hexadecimal digits")
    first, slash, remainder = rest.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost" or first != first.lower()):
        registry = first
    else:
        registry, remainder = DOCKER_HUB, rest
    path, colon, tag = remainder.partition(":")
    if colon and not _TAG.fullmatch(tag):
        raise ImageError(f"{name}: {tag!r} is no image tag")
    if not (_REGISTRY.fullmatch(registry) and _PATH.fullmatch(path)):
        raise ImageError(f"{name}: no image name; write [registry/]name[:tag] in lower case")
    if registry in (DOCKER_HUB, "index.docker.io"):
        registry = DOCKER_HUB
        path = path if "/" in path else f"library/{path}"
    return RepositoryName(registry, path, tag or (None if digest else DEFAULT_TAG), digest or None)


def _named(transport: Transport, text: str, name: str) -> ImageReference:
    if _IMAGE_ID.fullmatch(name):
        if transport is Transport.DOCKER:
            raise ImageError(f"{text}: a registry knows images by name, not by ID")
        return ImageReference(transport, text, image=name)
    return ImageReference(transport, text, image=name, repository=parse_repository(name))


def _file(transport: Transport, text: str, rest: str) -> ImageReference:
    drive = rest[:2] if _DRIVE.match(rest) else ""
    path, _, image = rest[len(drive) :].partition(":")
    if not path or "\0" in path:
        raise ImageError(f"{text}: no path; write {transport}:PATH[:NAME]")
    return ImageReference(transport, text, path=drive + path, image=image or None)
