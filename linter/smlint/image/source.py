"""What every source of images gives: its manifest, its config, and its file system as far as it can be looked at.

A source knows one transport and nothing of rules; :mod:`smlint.image.facts` makes a container of what it gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

from smlint.container import FileKind
from smlint.image.config import ImageConfig
from smlint.image.reference import ImageError

#: The only platform that SageMaker's x86 instances run; what is picked from an index unless another is asked for.
DEFAULT_PLATFORM: Final = "linux/amd64"

OCI_INDEX: Final = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
DOCKER_LIST: Final = "application/vnd.docker.distribution.manifest.list.v2+json"
DOCKER_MANIFEST: Final = "application/vnd.docker.distribution.manifest.v2+json"

INDEX_TYPES: Final = frozenset((OCI_INDEX, DOCKER_LIST))
MANIFEST_TYPES: Final = frozenset((OCI_MANIFEST, DOCKER_MANIFEST))


@dataclass(frozen=True, slots=True)
class Node:
    """One path of an image's file system, links resolved up to (not through) its last component."""

    path: str
    kind: FileKind
    mode: int | None = None
    size: int | None = None
    uid: int | None = None
    gid: int | None = None
    #: What a symbolic link says, as written.
    link: str | None = None
    #: Position of the layer that brought it; None where the source cannot tell.
    layer: int | None = None


class Listing(NamedTuple):
    """The nodes a search found, and the places where it could not look to the end, each with the reason."""

    nodes: Sequence[Node]
    incomplete: Mapping[str, str] = {}


class FileSystem(Protocol):
    """An image's merged file system, read on demand. All calls raise :class:`ImageError` when reading fails."""

    def stat(self, path: str) -> Node | None:
        """The node at an absolute ``path`` with all links followed inside the image; None when nothing is there."""
        ...

    def read(self, path: str, limit: int) -> bytes | None:
        """The first ``limit`` bytes of the regular file at ``path``, links followed; None when there is none."""
        ...

    def search(self, patterns: Sequence[str], under: Sequence[str]) -> Listing:
        """Files and links whose path one of the regular expressions is found in.

        ``under`` names the only places that can hold such files: directories end in ``/``, others are exact paths.
        A file system that can be listed needs no such hint and may ignore it.
        """
        ...


@dataclass(frozen=True, slots=True)
class Unseen:
    """Stands for a file system that the source does not show; ``reason`` completes "unknown, because …"."""

    reason: str
    #: What to type to have it looked at.
    help: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What surrounds a config."""

    #: Media type of the manifest or, where the reference leads to an index, of the index; None: the source has none.
    media_type: str | None = None
    #: The media type is the one that a registry serves.
    is_pushed: bool = False
    attestations: bool = False
    #: Bytes of all layers, uncompressed, where that is known without reading them.
    size: int | None = None
    #: What identifies each layer (digest or diff id), lowest first; empty where the source has no layers.
    layers: tuple[str, ...] = ()


Listable: TypeAlias = FileSystem | Unseen


class ImageSource(Protocol):
    """One opened image. Close it: an engine source removes its container then."""

    #: How reports call it, e.g. ``docker-archive:app.tar``.
    reference: str

    @property
    def config(self) -> ImageConfig:
        """The image config."""
        ...

    @property
    def manifest(self) -> Manifest:
        """What surrounds the config."""
        ...

    @property
    def files(self) -> Listable:
        """The file system, or why it cannot be seen."""
        ...

    def close(self) -> None:
        """Release what the source holds. May be called twice."""
        ...


def matches_platform(wanted: str, operating_system: str, architecture: str, variant: str = "") -> bool:
    """Whether ``os/arch[/variant]`` as asked for is what an index entry offers."""
    parts = wanted.split("/")
    offered = (operating_system, architecture, variant)
    return len(parts) <= 3 and all(part == offer for part, offer in zip(parts, offered, strict=False))


def check_platform(config: ImageConfig, platform: str | None) -> None:
    """Raise :class:`ImageError` when a platform was asked for and a single image is for another."""
    actual = (config.operating_system, config.architecture, config.variant)
    # Many configs leave the variant to the index that they are chosen from.
    wanted = platform if platform is None or config.variant else "/".join(platform.split("/")[:2])
    if wanted is not None and not matches_platform(wanted, *actual):
        offered = "/".join(filter(None, actual))
        raise ImageError(f"is not there for {platform}, only for {offered}; choose with --platform")


def described_platform(descriptor: Mapping[str, Any]) -> tuple[str, str, str]:
    """Operating system, architecture and variant of an index entry, each "" where it does not say."""
    platform = descriptor.get("platform")
    if not isinstance(platform, dict):
        return ("", "", "")
    system, architecture, variant = (platform.get(key) for key in ("os", "architecture", "variant"))
    return (str(system or ""), str(architecture or ""), str(variant or ""))


def attestation(descriptor: Mapping[str, Any]) -> bool:
    """Whether an index entry is BuildKit's attestation of another one rather than an image."""
    return described_platform(descriptor)[:2] == ("unknown", "unknown")


def platforms_text(platforms: Iterable[str]) -> str:
    """A list for messages: sorted, without repetitions."""
    return ", ".join(sorted(set(platforms))) or "none"
