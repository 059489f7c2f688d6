"""Archives of extreme size through the command itself: a million entries, and bombs; memory is measured, not guessed."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final, NamedTuple

import pytest
import zstandard

#: Peak resident memory that is promised at any size.
LIMIT: Final = 150e6
SMLINT: Final = str(Path(sys.executable).parent / "smlint")


#: Prints what the call needed. A process of its own: a child inherits the peak of whoever starts it.
MEASURE: Final = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
sys.exit(code)
"""


class Ended(NamedTuple):
    """How a call ended, and its peak memory in bytes."""

    code: int
    output: str
    errors: str
    memory: int


def smlint(folder: Path, reference: str) -> Ended:
    """Run the command in ``folder``, which must hold the same files afterwards."""
    pytest.importorskip("resource", reason="peak memory of a process is only told by POSIX systems")
    before = sorted(folder.rglob("*"))
    command = [sys.executable, "-c", MEASURE, SMLINT, "image", "--isolated", "--format", "concise", reference]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
    assert sorted(folder.rglob("*")) == before
    *output, memory = done.stdout.splitlines()
    return Ended(done.returncode, "\n".join(output), done.stderr, int(memory))


def header(name: str, size: int = 0, mode: int = 0o644) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, mode
    return info.tobuf(tarfile.USTAR_FORMAT)


def entries(count: int) -> Iterator[bytes]:
    """Blocks of a layer with so many empty files, and a driver behind them."""
    blank = header("")
    rest, spaces = blank[156:], sum(blank) - sum(blank[148:156]) + 8 * 32
    for start in range(0, count, 1000):
        names = (
            b"usr/lib/python3/package%d/module%d.py" % (start // 1000, start + each) for each in range(1000)
        )
        yield b"".join(
            name.ljust(100, b"\0") + blank[100:148] + b"%06o\0 " % (spaces + sum(name)) + rest
            for name in names
        )
    yield header("usr/lib/x86_64-linux-gnu/libcuda.so.550.54.15", 1) + b"x" + bytes(511)
    yield bytes(1024)


def archive(folder: Path, layer: Path) -> str:
    """An archive of ``docker save`` around a layer in a file."""
    config = {"os": "linux", "architecture": "amd64", "config": {"Entrypoint": ["/x"]}}
    manifest = [{"Config": "config.json", "RepoTags": ["a:1"], "Layers": ["layer.tar"]}]
    with open(folder / "image.tar", "wb") as file:
        for name, content in (("config.json", config), ("manifest.json", manifest)):
            _add(file, name, json.dumps(content).encode())
        file.write(header("layer.tar", layer.stat().st_size))
        with open(layer, "rb") as source:
            while chunk := source.read(1 << 20):
                file.write(chunk)
        file.write(bytes(-file.tell() % 512 + 1024))
    layer.unlink()
    return "docker-archive:image.tar"


def _add(file: IO[bytes], name: str, content: bytes) -> None:
    file.write(header(name, len(content)) + content + bytes(-len(content) % 512))


def test_a_million_entries(tmp_path: Path) -> None:
    layer = tmp_path / "layer.gz"
    with gzip.open(layer, "wb", 1) as file:
        for blocks in entries(1_000_000):
            file.write(blocks)
    ended = smlint(tmp_path, archive(tmp_path, layer))
    assert ended.code == 1, ended.errors
    assert "/usr/lib/x86_64-linux-gnu/libcuda.so.550.54.15: error SM301" in ended.output
    assert ended.memory < LIMIT


@pytest.mark.parametrize("whole", [False, True], ids=["a layer", "the archive"])
def test_a_bomb_of_seventeen_gibibytes(tmp_path: Path, whole: bool) -> None:
    """Zstandard packs nothing into next to nothing; the limit is 16 GiB at more than a hundredfold."""
    bomb = tmp_path / ("image.tar" if whole else "layer.zst")
    size = 17 << 30
    head = bytearray(header("zeros", 1))
    head[124:136] = b"\x80" + size.to_bytes(11, "big")
    head[148:156] = b"%06o\0 " % (sum(head) - sum(head[148:156]) + 8 * 32)
    frame = zstandard.ZstdCompressor(level=1).compress(bytes(1 << 28))
    with open(bomb, "wb") as file:
        file.write(zstandard.ZstdCompressor().compress(bytes(head)))
        for _ in range(size >> 28):
            file.write(frame)
    ended = smlint(tmp_path, "docker-archive:image.tar" if whole else archive(tmp_path, bomb))
    assert ended.code == 2
    assert ended.errors.count("\n") == 1
    assert "decompression bomb" in ended.errors
    assert ended.memory < LIMIT
