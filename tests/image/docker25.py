"""What ``docker save`` writes since Docker 25: an OCI layout, and beside it the manifest.json of old (moby, image/tarexport).

No such engine is needed: a real archive of an older one, or skopeo's layout of it, is put into that shape.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

_MANIFEST: Final = "application/vnd.oci.image.manifest.v1+json"
_INDEX: Final = "application/vnd.oci.image.index.v1+json"
_CONFIG: Final = "application/vnd.oci.image.config.v1+json"
_LAYER: Final = "application/vnd.oci.image.layer.v1.tar"


def from_graph_driver(saved: Path, target: Path) -> None:
    """The archive of an engine with the classic store: plain layers, named by their diff ids."""
    with tarfile.open(saved) as source, tarfile.open(target, "w") as archive:
        (old,) = json.loads(_content(source, "manifest.json"))
        config = _content(source, old["Config"])
        described = []
        for path, diff_id in zip(old["Layers"], json.loads(config)["rootfs"]["diff_ids"], strict=True):
            # An older engine links a layer that occurs twice; tarfile follows that.
            layer = source.extractfile(path)
            assert layer is not None
            info = tarfile.TarInfo(_path(diff_id))
            info.size = layer.seek(0, io.SEEK_END)
            layer.seek(0)
            described.append({"mediaType": _LAYER, "size": info.size, "digest": diff_id})
            archive.addfile(info, layer)
        manifest = _put(archive, _image(_described(config, _CONFIG), described), _MANIFEST)
        _put(archive, config, _CONFIG)
        platform = {"architecture": "amd64", "os": "linux"}
        _finish(archive, old["RepoTags"], {**manifest, "platform": platform}, config, described)


def from_containerd(layout: Path, tags: Sequence[str], target: Path) -> None:
    """The archive of an engine with containerd's store: blobs as they were pulled, inside an index that also names a
    platform whose blobs are not there, and an attestation."""
    (top,) = json.loads((layout / "index.json").read_text())["manifests"]
    content = json.loads((layout / _path(top["digest"])).read_text())
    with tarfile.open(target, "w") as archive:
        for blob in sorted((layout / "blobs/sha256").iterdir()):
            archive.add(blob, f"blobs/sha256/{blob.name}")
        entries: list[dict[str, Any]] = [
            {
                "mediaType": _MANIFEST,
                "digest": f"sha256:{'a' * 64}",
                "size": 1000,
                "platform": {"architecture": "arm64", "os": "linux", "variant": "v8"},
            },
            {**_plain(top), "platform": {"architecture": "amd64", "os": "linux"}},
            {
                "mediaType": _MANIFEST,
                "digest": f"sha256:{'b' * 64}",
                "size": 566,
                "annotations": {"vnd.docker.reference.type": "attestation-manifest"},
                "platform": {"architecture": "unknown", "os": "unknown"},
            },
        ]
        nested = {"schemaVersion": 2, "mediaType": _INDEX, "manifests": entries}
        index = _put(archive, json.dumps(nested).encode(), _INDEX)
        config = (layout / _path(content["config"]["digest"])).read_bytes()
        _finish(archive, tags, index, config, content["layers"])


def _finish(
    archive: tarfile.TarFile,
    tags: Sequence[str],
    top: Mapping[str, Any],
    config: bytes,
    layers: Sequence[Mapping[str, Any]],
) -> None:
    """index.json with a descriptor per name, manifest.json, and the file that marks a layout."""
    named = [
        {
            **top,
            "annotations": {
                "io.containerd.image.name": f"docker.io/library/{tag}",
                "org.opencontainers.image.ref.name": tag.rpartition(":")[2],
            },
        }
        for tag in tags
    ]
    manifest = {
        "Config": _path(_digest(config)),
        "RepoTags": list(tags),
        "Layers": [_path(layer["digest"]) for layer in layers],
        "LayerSources": {layer["digest"]: layer for layer in layers},
    }
    index = {"schemaVersion": 2, "mediaType": _INDEX, "manifests": named}
    for name, content in (("index.json", index), ("manifest.json", [manifest]), ("oci-layout", _MARK)):
        _add(archive, name, json.dumps(content).encode())


_MARK: Final = {"imageLayoutVersion": "1.0.0"}


def _image(config: Mapping[str, Any], layers: Sequence[Mapping[str, Any]]) -> bytes:
    return json.dumps(
        {"schemaVersion": 2, "mediaType": _MANIFEST, "config": config, "layers": layers}
    ).encode()


def _plain(descriptor: Mapping[str, Any]) -> dict[str, Any]:
    return {key: descriptor[key] for key in ("mediaType", "digest", "size")}


def _described(content: bytes, kind: str) -> dict[str, Any]:
    return {"mediaType": kind, "size": len(content), "digest": _digest(content)}


def _put(archive: tarfile.TarFile, content: bytes, kind: str) -> dict[str, Any]:
    _add(archive, _path(_digest(content)), content)
    return _described(content, kind)


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    archive.addfile(info, io.BytesIO(content))


def _content(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    assert file is not None
    return file.read()


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _path(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"
