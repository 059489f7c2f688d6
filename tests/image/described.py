"""Images described in JSON, for rules that only a built image can break: config, files, manifest, size.

Keys: ``config`` (as in an image config), ``os``, ``architecture``, ``history`` (created_by texts, each making a layer that holds
nothing), ``files`` (path to size, or to ``{"content", "mode", "link"}``), ``mediaType``, ``pushed``, ``attestations``,
``size``, ``unseen`` (no file system). What a program needs to start is in every image.
"""

from __future__ import annotations

import io
import json
from typing import Any

from smlint.image.blobs import Blob
from smlint.image.config import config_of
from smlint.image.layer import BlobLayer
from smlint.image.layers import LayeredFiles
from smlint.image.source import Listable, Manifest, Unseen
from tests.image import tars
from tests.image.tars import Entry

SERVER = b"""import signal
signal.signal(signal.SIGTERM, lambda number, frame: exit(0))
"""
BASE = (
    Entry("usr/local/bin/python", b"\x7fELF", mode=0o755),
    Entry("opt/program/server.py", SERVER),
)


class DescribedImage:
    """See :class:`smlint.image.source.ImageSource`."""

    def __init__(self, description: dict[str, Any], reference: str = "image") -> None:
        self.reference = reference
        history = [{"created_by": text, "empty_layer": True} for text in description.get("history", ())]
        self.config = config_of(
            {
                "architecture": description.get("architecture", "amd64"),
                "os": description.get("os", "linux"),
                "config": {"Env": ["PATH=/usr/local/bin:/usr/bin:/bin"], **_with_path(description["config"])},
                "history": history,
            },
            reference,
        )
        self.manifest = Manifest(
            media_type=description.get("mediaType"),
            is_pushed=description.get("pushed", False),
            attestations=description.get("attestations", False),
            size=description.get("size"),
        )
        content = tars.layer(*BASE, *map(_entry, description.get("files", {}).items()))
        blob = Blob("layer", io.BytesIO(content), 0, len(content))
        self.files: Listable = LayeredFiles([BlobLayer(blob, "layer", None)])
        if description.get("unseen"):
            self.files = Unseen(
                "of an image in a registry only manifest and config are read", "Add --layers."
            )

    def close(self) -> None:
        """Nothing is open."""


def described(text: str) -> DescribedImage:
    """The image that a JSON text describes."""
    return DescribedImage(json.loads(text))


def _with_path(config: dict[str, Any]) -> dict[str, Any]:
    environment = config.get("Env", [])
    if any(entry.startswith("PATH=") for entry in environment):
        return config
    return {**config, "Env": ["PATH=/usr/local/bin:/usr/bin:/bin", *environment]}


def _entry(item: tuple[str, Any]) -> Entry:
    path, given = item
    if isinstance(given, int):
        return Entry(path.lstrip("/"), bytes(given), mode=0o755)
    return Entry(
        path.lstrip("/"),
        given.get("content", "").encode(),
        int(given.get("mode", "644"), 8),
        given.get("link", ""),
    )
