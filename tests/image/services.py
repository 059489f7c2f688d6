"""Real services for the tests: a registry on the loopback address, Podman's API, NVIDIA's driver packages from Debian."""

from __future__ import annotations

import hashlib
import http.client
import http.server
import io
import shutil
import socket
import ssl
import subprocess
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.engine.mounts import unmount_below

if TYPE_CHECKING:
    import docker

#: Seconds within which a service must answer; it is asked until it does.
PATIENCE: Final = 60

#: bcrypt of "secret", for the registry's own user list.
USERS: Final = "me:$2b$05$o1DB6X/Hy1gWADM1q6FkXuj6Qq3ooK6aRgvYZudagUan0ESBizxjS\n"


def missing(*programs: str) -> str | None:
    """Why the tests that need these programs cannot run here, or None."""
    gone = [program for program in programs if shutil.which(program) is None]
    return (
        f"{' and '.join(gone)} not installed (Debian has {'it' if len(gone) == 1 else 'them'})"
        if gone
        else None
    )


def free_port() -> int:
    """A port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def registry(folder: Path, *, tls: bool = False) -> Iterator[str]:
    """A docker-registry; gives its host:port. With ``tls`` it wants the user ``me`` with the password ``secret``."""
    port = free_port()
    lines = [
        "version: 0.1",
        "log: {level: error}",
        f"storage: {{filesystem: {{rootdirectory: {folder}/storage}}}}",
        f"http: {{addr: 127.0.0.1:{port}"
        + (f", tls: {{certificate: {folder}/cert.pem, key: {folder}/key.pem}}" if tls else "")
        + "}",
    ]
    if tls:
        certificate(folder)
        (folder / "users").write_text(USERS)
        lines.append(f"auth: {{htpasswd: {{realm: test, path: {folder}/users}}}}")
    (folder / "config.yml").write_text("\n".join(lines) + "\n")
    with started(["docker-registry", "serve", str(folder / "config.yml")], lambda: listens(port)):
        yield f"127.0.0.1:{port}"


def certificate(folder: Path) -> None:
    """cert.pem and key.pem for 127.0.0.1."""
    new = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    files = ["-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem"]
    subprocess.run(
        ["openssl", *new, "-addext", "subjectAltName=IP:127.0.0.1", *files], check=True, capture_output=True
    )


@contextmanager
def https(folder: Path, handler: type[http.server.BaseHTTPRequestHandler]) -> Iterator[str]:
    """host:port of a server with TLS; its certificate is written to ``folder`` as cert.pem, the key as key.pem."""
    certificate(folder)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    with http_server(handler, tls) as address:
        yield address


@contextmanager
def http_server(
    handler: type[http.server.BaseHTTPRequestHandler], tls: ssl.SSLContext | None = None
) -> Iterator[str]:
    """host:port of a server on the loopback address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def podman(folder: Path) -> Iterator[str]:
    """Podman's API with a storage of its own; gives the socket's URL."""
    path = folder / "podman.sock"
    command = [*podman_command(folder), "system", "service", "--time=0", f"unix://{path}"]
    try:
        with started(command, path.exists):
            yield f"unix://{path}"
    finally:
        unmount_below(folder)


def podman_command(folder: Path) -> list[str]:
    """Podman on the storage of :func:`podman`."""
    # The overlay driver leaves a mount behind, which keeps the folder from being removed.
    return ["podman", "--storage-driver=vfs", f"--root={folder}/root", f"--runroot={folder}/run"]


@contextmanager
def started(command: list[str], answers: Callable[[], bool]) -> Iterator[None]:
    """A process that answers before the block runs and is gone behind it."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        deadline = time.monotonic() + PATIENCE
        while not answers():
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.05)
                raise RuntimeError(f"{command[0]} ended: {process.communicate()[1]!r}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"{command[0]} does not answer")
        yield
    finally:
        process.terminate()
        process.communicate()


def listens(port: int) -> bool:
    """Whether somebody takes connections there."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.connect()
    except OSError:
        return False
    finally:
        connection.close()
    return True


DRIVER_PACKAGES: Final = ("libcuda1", "nvidia-smi", "libnvidia-ml1", "libnvidia-ptxjitcompiler1")
_RECIPE: Final = 1


def driver_image(client: docker.DockerClient, base: str, folder: Path) -> str:
    """An image with Debian's NVIDIA driver packages in it, unpacked and entered into dpkg's database.

    Kept on the engine between runs, as the base images are. Raises RuntimeError when the packages cannot be had.
    """
    recipe = hashlib.sha256(repr((base, DRIVER_PACKAGES, _RECIPE)).encode()).hexdigest()[:16]
    reference = f"smlint-test-nvidia:{recipe}"
    if client.images.list(name=reference):
        return reference
    root = folder / "rootfs"
    _unpack(_download(folder), root)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as context:
        context.add(root, "rootfs")
        text = f'FROM {base}\nCOPY rootfs /\nLABEL io.smlint.test="1"\nENTRYPOINT ["python3", "/opt/program/train.py"]\n'
        info = tarfile.TarInfo("Dockerfile")
        info.size = len(text)
        context.addfile(info, io.BytesIO(text.encode()))
    buffer.seek(0)
    for event in client.api.build(fileobj=buffer, custom_context=True, tag=reference, rm=True, decode=True):
        if "error" in event:
            raise RuntimeError(event["error"])
    return reference


def _download(folder: Path) -> list[Path]:
    """The packages from Debian's non-free component, through an apt configuration of their own."""
    for name in ("lists/partial", "cache/archives/partial", "debs"):
        (folder / name).mkdir(parents=True)
    key = "/usr/share/keyrings/debian-archive-keyring.gpg"
    (folder / "sources.list").write_text(
        f"deb [signed-by={key}] http://deb.debian.org/debian bookworm non-free\n"
    )
    (folder / "status").touch()
    options = {
        "Dir::Etc::SourceList": folder / "sources.list",
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::State::Lists": folder / "lists",
        "Dir::State::Status": folder / "status",
        "Dir::Cache": folder / "cache",
        "APT::Sandbox::User": "root",
        "APT::Architecture": "amd64",
        "Acquire::Languages": "none",
    }
    apt = ["apt-get", "-qq", *(f"-o{name}={value}" for name, value in options.items())]
    for command in ([*apt, "update"], [*apt, "download", *DRIVER_PACKAGES]):
        done = subprocess.run(command, cwd=folder / "debs", capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{command[-1]}: {done.stderr[-500:]}")
    return sorted((folder / "debs").glob("*.deb"))


def _unpack(packages: list[Path], root: Path) -> None:
    status = root / "var/lib/dpkg/status"
    status.parent.mkdir(parents=True)
    with status.open("w") as database:
        for package in packages:
            subprocess.run(["dpkg-deb", "-x", str(package), str(root)], check=True)
            control = subprocess.run(
                ["dpkg-deb", "-f", str(package)], check=True, capture_output=True, text=True
            ).stdout
            name, _, rest = control.partition("\n")
            database.write(f"{name}\nStatus: install ok installed\n{rest}\n")
