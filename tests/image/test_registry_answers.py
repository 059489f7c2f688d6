"""What a registry may answer: statuses, indexes in indexes, manifests and layers that are not what was asked for."""

from __future__ import annotations

import gzip
import hashlib
import http.server
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from smlint import registry as rules
from smlint.engine import Plan
from smlint.image import repository
from smlint.image.lint import lint_images
from smlint.image.manifest import MAX_INDEX_DEPTH
from smlint.image.open import Options, open_image
from smlint.image.reference import ImageError, parse_reference
from smlint.image.remote import RegistryImage
from smlint.image.source import DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST, Unseen
from smlint.workload import DEFAULT_WORKLOADS
from tests.conftest import unavailable
from tests.image import services, tars
from tests.image.tars import Entry

PROGRAM = b"#!/bin/sh\nexec python3 /opt/program/train.py\n"
BIG = bytes(range(256)) * 8192
LAYER = tars.layer(Entry("opt/program/train", PROGRAM, mode=0o755), Entry("opt/program/big", BIG))


class Content:
    """What the registry has: paths below /v2/app/ to the answers that come one after the other, the last for ever."""

    def __init__(self) -> None:
        self.answers: dict[str, list[tuple[int, str, bytes]]] = {}
        #: What is promised as length where it is not the body's.
        self.lengths: dict[str, int] = {}
        self.address = ""

    def put(self, content: bytes, kind: str, *, tag: str = "") -> dict[str, Any]:
        """Store a manifest under its digest and a tag; gives its descriptor."""
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        for name in filter(None, (digest, tag)):
            self.answers[f"manifests/{name}"] = [(200, kind, content)]
        return {"mediaType": kind, "digest": digest, "size": len(content)}

    def hang_up(self, digest: str, size: int) -> None:
        """Break the connection off in the middle of a blob."""
        status, kind, body = self.answers[f"blobs/{digest}"][0]
        self.answers[f"blobs/{digest}"] = [(status, kind, body[:size])]
        self.lengths[f"blobs/{digest}"] = len(body)

    def blob(self, content: bytes, kind: str, *then: bytes) -> dict[str, Any]:
        """Store a blob, which is another the next time where there is more."""
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        self.answers[f"blobs/{digest}"] = [(200, kind, each) for each in (content, *then)]
        return {"mediaType": kind, "digest": digest, "size": len(content)}

    def image(self, *then: bytes, kind: str = OCI_MANIFEST, tag: str = "1") -> dict[str, Any]:
        """Store an image of one layer that is not compressed."""
        settings = tars.config([LAYER], Entrypoint=["/opt/program/train"])
        manifest = {
            "schemaVersion": 2,
            "config": self.blob(settings, "application/vnd.oci.image.config.v1+json"),
            "layers": [self.blob(LAYER, "application/vnd.oci.image.layer.v1.tar", *then)],
        }
        return self.put(json.dumps(manifest).encode(), kind, tag=tag)

    def indexes(self, depth: int) -> None:
        """Store the image inside so many indexes."""
        top = self.image()
        for _ in range(depth):
            entry = {**top, "platform": {"os": "linux", "architecture": "amd64"}}
            index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [entry]}
            top = self.put(json.dumps(index).encode(), OCI_INDEX, tag="1")

    def open(self, tag: str = ":1", *, layers: bool = False) -> RegistryImage:
        """Open the image ``app``."""
        options = Options(layers=layers, insecure_registries=frozenset([self.address]))
        source = open_image(parse_reference(f"docker://{self.address}/app{tag}"), options)
        assert isinstance(source, RegistryImage)
        return source

    def refusal(self, tag: str = ":1") -> str:
        """What is said about an image that cannot be read, without the reference at its beginning."""
        with pytest.raises(ImageError) as raised:
            self.open(tag).close()
        reference = f"docker://{self.address}/app"
        message = str(raised.value)
        assert message.startswith(reference)
        assert "\n" not in message
        return message.removeprefix(reference).partition(": ")[2]


@pytest.fixture
def served() -> Iterator[Content]:
    content = Content()

    class Handler(http.server.BaseHTTPRequestHandler):
        """Answers what it was told to."""

        def do_GET(self) -> None:
            """The next answer."""
            path = self.path.removeprefix("/v2/app/")
            answers = content.answers.get(path, [(404, "text/plain", b"")])
            status, kind, body = answers.pop(0) if len(answers) > 1 else answers[0]
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(content.lengths.get(path, len(body))))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Silent."""

    with services.http_server(Handler) as content.address:
        yield content


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (404, "{host} has no such image; check the name and the tag"),
        (403, "{host} refuses access; log in: docker login {host}"),
        (429, "{host} answers that there were too many requests; wait, or log in: docker login {host}"),
        (500, "{host} answers with status 500"),
    ],
)
def test_a_status_is_said_with_what_to_do(served: Content, status: int, words: str) -> None:
    served.answers["manifests/1"] = [(status, "text/plain", b"<html>\nno</html>")]
    assert served.refusal() == words.format(host=served.address)


@pytest.mark.parametrize("depth", [1, MAX_INDEX_DEPTH])
def test_an_image_in_indexes(served: Content, depth: int) -> None:
    served.indexes(depth)
    source = served.open()
    assert source.config.entrypoint == ("/opt/program/train",)
    assert source.manifest.media_type == OCI_INDEX
    source.close()


def test_indexes_deeper_than_anybody_nests_them(served: Content) -> None:
    served.indexes(MAX_INDEX_DEPTH + 1)
    assert served.refusal() == f"its indexes are nested more than {MAX_INDEX_DEPTH} deep"


def test_a_manifest_that_is_larger_than_any(served: Content, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "MAX_CONFIG", 1000)
    served.put(b" " * 1001, OCI_MANIFEST, tag="1")
    assert served.refusal() == "its manifest has more than the 1000 bytes that are read"


@pytest.mark.parametrize("algorithm", ["sha256", "sha512"])
def test_a_manifest_that_is_not_the_one_with_that_digest(served: Content, algorithm: str) -> None:
    served.image()
    digest = f"{algorithm}:{hashlib.new(algorithm, b'another').hexdigest()}"
    served.answers[f"manifests/{digest}"] = served.answers["manifests/1"]
    assert served.refusal(f"@{digest}").startswith("the manifest does not match its digest: it should be")


@pytest.mark.parametrize("kind", [OCI_MANIFEST, DOCKER_MANIFEST])
def test_a_plain_layer_is_read_again_for_what_was_not_kept(served: Content, kind: str) -> None:
    served.image(kind=kind)
    source = served.open(layers=True)
    assert not isinstance(source.files, Unseen)
    assert source.files.read("/opt/program/big", 1 << 22) == BIG
    assert source.files.read("/opt/program/train", 100) == PROGRAM
    source.close()


@pytest.mark.parametrize("end", [1000, len(LAYER) - len(BIG) // 2])
def test_a_layer_that_is_shorter_the_second_time(served: Content, end: int) -> None:
    served.image(LAYER[:end])
    source = served.open(layers=True)
    assert not isinstance(source.files, Unseen)
    found = source.files.stat("/opt/program/big")
    assert found is not None
    assert found.size == len(BIG)
    with pytest.raises(ImageError, match=r"layer sha256:\w+: .*cut off"):
        source.files.read("/opt/program/big", 1 << 22)
    source.close()


@pytest.mark.parametrize("compress", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_connection_that_breaks_off_in_a_layer(served: Content, compress: Callable[[bytes], bytes]) -> None:
    """That is the network's fault, not damage of the layer."""
    layer = compress(LAYER)
    settings = served.blob(tars.config([LAYER]), "application/vnd.oci.image.config.v1+json")
    blob = served.blob(layer, "application/vnd.oci.image.layer.v1.tar")
    served.put(json.dumps({"config": settings, "layers": [blob]}).encode(), OCI_MANIFEST, tag="1")
    served.hang_up(blob["digest"], len(layer) // 2)
    source = served.open(layers=True)
    assert not isinstance(source.files, Unseen)
    with pytest.raises(
        ImageError, match=f"{served.address} cannot be reached: .*check the name and the network"
    ):
        source.files.stat("/opt")
    source.close()


def ask(reference: str, insecure: str) -> tuple[int, tuple[str, ...]]:
    """How many images were judged, and what is said about the others."""
    known = rules.installed()
    options = Options(insecure_registries=frozenset([insecure]))
    found = lint_images([reference], options, Plan(known, frozenset(known.codes)), DEFAULT_WORKLOADS)
    return len(found.outcomes), found.failures


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")


@pytest.mark.usefixtures("no_engine")
class TestBareNames:
    """A name without a transport is looked for on the engine, then in its registry."""

    def test_the_registry_has_it(self, served: Content) -> None:
        served.image()
        assert ask(f"{served.address}/app:1", served.address) == (1, ())

    def test_nobody_has_it_and_both_reasons_are_said(self, served: Content) -> None:
        (failure,) = ask(f"{served.address}/app:2", served.address)[1]
        engine, _, registry = failure.partition("; tried as well: ")
        assert engine.startswith("no container engine answers at DOCKER_HOST=unix:///nowhere.sock")
        assert registry == (
            f"docker://{served.address}/app:2: {served.address} has no such image; check the name and the tag"
        )

    @pytest.mark.parametrize("reference", ["docker-daemon:{}/app:1", "a" * 64])
    def test_what_only_an_engine_can_have_is_not_looked_for_elsewhere(
        self, served: Content, reference: str
    ) -> None:
        served.image()
        judged, (failure,) = ask(reference.format(served.address), served.address)
        assert judged == 0
        assert "no container engine answers" in failure
        assert "tried as well" not in failure


CHALLENGE = 'Bearer realm="{}/token",service="test",scope="repository:app:pull"'


class TestLogins:
    """What a registry asks for before it answers."""

    @pytest.fixture(autouse=True)
    def no_credentials(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))

    def test_nothing_is_sent_over_plain_http(self, served: Content) -> None:
        served.answers["manifests/1"] = [(401, "text/plain", b"")]
        assert served.refusal() == (
            f"{served.address} asks for credentials, which are not sent over plain HTTP"
        )

    @pytest.mark.parametrize(
        ("challenge", "token"),
        [
            ("", b""),
            ("Bearer", b""),
            ('Bearer service="test"', b""),
            ('Bearer realm="', b""),
            (CHALLENGE, b"{}"),
            (CHALLENGE, b"[]"),
            (CHALLENGE, b"no JSON"),
        ],
    )
    def test_what_is_not_understood_is_one_line(
        self, challenge: str, token: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if reason := services.missing("openssl"):
            unavailable(reason)

        class Handler(http.server.BaseHTTPRequestHandler):
            """Asks for a token, and gives one that is none."""

            def do_GET(self) -> None:
                """The challenge, or the token."""
                body = token if self.path.startswith("/token") else b""
                self.send_response(200 if body else 401)
                if challenge and not body:
                    address = f"https://{self.headers['Host']}"
                    self.send_header("WWW-Authenticate", challenge.format(address))
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Silent."""

        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "cert.pem"))
        with services.https(tmp_path, Handler) as address:
            reference = f"docker://{address}/app:1"
            with pytest.raises(ImageError) as raised:
                open_image(parse_reference(reference), Options())
        assert str(raised.value) == (
            f"{reference}: {address} asks for credentials in a way that is not understood"
        )
