"""One repository of a registry, over python-dxf: answers as streams with limits, closed when they are left early.

dxf's own calls read manifests whole, whatever their size, and leave the connection of a half-read blob open.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import dxf
import requests

from smlint.image.config import MAX_CONFIG
from smlint.image.manifest import verify
from smlint.image.reference import ImageError
from smlint.image.source import INDEX_TYPES, MANIFEST_TYPES
from smlint.image.streams import Readable

_ACCEPT: Final = ", ".join(sorted(MANIFEST_TYPES | INDEX_TYPES))


class Repository(dxf.DXF):
    """Manifests and blobs by digest or tag; use it as a context manager, so that all requests share a session."""

    def manifest(self, version: str) -> tuple[str, bytes]:
        """Content type and bytes of a manifest or index; raises :class:`ImageError` when it is too large."""
        with self._open(f"manifests/{version}", {"Accept": _ACCEPT}) as response:
            content = _read(response, "its manifest")
        if ":" in version:
            verify(content, version, "the manifest")
        return response.headers.get("Content-Type", "").partition(";")[0].strip(), content

    def config(self, digest: str) -> bytes:
        """The config blob; raises :class:`ImageError` when it is too large or another one."""
        with self._open(f"blobs/{digest}") as response:
            return verify(_read(response, "its config"), digest, f"config {digest}")

    @contextmanager
    def layer(self, digest: str) -> Iterator[tuple[Readable, int]]:
        """A layer as a file, and its size (0 where the registry does not tell); the digest is not checked here."""
        with self._open(f"blobs/{digest}") as response:
            size = response.headers.get("Content-Length", "")
            yield response.raw, int(size) if size.isdigit() else 0

    @contextmanager
    def _open(self, path: str, headers: dict[str, str] | None = None) -> Iterator[requests.Response]:
        # Blobs are compressed as they are; a second compression on the way would hide their digest.
        wanted = {"Accept-Encoding": "identity", **(headers or {})}
        hooks = {"response": _close_refused}
        response: requests.Response = self._request("get", path, stream=True, headers=wanted, hooks=hooks)  # type: ignore[no-untyped-call]
        try:
            yield response
        finally:
            response.close()


def _close_refused(response: requests.Response, *rest: object, **named: object) -> None:
    # dxf asks again with credentials, or raises, and forgets the first answer and its connection.
    if not response.ok:
        response.close()


def _read(response: requests.Response, what: str) -> bytes:
    content: bytes = response.raw.read(MAX_CONFIG + 1)
    if len(content) > MAX_CONFIG:
        raise ImageError(f"{what} has more than the {MAX_CONFIG} bytes that are read")
    return content
