"""What leaves smlint: one encoding whatever the locale, file names of any bytes, colour when it is asked for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from smlint.config import FORMATS

DOCKERFILE = 'FROM python:3.12-slim\nENTRYPOINT python "übung😀.py"\n'


def run(folder: Path, *words: str | bytes, **variables: str) -> subprocess.CompletedProcess[bytes]:
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LC_", "PYTHON")) and name not in ("LANG", "NO_COLOR", "FORCE_COLOR")
    }
    command = [sys.executable, "-m", "smlint", *words]
    return subprocess.run(
        command, cwd=folder, env={**environment, **variables}, capture_output=True, check=False
    )


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252", "utf-16"])
@pytest.mark.parametrize("words", [["launch", "Dockerfile"], ["Dockerfile", "--format", "json"]])
def test_output_is_utf_8_whatever_the_locale(words: list[str], encoding: str, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE, encoding="utf-8")
    expected = run(tmp_path, *words, PYTHONIOENCODING="utf-8")
    found = run(tmp_path, *words, PYTHONIOENCODING=encoding)
    assert (found.returncode, found.stdout) == (expected.returncode, expected.stdout)
    assert "übung😀" in found.stdout.decode("utf-8")


@pytest.mark.skipif(sys.platform != "linux", reason="file names of any bytes are Linux's")
@pytest.mark.parametrize("format", FORMATS)
def test_a_file_name_that_is_no_utf_8_fits_every_format(format: str, tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"b\xff.Dockerfile")).write_text(DOCKERFILE, encoding="utf-8")
    found = run(tmp_path, b"b\xff.Dockerfile", "--format", format, PYTHONIOENCODING="utf-8")
    assert (found.returncode, found.stderr) == (1, b"")
    assert found.stdout.decode("utf-8")
    if "json" in format and format != "jsonl":
        assert json.loads(found.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="file names of any bytes are Linux's")
def test_a_patch_names_the_file_as_it_is_called(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"b\xff.Dockerfile")).write_text(DOCKERFILE, encoding="utf-8")
    found = run(tmp_path, "--diff", b"b\xff.Dockerfile", PYTHONIOENCODING="utf-8")
    assert found.returncode == 1
    assert found.stdout.startswith(b"--- a/b\xff.Dockerfile\n+++ b/b\xff.Dockerfile\n")


@pytest.mark.skipif(sys.platform != "linux", reason="file names of any bytes are Linux's")
def test_a_baseline_knows_a_file_whose_name_is_no_utf_8(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"b\xff.Dockerfile")).write_text(DOCKERFILE, encoding="utf-8")
    words = [b"b\xff.Dockerfile", "--baseline", "known.json"]
    assert run(tmp_path, *words, "--write-baseline").returncode == 0
    assert json.loads((tmp_path / "known.json").read_text(encoding="utf-8"))
    assert run(tmp_path, *words).returncode == 0


@pytest.mark.parametrize(
    ("variables", "is_colored"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": ""}, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ],
)
def test_colour_in_a_pipe_is_asked_for(variables: dict[str, str], is_colored: bool, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE, encoding="utf-8")
    assert (b"\x1b[" in run(tmp_path, "Dockerfile", **variables).stdout) is is_colored
