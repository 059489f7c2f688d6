"""The Containerfile for CI use, judged by hadolint and by smlint."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from smlint.cli import main

CONTAINERFILE = Path(__file__).parent.parent.parent / "Containerfile"


def test_hadolint_finds_nothing() -> None:
    hadolint = Path(sys.executable).parent / "hadolint"
    if not hadolint.exists():
        pytest.skip("hadolint is not installed")
    done = subprocess.run([hadolint, str(CONTAINERFILE)], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("", 0)


def test_smlint_finds_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "--isolated", "--format", "concise", str(CONTAINERFILE)]) == 0
    assert capsys.readouterr().out == ""
