"""``--baseline``, ``--write-baseline``, ``--show-suppressed``, ``--statistics``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from smlint.cli import main

BAD = "FROM python:3.12\nENTRYPOINT python $SCRIPT\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "Dockerfile").write_text(BAD)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lint(*arguments: str) -> int:
    return main(["lint", "--select", "SM101,SM112", "--workload", "training", *arguments, "Dockerfile"])


def test_only_what_is_new_fails(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lint("--baseline", "known.json", "--write-baseline") == 0
    assert capsys.readouterr() == ("", f"smlint: wrote 1 finding to {folder / 'known.json'}\n")
    assert lint("--baseline", "known.json") == 0
    assert "(1 suppressed)" in capsys.readouterr().out
    (folder / "Dockerfile").write_text("# moved\n\n" + BAD + "STOPSIGNAL SIGINT\n")
    assert lint("--baseline", "known.json", "--format", "concise") == 1
    (line,) = capsys.readouterr().out.splitlines()
    assert "SM112" in line


def test_the_configuration_may_name_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "smlint.toml").write_text('baseline = "ci/known.json"\n')
    (folder / "ci").mkdir()
    assert lint("--write-baseline") == 0
    assert (folder / "ci" / "known.json").exists()
    assert lint("--quiet") == 0


def test_entries_that_are_gone_are_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lint("--baseline", "known.json", "--write-baseline") == 0
    (folder / "Dockerfile").write_text('FROM python:3.12\nENTRYPOINT ["python"]\n')
    capsys.readouterr()
    assert lint("--baseline", "known.json", "--quiet") == 0
    assert capsys.readouterr().err == (
        "smlint: Dockerfile: the baseline's SM101 no longer occurs; --write-baseline takes it out\n"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--write-baseline",), "--write-baseline needs --baseline FILE"),
        (("--baseline", "gone.json"), "gone.json: cannot be read"),
    ],
)
def test_mistakes_are_told(
    arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lint(*arguments) == 2
    assert message in capsys.readouterr().err


def test_suppressed_findings_are_shown_when_asked_for(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "Dockerfile").write_text("FROM python:3.12\n# smlint ignore=SM101 -- why\nENTRYPOINT python\n")
    assert lint("--show-suppressed") == 0
    shown = capsys.readouterr().out
    assert "suppressed[SM101] shell-form-entrypoint" in shown
    assert "--> Dockerfile:3:" in shown
    assert lint("--show-suppressed", "--format", "json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [each["code"] for each in found["suppressed"]] == ["SM101"]
    assert found["diagnostics"] == []
    assert lint("--show-suppressed", "--format", "sarif") == 0
    (run,) = json.loads(capsys.readouterr().out)["runs"]
    assert [each["suppressions"] for each in run["results"]] == [[{"kind": "external"}]]
    assert lint() == 0
    assert "suppressed[" not in capsys.readouterr().out


def test_statistics_count_by_rule(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "Dockerfile").write_text("FROM python:3.12\nENTRYPOINT python train.py\n")
    assert lint("--statistics") == 1
    assert capsys.readouterr().out == "1  SM101  error    shell-form-entrypoint (1 fixable)\n"
