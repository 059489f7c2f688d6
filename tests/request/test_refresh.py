"""The command that copies what is checked of botocore's model into the package."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path

import pytest

from smlint.request import refresh, shapes


def test_it_writes_the_installed_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("botocore", reason="botocore is not installed (extra aws)")
    target = tmp_path / "api_model.json"
    monkeypatch.setattr(refresh, "DATA_FILE", str(target))
    assert refresh.main() == 0
    written = json.loads(target.read_text())
    packaged = json.loads(Path(shapes.DATA_FILE).read_text())
    assert written.keys() == packaged.keys()
    assert written["shapes"].keys() >= packaged["shapes"].keys()
    assert target.read_text().count("\n") > len(written["shapes"])


def test_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(refresh, "from_botocore", lambda: None)
    assert refresh.main() == 2
    assert "pip install smlint[aws]" in capsys.readouterr().err


def test_it_is_a_program(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(shapes, "from_botocore", lambda: None)
    monkeypatch.delitem(sys.modules, "smlint.request.refresh")
    with pytest.raises(SystemExit) as raised:
        runpy.run_module("smlint.request.refresh", run_name="__main__")
    assert raised.value.code == 2
    assert "botocore is not installed" in capsys.readouterr().err
