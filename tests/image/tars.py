"""Builds layers, ``docker save`` archives and OCI layouts in memory, for tests that need exact bytes."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from smlint.image.blobs import Blob
from smlint.image.layer import BlobLayer


class Entry(NamedTuple):
    """One entry of a layer; ``link`` makes it a symbolic link unless ``hard``."""

    name: str
    content: bytes = b""
    mode: int = 0o644
    link: str = ""
    hard: bool = False
    directory: bool = False


def layer(*entries: Entry, pax: bool = False) -> bytes:
    """An uncompressed layer."""
    buffer = io.BytesIO()
    with tarfile.open(
        fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT if pax else tarfile.GNU_FORMAT
    ) as archive:
        for entry in entries:
            info = tarfile.TarInfo(entry.name)
            info.mode = entry.mode
            if entry.directory:
                info.type = tarfile.DIRTYPE
            elif entry.link:
                info.type = tarfile.LNKTYPE if entry.hard else tarfile.SYMTYPE
                info.linkname = entry.link
            else:
                info.size = len(entry.content)
            archive.addfile(info, io.BytesIO(entry.content))
    return buffer.getvalue()


def config(layers: Sequence[bytes], *, architecture: str = "amd64", **settings: Any) -> bytes:
    """An image config whose ``config`` object holds ``settings``."""
    diff_ids = [f"sha256:{hashlib.sha256(content).hexdigest()}" for content in layers]
    history = [{"created_by": f"COPY layer{number} / # buildkit"} for number in range(len(layers))]
    return json.dumps(
        {
            "architecture": architecture,
            "os": "linux",
            "config": settings,
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
            "history": history,
        }
    ).encode()


def outer(files: Mapping[str, bytes]) -> bytes:
    """A tar file of these files."""
    return layer(*(Entry(name, content) for name, content in files.items()))


def docker_archive(layers: Sequence[bytes], tags: Iterable[str] = ("app:latest",), **settings: Any) -> bytes:
    """What ``docker save`` wrote before version 25."""
    files = {"config.json": config(layers, **settings)}
    names = []
    for number, content in enumerate(layers):
        names.append(f"{number:064x}/layer.tar")
        files[names[-1]] = content
    manifest = [{"Config": "config.json", "RepoTags": list(tags), "Layers": names}]
    return outer({**files, "manifest.json": json.dumps(manifest).encode()})


def layout_files(
    layers: Sequence[bytes], *, compress: bool = True, tag: str = "latest", **settings: Any
) -> dict[str, bytes]:
    """The files of an OCI layout with one image."""
    blobs: dict[str, bytes] = {}

    def store(content: bytes, media_type: str) -> dict[str, Any]:
        digest = hashlib.sha256(content).hexdigest()
        blobs[f"blobs/sha256/{digest}"] = content
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(content)}

    kind = "application/vnd.oci.image.layer.v1.tar"
    described = [
        store(gzip.compress(content, 1), f"{kind}+gzip") if compress else store(content, kind)
        for content in layers
    ]
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": store(config(layers, **settings), "application/vnd.oci.image.config.v1+json"),
        "layers": described,
    }
    top = store(json.dumps(manifest).encode(), "application/vnd.oci.image.manifest.v1+json")
    top["annotations"] = {"org.opencontainers.image.ref.name": tag}
    index = {"schemaVersion": 2, "manifests": [top]}
    return {
        "oci-layout": b'{"imageLayoutVersion":"1.0.0"}',
        **blobs,
        "index.json": json.dumps(index).encode(),
    }


def write_folder(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write files below ``folder``."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def plain(content: bytes) -> BlobLayer:
    """A layer that can be read, without an archive around it."""
    return BlobLayer(Blob("layer", io.BytesIO(content), 0, len(content)), "layer", None)
