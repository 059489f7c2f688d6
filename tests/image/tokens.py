"""A token server for docker-registry (distribution, spec/auth/token): signs what a registry with ``auth: token`` believes."""

from __future__ import annotations

import base64
import http.server
import json
import subprocess
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests.image import services

ISSUER: Final = "smlint tests"
#: User and password that may pull everything.
CREDENTIALS: Final = ("AWS", "a-password-of-twelve-hours")


class TokenRegistry(NamedTuple):
    """host:port of a registry that wants tokens, its certificate, and the scopes that were asked for."""

    address: str
    certificate: Path
    scopes: list[str]


@contextmanager
def registry(folder: Path) -> Iterator[TokenRegistry]:
    """A docker-registry and its token server, both with TLS."""
    scopes: list[str] = []
    with _server(folder, scopes) as realm:
        port = services.free_port()
        settings = {
            "version": "0.1",
            "log": {"level": "error"},
            "storage": {"filesystem": {"rootdirectory": f"{folder}/storage"}},
            "http": {
                "addr": f"127.0.0.1:{port}",
                "tls": {"certificate": f"{folder}/cert.pem", "key": f"{folder}/key.pem"},
            },
            "auth": {
                "token": {
                    "realm": realm,
                    "service": "test",
                    "issuer": ISSUER,
                    "rootcertbundle": f"{folder}/cert.pem",
                }
            },
        }
        # YAML is a superset of JSON.
        (folder / "config.yml").write_text(json.dumps(settings))
        command = ["docker-registry", "serve", str(folder / "config.yml")]
        with services.started(command, lambda: services.listens(port)):
            yield TokenRegistry(f"127.0.0.1:{port}", folder / "cert.pem", scopes)


@contextmanager
def _server(folder: Path, scopes: list[str]) -> Iterator[str]:
    class Tokens(http.server.BaseHTTPRequestHandler):
        """Gives a token to everyone who knows the password."""

        def do_GET(self) -> None:
            """``?service=…&scope=repository:NAME:ACTIONS``."""
            asked = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query).get("scope", [])
            scopes.extend(asked)
            expected = "Basic " + base64.b64encode(":".join(CREDENTIALS).encode()).decode()
            known = self.headers.get("Authorization") == expected
            content = json.dumps({"token": _token(folder, asked)} if known else {}).encode()
            self.send_response(200 if known else 401)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Silent."""

    with services.https(folder, Tokens) as address:
        yield f"https://{address}/token"


def _token(folder: Path, scopes: list[str]) -> str:
    """A JSON web token, signed with the key of the certificate that the registry trusts."""
    certificate = "".join((folder / "cert.pem").read_text().splitlines()[1:-1])
    now = int(time.time())
    access = []
    for scope in scopes:
        kind, _, rest = scope.partition(":")
        name, _, actions = rest.rpartition(":")
        access.append({"type": kind, "name": name, "actions": actions.split(",")})
    header = {"typ": "JWT", "alg": "RS256", "x5c": [certificate]}
    claims = {"iss": ISSUER, "sub": CREDENTIALS[0], "aud": "test", "jti": str(now), "access": access}
    claims |= {"iat": now, "nbf": now - 60, "exp": now + 300}
    signed = f"{_base64(json.dumps(header).encode())}.{_base64(json.dumps(claims).encode())}"
    signature = subprocess.run(
        ["openssl", "dgst", "-sha256", "-sign", str(folder / "key.pem")],
        input=signed.encode(),
        check=True,
        capture_output=True,
    ).stdout
    return f"{signed}.{_base64(signature)}"


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def helper(folder: Path, name: str, registry: str, user: str, password: str) -> None:
    """A credential helper that speaks Docker's protocol: ``get`` with the registry on standard input."""
    answer: dict[str, Any] = {"ServerURL": registry, "Username": user, "Secret": password}
    path = folder / f"docker-credential-{name}"
    path.write_text(
        "#!/bin/sh\n"
        '[ "$1" = get ] || { echo "unknown credential action $1"; exit 1; }\n'
        f'[ "$(cat)" = "{registry}" ] || {{ echo "credentials not found in native keychain"; exit 1; }}\n'
        f"echo '{json.dumps(answer)}'\n"
    )
    path.chmod(0o755)
