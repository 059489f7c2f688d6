"""Engines elsewhere: behind TLS, in a context, behind ssh; and what is said when the way there is barred."""

from __future__ import annotations

import gc
import os
import subprocess
import tarfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from smlint.image.connection import NoEngineError, connect
from smlint.image.daemon import open_daemon
from smlint.image.reference import parse_reference
from tests.conftest import unavailable
from tests.image import engines, services

if TYPE_CHECKING:
    import docker

    from tests.engine.images import Images

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def remote(
    engine: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[engines.TlsEngine]:
    """An engine behind TLS that has the image far:1."""
    if reason := services.missing("dockerd", "docker", "openssl"):
        unavailable(reason)
    if os.geteuid() != 0:
        unavailable("a second dockerd can only be started by root")
    folder = tmp_path_factory.mktemp("tls")
    with engines.tls_engine(folder) as found:
        (folder / "program").write_text("#!/bin/sh\n")
        with tarfile.open(folder / "root.tar", "w") as archive:
            archive.add(folder / "program", "program")
        words = ["docker", "--tlsverify", f"--tlscacert={found.certificates}/ca.pem", f"--host={found.url}"]
        words += [f"--tlscert={found.certificates}/cert.pem", f"--tlskey={found.certificates}/key.pem"]
        words += ["import", "--change", 'ENTRYPOINT ["/program"]', str(folder / "root.tar"), "far:1"]
        subprocess.run(words, check=True, capture_output=True)
        yield found


@pytest.fixture(autouse=True)
def untouched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings of this machine's docker."""
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))


def looked_at(reference: str = "far:1") -> None:
    source = open_daemon(parse_reference(f"docker-daemon:{reference}"), None)
    try:
        assert source.config.entrypoint == ("/program",)
        assert source.files.read("/program", 100) == b"#!/bin/sh\n"
    finally:
        source.close()


class TestTls:
    def test_by_variables(self, remote: engines.TlsEngine, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DOCKER_HOST", remote.url)
        monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
        monkeypatch.setenv("DOCKER_CERT_PATH", str(remote.certificates))
        looked_at()

    def test_another_authority_for_registries_does_not_matter(
        self, remote: engines.TlsEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        """requests takes REQUESTS_CA_BUNDLE, which companies set, for every connection of the SDK."""
        services.certificate(tmp_path)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "cert.pem"))
        self.test_by_variables(remote, monkeypatch)

    def test_by_context(
        self, remote: engines.TlsEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        paths = ",".join(f"{key}={remote.certificates}/{key}.pem" for key in ("ca", "cert", "key"))
        for words in (["create", "--docker", f"host={remote.url},{paths}", "far"], ["use", "far"]):
            subprocess.run(["docker", "context", *words], check=True, capture_output=True)
        looked_at()

    def test_without_tls(self, remote: engines.TlsEngine, monkeypatch: pytest.MonkeyPatch) -> None:
        with pytest.raises(
            NoEngineError, match="speaks TLS only: set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH"
        ):
            connect({"DOCKER_HOST": remote.url})

    def test_without_a_certificate_that_it_knows(self, remote: engines.TlsEngine, tmp_path: Path) -> None:
        services.certificate(tmp_path)
        (tmp_path / "ca.pem").write_bytes((remote.certificates / "ca.pem").read_bytes())
        told = {"DOCKER_HOST": remote.url, "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(tmp_path)}
        with pytest.raises(
            NoEngineError, match=r"no container engine answers at DOCKER_HOST=.*; start it"
        ) as raised:
            connect(told)
        assert "\n" not in str(raised.value)

    @pytest.mark.parametrize("certificates", ["nowhere", "."])
    def test_certificates_that_are_not_there(self, tmp_path: Path, certificates: str) -> None:
        path = str(tmp_path / certificates)
        told = {"DOCKER_HOST": "tcp://127.0.0.1:1", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": path}
        with pytest.raises(NoEngineError, match=r"no folder with ca.pem, cert.pem and key.pem"):
            connect(told)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    pytest.importorskip("paramiko", reason="ssh:// needs smlint[ssh]")
    if reason := services.missing("ssh", "ssh-keygen", "docker"):
        unavailable(reason)
    if not any(Path(folder, "sshd").exists() for folder in ("/usr/sbin", "/usr/local/sbin")):
        unavailable("sshd is not installed (apt-get install openssh-server)")
    with engines.ssh_host(tmp_path_factory.mktemp("ssh")) as found:
        yield found


# The collector may come upon what `forgotten` speaks of in the middle of a test.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
class TestSsh:
    @pytest.fixture(autouse=True)
    def forgotten(self) -> Iterator[None]:
        """The SDK ends its ssh processes and leaves their sockets to the garbage collector, which complains."""
        yield
        with warnings.catch_warnings(action="ignore", category=ResourceWarning):
            gc.collect()

    def test_through_the_ssh_command(
        self, host: tuple[str, Path], images: Images, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        reference = images.make("dash", {"/program": "#!/bin/sh\n"}, entrypoint=["/program"])
        url, folder = host
        monkeypatch.setenv("DOCKER_HOST", url)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        looked_at(reference)

    def test_the_missing_package_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        import docker.api.client

        monkeypatch.delattr(docker.api.client, "SSHHTTPAdapter", raising=False)
        with pytest.raises(NoEngineError, match=r"pip install 'smlint\[ssh\]'"):
            connect({"DOCKER_HOST": "ssh://nobody@127.0.0.1"})

    def test_nobody_listens(self, host: tuple[str, Path]) -> None:
        with pytest.raises(
            NoEngineError, match=r"no container engine answers at DOCKER_HOST=ssh://.*; start it"
        ):
            connect({"DOCKER_HOST": f"ssh://nobody@127.0.0.1:{services.free_port()}"})
