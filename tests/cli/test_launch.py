"""``smlint launch``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from smlint.cli import main

DOCKERFILE = """\
FROM python:3.12-slim AS base
ARG PROGRAM=train.py
WORKDIR /opt/program
COPY entrypoint.sh .
ENTRYPOINT ["bash", "entrypoint.sh"]

FROM base AS other
ENTRYPOINT ["sh", "-c", "python train.py"]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    (tmp_path / "entrypoint.sh").write_text('exec python train.py "$@"\n')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["launch", *words]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    return printed.out


def test_the_chain_of_a_stage(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    printed = run(capsys, "--stage", "base", "--workload", "training")
    assert "└─ exec  python train.py train" in printed
    assert "✗" not in printed


def test_the_base_image_says_which_shell_it_is(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    printed = run(capsys, "Dockerfile", "-w", "training")
    assert "no exec: SIGTERM stops at sh" in printed, "dash, the /bin/sh of Debian, never replaces itself"


def test_training_and_inference_are_assumed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys).count("docker run IMAGE") == 2
    path = folder / "Dockerfile"
    path.write_text("# smlint workload=processing\n" + path.read_text())
    assert "workload: processing" in run(capsys)


def test_a_request_is_tried(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--entrypoint", "bash", "--argument", "entrypoint.sh", "--argument", "a b"]
    printed = run(capsys, ".", *words, "--format", "json")
    (launch,) = json.loads(printed)["launches"]
    assert launch["command"] == "docker run --entrypoint bash IMAGE entrypoint.sh 'a b'"
    assert launch["chain"]["then"][0]["argv"] == ["python", "train.py", "a b"]
    assert launch["word_arrives"]["answer"] == "yes"


def test_a_script_named_by_an_argument_has_arrived(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "entrypoint.sh").write_text("exec python train.py\n")
    printed = run(capsys, ".", "--entrypoint", "bash", "--argument", "entrypoint.sh", "-f", "json")
    (launch,) = json.loads(printed)["launches"]
    assert launch["word_arrives"]["answer"] == "yes"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nowhere"], "nowhere: "),
        (["--stage", "nowhere"], "nowhere"),
        (["a", "b"], "name one Dockerfile"),
        (["image", "docker-archive:nowhere.tar"], "nowhere.tar"),
        (["image"], "smlint launch image REF"),
        (["image", "docker-archive:nowhere.tar", "--stage", "a"], "are for Dockerfiles"),
        (["image", "docker-archive:nowhere.tar", "--build-arg", "A=1"], "are for Dockerfiles"),
        (["-w", "inference", "--entrypoint", "x"], "an endpoint's request"),
    ],
)
def test_wrong_usage(
    folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    assert main(["launch", *words]) == 2
    assert message in capsys.readouterr().err


def test_a_broken_dockerfile(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "Dockerfile").write_text("FRM a\n")
    assert main(["launch"]) == 2
    assert "Dockerfile:1:" in capsys.readouterr().err


def test_what_cannot_be_known_is_said_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "Dockerfile").write_text("ARG BASE\nFROM $BASE\n")
    monkeypatch.chdir(tmp_path)
    reason = "unknown: the image's ENTRYPOINT is unknown: the base image … may set it"
    assert f"└─ {reason}\n" in run(capsys, "-w", "training")
    (launch,) = json.loads(run(capsys, "-w", "training", "--format", "json"))["launches"]
    assert (launch["argv"], launch["unknown"], launch["chain"]) == (None, reason, None)


CONFIGURATION = """\
workload = "training"
stage = "judged"
context = "build"
[build-args]
PROGRAM = "other.py"
"""


def test_the_configuration_holds_as_it_does_for_findings(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "Dockerfile").write_text(
        "FROM python:3.12-slim AS judged\nARG PROGRAM=train.py\nCOPY run.sh /\nENV PROGRAM=$PROGRAM\n"
        'ENTRYPOINT ["bash", "/run.sh"]\nFROM scratch\n'
    )
    (folder / "build").mkdir()
    (folder / "build" / "run.sh").write_text('exec python $PROGRAM "$@"\n')
    (folder / "smlint.toml").write_text(CONFIGURATION)
    printed = run(capsys)
    assert "exec  python other.py train" in printed
    assert "serve" not in printed
    assert "serve" in run(capsys, "--workload", "inference")
    assert main(["launch", "--stage", "2"]) == 2
    assert "there is no stage '2'" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["lint", "launch"])
def test_a_build_context_in_the_configuration_that_is_none_is_told(
    command: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "smlint.toml").write_text('context = "biuld"\n')
    assert main([command, "Dockerfile"]) == 2
    file = folder / "smlint.toml"
    assert capsys.readouterr().err == f"smlint: {file}: 'context': {folder / 'biuld'} is not a folder\n"


def test_an_image_for_endpoints_alone_has_no_entrypoint_of_a_job(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "smlint.toml").write_text('workload = "inference"\n')
    assert main(["launch", "--entrypoint", "python"]) == 2
    assert "they are for jobs" in capsys.readouterr().err
