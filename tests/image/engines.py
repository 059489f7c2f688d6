"""Engines that are not on a local socket: a second dockerd behind TLS, and the one there is behind a real sshd."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple

from tests.image import services

_EXTENSIONS: Final = "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n"


class TlsEngine(NamedTuple):
    """Where it listens, and the folder with ca.pem, cert.pem and key.pem of a client that it lets in."""

    url: str
    certificates: Path


@contextmanager
def tls_engine(folder: Path) -> Iterator[TlsEngine]:
    """A dockerd of its own, with its own storage, that talks to nobody without a certificate."""
    authority = ["-CA", f"{folder}/ca.pem", "-CAkey", f"{folder}/ca-key.pem", "-CAcreateserial"]
    _openssl(
        "req", "-x509", "-subj", "/CN=authority", "-out", f"{folder}/ca.pem", *_key(folder / "ca-key.pem")
    )
    (folder / "extensions").write_text(_EXTENSIONS)
    for name in ("server", "client"):
        (folder / name).mkdir()
        shutil.copy(folder / "ca.pem", folder / name)
        request, certificate = folder / f"{name}.csr", folder / name / "cert.pem"
        _openssl("req", "-subj", f"/CN={name}", "-out", str(request), *_key(folder / name / "key.pem"))
        extended = ["-extfile", f"{folder}/extensions", "-out", str(certificate)]
        _openssl("x509", "-req", "-in", str(request), *authority, *extended)
    port = services.free_port()
    command = ["dockerd", "--tlsverify", f"--tlscacert={folder}/server/ca.pem"]
    command += [f"--tlscert={folder}/server/cert.pem", f"--tlskey={folder}/server/key.pem"]
    command += [f"--host=tcp://127.0.0.1:{port}", f"--pidfile={folder}/pid"]
    command += [f"--data-root={folder}/data", f"--exec-root={folder}/exec"]
    # No --bridge=none: it takes docker0 away from the engine that is there.
    command += ["--storage-driver=vfs", "--iptables=false", "--log-level=error"]
    with services.started(command, lambda: services.listens(port)):
        yield TlsEngine(f"tcp://127.0.0.1:{port}", folder / "client")


@contextmanager
def ssh_host(folder: Path) -> Iterator[tuple[str, Path]]:
    """``ssh://`` URL of this machine, and a folder for PATH whose ssh knows the key to it."""
    for name in ("host", "user"):
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)],
            check=True,
            capture_output=True,
        )
    with suppress(PermissionError):
        os.makedirs("/run/sshd", exist_ok=True)
    port = services.free_port()
    (folder / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nAuthorizedKeysFile {folder}/user.pub\n"
        "StrictModes no\nUsePAM no\nPidFile none\n"
    )
    (folder / "ssh_config").write_text(
        f"Host *\n  IdentityFile {folder}/user\n  StrictHostKeyChecking no\n  UserKnownHostsFile /dev/null\n  LogLevel ERROR\n"
    )
    (folder / "bin").mkdir()
    wrapper = folder / "bin/ssh"
    wrapper.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {folder}/ssh_config "$@"\n')
    wrapper.chmod(0o755)
    user = subprocess.run(["id", "-un"], check=True, capture_output=True, text=True).stdout.strip()
    sshd = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin") or "sshd"
    with services.started([sshd, "-D", "-e", "-f", f"{folder}/sshd_config"], lambda: services.listens(port)):
        yield f"ssh://{user}@127.0.0.1:{port}", folder / "bin"


def _openssl(*words: str) -> None:
    subprocess.run(["openssl", *words], check=True, capture_output=True)


def _key(path: Path) -> list[str]:
    return ["-newkey", "rsa:2048", "-nodes", "-keyout", str(path)]
