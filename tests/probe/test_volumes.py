"""Archives to and from the engine, without one."""

from __future__ import annotations

import io
import itertools
import os
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from smlint.probe import volumes
from smlint.probe.plan import Directory, ProbeError
from smlint.probe.record import FileStat


def unpacked(directory: Directory) -> dict[str, bytes | None]:
    with tarfile.open(fileobj=io.BytesIO(b"".join(volumes.archive(directory)))) as tar:
        found: dict[str, bytes | None] = {}
        for member in tar:
            file = tar.extractfile(member)
            found[member.name] = file.read() if file is not None else None
        return found


def test_texts_trees_and_empty_directories(tmp_path: Path) -> None:
    (tmp_path / "deep" / "deeper").mkdir(parents=True)
    (tmp_path / "deep" / "a.csv").write_bytes(b"1" * 513)
    (tmp_path / "b.csv").write_bytes(b"")
    (tmp_path / "link.csv").symlink_to("b.csv")
    os.mkfifo(tmp_path / "pipe")
    found = unpacked(
        Directory(
            "/opt/ml/input",
            texts={"config/x.json": "{}"},
            trees={"data/train": str(tmp_path)},
            empty=("data",),
        )
    )
    assert found == {
        "config": None,
        "data": None,
        "data/train": None,
        "config/x.json": b"{}",
        "data/train/deep": None,
        "data/train/deep/deeper": None,
        "data/train/deep/a.csv": b"1" * 513,
        "data/train/b.csv": b"",
        "data/train/link.csv": b"",
    }


def test_a_tree_at_the_top(tmp_path: Path) -> None:
    (tmp_path / "weights").write_text("1")
    assert unpacked(Directory("/opt/ml/model", trees={"": str(tmp_path)})) == {"weights": b"1"}


def test_long_names_survive(tmp_path: Path) -> None:
    name = "ä" * 120
    (tmp_path / name).write_text("1")
    assert unpacked(Directory("/x", trees={"": str(tmp_path)})) == {name: b"1"}


def test_a_tree_that_is_no_directory(tmp_path: Path) -> None:
    with pytest.raises(ProbeError, match="is no directory"):
        list(volumes.archive(Directory("/x", trees={"": str(tmp_path / "missing")})))


class Engine:
    """Answers get_archive with a prepared stream."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self.chunks = chunks

    def get_archive(
        self, container: str, path: str, chunk_size: int
    ) -> tuple[Iterator[bytes], dict[str, Any]]:
        return self.chunks, {}


def listed(chunks: Iterator[bytes]) -> volumes.Listing:
    return volumes.listing(Engine(chunks), "c", ["/opt/ml/model"])  # type: ignore[arg-type]


def header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size = size
    info.mtime = 7
    return info.tobuf(tarfile.PAX_FORMAT)


def test_a_listing() -> None:
    archive = header("model/a", 3) + b"abc".ljust(512, b"\0") + header("model/deep/b", 0) + bytes(1024)
    assert listed(iter([archive[:700], archive[700:]])) == volumes.Listing(
        {"/opt/ml/model/a": FileStat(3, 7), "/opt/ml/model/deep/b": FileStat(0, 7)}
    )


def test_podmans_names_do_not_begin_with_the_directory() -> None:
    root = tarfile.TarInfo("/")
    root.type = tarfile.DIRTYPE
    archive = root.tobuf(tarfile.PAX_FORMAT) + header("/a", 0) + header("/model/b", 0) + bytes(1024)
    assert set(listed(iter([archive])).files) == {"/opt/ml/model/a", "/opt/ml/model/model/b"}


def test_a_huge_file_is_named_and_not_read_to_its_end() -> None:
    chunk = bytes(1 << 20)
    sent = itertools.count()

    def endless() -> Iterator[bytes]:
        yield header("model/huge", 1 << 40)
        for _ in sent:
            yield chunk

    found = listed(endless())
    assert found.files == {"/opt/ml/model/huge": FileStat(1 << 40, 7)}
    assert "MiB" in found.cut or "took more" in found.cut
    assert next(sent) <= (volumes.LISTING_BYTES >> 20) + 2


def test_many_files_are_cut() -> None:
    archive = b"".join(header(f"model/{number}", 0) for number in range(volumes.LISTING_ENTRIES + 5))
    found = listed(iter([archive]))
    assert "more than" in found.cut


def test_a_broken_archive_is_said_to_be_broken() -> None:
    assert "cannot be read" in listed(iter([b"x" * 1024])).cut


def test_a_file_that_shrinks_while_it_is_sent(tmp_path: Path) -> None:
    file = tmp_path / "data.csv"
    file.write_bytes(b"1" * (3 << 20))
    sent = volumes.archive(Directory("/opt/ml/input", trees={"": str(tmp_path)}))
    next(sent)
    os.truncate(file, 0)
    with pytest.raises(ProbeError, match=r"data\.csv became shorter while it was read"):
        list(sent)


def test_a_file_that_vanishes_before_it_is_sent(tmp_path: Path) -> None:
    (tmp_path / "gone.csv").symlink_to("nowhere")
    with pytest.raises(ProbeError, match=r"gone\.csv cannot be read: No such file"):
        list(volumes.archive(Directory("/opt/ml/input", trees={"": str(tmp_path)})))
