"""``smlint config``."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from smlint import registry
from smlint.cli import main
from smlint.registry import Registry


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(registry, "installed", lambda: Registry({"SM101": "a:B", "SM102": "a:C"}))
    monkeypatch.setattr(registry, "packs", lambda: [("sagemaker", "smlint_rules"), ("ours", "our_rules")])
    return tmp_path


def test_settings_are_shown_with_their_origin_and_are_toml(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = repository / "smlint.toml"
    file.write_text('workload = "processing"\nignore = ["SM101"]\n[severity]\nSM102 = "info"\n')
    assert main(["config"]) == 0
    shown = capsys.readouterr().out
    assert f'workload = ["processing"]  # {file}' in shown
    assert 'fail-level = "warning"  # default' in shown
    assert "# rule packs: sagemaker, ours" in shown
    assert "# rules that run: SM102" in shown
    values = tomllib.loads(shown)
    assert values["severity"] == {"SM102": "info"}


def test_what_is_shown_can_be_used_as_a_file(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "smlint.toml").write_text('exclude = ["/a/"]\n[per-file-ignores]\n"b/*" = ["SM101"]\n')
    assert main(["config"]) == 0
    first = capsys.readouterr().out
    (repository / "smlint.toml").write_text(first)
    assert main(["config"]) == 0
    assert tomllib.loads(capsys.readouterr().out) == tomllib.loads(first)


def test_json_has_value_and_origin(
    repository: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMLINT_STAGE", "sagemaker")
    assert main(["config", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["settings"]["stage"] == {
        "value": "sagemaker",
        "origin": "environment variable SMLINT_STAGE",
    }
    assert found["rules"] == ["SM101", "SM102"]
    assert found["file"] is None


def test_the_closest_file_of_a_path_counts(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "smlint.toml").write_text('stage = "outer"\n')
    (repository / "a").mkdir()
    (repository / "a" / "smlint.toml").write_text('stage = "inner"\n')
    assert main(["config", "a/Dockerfile"]) == 0
    assert 'stage = "inner"' in capsys.readouterr().out


def test_isolated_reads_no_file(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "smlint.toml").write_text("wrong\n")
    assert main(["config", "--isolated"]) == 0
    assert "# stage is not set" in capsys.readouterr().out


def test_a_mistake_ends_in_one_line(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "smlint.toml").write_text("stagee = 'x'\n")
    assert main(["config"]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "unknown key 'stagee'; did you mean 'stage'?" in error


def test_the_schema_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "--schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "smlint configuration"
