"""Images in files: ``docker save`` archives of every age, OCI layouts and OCI archives.

Which of an archive's images is meant is settled here; what its layers hold is read by :mod:`smlint.image.layers`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, Final

from smlint.image.blobs import Blob, BlobStore, DirectoryStore, TarStore, blob_path, need
from smlint.image.config import MAX_CONFIG, ImageConfig, parse_config, parse_object
from smlint.image.layer import BlobLayer
from smlint.image.layers import LayeredFiles
from smlint.image.manifest import MAX_INDEX_DEPTH, MAX_LAYERS, descriptors, digest_of, for_platform, verify
from smlint.image.progress import Progress
from smlint.image.reference import ImageError, ImageReference, parse_repository
from smlint.image.source import (
    INDEX_TYPES,
    Manifest,
    attestation,
    check_platform,
)

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


def open_docker_archive(reference: ImageReference, platform: str | None, progress: Progress) -> StoredImage:
    """Open what ``docker save`` or ``podman save`` wrote; raises :class:`ImageError`."""
    store = TarStore(reference.path, progress)
    with _opening(reference, store):
        if store.find("manifest.json") is None and store.find("index.json") is not None:
            return _layout_image(reference, store, platform, progress)
        return _docker_image(reference, store, platform, progress)


def open_layout(reference: ImageReference, platform: str | None, progress: Progress) -> StoredImage:
    """Open an OCI layout, a folder or an archive of one; raises :class:`ImageError`."""
    store: BlobStore
    if os.path.isdir(reference.path):
        store = DirectoryStore(reference.path)
    else:
        store = TarStore(reference.path, progress)
    with _opening(reference, store):
        return _layout_image(reference, store, platform, progress)


@contextmanager
def _opening(reference: ImageReference, store: BlobStore) -> Iterator[None]:
    """Close the store when opening the image fails, and say which reference it was."""
    with ExitStack() as undo:
        undo.callback(store.close)
        try:
            yield
        except ImageError as error:
            raise ImageError(f"{reference.text}: {error}") from None
        undo.pop_all()


def _docker_image(
    reference: ImageReference, store: BlobStore, platform: str | None, progress: Progress
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
    if not wanted.startswith("@"):
        parse_repository(wanted)
    for entry in entries:
        if any(isinstance(tag, str) and _same_name(wanted, tag) for tag in entry.get("RepoTags") or ()):
            return entry  # type: ignore[no-any-return]
    raise ImageError(f"has no image {wanted}; it has {', '.join(map(str, tags)) or 'only untagged ones'}")


def _layout_image(
    reference: ImageReference, store: BlobStore, platform: str | None, progress: Progress
) -> StoredImage:
    blob = store.find("index.json")
    if blob is None:
        raise ImageError("no OCI layout: index.json is not there")
    index = parse_object(blob.read_all(MAX_CONFIG), "index.json")
    top = _named(list(descriptors(index, "manifests", "index.json")), reference.image)
    media_type = _text(top, "mediaType")
    attestations = False
    descriptor = top
    for _ in range(MAX_INDEX_DEPTH):
        digest = digest_of(descriptor, "the index")
        content = _object(store, digest, "the index")
        if not (_text(descriptor, "mediaType") in INDEX_TYPES or "manifests" in content):
            break
        entries = list(descriptors(content, "manifests", digest))
        attestations = attestations or any(map(attestation, entries))
        descriptor = for_platform(entries, platform)
    else:
        raise ImageError(f"its indexes are nested more than {MAX_INDEX_DEPTH} deep")
    config_digest = digest_of(content.get("config"), digest)
    config_blob = need(store, blob_path(config_digest), digest)
    raw = verify(config_blob.read_all(MAX_CONFIG), config_digest, config_blob.name)
    layers = [_layer(store, descriptor, digest) for descriptor in descriptors(content, "layers", digest)]
    config = parse_config(raw, config_blob.name)
    return _image(reference, store, config, layers, platform, progress, media_type, attestations)


def _layer(store: BlobStore, descriptor: Mapping[str, Any], wanted_by: str) -> tuple[Blob, str]:
    digest = digest_of(descriptor, wanted_by)
    blob = need(store, blob_path(digest), wanted_by)
    size = descriptor.get("size")
    # The digest of a plain layer is never known, since most of it is stepped over.
    if isinstance(size, int) and blob.size != size:
        raise ImageError(f"{blob.name} has {blob.size} bytes and should have {size}: copy the image again")
    return blob, digest


def _image(
    reference: ImageReference,
    store: BlobStore,
    config: ImageConfig,
    blobs: Sequence[tuple[Blob, str | None]],
    platform: str | None,
    progress: Progress,
    media_type: str | None = None,
    attestations: bool = False,
) -> StoredImage:
    check_platform(config, platform)
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


def _named(entries: list[Mapping[str, Any]], wanted: str | None) -> Mapping[str, Any]:
    images = [descriptor for descriptor in entries if not attestation(descriptor)]
    names = list(dict.fromkeys(name for descriptor in images for name in _names(descriptor)))
    found = [each for each in images if wanted is None or _is_called(each, wanted)]
    # One image may have several names, and then it is listed as often.
    if len({str(descriptor.get("digest")) for descriptor in found}) == 1:
        return found[0]
    if wanted is None:
        raise ImageError(f"index.json names {len(images)} images; add one of :{' :'.join(names) or 'NAME'}")
    if found:
        raise ImageError(f"has {len(found)} images called {wanted}; it has {', '.join(names)}")
    raise ImageError(f"has no image {wanted}; it has {', '.join(names) or 'none with a name'}")


def _is_called(descriptor: Mapping[str, Any], wanted: str) -> bool:
    names = list(_names(descriptor))
    return wanted in names or any(map(partial(_same_name, wanted), names))


def _same_name(one: str, other: str) -> bool:
    """Whether two names mean one image, with Docker's defaults filled in; a bare tag is no name."""
    try:
        return ":" in other and parse_repository(one) == parse_repository(other)
    except ImageError:
        return False


def _names(descriptor: Mapping[str, Any]) -> Iterator[str]:
    annotations = descriptor.get("annotations")
    if isinstance(annotations, dict):
        for key in (_REF_NAME, _CONTAINERD_NAME):
            if isinstance(annotations.get(key), str):
                yield annotations[key]


def _object(store: BlobStore, digest: str, wanted_by: str) -> dict[str, Any]:
    blob = need(store, blob_path(digest), wanted_by)
    return parse_object(verify(blob.read_all(MAX_CONFIG), digest, blob.name), blob.name)


def _text(content: Mapping[str, Any], key: str) -> str:
    found = content.get(key)
    return found if isinstance(found, str) else ""


def _digest_of(path: str) -> str | None:
    """The digest that the name of a blob in a newer ``docker save`` archive promises."""
    parts = path.split("/")
    if len(parts) == 3 and parts[:2] == ["blobs", "sha256"] and len(parts[2]) == 64:
        return f"sha256:{parts[2]}"
    return None
