"""What ``--verbose`` adds, which of a configuration's rules a file gets, and the ends that only a closed or broken system gives."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from smlint.cli import lsp, main
from smlint.cli.linting import read_stdin
from smlint.cli.messages import UsageError

GOOD = 'FROM python:3.12-slim AS sagemaker\nENTRYPOINT ["python", "/opt/program/train.py"]\n'
BAD = "FROM python:3.12-slim\nENTRYPOINT python /opt/program/train.py\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_verbose_says_what_was_judged_and_by_which_settings(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "Dockerfile").write_text(GOOD)
    (folder / "plain").write_text(GOOD.replace(" AS sagemaker", ""))
    assert main(["Dockerfile", "plain", "--verbose", "-w", "training"]) == 0
    assert capsys.readouterr().err.splitlines() == [
        "smlint: Dockerfile: stage sagemaker, for training, configuration none",
        "smlint: plain: stage of the last FROM, for training, configuration none",
    ]
    (folder / "smlint.toml").write_text('workload = ["processing", "inference"]\n')
    assert main(["Dockerfile", "--verbose"]) == 0
    told = capsys.readouterr().err
    assert told.startswith("smlint: Dockerfile: stage sagemaker, for processing, inference, configuration ")
    assert told.endswith("smlint.toml\n")


def test_verbose_tells_of_requests_without_stages(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    body = {
        "ModelName": "m",
        "ExecutionRoleArn": "arn:aws:iam::111122223333:role/Hosting",
        "PrimaryContainer": {"Image": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/kmeans:1"},
    }
    (folder / "job.json").write_text(json.dumps(body))
    assert main(["job", "job.json", "--isolated", "--verbose"]) == 0
    assert capsys.readouterr().err == "smlint: job.json: for inference, configuration none\n"


def test_rules_are_left_out_for_the_files_that_the_configuration_names(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "smlint.toml").write_text('[per-file-ignores]\n"*.cpu" = ["SM1", "nvidia-driver"]\n')
    text = BAD.replace("ENTRYPOINT", "RUN apt-get install -y nvidia-driver-535\nENTRYPOINT")
    for name in ("a.cpu", "a.gpu"):
        (folder / name).write_text(text)
    assert main(["a.cpu", "a.gpu", "-f", "concise"]) == 1
    told = [line.split()[0:3:2] for line in capsys.readouterr().out.splitlines()]
    assert told == [["a.gpu:2:24:", "SM301"], ["a.gpu:3:1:", "SM101"]]


def test_a_broken_file_system_is_no_usage_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise OSError(5, "Input/output error", "/opt/somewhere")

    monkeypatch.setattr("smlint.cli.linting.Checker.run", broken)
    assert main(["Dockerfile"]) == 3
    assert (
        "a bug in smlint (OSError: [Errno 5] Input/output error: '/opt/somewhere')" in capsys.readouterr().err
    )


@pytest.mark.parametrize("command", [["lint", "-"], ["job", "-"]])
def test_a_closed_standard_input_is_one_line(
    command: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # An earlier test may have read its own.
    read_stdin.cache_clear()
    monkeypatch.setattr("sys.stdin", None)
    assert main([*command, "--isolated"]) == 2
    assert capsys.readouterr().err == "smlint: standard input is closed\n"


def test_the_language_server_says_what_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smlint.cli.lsp.find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install 'smlint\[lsp\]'"):
        lsp.lsp()


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_shells_that_break_no_words_get_the_answers_of_typer(
    shell: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("_SMLINT_COMPLETE", f"complete_{shell}")
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", "smlint lint --output sa")
    monkeypatch.setenv("_TYPER_COMPLETE_FISH_ACTION", "get-args")
    assert main([]) == 0
    assert "sarif=smlint.sarif" in capsys.readouterr().out
