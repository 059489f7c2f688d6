"""Archives and layouts with odd parts: links between entries, blobs that are not what their names promise, limits."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import json
import lzma
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import zstandard

from smlint.image import archive, blobs, manifest
from smlint.image.archive import StoredImage
from smlint.image.blobs import TarStore
from smlint.image.open import Options, open_image
from smlint.image.reference import ImageError, parse_reference
from tests.image import tars
from tests.image.tars import Entry

LAYER = tars.layer(Entry("opt/program/train", b"#!/bin/sh\n", mode=0o755))


def opened(reference: str) -> StoredImage:
    source = open_image(parse_reference(reference), Options())
    assert isinstance(source, StoredImage)
    return source


def refusal(reference: str) -> str:
    """The one line in which reading the image ends, its reference at the front."""
    with pytest.raises(ImageError) as raised, closing(opened(reference)) as source:
        source.files.read("/opt/program/train", 100)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def saved(folder: Path, *entries: Entry, **changes: Any) -> str:
    """An archive of ``docker save`` with further entries, and other things than the usual in its manifest.json."""
    described = {"Config": "config.json", "RepoTags": ["app:1"], "Layers": ["1/layer.tar"], **changes}
    config = tars.config([LAYER] * len(described["Layers"]))
    content = tars.layer(
        Entry("config.json", config),
        Entry("1/layer.tar", LAYER),
        *entries,
        Entry("manifest.json", json.dumps([described]).encode()),
    )
    (folder / "image.tar").write_bytes(content)
    return f"docker-archive:{folder}/image.tar"


class TestLinksInArchives:
    """Engines before version 25 write a layer that occurs twice once, and a link to it."""

    @pytest.mark.parametrize(
        "link",
        [Entry("2/layer.tar", link="../1/layer.tar"), Entry("2/layer.tar", link="1/layer.tar", hard=True)],
        ids=["symbolic", "hard"],
    )
    def test_a_layer_that_occurs_twice(self, tmp_path: Path, link: Entry) -> None:
        source = opened(saved(tmp_path, link, Layers=["1/layer.tar", "2/layer.tar"]))
        found = source.files.stat("/opt/program/train")
        assert found is not None
        assert found.layer == 1
        assert source.files.read("/opt/program/train", 100) == b"#!/bin/sh\n"
        source.close()

    @pytest.mark.parametrize(
        "entry",
        [
            Entry("2/layer.tar", link="layer.tar"),
            Entry("2/layer.tar", link="../../../etc/passwd"),
            Entry("2/layer.tar", directory=True),
        ],
        ids=["to itself", "to a file of the machine", "a folder"],
    )
    def test_what_leads_to_no_layer(self, tmp_path: Path, entry: Entry) -> None:
        reference = saved(tmp_path, entry, Layers=["2/layer.tar"])
        assert refusal(reference) == f"{reference}: manifest.json names 2/layer.tar, which is not there"


def test_a_layout_in_an_archive_is_read_under_the_other_name_too(tmp_path: Path) -> None:
    (tmp_path / "image.tar").write_bytes(tars.outer(tars.layout_files([LAYER], Entrypoint=["/train"])))
    source = opened(f"docker-archive:{tmp_path}/image.tar")
    assert source.config.entrypoint == ("/train",)
    source.close()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"Layers": [1]}, "manifest.json: Layers is not a list of paths"),
        ({"Layers": {"1/layer.tar": 1}}, "manifest.json: Layers is not a list of paths"),
    ],
)
def test_layers_that_are_no_paths(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    assert refusal(saved(tmp_path, **changes)).endswith(words)


def test_a_config_and_a_manifest_that_do_not_agree(tmp_path: Path) -> None:
    files = {
        "config.json": tars.config([LAYER, LAYER]),
        "layer.tar": LAYER,
        "manifest.json": json.dumps([{"Config": "config.json", "Layers": ["layer.tar"]}]).encode(),
    }
    (tmp_path / "image.tar").write_bytes(tars.outer(files))
    assert refusal(f"docker-archive:{tmp_path}/image.tar").endswith(
        "its config speaks of 2 layers and its manifest of 1"
    )


def test_more_layers_than_engines_take(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_LAYERS", 3)
    assert refusal(saved(tmp_path, Layers=["1/layer.tar"] * 4)).endswith("has more than 3 layers")


def test_an_archive_of_too_many_entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blobs, "MAX_OUTER_ENTRIES", 5)
    reference = saved(tmp_path, *(Entry(f"note{number}") for number in range(5)))
    assert "more than 5 entries; that is no archive of images" in refusal(reference)


def test_a_manifest_that_is_larger_than_any(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_CONFIG", 100)
    assert refusal(saved(tmp_path, RepoTags=["app:" + "1" * 100])).endswith("more than the 100 that are read")


def test_an_archive_that_shrinks_after_it_was_opened(tmp_path: Path) -> None:
    saved(tmp_path)
    store = TarStore(str(tmp_path / "image.tar"))
    blob = store.find("manifest.json")
    assert blob is not None
    with (tmp_path / "image.tar").open("r+b") as file:
        file.truncate(512)
    with pytest.raises(ImageError, match=r"manifest.json is cut off: 0 of \d+ bytes are there"):
        blob.read_all(1 << 20)
    store.close()


def layout(folder: Path, files: Mapping[str, bytes]) -> str:
    return f"oci:{tars.write_folder(folder / 'layout', files)}"


class TestLayouts:
    def test_a_folder_without_an_index(self, tmp_path: Path) -> None:
        assert refusal(layout(tmp_path, {"oci-layout": b"{}"})).endswith(
            "no OCI layout: index.json is not there"
        )

    def test_an_index_that_is_a_folder(self, tmp_path: Path) -> None:
        assert refusal(layout(tmp_path, {"index.json/x": b""})).endswith("index.json is not there")

    def test_an_index_that_cannot_be_read(self, tmp_path: Path) -> None:
        reference = layout(tmp_path, {"oci-layout": b"{}"})
        (tmp_path / "layout" / "index.json").symlink_to("index.json")
        assert refusal(reference).endswith(
            "layout/index.json cannot be read: Too many levels of symbolic links"
        )

    @pytest.mark.parametrize("entries", ["all", {"a": 1}, ["sha256:0"]])
    def test_an_index_of_another_shape(self, tmp_path: Path, entries: object) -> None:
        content = json.dumps({"manifests": entries}).encode()
        assert refusal(layout(tmp_path, {"index.json": content})).endswith(
            "index.json: manifests is not a list of descriptors"
        )

    def test_an_index_of_too_many(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(manifest, "MAX_LAYERS", 2)
        content = json.dumps({"manifests": [{}, {}, {}]}).encode()
        assert refusal(layout(tmp_path, {"index.json": content})).endswith("more than 2 entries")

    def test_an_index_around_one_image_needs_no_platform(self, tmp_path: Path) -> None:
        files = tars.layout_files([LAYER], Entrypoint=["/train"])
        inner = json.dumps({"schemaVersion": 2, "manifests": json.loads(files["index.json"])["manifests"]})
        digest = hashlib.sha256(inner.encode()).hexdigest()
        files[f"blobs/sha256/{digest}"] = inner.encode()
        top = {"mediaType": "application/vnd.oci.image.index.v1+json", "digest": f"sha256:{digest}"}
        files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [top]}).encode()
        source = opened(layout(tmp_path, files))
        assert source.config.entrypoint == ("/train",)
        source.close()


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress, zstandard.compress])
def test_files_in_a_compressed_archive_are_read_in_any_order(
    tmp_path: Path, compress: Callable[[bytes], bytes]
) -> None:
    """Going back means beginning again; nothing of it shows in what is read."""
    contents = {f"/opt/{number}": bytes([number]) * 30_000 for number in range(4)}
    layer = tars.layer(*(Entry(name[1:], content) for name, content in contents.items()))
    (tmp_path / "image.tar").write_bytes(compress(tars.docker_archive([layer])))
    with closing(opened(f"docker-archive:{tmp_path}/image.tar")) as source:
        for name in (*reversed(contents), *contents):
            assert source.files.read(name, 1 << 20) == contents[name]


@pytest.mark.parametrize(
    "compress",
    [zstandard.ZstdCompressor(write_checksum=True).compress, lzma.compress, bz2.compress],
    ids=["zstd", "xz", "bzip2"],
)
def test_a_damaged_compressed_archive(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    content = bytearray(compress(tars.docker_archive([LAYER])))
    content[len(content) // 2] ^= 0xFF
    (tmp_path / "image.tar").write_bytes(content)
    assert f"{tmp_path}/image.tar: cannot be decompressed: " in refusal(
        f"docker-archive:{tmp_path}/image.tar"
    )


def test_an_interrupted_opening_closes_the_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[TarStore] = []
    close = TarStore.close

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    def noted(store: TarStore) -> None:
        closed.append(store)
        close(store)

    monkeypatch.setattr(archive, "parse_config", interrupted)
    monkeypatch.setattr(TarStore, "close", noted)
    with pytest.raises(KeyboardInterrupt):
        opened(saved(tmp_path))
    assert len(closed) == 1
