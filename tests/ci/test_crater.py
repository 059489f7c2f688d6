"""The comparison of two versions over many Dockerfiles, here over the fixtures and one version."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
FIXTURES = ROOT / "fixtures" / "SM106-script-without-exec"


def crater(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "crater.py", FIXTURES, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_version_differs_from_itself_in_nothing(tmp_path: Path) -> None:
    first = crater()
    assert (first.returncode, first.stderr) == (0, "")
    assert "/bad-pipe/Dockerfile" in first.stdout
    (tmp_path / "first.txt").write_text(first.stdout)

    second = crater("--against", str(tmp_path / "first.txt"))
    assert (second.returncode, second.stdout, second.stderr) == (0, "", "")


def test_what_came_and_what_went_is_shown_with_both_counts(tmp_path: Path) -> None:
    lines = crater().stdout.splitlines(keepends=True)
    old = ["gone.Dockerfile:1:1: error SM101 gone\n", *lines[1:]]
    (tmp_path / "less.txt").write_text("".join(old))

    done = crater("--against", str(tmp_path / "less.txt"))

    assert done.returncode == 1
    assert f"+ {lines[0]}" in done.stdout
    assert "- gone.Dockerfile:1:1: error SM101 gone\n" in done.stdout
