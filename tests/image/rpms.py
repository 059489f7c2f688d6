"""rpm databases: real ones, written by rpm and by Berkeley DB's own tools, and the ndb kind, which Debian's rpm lacks.

Header blobs are rpm's, or made here as rpm's ``header.c`` describes them.
"""

from __future__ import annotations

import sqlite3
import struct
import subprocess
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path

SPEC = """\
Name: {name}
Version: {version}
Release: {release}
Summary: A package that holds nothing
License: MIT
BuildArch: noarch
%description
{description}
%files
"""
#: Put into the description of a package, it makes its header too long for one page.
LONG = "What fits into no page of a hash table. " * 500


def header(name: str, version: str, release: str) -> bytes:
    """The least of a header blob."""
    values, entries = b"", []
    for tag, text in ((1000, name), (1001, version), (1002, release)):
        entries.append(struct.pack(">4I", tag, 6, len(values), 1))
        values += text.encode() + b"\0"
    return struct.pack(">2I", len(entries), len(values)) + b"".join(entries) + values


def real(folder: Path, packages: Iterable[tuple[str, str, str, str]]) -> Path:
    """The folder of a database that rpm wrote, with packages (name, version, release, description) that it built."""
    built = folder / "built"
    for name, version, release, description in packages:
        spec = folder / f"{name}.spec"
        spec.write_text(SPEC.format(name=name, version=version, release=release, description=description))
        _run("rpmbuild", "--quiet", "-bb", "--define", f"_topdir {built}", str(spec))
    database = folder / "rpm"
    rpm = ("rpm", "--dbpath", str(database), "--define", "_db_backend sqlite")
    _run(*rpm, "--initdb")
    _run(*rpm, "--install", "--justdb", "--nodeps", *map(str, sorted(built.glob("RPMS/*/*.rpm"))))
    return database


def headers(database: Path) -> list[bytes]:
    """The header blobs of a real database."""
    connection = sqlite3.connect(database / "rpmdb.sqlite")
    try:
        return [row[0] for row in connection.execute("SELECT blob FROM Packages ORDER BY hnum")]
    finally:
        connection.close()


def berkeley(folder: Path, blobs: Sequence[bytes]) -> Path:
    """The folder of a Berkeley DB database, as rpm before 4.16 kept it: number of the package to its header."""
    folder.mkdir(parents=True, exist_ok=True)
    pairs = [(0, struct.pack("<I", len(blobs))), *enumerate(blobs, 1)]
    lines = "".join(f" {struct.pack('<I', key).hex()}\n {value.hex()}\n" for key, value in pairs)
    text = f"VERSION=3\nformat=bytevalue\ntype=hash\ndb_pagesize=4096\nHEADER=END\n{lines}DATA=END\n"
    subprocess.run(
        ["db5.3_load", str(folder / "Packages")], input=text, text=True, check=True, capture_output=True
    )
    return folder


def listed(database: Path, backend: str) -> list[str]:
    """What rpm itself reads there."""
    query = ["rpm", "--dbpath", str(database), "--define", f"_db_backend {backend}", "-qa"]
    return sorted(_run(*query, "--queryformat", "%{NAME} %{VERSION}-%{RELEASE}\\n").splitlines())


def ndb(blobs: Sequence[bytes]) -> bytes:
    """``Packages.db``: one page of slots, then the blobs in blocks of 16 bytes (rpm, ``ndb/rpmpkg.c``)."""
    slots, body = [], b""
    for number, blob in enumerate(blobs, 1):
        data = struct.pack("<4s3I", b"BlbS", number, 0, len(blob)) + blob
        data += bytes(-(len(data) + 12) % 16) + struct.pack("<2I4s", zlib.adler32(blob), len(blob), b"BlbE")
        slots.append(struct.pack("<4s3I", b"Slot", number, (4096 + len(body)) // 16, len(data) // 16))
        body += data
    slots += [struct.pack("<4s3I", b"Slot", 0, 0, 0)] * (254 - len(slots))
    return struct.pack("<4s3I16x", b"RpmP", 0, 1, 1) + b"".join(slots) + body


def databases(blobs: Sequence[bytes]) -> dict[str, bytes]:
    """Small databases of the kinds that need no tool, by file name."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB NOT NULL)")
    connection.executemany("INSERT INTO Packages (blob) VALUES (?)", [(blob,) for blob in blobs])
    connection.commit()
    content = connection.serialize()
    connection.close()
    return {"rpmdb.sqlite": content, "Packages.db": ndb(blobs)}


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
