"""Damaged rpm databases: each way to be damaged is said, and what stands before the damage is still given."""

from __future__ import annotations

import struct

import pytest

from smlint.image import packages, rpm
from smlint.image.layers import LayeredFiles
from tests.image import rpms, tars
from tests.image.tars import Entry

PAGE = 512
#: Kinds of items: on the page, on overflow pages, and one that is neither (a duplicate set).
ON_PAGE, OFF_PAGE, DUPLICATES = 1, 3, 2
TINY = rpms.header("tiny", "1.0", "2")


def hash_page(*items: bytes) -> bytes:
    """A page of a hash table: offsets behind its header, items from its end."""
    page = bytearray(PAGE)
    page[20:22] = struct.pack("<H", len(items))
    page[25] = 13
    end = PAGE
    for number, item in enumerate(items):
        end -= len(item)
        page[end : end + len(item)] = item
        struct.pack_into("<H", page, 26 + 2 * number, end)
    return bytes(page)


def overflow_page(content: bytes, following: int = 0) -> bytes:
    """A page of a long value; ``following`` is the number of the next."""
    head = struct.pack("<8xIIIHHBB", 0, 0, following, 0, len(content), 0, 7)
    return (head + content).ljust(PAGE, b"\0")


def table(*pages: bytes, size: int = PAGE) -> bytes:
    """A Berkeley DB hash table; pages are counted from 1."""
    first = bytearray(PAGE)
    struct.pack_into("<III", first, 12, 0x061561, 9, size)
    return bytes(first) + b"".join(pages)


def pair(key: int, value: bytes, kind: int = ON_PAGE) -> tuple[bytes, bytes]:
    """A package's number and its header, as items."""
    return bytes([ON_PAGE]) + struct.pack("<I", key), bytes([kind]) + value


def elsewhere(page: int, length: int) -> bytes:
    """What stands on a page for a value that begins on another."""
    return struct.pack("<3xII", page, length)


def read(kind: rpm.Kind, content: bytes) -> tuple[list[str], str]:
    """The packages that are found, and what is wrong."""
    found: list[str] = []
    try:
        found.extend(package.name for package in rpm.packages(content, kind))
    except rpm.DamagedError as error:
        return found, str(error)
    return found, ""


def berkeley(*pages: bytes) -> tuple[list[str], str]:
    return read(rpm.berkeley, table(*pages))


class TestBerkeley:
    def test_the_pages_made_here_are_such_pages(self) -> None:
        long = rpms.header("long", "1" * 600, "1")
        chain = [overflow_page(long[:480], 3), overflow_page(long[480:])]
        items = [*pair(0, b"\1\0\0\0"), *pair(1, TINY), *pair(2, elsewhere(2, len(long)), OFF_PAGE)]
        assert berkeley(hash_page(*items), *chain) == (["tiny", "long"], "")

    def test_values_that_are_no_headers_are_passed_over(self) -> None:
        items = [*pair(1, b"x" * 40, DUPLICATES), *pair(2, TINY)]
        assert berkeley(hash_page(*items)) == (["tiny"], "")

    @pytest.mark.parametrize("size", [0, 100, 1 << 30])
    def test_pages_of_an_impossible_size(self, size: int) -> None:
        assert read(rpm.berkeley, table(size=size)) == ([], f"it gives its pages {size} bytes")

    @pytest.mark.parametrize("start", [0, 600])
    def test_an_item_outside_of_its_page(self, start: int) -> None:
        page = bytearray(hash_page(*pair(1, TINY)))
        struct.pack_into("<H", page, 28, start)
        assert berkeley(bytes(page)) == ([], "an item lies outside of its page")

    @pytest.mark.parametrize(
        "page", [hash_page(), overflow_page(b""), overflow_page(b"x")[:100]], ids=["other", "empty", "cut"]
    )
    def test_a_chain_that_leads_to_another_page(self, page: bytes) -> None:
        items = [*pair(1, elsewhere(2, 900), OFF_PAGE)]
        assert berkeley(hash_page(*items), page) == ([], "page 2 does not continue what another begins")

    def test_a_chain_that_leads_out_of_the_file(self) -> None:
        items = [*pair(1, elsewhere(9, 900), OFF_PAGE)]
        assert berkeley(hash_page(*items)) == ([], "it ends in the middle")


class TestNdb:
    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"RpmP", "it ends in the middle"),
            (rpms.ndb([])[:4000], "it has fewer than the 1 pages of slots that it speaks of"),
            (b"RpmX" + rpms.ndb([])[4:], "it does not begin as an ndb database does"),
        ],
    )
    def test_what_is_no_such_database(self, content: bytes, words: str) -> None:
        assert read(rpm.ndb, content) == ([], words)


@pytest.mark.parametrize("kind", ["rpmdb.sqlite", "Packages.db", "Packages"])
def test_a_header_that_is_cut_off_is_not_passed_over(kind: str) -> None:
    """A driver may be what it names: the database is said to be unread, the packages before it are given."""
    cut = TINY[:40]
    contents = {
        **rpms.databases([rpms.header("whole", "1", "1"), cut]),
        "Packages": table(hash_page(*pair(1, rpms.header("whole", "1", "1")), *pair(2, cut))),
    }
    layer = tars.layer(Entry(f"var/lib/rpm/{kind}", contents[kind]))
    found = packages.installed(LayeredFiles([tars.plain(layer)]))
    assert [package.name for package in found.packages] == ["whole"]
    assert found.unread == {
        f"/var/lib/rpm/{kind}": "the rpm database is damaged: a header of 40 bytes claims 3 entries"
    }
