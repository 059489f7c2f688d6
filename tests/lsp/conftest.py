"""Fixtures of the language server's tests."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "smlint.toml").write_text('select = ["SM1", "SM900"]\nworkload = "training"\n')
    return tmp_path
