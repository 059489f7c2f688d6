"""The readers of images under atheris, with a budget that the test suite can afford."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import pytest

from tests.image import rpms, tars
from tests.image.tars import Entry

ROOT = Path(__file__).parent.parent.parent


def test_readers_raise_nothing_but_their_own_error(tmp_path: Path) -> None:
    pytest.importorskip("atheris", reason="atheris has wheels for Linux only (pip install atheris)")
    layer = tars.layer(
        Entry("bin/sh", b"x" * 20),
        Entry("etc/a", link="../bin/sh"),
        Entry("b", link="bin/sh", hard=True),
        Entry("var/lib/dpkg/status", b"Package: a\nStatus: install ok installed\nVersion: 1\n"),
        Entry(".wh.c"),
    )
    seeds = [
        b"\0" + layer,
        b"\0" + gzip.compress(layer),
        b"\1" + tars.config([layer], Env=["A=1"]),
        b"\3docker://a/b:1",
        *(b"\5" + database for database in rpms.databases([rpms.header("a", "1", "2")] * 3).values()),
    ]
    for number, seed in enumerate(seeds):
        (tmp_path / str(number)).write_bytes(seed)
    command = [
        sys.executable,
        "-m",
        "tests.fuzz.image",
        "-runs=20000",
        "-max_total_time=15",
    ]
    done = subprocess.run(
        [*command, "-seed=1", f"-artifact_prefix={tmp_path}/", str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "Done" in done.stderr
