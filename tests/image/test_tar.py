"""Headers are read as Python's own tarfile reads them, whatever the dialect; anything else is refused."""

from __future__ import annotations

import io
import tarfile
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smlint.image import tar
from smlint.image.streams import ForwardStream, SeekingStream

NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=300)
SIZES = st.integers(0, 1200)


def read(content: bytes, *, seeking: bool = True) -> list[tar.Member]:
    file = io.BytesIO(content)
    stream: tar.Stream = SeekingStream(file, len(content)) if seeking else ForwardStream(file.read)
    return list(tar.members(stream))


KINDS = st.sampled_from([tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE])
#: Name, mode, user, type, link target, size.
ENTRIES = st.lists(
    st.tuples(NAMES, st.integers(0, 0o7777), st.integers(0, 1 << 40), KINDS, NAMES, SIZES), max_size=5
)
FORMATS = st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])


def archive(entries: list[tuple[str, int, int, bytes, str, int]], form: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as written:
        for name, mode, uid, kind, link, size in entries:
            info = tarfile.TarInfo(name)
            info.mode, info.uid, info.type = mode, uid, kind
            if info.issym() or info.islnk():
                info.linkname = link
            if info.isreg():
                info.size = size
            written.addfile(info, io.BytesIO(bytes(info.size)))
    return buffer.getvalue()


@given(ENTRIES, FORMATS, st.booleans())
@settings(max_examples=150, deadline=None)
def test_reads_what_tarfile_reads(
    entries: list[tuple[str, int, int, bytes, str, int]], form: int, seeking: bool
) -> None:
    content = archive(entries, form)
    with tarfile.open(fileobj=io.BytesIO(content)) as oracle:
        expected = [
            (
                member.name.rstrip("/"),
                member.mode,
                member.uid,
                member.size,
                member.linkname,
                member.offset_data,
            )
            for member in oracle
        ]
    found = [
        (member.name.rstrip("/"), member.mode, member.uid, member.size, member.link, member.offset)
        for member in read(content, seeking=seeking)
    ]
    assert found == expected


@given(st.binary(max_size=3000))
@settings(max_examples=200, deadline=None)
def test_arbitrary_bytes_give_members_or_a_tar_error(content: bytes) -> None:
    with suppress(tar.TarError):
        read(content)


@given(ENTRIES, FORMATS, st.booleans(), st.integers(0), st.integers(0, 255), st.integers(0))
@settings(max_examples=150, deadline=None)
def test_a_damaged_archive_gives_members_or_a_tar_error(
    entries: list[tuple[str, int, int, bytes, str, int]],
    form: int,
    seeking: bool,
    position: int,
    value: int,
    cut: int,
) -> None:
    damaged = bytearray(archive(entries, form))
    damaged[position % len(damaged)] = value
    with suppress(tar.TarError):
        read(bytes(damaged[: cut % (len(damaged) + 1)]), seeking=seeking)


def header(**changes: bytes) -> bytes:
    """A valid header for an empty file, with fields replaced and the checksum made to fit."""
    info = tarfile.TarInfo("name")
    block = bytearray(info.tobuf(tarfile.USTAR_FORMAT))
    places = {"mode": 100, "uid": 108, "size": 124, "type": 156, "link": 157}
    for field, value in changes.items():
        block[places[field] : places[field] + len(value)] = value
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def test_a_negative_size_is_an_error() -> None:
    with pytest.raises(tar.TarError, match="size is -1 bytes"):
        read(header(size=b"\xff" * 12))


def test_a_number_that_is_none_is_an_error() -> None:
    with pytest.raises(tar.TarError, match="a number in a tar header"):
        read(header(size=b"99999999999\0"))


@pytest.mark.parametrize("seeking", [True, False])
def test_a_file_that_is_cut_off_is_an_error(seeking: bool) -> None:
    with pytest.raises(tar.TarError, match="cut off"):
        read(header(size=b"00000100000\0") + b"x" * 100, seeking=seeking)


def test_an_extended_header_of_any_claimed_length_takes_no_memory() -> None:
    with pytest.raises(tar.TarError, match="extended header claims"):
        read(header(type=b"x", size=b"77777777777\0"))


def test_endless_sparse_maps_are_given_up() -> None:
    first = bytearray(header(type=b"S"))
    first[482] = 1
    first[148:156] = b" " * 8
    first[148:156] = b"%06o\0 " % sum(first)
    block = bytearray(512)
    block[504] = 1
    with pytest.raises(tar.TarError, match="sparse map"):
        read(bytes(first) + bytes(block) * (tar.MAX_SPARSE_BLOCKS + 1))


def test_names_that_are_not_utf8_survive() -> None:
    info = tarfile.TarInfo("caf\udce9")
    assert read(info.tobuf(tarfile.GNU_FORMAT) + bytes(1024))[0].name == "caf\udce9"


def test_v7_archives_mark_directories_by_a_slash() -> None:
    block = bytearray(tarfile.TarInfo("folder/").tobuf(tarfile.USTAR_FORMAT))
    block[257:265] = bytes(8)
    block[156] = 0
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    assert read(bytes(block))[0].type == tar.DIRECTORY
