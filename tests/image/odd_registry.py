"""A registry with TLS that serves what no real one would: an index with an attestation, a broken blob, a manifest of old.

It asks for a token, and gives one to everybody (distribution, spec/auth/token).
"""

from __future__ import annotations

import hashlib
import http.server
import json
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.image import services, tars


class OddRegistry(NamedTuple):
    """host:port of the registry, its certificate, and the scopes that were asked for."""

    address: str
    certificate: Path
    scopes: list[str]


@contextmanager
def serving(folder: Path, layer: bytes) -> Iterator[OddRegistry]:
    """The registry, with ``layer`` in its images ``app:1`` (two platforms), ``app:broken`` and ``app:old``."""
    blobs = _blobs(layer)
    scopes: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        """Docker's token protocol, with an index of two platforms and an attestation."""

        def do_GET(self) -> None:
            """Tokens at /token, everything else for those who have one."""
            path = urllib.parse.urlsplit(self.path)
            if path.path == "/token":
                scopes.extend(urllib.parse.parse_qs(path.query).get("scope", []))
                self.answer(200, "application/json", b'{"token": "opened"}')
            elif self.headers.get("Authorization") != "Bearer opened":
                address = self.headers["Host"]
                challenge = (
                    f'Bearer realm="https://{address}/token",service="test",scope="repository:app:pull"'
                )
                self.answer(401, "application/json", b"{}", challenge)
            else:
                name = path.path.rpartition("/")[2]
                if name in blobs:
                    self.answer(200, *blobs[name])
                else:
                    self.answer(404, "application/json", b"{}")

        def answer(self, status: int, kind: str, content: bytes, challenge: str = "") -> None:
            """Send one answer."""
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            if challenge:
                self.send_header("WWW-Authenticate", challenge)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Silent."""

    with services.https(folder, Handler) as address:
        yield OddRegistry(address, folder / "cert.pem", scopes)


def _blobs(layer: bytes) -> dict[str, tuple[str, bytes]]:
    found: dict[str, tuple[str, bytes]] = {}

    def store(content: bytes, kind: str) -> dict[str, Any]:
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        found[digest] = (kind, content)
        return {"mediaType": kind, "digest": digest, "size": len(content)}

    entries = []
    for architecture in ("amd64", "arm64"):
        config = json.loads(tars.config([layer], Entrypoint=[f"/{architecture}"]))
        config["architecture"] = architecture
        manifest = {
            "schemaVersion": 2,
            "config": store(json.dumps(config).encode(), "application/vnd.docker.container.image.v1+json"),
            "layers": [store(layer, "application/vnd.docker.image.rootfs.diff.tar")],
        }
        kind = "application/vnd.docker.distribution.manifest.v2+json"
        entries.append(
            {
                **store(json.dumps(manifest).encode(), kind),
                "platform": {"os": "linux", "architecture": architecture},
            }
        )
    unknown = {"os": "unknown", "architecture": "unknown"}
    entries.append({**store(b"{}", "application/vnd.oci.image.manifest.v1+json"), "platform": unknown})
    index = json.dumps({"schemaVersion": 2, "manifests": entries}).encode()
    found["1"] = ("application/vnd.oci.image.index.v1+json", index)
    broken = {"schemaVersion": 2, "config": {"digest": "sha256:" + "0" * 64}, "layers": []}
    found["broken"] = ("application/vnd.oci.image.manifest.v1+json", json.dumps(broken).encode())
    found["sha256:" + "0" * 64] = ("application/octet-stream", b"something else")
    found["old"] = ("application/vnd.docker.distribution.manifest.v1+json", b"{}")
    return found
