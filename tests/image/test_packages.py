"""Package databases, above all rpm's three kinds: what rpm reads in them is what is found; nothing is silently empty."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smlint import registry
from smlint.engine import Plan
from smlint.image import packages, rpm
from smlint.image.layers import LayeredFiles
from smlint.image.lint import lint_image
from smlint.image.open import Options
from smlint.workload import DEFAULT_WORKLOADS
from tests.conftest import unavailable
from tests.image import rpms, services, tars
from tests.image.tars import Entry

FOUND = [("nvidia-driver-cuda", "550.54.15-1"), ("tiny", "1.0-2.el9"), ("wordy", "2-1")]


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if reason := services.missing("rpm", "rpmbuild", "db5.3_load"):
        unavailable(reason)
    return rpms.real(
        tmp_path_factory.mktemp("rpm"),
        [
            ("tiny", "1.0", "2.el9", "tiny"),
            ("nvidia-driver-cuda", "550.54.15", "1", "driver"),
            ("wordy", "2", "1", rpms.LONG),
        ],
    )


def read(name: str, content: bytes) -> list[tuple[str, str]]:
    return sorted((each.name, each.version) for each in rpm.packages(content, rpm.KINDS[name]))


def test_sqlite_as_rpm_writes_it(real: Path) -> None:
    assert [" ".join(pair) for pair in FOUND] == rpms.listed(real, "sqlite")
    assert read("rpmdb.sqlite", (real / "rpmdb.sqlite").read_bytes()) == FOUND


def test_berkeley_db_as_rpm_reads_it(real: Path, tmp_path: Path) -> None:
    folder = rpms.berkeley(tmp_path / "rpm", rpms.headers(real))
    assert [" ".join(pair) for pair in FOUND] == rpms.listed(folder, "bdb_ro")
    assert read("Packages", (folder / "Packages").read_bytes()) == FOUND


def test_berkeley_db_of_hundreds_of_packages(tmp_path: Path) -> None:
    if reason := services.missing("db5.3_load"):
        unavailable(reason)
    # Short headers lie on the hash pages themselves, long ones in chains of pages.
    blobs = [rpms.header(f"p{number}", "1" * (number * 13 % 9000 + 1), "1") for number in range(400)]
    content = (rpms.berkeley(tmp_path, blobs) / "Packages").read_bytes()
    assert len(read("Packages", content)) == 400


def test_ndb_with_headers_of_rpm(real: Path) -> None:
    assert read("Packages.db", rpms.ndb(rpms.headers(real))) == FOUND


@pytest.fixture
def image(tmp_path: Path) -> Callable[..., str]:
    """Writes an archive with files in the rpm folder, and gives its reference."""

    def write(files: dict[str, bytes], folder: str = "var/lib/rpm") -> str:
        layer = tars.layer(*(Entry(f"{folder}/{name}", content) for name, content in files.items()))
        (tmp_path / "image.tar").write_bytes(tars.docker_archive([layer], Entrypoint=["/x"]))
        return f"docker-archive:{tmp_path}/image.tar"

    return write


def told(reference: str) -> dict[str, str]:
    """Code to message of what is said about packages."""
    known = registry.installed()
    outcome = lint_image(reference, Options(), Plan(known, frozenset(known.codes)), DEFAULT_WORKLOADS)
    return {each.code: each.message for each in outcome.diagnostics if each.code in ("SM301", "SM903")}


@pytest.mark.parametrize("name", rpm.KINDS)
@pytest.mark.parametrize("folder", ["var/lib/rpm", "usr/lib/sysimage/rpm"])
def test_a_driver_package_is_found_in_every_kind(
    real: Path, tmp_path: Path, image: Callable[..., str], name: str, folder: str
) -> None:
    blobs = rpms.headers(real)
    contents = {
        "rpmdb.sqlite": (real / "rpmdb.sqlite").read_bytes,
        "Packages": (rpms.berkeley(tmp_path / "bdb", blobs) / "Packages").read_bytes,
        "Packages.db": lambda: rpms.ndb(blobs),
    }
    found = told(image({name: contents[name]()}, folder))
    assert "nvidia-driver-cuda 550.54.15-1" in found["SM301"]
    assert "SM903" not in found


@pytest.mark.parametrize("name", rpm.KINDS)
def test_a_damaged_database_is_said_to_be_unread(image: Callable[..., str], name: str) -> None:
    found = told(image({name: b"no database" * 10_000}))
    assert set(found) == {"SM903"}
    assert f"/var/lib/rpm/{name}: the rpm database is damaged" in found["SM903"]


def test_a_write_ahead_log_is_said_to_be_unread(image: Callable[..., str]) -> None:
    files = {**rpms.databases([rpms.header("a", "1", "1")]), "rpmdb.sqlite-wal": b"x"}
    assert "/var/lib/rpm/rpmdb.sqlite-wal: what SQLite has not yet moved" in told(image(files))["SM903"]


def test_a_database_that_is_too_large_is_said_to_be_unread(
    image: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packages, "MAX_DATABASE", 2 << 20)
    found = told(image({"Packages": bytes(3 << 20)}))
    assert "/var/lib/rpm/Packages: it has 3 MiB, more than the 2 that are read" in found["SM903"]


def test_one_unread_database_does_not_hide_another() -> None:
    status = b"Package: libcuda1\nStatus: install ok installed\nVersion: 550\n"
    layer = tars.layer(Entry("var/lib/dpkg/status", status), Entry("var/lib/rpm/Packages", b"x" * 9999))
    found = packages.installed(LayeredFiles([tars.plain(layer)]))
    assert [package.name for package in found.packages] == ["libcuda1"]
    assert set(found.unread) == {"/var/lib/rpm/Packages"}


STATUS = b"Package: libcuda1\nStatus: install ok installed\nVersion: 550.54\n"


class TestOtherManagers:
    def listed(self, *entries: Entry) -> list[packages.Package]:
        return list(packages.installed(LayeredFiles([tars.plain(tars.layer(*entries))])).packages)

    def test_distroless_keeps_a_file_per_package(self) -> None:
        """One that is there is installed; what lies beside it is no package."""
        folder = "var/lib/dpkg/status.d"
        found = self.listed(
            Entry(f"{folder}/libcuda1", b"Package: libcuda1\nVersion: 550.54\nDescription: a\n Package: b\n"),
            Entry(f"{folder}/libcuda1.md5sums", b"Package: never\n"),
            Entry(f"{folder}/gone", b"Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n"),
            Entry(f"{folder}/deeper/none", b"Package: none\nVersion: 1\n"),
        )
        assert found == [packages.Package("dpkg", "libcuda1", "550.54", f"/{folder}/libcuda1")]

    @pytest.mark.parametrize("folder", ["lib/apk/db", "usr/lib/apk/db"])
    def test_alpine(self, folder: str) -> None:
        content = b"C:Q1x=\nP:musl\nV:1.2.4-r2\nA:x86_64\nF:lib\nR:x\n\nP:nvidia-smi\nV:550\n\n"
        database = f"/{folder}/installed"
        assert self.listed(Entry(database[1:], content)) == [
            packages.Package("apk", "musl", "1.2.4-r2", database),
            packages.Package("apk", "nvidia-smi", "550", database),
        ]

    def test_alpine_with_both_folders_lists_its_packages_once(self) -> None:
        found = self.listed(Entry("usr/lib/apk/db/installed", b"P:musl\nV:1\n"), Entry("lib", link="usr/lib"))
        assert [package.name for package in found] == ["musl"]

    def test_a_driver_in_a_distroless_image_is_found(self, image: Callable[..., str]) -> None:
        assert "libcuda1 550.54" in told(image({"libcuda1": STATUS}, "var/lib/dpkg/status.d"))["SM301"]

    def test_a_folder_in_the_place_of_a_database_lists_nothing(self) -> None:
        assert self.listed(Entry("var/lib/dpkg/status", directory=True)) == []


DATABASES = rpms.databases([rpms.header("a", "1", "2"), rpms.header("b" * 5000, "1", "2")])


@given(
    st.sampled_from(sorted(rpm.KINDS)),
    st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=8)), max_size=6),
    st.floats(0, 1),
)
def test_any_damage_ends_in_packages_or_one_error(
    name: str, changes: list[tuple[float, bytes]], share: float
) -> None:
    content = bytearray(DATABASES.get(name, DATABASES["Packages.db"]))
    for place, patch in changes:
        start = int(place * len(content))
        content[start : start + len(patch)] = patch
    with suppress(rpm.DamagedError):
        read(name, bytes(content[: int(len(content) * (1 - share / 10))]))


def test_a_view_that_never_ends_is_stopped() -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute(
        "CREATE VIEW Packages AS WITH RECURSIVE n(blob) AS (SELECT 1 UNION ALL SELECT blob + 1 FROM n) SELECT blob FROM n"
    )
    content = connection.serialize()
    connection.close()
    with pytest.raises(rpm.DamagedError, match="interrupted"):
        read("rpmdb.sqlite", content)


def test_a_complaint_of_sqlite_that_is_not_utf8() -> None:
    content = rpms.databases([])["rpmdb.sqlite"]
    content = content.replace(b"tablePackages", b"table\x8dackages").replace(b"hnum INTEGER", b"(((( INTEGER")
    with pytest.raises(rpm.DamagedError, match="decode"):
        read("rpmdb.sqlite", content)


def test_pages_that_lead_back_to_each_other_end(tmp_path: Path) -> None:
    if reason := services.missing("db5.3_load"):
        unavailable(reason)
    content = bytearray(
        (rpms.berkeley(tmp_path, [rpms.header("a", "1" * 20_000, "1")]) / "Packages").read_bytes()
    )
    overflow = [number for number in range(len(content) // 4096) if content[number * 4096 + 25] == 7]
    for number in overflow:
        content[number * 4096 + 16 : number * 4096 + 20] = overflow[0].to_bytes(4, "little")
    with pytest.raises(rpm.DamagedError, match="is not all there"):
        read("Packages", bytes(content))
