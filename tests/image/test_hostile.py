"""Archives from strangers: one clear error, bounded memory and time, nothing written, nothing run."""

from __future__ import annotations

import gzip
import io
import json
import os
import tarfile
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smlint import registry
from smlint.cli import main
from smlint.container import ABSENT, Known
from smlint.engine import Plan
from smlint.image import index, streams, tar
from smlint.image.facts import container_of
from smlint.image.layer import index_layer, stream_layer
from smlint.image.lint import lint_image
from smlint.image.open import Options, open_image
from smlint.image.progress import Silent
from smlint.image.reference import ImageError, parse_reference
from smlint.image.streams import ForwardStream
from smlint.report import FORMATS, Report, render
from smlint.workload import DEFAULT_WORKLOADS
from tests.image import tars
from tests.image.tars import Entry


def archive(folder: Path, content: bytes) -> str:
    (folder / "image.tar").write_bytes(content)
    return f"docker-archive:{folder}/image.tar"


def read(reference: str) -> None:
    """Open an image and ask for everything rules ask for."""
    source = open_image(parse_reference(reference), Options())
    try:
        container = container_of(source)
        container.files.lookup("/bin/sh")
        container.evidence.files_matching(["^/"])
        container.evidence.installed_packages()
    finally:
        source.close()


def refused(reference: str, words: str) -> None:
    with pytest.raises(ImageError, match=words) as raised:
        read(reference)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("name", ["../etc/passwd", "a/../../b", "/../x", "a/.."])
def test_names_that_leave_the_root(tmp_path: Path, name: str) -> None:
    layer = tars.layer(Entry(name, b"x"))
    refused(archive(tmp_path, tars.docker_archive([layer])), "leads out of the image's root")
    assert os.listdir(tmp_path) == ["image.tar"]


def test_absolute_links_stay_inside(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the machine's own")
    layer = tars.layer(Entry("link", link=str(secret)), Entry("up", link="../../../.." + str(secret)))
    source = open_image(parse_reference(archive(tmp_path, tars.docker_archive([layer]))), Options())
    container = container_of(source)
    assert container.files.lookup("/link") is ABSENT
    assert container.files.lookup("/up") is ABSENT
    source.close()


@pytest.mark.parametrize(
    "entries",
    [
        [Entry("a", link="b"), Entry("b", link="a")],
        [Entry("a", link="a/a/a/a")],
        [Entry("a", link="/".join(["a"] * 2000))],
        [Entry("a", link="b", hard=True), Entry("b", link="a", hard=True)],
    ],
    ids=["two", "growing", "long", "hard"],
)
def test_link_loops_lead_nowhere(tmp_path: Path, entries: list[Entry]) -> None:
    source = open_image(
        parse_reference(archive(tmp_path, tars.docker_archive([tars.layer(*entries)]))), Options()
    )
    container = container_of(source)
    found = container.files.lookup("/a")
    assert found is ABSENT or (isinstance(found, Known) and found.value.content is None)
    assert container.files.lookup("/a/b/c") is ABSENT
    source.close()


def test_a_path_of_thousands_of_parts(tmp_path: Path) -> None:
    layer = tars.layer(Entry("/".join(["d"] * 2000), b"x"), pax=True)
    source = open_image(parse_reference(archive(tmp_path, tars.docker_archive([layer]))), Options())
    assert isinstance(container_of(source).files.lookup("/" + "/".join(["d"] * 2000)), Known)
    source.close()


def test_a_name_of_any_length(tmp_path: Path) -> None:
    layer = tars.layer(Entry("n" * 5000, b"x"), pax=True)
    refused(archive(tmp_path, tars.docker_archive([layer])), "5000 characters")


class Repeated(io.RawIOBase):
    """The same bytes over and over, up to a length; nothing is held."""

    def __init__(self, unit: Callable[[int], bytes], count: int) -> None:
        self._chunks: Iterator[bytes] = (unit(number) for number in range(count))
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        while len(self._rest) < size:
            more = next(self._chunks, b"")
            if not more:
                break
            self._rest += more
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken


def entry_header(number: int) -> bytes:
    return tarfile.TarInfo(f"usr/lib/python3/dist-packages/package{number % 1000}/module{number}.py").tobuf(
        tarfile.USTAR_FORMAT
    )


def test_an_entry_takes_some_fifty_bytes() -> None:
    count = 20_000
    file = Repeated(entry_header, count)
    tracemalloc.start()
    found = index_layer(ForwardStream(file.read), "layer")
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(found) >= count
    # A million entries must fit into 150 MB beside Python itself.
    assert kept < 60 * count
    assert peak < 120 * count + (1 << 20)


def test_more_entries_than_are_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(index, "MAX_ENTRIES", 100)
    layer = tars.layer(*(Entry(f"f{number}") for number in range(200)))
    refused(archive(tmp_path, tars.docker_archive([layer])), "more than 100 entries")


def test_more_links_than_are_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(index, "MAX_LINK_BYTES", 10_000)
    layer = tars.layer(*(Entry(f"l{number}", link="x") for number in range(200)))
    refused(archive(tmp_path, tars.docker_archive([layer])), "links and whiteouts")


@pytest.mark.parametrize("compress", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"])
def test_a_bomb_is_given_up_in_small_memory(
    monkeypatch: pytest.MonkeyPatch, compress: Callable[[bytes], bytes]
) -> None:
    monkeypatch.setattr(streams, "BOMB_SIZE", 8 << 20)
    header = tarfile.TarInfo("zeros")
    header.size = 64 << 20
    bomb = compress(header.tobuf(tarfile.GNU_FORMAT) + bytes(header.size))
    assert len(bomb) < 100_000
    tracemalloc.start()
    with pytest.raises(ImageError, match="decompression bomb"):
        stream_layer(io.BytesIO(bomb), len(bomb), "layer x", None, Silent(), {})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 << 20


def test_a_whole_archive_that_is_a_bomb(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(streams, "BOMB_SIZE", 8 << 20)
    header = tarfile.TarInfo("zeros")
    header.size = 64 << 20
    content = gzip.compress(header.tobuf(tarfile.GNU_FORMAT) + bytes(header.size))
    refused(archive(tmp_path, content), "decompression bomb")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("compress", [lambda content: content, gzip.compress], ids=["plain", "gzip"])
def test_a_truncated_archive(tmp_path: Path, share: float, compress: Callable[[bytes], bytes]) -> None:
    layer = tars.layer(*(Entry(f"file{number}", os.urandom(700)) for number in range(40)))
    whole = compress(tars.docker_archive([layer]).rstrip(b"\0"))
    refused(
        archive(tmp_path, whole[: int(len(whole) * share)]),
        "cut off|cannot be decompressed|no image archive|no tar",
    )


def test_a_layer_that_is_cut_off(tmp_path: Path) -> None:
    layer = tars.layer(Entry("file", bytes(5000)))
    refused(archive(tmp_path, tars.docker_archive([layer[:3000]])), "layer sha256:.* is cut off|cut off")


def test_a_manifest_that_names_a_missing_layer(tmp_path: Path) -> None:
    manifest = [{"Config": "config.json", "RepoTags": ["a:1"], "Layers": ["gone/layer.tar"]}]
    files = {"config.json": tars.config([b""]), "manifest.json": json.dumps(manifest).encode()}
    refused(archive(tmp_path, tars.outer(files)), "names gone/layer.tar, which is not there")


def test_a_manifest_that_names_a_file_of_the_machine(tmp_path: Path) -> None:
    for path in ("../../../../etc/passwd", "/etc/passwd"):
        manifest = [{"Config": path, "RepoTags": ["a:1"], "Layers": []}]
        refused(
            archive(tmp_path, tars.outer({"manifest.json": json.dumps(manifest).encode()})),
            "which is not there",
        )


@pytest.mark.parametrize("digest", ["sha256:../../etc/passwd", "sha256:12", "../x", 7, None])
def test_a_digest_that_is_a_path(tmp_path: Path, digest: object) -> None:
    entry = {"mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": digest, "size": 1}
    tars.write_folder(tmp_path, {"index.json": json.dumps({"manifests": [entry]}).encode()})
    refused(f"oci:{tmp_path}", "is no digest")


def test_a_config_that_does_not_match_its_digest(tmp_path: Path) -> None:
    files = tars.layout_files([tars.layer()])
    manifest = json.loads(files["index.json"])["manifests"][0]["digest"].removeprefix("sha256:")
    config = json.loads(files[f"blobs/sha256/{manifest}"])["config"]["digest"].removeprefix("sha256:")
    files[f"blobs/sha256/{config}"] += b" "
    tars.write_folder(tmp_path, files)
    refused(f"oci:{tmp_path}", "does not match its digest")


def test_a_layer_that_does_not_match_its_digest(tmp_path: Path) -> None:
    files = tars.layout_files([tars.layer(Entry("a", b"1"))])
    manifest = json.loads(files["index.json"])["manifests"][0]["digest"].removeprefix("sha256:")
    layer = json.loads(files[f"blobs/sha256/{manifest}"])["layers"][0]["digest"].removeprefix("sha256:")
    files[f"blobs/sha256/{layer}"] = gzip.compress(tars.layer(Entry("a", b"2")), 1)
    tars.write_folder(tmp_path, files)
    refused(f"oci:{tmp_path}", "layer sha256:.* does not match its digest")


@pytest.mark.parametrize("kept", [0, 512])
def test_a_plain_layer_of_another_size(tmp_path: Path, kept: int) -> None:
    """What a full disk leaves of a layer is a layer of fewer files."""
    content = tars.layer(Entry("a", b""), Entry("b", b""))
    files = tars.layout_files([content], compress=False)
    name = f"blobs/sha256/{tars.hashlib.sha256(content).hexdigest()}"
    files[name] = content[:kept]
    tars.write_folder(tmp_path, files)
    refused(f"oci:{tmp_path}", f"{name} has {kept} bytes and should have {len(content)}")


def test_indexes_that_name_each_other(tmp_path: Path) -> None:
    # A digest cannot name itself, but a chain can be long.
    files: dict[str, bytes] = {}
    inner: dict[str, object] = {"schemaVersion": 2, "manifests": []}
    for _ in range(10):
        content = json.dumps(inner).encode()
        digest = tars.hashlib.sha256(content).hexdigest()
        files[f"blobs/sha256/{digest}"] = content
        platform = {"os": "linux", "architecture": "amd64"}
        entry = {
            "mediaType": "application/vnd.oci.image.index.v1+json",
            "digest": f"sha256:{digest}",
            "platform": platform,
        }
        inner = {"schemaVersion": 2, "manifests": [entry]}
    tars.write_folder(tmp_path, {**files, "index.json": json.dumps(inner).encode()})
    refused(f"oci:{tmp_path}", "nested")


@pytest.mark.parametrize(
    "broken",
    [
        b"[]",
        b"not json",
        b'{"config": []}',
        b'{"config": {"Env": "A=1"}}',
        b'{"config": {"Entrypoint": [1]}}',
        b'{"history": {"a": 1}}',
        b'{"rootfs": []}',
        b'{"os": 1}',
        b"[" * 100_000,
    ],
)
def test_configs_of_another_shape(tmp_path: Path, broken: bytes) -> None:
    manifest = [{"Config": "config.json", "RepoTags": ["a:1"], "Layers": []}]
    files = {"config.json": broken, "manifest.json": json.dumps(manifest).encode()}
    refused(archive(tmp_path, tars.outer(files)), "config.json")


@pytest.mark.parametrize(
    "manifest", [b"{}", b"[1]", b'[{"Config": 1}]', b"[]", b"nonsense", b'[{"Layers": [1]}]']
)
def test_manifests_of_another_shape(tmp_path: Path, manifest: bytes) -> None:
    refused(archive(tmp_path, tars.outer({"manifest.json": manifest})), "manifest.json|holds 0 images")


def test_a_text_file_is_no_archive(tmp_path: Path) -> None:
    refused(archive(tmp_path, b"FROM python\n" * 100), "no tar header")


def test_an_archive_of_something_else(tmp_path: Path) -> None:
    refused(archive(tmp_path, tars.outer({"readme": b""})), "neither manifest.json nor index.json")


def test_a_sparse_file_is_there_and_not_read(tmp_path: Path) -> None:
    info = tarfile.TarInfo("bin/sh")
    info.size = 512
    info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": str(1 << 50)}
    layer = info.tobuf(tarfile.PAX_FORMAT) + bytes(512) + bytes(1024)
    source = open_image(parse_reference(archive(tmp_path, tars.docker_archive([layer]))), Options())
    found = container_of(source).files.lookup("/bin/sh")
    assert isinstance(found, Known)
    assert found.value.content is None
    source.close()


def test_nothing_is_written_or_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layer = tars.layer(Entry("bin/sh", b"#!/bin/false\n", mode=0o755), Entry("etc/ld.so.preload", b"/x"))
    reference = archive(tmp_path, tars.docker_archive([layer], Entrypoint=["/bin/sh"]))
    opened = open

    def only_reading(path: str, mode: str = "r", *rest: object, **named: object) -> IO[bytes]:
        assert set(mode) <= set("rbt"), f"{path} is opened with mode {mode}"
        return opened(path, mode, *rest, **named)  # type: ignore[call-overload, no-any-return]

    def never(*words: object, **named: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr("builtins.open", only_reading)
    monkeypatch.setattr("subprocess.Popen.__init__", never)
    monkeypatch.setattr("os.posix_spawn", never)
    monkeypatch.setattr("os.system", never)
    read(reference)
    assert os.listdir(tmp_path) == ["image.tar"]


BASE = tars.docker_archive(
    [tars.layer(Entry("bin/sh", b"x" * 100), Entry("a", link="b"), Entry(".wh.c"))], Entrypoint=["/bin/sh"]
)


@given(
    st.lists(st.tuples(st.integers(0, len(BASE) - 1), st.binary(min_size=1, max_size=12)), max_size=6),
    st.booleans(),
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_damage_ends_in_facts_or_one_error(
    tmp_path: Path, changes: list[tuple[int, bytes]], compressed: bool
) -> None:
    damaged = bytearray(BASE)
    for position, content in changes:
        damaged[position : position + len(content)] = content
    content = gzip.compress(bytes(damaged), 1) if compressed else bytes(damaged)
    with suppress(ImageError):
        read(archive(tmp_path, content))


@given(st.binary(max_size=2000))
@settings(max_examples=100, deadline=None)
def test_any_layer_ends_in_an_index_or_one_error(content: bytes) -> None:
    with suppress(ImageError):
        stream_layer(io.BytesIO(content), len(content), "layer", None, Silent(), {})
    with suppress(tar.TarError):
        list(tar.members(ForwardStream(io.BytesIO(content).read)))


EVIL = "\x1b[2J\n\x9b31m\u202eerror[SM000] forged"


@pytest.mark.parametrize("name", FORMATS)
def test_text_of_a_config_reaches_no_terminal_as_it_is(tmp_path: Path, name: str) -> None:
    layer = tars.layer(Entry(f"opt/ml/model/{EVIL}", b"x"), pax=True)
    settings = {
        "Entrypoint": ["/bin/sh", "-c", f"run {EVIL}"],
        "Cmd": [f"serve{EVIL}", "$HOME"],
        "Env": [f"HF_HOME=/opt/ml/model/{EVIL}", f"{EVIL}=1", "NVIDIA_VISIBLE_DEVICES=" + EVIL],
        "Labels": {f"com.amazonaws.sagemaker.capabilities.{EVIL}": EVIL},
        "User": f"me{EVIL}",
        "StopSignal": f"SIGINT{EVIL}",
        "Volumes": {f"/opt/ml/{EVIL}": {}},
        "ExposedPorts": {f"80{EVIL}": {}},
    }
    known = registry.installed()
    reference = archive(tmp_path, tars.docker_archive([layer], **settings))
    outcome = lint_image(reference, Options(), Plan(known, frozenset(known.codes)), DEFAULT_WORKLOADS)
    assert len(outcome.diagnostics) > 3
    assert any(not each.message.isprintable() for each in outcome.diagnostics)
    assert render(name, Report((outcome,))).replace("\n", "").isprintable()


@pytest.mark.parametrize("shape", ["text", "json"])
def test_nor_does_the_launch_chain(tmp_path: Path, shape: str, capsys: pytest.CaptureFixture[str]) -> None:
    layer = tars.layer(Entry("bin/sh", b"\x7fELF", mode=0o755))
    reference = archive(tmp_path, tars.docker_archive([layer], Entrypoint=["/bin/sh", "-c", f"run {EVIL}"]))
    assert main(["launch", "--format", shape, "image", reference]) == 0
    assert capsys.readouterr().out.replace("\n", "").isprintable()
