"""Images in files: ``docker save`` archives of every age, OCI layouts and OCI archives.

Which of an archive's images is meant is settled here; what its layers hold is read by :mod:`smlint.image.layers`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from smlint.image.blobs import Blob, BlobStore, DirectoryStore, TarStore, blob_path, need, verify
from smlint.image.config import MAX_CONFIG, ImageConfig, parse_config, parse_object
from smlint.image.layer import BlobLayer
from smlint.image.layers import LayeredFiles
from smlint.image.progress import Progress
from smlint.image.reference import ImageError, ImageReference, parse_repository
from smlint.image.source import (
    INDEX_TYPES,
    Manifest,
    attestation,
    described_platform,
    matches_platform,
    platforms_text,
)

#: An index may name indexes; nobody nests them deeper.
MAX_INDEX_DEPTH: Final = 4
MAX_LAYERS: Final = 1000

_REF_NAME: Final = "org.opencontainers.image.ref.name"
_CONTAINERD_NAME: Final = "io.containerd.image.name"


class StoredImage:
    """An opened image of an archive or layout; see :class:`smlint.image.source.ImageSource`."""

    def __init__(
        self,
        reference: str,
        store: BlobStore,
        config: ImageConfig,
        layers: list[BlobLayer],
        *,
        media_type: str | None = None,
        attestations: bool = False,
        names: tuple[str, ...] = (),
    ) -> None:
        self.reference = reference
        self.config = config
        self.files = LayeredFiles(layers)
        self._store = store
        sizes = [layer.size for layer in layers]
        self.manifest = Manifest(
            media_type=media_type,
            attestations=attestations,
            size=sum(size or 0 for size in sizes) if None not in sizes else None,
            layers=names,
        )

    def close(self) -> None:
        """See :class:`smlint.image.source.ImageSource`."""
        self._store.close()


def open_docker_archive(reference: ImageReference, platform: str, progress: Progress) -> StoredImage:
    """Open what ``docker save`` or ``podman save`` wrote; raises :class:`ImageError`."""
    store = TarStore(reference.path, progress)
    try:
        if store.find("manifest.json") is None and store.find("index.json") is not None:
            return _layout_image(reference, store, platform, progress)
        return _docker_image(reference, store, platform, progress)
    except BaseException as error:
        store.close()
        if isinstance(error, ImageError):
            raise ImageError(f"{reference.text}: {error}") from None
        raise


def open_layout(reference: ImageReference, platform: str, progress: Progress) -> StoredImage:
    """Open an OCI layout, a folder or an archive of one; raises :class:`ImageError`."""
    store: BlobStore
    if os.path.isdir(reference.path):
        store = DirectoryStore(reference.path)
    else:
        store = TarStore(reference.path, progress)
    try:
        return _layout_image(reference, store, platform, progress)
    except BaseException as error:
        store.close()
        if isinstance(error, ImageError):
            raise ImageError(f"{reference.text}: {error}") from None
        raise


def _docker_image(
    reference: ImageReference, store: BlobStore, platform: str, progress: Progress
) -> StoredImage:
    blob = store.find("manifest.json")
    if blob is None:
        raise ImageError("no image archive: it has neither manifest.json nor index.json")
    entries = parse_object(b'{"images":' + blob.read_all(MAX_CONFIG) + b"}", "manifest.json")["images"]
    entry = _chosen(entries, reference.image)
    config_blob = need(store, _text(entry, "Config"), "manifest.json")
    config = parse_config(config_blob.read_all(MAX_CONFIG), config_blob.name)
    paths = entry.get("Layers") or []
    if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
        raise ImageError("manifest.json: Layers is not a list of paths")
    layers = [(need(store, path, "manifest.json"), _digest_of(path)) for path in paths[: MAX_LAYERS + 1]]
    return _image(reference, store, config, layers, platform, progress)


def _chosen(entries: Any, wanted: str | None) -> Mapping[str, Any]:
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ImageError("manifest.json is not a list of images")
    tags = [tag for entry in entries for tag in entry.get("RepoTags") or ()]
    if wanted is not None and wanted.startswith("@") and wanted[1:].isdigit():
        position = int(wanted[1:])
        if position < len(entries):
            return entries[position]  # type: ignore[no-any-return]
    if wanted is None and len(entries) == 1:
        return entries[0]  # type: ignore[no-any-return]
    if wanted is None:
        raise ImageError(f"holds {len(entries)} images; add one of :{' :'.join(map(str, tags)) or '@0'}")
    name = parse_repository(wanted) if not wanted.startswith("@") else None
    for entry in entries:
        if any(isinstance(tag, str) and parse_repository(tag) == name for tag in entry.get("RepoTags") or ()):
            return entry  # type: ignore[no-any-return]
    raise ImageError(f"has no image {wanted}; it has {', '.join(map(str, tags)) or 'only untagged ones'}")


def _layout_image(
    reference: ImageReference, store: BlobStore, platform: str, progress: Progress
) -> StoredImage:
    blob = store.find("index.json")
    if blob is None:
        raise ImageError("no OCI layout: index.json is not there")
    index = parse_object(blob.read_all(MAX_CONFIG), "index.json")
    descriptors = list(_descriptors(index, "manifests", "index.json"))
    top = _named(descriptors, reference.image)
    media_type = _text(top, "mediaType")
    attestations = False
    descriptor = top
    for _ in range(MAX_INDEX_DEPTH):
        digest = _text(descriptor, "digest")
        content = _object(store, digest, "the index")
        if not (_text(descriptor, "mediaType") in INDEX_TYPES or "manifests" in content):
            break
        candidates = list(_descriptors(content, "manifests", digest))
        attestations = attestations or any(map(attestation, candidates))
        descriptor = for_platform(candidates, platform)
    else:
        raise ImageError(f"its indexes are nested more than {MAX_INDEX_DEPTH} deep")
    config_digest = _text(_mapping(content, "config", digest), "digest")
    config_blob = need(store, blob_path(config_digest, digest), digest)
    raw = verify(config_blob.read_all(MAX_CONFIG), config_digest, config_blob.name)
    layers = [
        (need(store, blob_path(_text(layer, "digest"), digest), digest), _text(layer, "digest"))
        for layer in _descriptors(content, "layers", digest)
    ]
    config = parse_config(raw, config_blob.name)
    return _image(reference, store, config, layers, platform, progress, media_type, attestations)


def _image(
    reference: ImageReference,
    store: BlobStore,
    config: ImageConfig,
    blobs: Sequence[tuple[Blob, str | None]],
    platform: str,
    progress: Progress,
    media_type: str | None = None,
    attestations: bool = False,
) -> StoredImage:
    if len(blobs) > MAX_LAYERS:
        raise ImageError(f"has more than {MAX_LAYERS} layers")
    if config.diff_ids and len(config.diff_ids) != len(blobs):
        raise ImageError(
            f"its config speaks of {len(config.diff_ids)} layers and its manifest of {len(blobs)}"
        )
    names = config.diff_ids or tuple(digest or blob.name for blob, digest in blobs)
    layers = [
        BlobLayer(blob, f"layer {name}", digest, progress)
        for (blob, digest), name in zip(blobs, names, strict=True)
    ]
    return StoredImage(
        reference.text,
        store,
        config,
        layers,
        media_type=media_type,
        attestations=attestations,
        names=names,
    )


def _named(descriptors: list[Mapping[str, Any]], wanted: str | None) -> Mapping[str, Any]:
    images = [descriptor for descriptor in descriptors if not attestation(descriptor)]
    names = [name for descriptor in images for name in _names(descriptor)]
    if wanted is None:
        if len(images) == 1:
            return images[0]
        raise ImageError(f"index.json names {len(images)} images; add one of :{' :'.join(names) or 'NAME'}")
    for descriptor in images:
        if wanted in _names(descriptor):
            return descriptor
    raise ImageError(f"has no image {wanted}; it has {', '.join(names) or 'none with a name'}")


def _names(descriptor: Mapping[str, Any]) -> Iterator[str]:
    annotations = descriptor.get("annotations")
    if isinstance(annotations, dict):
        for key in (_REF_NAME, _CONTAINERD_NAME):
            if isinstance(annotations.get(key), str):
                yield annotations[key]


def for_platform(descriptors: list[Mapping[str, Any]], platform: str) -> Mapping[str, Any]:
    """The entry of an index for ``os/arch[/variant]``; raises :class:`ImageError` naming those there are."""
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


def _object(store: BlobStore, digest: str, wanted_by: str) -> dict[str, Any]:
    blob = need(store, blob_path(digest, wanted_by), wanted_by)
    return parse_object(verify(blob.read_all(MAX_CONFIG), digest, blob.name), blob.name)


def _descriptors(content: Mapping[str, Any], key: str, what: str) -> Iterator[Mapping[str, Any]]:
    found = content.get(key) or []
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise ImageError(f"{what}: {key} is not a list of descriptors")
    if len(found) > MAX_LAYERS:
        raise ImageError(f"{what}: {key} has more than {MAX_LAYERS} entries")
    yield from found


def _mapping(content: Mapping[str, Any], key: str, what: str) -> Mapping[str, Any]:
    found = content.get(key)
    if not isinstance(found, dict):
        raise ImageError(f"{what}: {key} is not an object")
    return found


def _text(content: Mapping[str, Any], key: str) -> str:
    found = content.get(key)
    return found if isinstance(found, str) else ""


def _digest_of(path: str) -> str | None:
    """The digest that the name of a blob in a newer ``docker save`` archive promises."""
    parts = path.split("/")
    if len(parts) == 3 and parts[:2] == ["blobs", "sha256"] and len(parts[2]) == 64:
        return f"sha256:{parts[2]}"
    return None
