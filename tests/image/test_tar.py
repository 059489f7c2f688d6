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


def blocks(info: tarfile.TarInfo, form: int, content: bytes = b"") -> bytes:
    """An entry as tarfile writes it, with its content."""
    info.size = len(content)
    return info.tobuf(form) + content + bytes(-len(content) % tar.BLOCK)


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("length", [99, 100, 101, 240])
def test_names_and_links_of_any_length_in_every_dialect(form: int, length: int) -> None:
    """Beyond 100 bytes ustar splits a name, GNU and pax put an entry before it."""
    info = tarfile.TarInfo("/".join(["d" * 48] * 5)[:length])
    info.type = tarfile.SYMTYPE
    # ustar has no place for a longer link.
    info.linkname = "l" * (length if form != tarfile.USTAR_FORMAT else 100)
    after = tarfile.TarInfo("after")
    found = read(blocks(info, form) + blocks(after, form, b"x") + bytes(1024))
    assert [(each.name, each.link) for each in found] == [(info.name, info.linkname), ("after", "")]


def test_a_global_header_counts_for_all_that_follows_unless_an_entry_says_otherwise() -> None:
    """git archive begins with one."""
    buffer = io.BytesIO()
    with tarfile.open(
        fileobj=buffer,
        mode="w",
        format=tarfile.PAX_FORMAT,
        pax_headers={"uid": "1234", "comment": "0" * 40},
    ) as written:
        for name, own in (("one", {}), ("two", {"uid": "5"}), ("three", {})):
            info = tarfile.TarInfo(name)
            info.pax_headers = own
            written.addfile(info)
    assert [(each.name, each.uid) for each in read(buffer.getvalue())] == [
        ("one", 1234),
        ("two", 5),
        ("three", 1234),
    ]


@pytest.mark.parametrize(
    "records",
    [b"no record\n", b"99 path=x\n", b"5 path=x\n"[:4], b"-9 path=x\n", b"0 path=x\n", b"path=x\n" * 9],
)
def test_a_pax_header_without_records_is_an_error(records: bytes) -> None:
    content = header(type=b"x", size=b"%011o\0" % len(records)) + records + bytes(-len(records) % 512)
    with pytest.raises(tar.TarError, match="a pax header is malformed"):
        read(content + header())


def test_a_size_in_a_pax_header_that_is_no_number_is_an_error() -> None:
    record = b"13 size=many\n"
    content = header(type=b"x", size=b"%011o\0" % len(record)) + record + bytes(512 - len(record))
    with pytest.raises(tar.TarError, match="a pax header gives size as 'many'"):
        read(content + header())


def sparse(*more: bytes) -> bytes:
    """GNU's old sparse header, which says that more blocks of its map follow."""
    block = bytearray(header(type=b"S", size=b"00000000003\0"))
    block[482] = 1
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block) + b"".join(more)


def test_a_sparse_file_is_told_and_what_follows_is_found_behind_its_map() -> None:
    middle, last = bytearray(512), bytes(512)
    middle[504] = 1
    after = blocks(tarfile.TarInfo("after"), tarfile.USTAR_FORMAT, b"x")
    found = read(sparse(bytes(middle), last, b"abc" + bytes(509), after, bytes(1024)))
    assert [(each.name, each.sparse, each.offset) for each in found] == [
        ("name", True, 1536),
        ("after", False, 2560),
    ]


def test_a_sparse_map_that_is_cut_off_is_an_error() -> None:
    with pytest.raises(tar.TarError, match="cut off inside a sparse map"):
        read(sparse(bytes(100)))
