"""What layers make together: directories, hard links across layers, bookkeeping entries, and limits over all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from smlint.container import FileKind
from smlint.image import index, layers
from smlint.image.layers import LayeredFiles
from smlint.image.open import Options, open_image
from smlint.image.reference import ImageError, parse_reference
from smlint.image.source import FileSystem, Node
from tests.image import tars
from tests.image.tars import Entry


def merged(*contents: bytes) -> LayeredFiles:
    return LayeredFiles([tars.plain(content) for content in contents])


def stat(files: FileSystem, path: str) -> Node:
    found = files.stat(path)
    assert found is not None
    return found


@pytest.mark.parametrize("path", ["/opt/ml/..", "/opt/ml/code/../..", "/link/..", "/opt/ml/../../opt/."])
def test_two_dots_lead_to_the_directory_above_and_show_what_that_is(path: str) -> None:
    files = merged(
        tars.layer(
            Entry("opt", mode=0o701, directory=True),
            Entry("opt/ml", mode=0o755, directory=True),
            Entry("opt/ml/code/train", b"x"),
            Entry("link", link="/opt/ml"),
        )
    )
    found = stat(files, path)
    assert (found.path, found.kind, found.mode) == ("/opt", FileKind.DIRECTORY, 0o701)


def test_a_link_to_the_root_is_the_root() -> None:
    files = merged(tars.layer(Entry("opt/root", link="/"), Entry("bin/sh", b"x", mode=0o755)))
    assert stat(files, "/opt/root").path == "/"
    assert stat(files, "/opt/root/bin/sh").mode == 0o755


@pytest.mark.parametrize("path", ["/nowhere", "/opt", "/opt/gone", "/opt/pipe/x"])
def test_only_files_have_contents(path: str) -> None:
    files = merged(tars.layer(Entry("opt/pipe", b"x"), Entry("opt/gone", link="/nowhere")))
    assert files.read(path, 100) is None


class TestHardLinks:
    LOWER = tars.layer(Entry("opt/old", b"of the first layer"))

    def test_to_a_file_of_a_lower_layer(self) -> None:
        files = merged(self.LOWER, tars.layer(Entry("opt/new", link="opt/old", hard=True)))
        assert files.read("/opt/new", 100) == b"of the first layer"
        assert stat(files, "/opt/new").size == len(b"of the first layer")

    @pytest.mark.parametrize("upper", [Entry("opt/old", b"another"), Entry("opt/.wh.old")])
    def test_the_content_stays_when_a_layer_above_replaces_or_removes_the_other_name(
        self, upper: Entry
    ) -> None:
        link = tars.layer(Entry("opt/new", link="opt/old", hard=True))
        files = merged(self.LOWER, link, tars.layer(upper))
        assert files.read("/opt/new", 100) == b"of the first layer"

    def test_to_nothing_has_no_content(self) -> None:
        files = merged(self.LOWER, tars.layer(Entry("opt/new", link="opt/none", hard=True)))
        assert stat(files, "/opt/new").kind is FileKind.FILE
        assert files.read("/opt/new", 100) is None


def test_bookkeeping_of_the_aufs_driver_is_no_file() -> None:
    files = merged(tars.layer(Entry(".wh..wh.aufs"), Entry(".wh..wh.orph", directory=True), Entry("a", b"1")))
    assert [node.path for node in files.search(["^/"]).nodes] == ["/a"]


def test_a_directory_that_comes_late_or_is_forgotten_keeps_its_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the rows that a directory gets, the entry of its own counts, also where parents are no longer remembered."""
    monkeypatch.setattr(index, "_REMEMBERED", 1)
    files = merged(
        tars.layer(
            Entry("first/x", b""),
            Entry("opt/before", b""),
            Entry("opt", mode=0o700, directory=True),
            Entry("opt/after", b""),
        )
    )
    assert stat(files, "/opt").mode == 0o700
    assert [node.path for node in files.search(["^/opt/"]).nodes] == ["/opt/after", "/opt/before"]


def test_too_many_entries_in_all_layers_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "MAX_ENTRIES", 10)
    files = merged(*(tars.layer(*(Entry(f"{each}{number}") for number in range(4))) for each in "abc"))
    for _ in range(2):
        # Asked again it is refused again, and the first layers are not taken for all of them.
        with pytest.raises(ImageError, match="the layers have more than 10 entries"):
            files.stat("/a0")


def test_an_image_is_never_judged_without_its_damaged_layer() -> None:
    whole, cut = tars.layer(Entry("a", b"1")), tars.layer(Entry("a", b"2"))[:700]
    files = merged(whole, cut)
    for _ in range(2):
        with pytest.raises(ImageError, match="cut off"):
            files.read("/a", 1)


def test_an_archive_that_shrinks_while_it_is_read(tmp_path: Path) -> None:
    """Another ``docker save`` into the same file, for one."""
    path = tmp_path / "image.tar"
    path.write_bytes(tars.docker_archive([tars.layer(Entry("opt/program", bytes(10_000)))]))
    source = open_image(parse_reference(f"docker-archive:{path}"), Options())
    files = source.files
    assert isinstance(files, LayeredFiles)
    assert stat(files, "/opt/program").size == 10_000
    with path.open("r+b") as file:
        file.truncate(1000)
    with pytest.raises(ImageError, match=r"layer sha256:\w+: cut off inside /opt/program"):
        files.read("/opt/program", 10_000)
    source.close()


@pytest.mark.parametrize("remembered", [0, 1, 100_000])
def test_what_is_hidden_stays_hidden_however_many_directories_are_remembered(
    remembered: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layers, "MAX_FLOORS", remembered)
    files = merged(
        tars.layer(Entry("a/b/old", b"1"), Entry("a/kept", b"1"), Entry("gone/x", b"1")),
        tars.layer(Entry("a/b/.wh..wh..opq"), Entry("a/b/new", b"2"), Entry(".wh.gone")),
    )
    for _ in range(2):
        assert [node.path for node in files.search(["^/"]).nodes] == ["/a/b/new", "/a/kept"]
