"""``--baseline``, ``--write-baseline``, ``--show-suppressed``, ``--statistics``, on every command that judges."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from smlint.cli import main
from tests.image import tars

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


def test_a_baseline_in_a_folder_of_its_own_holds_in_every_checkout(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = folder / "first", folder / "second"
    (first / "ci").mkdir(parents=True)
    (folder / "Dockerfile").rename(first / "Dockerfile")
    monkeypatch.chdir(first)
    assert lint("--baseline", "ci/known.json", "--write-baseline") == 0
    assert str(folder) not in (first / "ci" / "known.json").read_text()
    shutil.copytree(first, second)
    monkeypatch.chdir(second)
    assert lint("--baseline", "ci/known.json") == 0
    assert "(1 suppressed)" in capsys.readouterr().out


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


REQUEST = {
    "TrainingJobName": "a",
    "AlgorithmSpecification": {
        "TrainingImage": "image:1",
        "TrainingInputMode": "File",
        "ContainerEntrypoint": ["python train.py"],
    },
}


@pytest.fixture(params=["lint", "image", "job"])
def call(folder: Path, request: pytest.FixtureRequest) -> list[str]:
    """A call of each command that finds exactly one thing."""
    if request.param == "lint":
        return ["lint", "--select", "SM101", "Dockerfile"]
    if request.param == "job":
        (folder / "request.json").write_text(json.dumps(REQUEST))
        return ["job", "--select", "SM603", "request.json"]
    settings = {"Entrypoint": ["/bin/sh", "-c", "python train.py"]}
    (folder / "image.tar").write_bytes(tars.docker_archive([], **settings))
    return ["image", "--select", "SM101", "docker-archive:image.tar"]


def test_every_command_knows_a_baseline(
    call: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*call, "--baseline", "known.json"]) == 2
    assert main([*call, "--baseline", "known.json", "--write-baseline"]) == 0
    assert capsys.readouterr().err.endswith(f"smlint: wrote 1 finding to {folder / 'known.json'}\n")
    assert main([*call, "--baseline", "known.json"]) == 0
    assert "No findings in " in capsys.readouterr().out
    assert main([*call, "--baseline", "known.json", "--show-suppressed"]) == 0
    assert "suppressed[SM" in capsys.readouterr().out
    assert main([*call, "--isolated", "--statistics"]) == 1
    count, code, *_ = capsys.readouterr().out.split()
    assert (count, code) == ("1", call[2])


def test_a_new_tag_of_an_image_is_no_new_image(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = {"Entrypoint": ["/bin/sh", "-c", "python train.py"]}
    call = ["image", "--select", "SM101", "--baseline", "known.json"]
    for tag in ("1", "2"):
        (folder / f"{tag}.tar").write_bytes(tars.docker_archive([], tags=[f"team/model:{tag}"], **settings))
    (folder / "image.tar").symlink_to("1.tar")
    assert main([*call, "docker-archive:image.tar:team/model:1", "--write-baseline"]) == 0
    (folder / "image.tar").unlink()
    (folder / "image.tar").symlink_to("2.tar")
    assert main([*call, "docker-archive:image.tar:team/model:2"]) == 0


def test_commands_share_a_baseline(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "smlint.toml").write_text('baseline = "known.json"\n')
    (folder / "request.json").write_text(json.dumps(REQUEST))
    job = ["job", "--select", "SM603", "request.json"]
    assert lint("--write-baseline") == 0
    assert main([*job, "--write-baseline"]) == 0
    assert lint() == 0
    assert main(job) == 0
    codes = [entry["code"] for entry in json.loads((folder / "known.json").read_text())["findings"]]
    assert codes == ["SM101", "SM603"]


def test_a_baseline_is_not_written_over_something_else(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "known.json").write_text("{}")
    assert lint("--baseline", "known.json", "--write-baseline") == 2
    assert "is no baseline of version 1; delete it" in capsys.readouterr().err
    assert (folder / "known.json").read_text() == "{}"


@pytest.mark.parametrize(
    "command", [["image", "docker-archive:gone.tar"], ["job", "gone.json"], ["lint", "gone"]]
)
def test_nothing_read_is_not_called_clean(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert main([*command, "--format", "json"]) == 2
    assert json.loads(capsys.readouterr().out)["subjects"] == []
