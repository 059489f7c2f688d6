"""Images in a real registry: users, credential helpers, tokens, indexes, and what goes wrong in one line."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from smlint.image.open import Options, open_image
from smlint.image.reference import ImageError, parse_reference
from smlint.image.remote import credentials
from smlint.image.source import Unseen
from tests.conftest import unavailable
from tests.image import odd_registry, services, tars, tokens
from tests.image.tars import Entry

LAYER = tars.layer(Entry("opt/ml/model/weights", b"1" * 10), Entry("bin/sh", b"\x7fELF", mode=0o755))
SETTINGS = {"Entrypoint": ["/bin/sh"]}


def layout(folder: Path, architecture: str = "amd64") -> Path:
    files = tars.layout_files([LAYER], architecture=architecture, **SETTINGS)
    return tars.write_folder(folder / f"layout-{architecture}", files)


def push(source: Path, target: str, *options: str) -> None:
    command = ["skopeo", "copy", "--quiet", *options, f"oci:{source}:latest", target]
    # Without a session of its user skopeo would look for credentials where only root may.
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(source.parent)}
    subprocess.run(command, check=True, capture_output=True, env=environment)


def told(reference: str, **options: Any) -> str:
    """The one line that opening an image ends in."""
    with pytest.raises(ImageError) as raised:
        open_image(parse_reference(reference), Options(**options)).close()
    assert "\n" not in str(raised.value)
    return str(raised.value)


class TestOpenRegistry:
    def test_only_manifest_and_config_are_read(self, registry: str, tmp_path: Path) -> None:
        push(layout(tmp_path), f"docker://{registry}/team/app:1", "--dest-tls-verify=false")
        source = open_image(
            parse_reference(f"docker://{registry}/team/app:1"),
            Options(insecure_registries=frozenset([registry])),
        )
        assert source.config.entrypoint == ("/bin/sh",)
        assert source.manifest.media_type == "application/vnd.oci.image.manifest.v1+json"
        assert source.manifest.is_pushed
        assert isinstance(source.files, Unseen)
        source.close()

    @pytest.mark.parametrize("form", ["oci", "v2s2"])
    def test_the_media_type_is_the_one_that_is_served(self, registry: str, tmp_path: Path, form: str) -> None:
        push(
            layout(tmp_path),
            f"docker://{registry}/team/{form}:1",
            "--dest-tls-verify=false",
            "--format",
            form,
        )
        source = open_image(
            parse_reference(f"docker://{registry}/team/{form}:1"),
            Options(insecure_registries=frozenset([registry])),
        )
        assert source.manifest.media_type is not None
        assert ("oci" in source.manifest.media_type) == (form == "oci")
        source.close()

    def test_layers_are_streamed_when_asked_for(self, registry: str, tmp_path: Path) -> None:
        push(layout(tmp_path), f"docker://{registry}/team/app:2", "--dest-tls-verify=false")
        options = Options(layers=True, insecure_registries=frozenset([registry]))
        source = open_image(parse_reference(f"docker://{registry}/team/app:2"), options)
        assert not isinstance(source.files, Unseen)
        assert [node.path for node in source.files.search(["^/opt/ml/"], []).nodes] == [
            "/opt/ml/model/weights"
        ]
        # Not among the contents that are kept while a layer streams by: it is downloaded again.
        assert source.files.read("/opt/ml/model/weights", 4) == b"1111"
        source.close()

    def test_an_image_that_is_not_there(self, registry: str) -> None:
        text = told(f"docker://{registry}/no/such:1", insecure_registries=frozenset([registry]))
        assert text.endswith(f"{registry} has no such image; check the name and the tag")

    def test_plain_http_has_to_be_allowed(self, registry: str) -> None:
        text = told(f"docker://{registry}/no/such:1")
        assert text.endswith(f"it speaks plain HTTP; for a test registry add --insecure-registry {registry}")

    def test_nobody_listens(self) -> None:
        address = f"127.0.0.1:{services.free_port()}"
        assert f"{address} cannot be reached: Connection refused; check the name" in told(
            f"docker://{address}/a:1"
        )


@pytest.fixture
def docker_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, Any]], None]:
    """Writes the config.json that Docker and the registry source read."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))

    def write(content: dict[str, Any]) -> None:
        (tmp_path / "config.json").write_text(json.dumps(content))

    write({})
    return write


class TestClosedRegistry:
    @pytest.fixture
    def reference(
        self, closed_registry: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> str:
        address, certificate = closed_registry
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
        push(
            layout(tmp_path), f"docker://{address}/app:1", "--dest-tls-verify=false", "--dest-creds=me:secret"
        )
        return f"docker://{address}/app:1"

    def test_without_credentials_it_says_how_to_log_in(
        self, reference: str, docker_config: Callable[[dict[str, Any]], None]
    ) -> None:
        host = reference.split("/")[2]
        assert told(reference).endswith(f"{host} refuses access; log in: docker login {host}")

    def test_a_certificate_that_nobody_vouches_for(
        self,
        reference: str,
        docker_config: Callable[[dict[str, Any]], None],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        services.certificate(tmp_path)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "cert.pem"))
        assert "its certificate is not trusted; name its authority's file in REQUESTS_CA_BUNDLE" in told(
            reference
        )

    def test_credentials_of_docker_login(
        self, reference: str, docker_config: Callable[[dict[str, Any]], None]
    ) -> None:
        auth = base64.b64encode(b"me:secret").decode()
        docker_config({"auths": {reference.split("/")[2]: {"auth": auth}}})
        source = open_image(parse_reference(reference), Options())
        assert source.config.entrypoint == ("/bin/sh",)
        source.close()

    def test_a_wrong_password(self, reference: str, docker_config: Callable[[dict[str, Any]], None]) -> None:
        auth = base64.b64encode(b"me:wrong").decode()
        docker_config({"auths": {reference.split("/")[2]: {"auth": auth}}})
        assert "refuses access; log in" in told(reference)

    @pytest.mark.parametrize("key", ["credHelpers", "credsStore"])
    def test_credential_helpers(
        self,
        reference: str,
        docker_config: Callable[[dict[str, Any]], None],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        key: str,
    ) -> None:
        host = reference.split("/")[2]
        tokens.helper(tmp_path, "ecr-login", host, "me", "secret")
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
        docker_config({key: {host: "ecr-login"} if key == "credHelpers" else "ecr-login"})
        source = open_image(parse_reference(reference), Options())
        assert source.config.entrypoint == ("/bin/sh",)
        source.close()

    def test_a_helper_whose_password_has_expired(
        self,
        reference: str,
        docker_config: Callable[[dict[str, Any]], None],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        host = reference.split("/")[2]
        tokens.helper(tmp_path, "ecr-login", host, "me", "of yesterday")
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
        docker_config({"credHelpers": {host: "ecr-login"}})
        assert told(reference).endswith(f"{host} refuses access; log in: docker login {host}")

    def test_a_helper_that_is_not_installed(
        self, reference: str, docker_config: Callable[[dict[str, Any]], None]
    ) -> None:
        docker_config({"credHelpers": {reference.split("/")[2]: "nowhere"}})
        text = told(reference)
        assert "docker-credential-nowhere" in text
        assert "log in: docker login" in text


def helper(folder: Path, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    """A credential helper called docker-credential-test on PATH."""
    path = folder / "docker-credential-test"
    path.write_text(f"#!/bin/sh\ncat > /dev/null\necho '{answer}'\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def test_an_identity_token_is_said_to_be_of_no_use(
    docker_config: Callable[[dict[str, Any]], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helper(tmp_path, monkeypatch, '{"ServerURL": "x", "Username": "<token>", "Secret": "t"}')
    docker_config({"credHelpers": {"example.org": "test"}})
    with pytest.raises(ImageError, match="identity token"):
        credentials("example.org")


def test_ecr_names_its_own_log_in(docker_config: Callable[[dict[str, Any]], None]) -> None:
    docker_config({"credHelpers": {"1.dkr.ecr.eu-west-1.amazonaws.com": "nowhere"}})
    with pytest.raises(ImageError, match="aws ecr get-login-password --region eu-west-1"):
        credentials("1.dkr.ecr.eu-west-1.amazonaws.com")


@pytest.fixture
def odd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[odd_registry.OddRegistry]:
    if reason := services.missing("openssl"):
        unavailable(reason)
    with odd_registry.serving(tmp_path, LAYER) as found:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(found.certificate))
        yield found


class TestOddAnswers:
    def test_a_token_is_got_and_the_platform_chosen(
        self, odd: odd_registry.OddRegistry, docker_config: Callable[[dict[str, Any]], None]
    ) -> None:
        source = open_image(parse_reference(f"docker://{odd.address}/app:1"), Options())
        assert source.config.entrypoint == ("/amd64",)
        assert source.manifest.media_type == "application/vnd.oci.image.index.v1+json"
        assert source.manifest.attestations
        assert odd.scopes == ["repository:app:pull"]
        source.close()

    def test_another_platform(
        self, odd: odd_registry.OddRegistry, docker_config: Callable[[dict[str, Any]], None]
    ) -> None:
        source = open_image(parse_reference(f"docker://{odd.address}/app:1"), Options(platform="linux/arm64"))
        assert source.config.entrypoint == ("/arm64",)
        source.close()

    def test_a_platform_that_is_not_there(
        self, odd: odd_registry.OddRegistry, docker_config: Callable[[dict[str, Any]], None]
    ) -> None:
        text = told(f"docker://{odd.address}/app:1", platform="windows/amd64")
        assert text.endswith(
            "is not there for windows/amd64, only for linux/amd64, linux/arm64; choose with --platform"
        )

    def test_a_blob_that_is_another(
        self, odd: odd_registry.OddRegistry, docker_config: Callable[[dict[str, Any]], None]
    ) -> None:
        assert "0000" in told(f"docker://{odd.address}/app:broken")

    def test_a_manifest_of_schema_1(
        self, odd: odd_registry.OddRegistry, docker_config: Callable[[dict[str, Any]], None]
    ) -> None:
        assert "is no image that can be read" in told(f"docker://{odd.address}/app:old")

    def test_plain_http_gets_no_credentials(
        self, registry: str, docker_config: Callable[[dict[str, Any]], None]
    ) -> None:
        """See TestOpenRegistry for plain HTTP without credentials."""
        assert told(f"docker://{registry}/none:1", insecure_registries=frozenset([registry]))


class TestTokens:
    """A real registry that believes only what its token server has signed."""

    @pytest.fixture
    def reference(
        self, token_registry: tokens.TokenRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> str:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(token_registry.certificate))
        target = f"docker://{token_registry.address}/team/app:1"
        push(
            layout(tmp_path),
            target,
            "--dest-tls-verify=false",
            f"--dest-creds={':'.join(tokens.CREDENTIALS)}",
        )
        token_registry.scopes.clear()
        return target

    @pytest.mark.parametrize("layers", [False, True])
    def test_a_token_for_the_credentials_of_a_helper(
        self,
        reference: str,
        token_registry: tokens.TokenRegistry,
        docker_config: Callable[[dict[str, Any]], None],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        layers: bool,
    ) -> None:
        tokens.helper(tmp_path, "ecr-login", token_registry.address, *tokens.CREDENTIALS)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
        docker_config({"credHelpers": {token_registry.address: "ecr-login"}})
        source = open_image(parse_reference(reference), Options(layers=layers))
        assert source.config.entrypoint == ("/bin/sh",)
        if layers:
            assert not isinstance(source.files, Unseen)
            assert source.files.stat("/opt/ml/model/weights") is not None
        source.close()
        assert token_registry.scopes == ["repository:team/app:pull"]

    @pytest.mark.parametrize("password", [None, "of yesterday"])
    def test_no_token_without_the_password(
        self,
        reference: str,
        token_registry: tokens.TokenRegistry,
        docker_config: Callable[[dict[str, Any]], None],
        password: str | None,
    ) -> None:
        host = token_registry.address
        if password is not None:
            docker_config({"auths": {host: {"auth": base64.b64encode(f"AWS:{password}".encode()).decode()}}})
        assert told(reference).endswith(f"{host} refuses access; log in: docker login {host}")


class TestPlatforms:
    """A multi-platform index as skopeo pushes it."""

    @pytest.fixture
    def reference(self, registry: str, tmp_path: Path) -> str:
        files: dict[str, bytes] = {}
        entries = []
        for architecture, variant in (("amd64", None), ("arm64", "v8")):
            made = tars.layout_files([LAYER], architecture=architecture, Entrypoint=[f"/{architecture}"])
            (top,) = json.loads(made.pop("index.json"))["manifests"]
            del top["annotations"]
            platform = {"os": "linux", "architecture": architecture} | (
                {"variant": variant} if variant else {}
            )
            entries.append({**top, "platform": platform})
            files |= made
        kind = "application/vnd.oci.image.index.v1+json"
        index = json.dumps({"schemaVersion": 2, "mediaType": kind, "manifests": entries}).encode()
        digest = hashlib.sha256(index).hexdigest()
        files[f"blobs/sha256/{digest}"] = index
        named = {"org.opencontainers.image.ref.name": "latest"}
        top = {"mediaType": kind, "digest": f"sha256:{digest}", "size": len(index), "annotations": named}
        files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [top]}).encode()
        target = f"docker://{registry}/team/both:1"
        push(tars.write_folder(tmp_path / "both", files), target, "--all", "--dest-tls-verify=false")
        return target

    @pytest.mark.parametrize(
        ("platform", "entrypoint"),
        [
            (None, "/amd64"),
            ("linux/amd64", "/amd64"),
            ("linux/arm64", "/arm64"),
            ("linux/arm64/v8", "/arm64"),
        ],
    )
    def test_one_is_chosen(
        self, reference: str, registry: str, platform: str | None, entrypoint: str
    ) -> None:
        options = Options(platform=platform, insecure_registries=frozenset([registry]))
        source = open_image(parse_reference(reference), options)
        assert source.config.entrypoint == (entrypoint,)
        source.close()

    @pytest.mark.parametrize(
        "platform", ["linux/s390x", "linux/arm64/v7", "windows/amd64", "arm64", "a/b/c/d"]
    )
    def test_none_is_there(self, reference: str, registry: str, platform: str) -> None:
        text = told(reference, platform=platform, insecure_registries=frozenset([registry]))
        assert text.endswith(
            f"is not there for {platform}, only for linux/amd64, linux/arm64/v8; choose with --platform"
        )

    def test_a_single_image_for_another_platform(self, registry: str, tmp_path: Path) -> None:
        target = f"docker://{registry}/team/arm:1"
        push(layout(tmp_path, "arm64"), target, "--dest-tls-verify=false", "--override-arch=arm64")
        text = told(target, platform="linux/amd64", insecure_registries=frozenset([registry]))
        assert text.endswith("is not there for linux/amd64, only for linux/arm64; choose with --platform")
