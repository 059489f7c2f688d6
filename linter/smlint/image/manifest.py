"""Reads manifests and indexes: descriptors, digests, and which entry of an index is for a platform."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from smlint.image.reference import ImageError
from smlint.image.source import (
    DEFAULT_PLATFORM,
    attestation,
    described_platform,
    matches_platform,
    platforms_text,
)

#: An index may name indexes; nobody nests them deeper.
MAX_INDEX_DEPTH: Final = 4
#: Engines stop at 127 layers.
MAX_LAYERS: Final = 1000

_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")


def descriptors(content: Mapping[str, Any], key: str, what: str) -> Iterator[Mapping[str, Any]]:
    """The list of descriptors under ``key``; raises :class:`ImageError` when it is something else."""
    found = content.get(key) or []
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise ImageError(f"{what}: {key} is not a list of descriptors")
    if len(found) > MAX_LAYERS:
        raise ImageError(f"{what}: {key} has more than {MAX_LAYERS} entries")
    yield from found


def digest_of(descriptor: Any, wanted_by: str) -> str:
    """The digest of a descriptor; raises :class:`ImageError` for what is none, since it becomes a path."""
    digest = descriptor.get("digest") if isinstance(descriptor, Mapping) else None
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise ImageError(f"{wanted_by} names {str(digest)[:80]!r}, which is no digest")
    return digest


def verify(content: bytes, digest: str, what: str) -> bytes:
    """``content`` itself when it has that digest; raises :class:`ImageError` otherwise."""
    algorithm = digest.partition(":")[0]
    actual = f"{algorithm}:{hashlib.new(algorithm, content).hexdigest()}"
    if actual != digest:
        raise ImageError(f"{what} does not match its digest: it should be {digest} and is {actual}")
    return content


def for_platform(descriptors: list[Mapping[str, Any]], platform: str | None) -> Mapping[str, Any]:
    """The entry of an index for ``os/arch[/variant]``; raises :class:`ImageError` naming those there are."""
    platform = platform or DEFAULT_PLATFORM
    images = [descriptor for descriptor in descriptors if not attestation(descriptor)]
    for descriptor in images:
        if matches_platform(platform, *described_platform(descriptor)):
            return descriptor
    # A single entry without a platform is an image that an index only wraps.
    if len(images) == 1 and described_platform(images[0])[:2] == ("", ""):
        return images[0]
    offered = ("/".join(filter(None, described_platform(image))) for image in images)
    raise ImageError(
        f"is not there for {platform}, only for {platforms_text(offered)}; choose with --platform"
    )
