"""``smlint job`` and ``smlint Dockerfile --request``: inputs, combinations, exit codes, and what is never printed."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from smlint import registry
from smlint.cli import main
from smlint.report import FORMATS

IMAGE = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/kmeans:1"
SECRET = "q7Kf2ZmX9pLw4TgB8nRvYc"
GOOD: dict[str, Any] = {
    "TrainingJobName": "kmeans",
    "RoleArn": "arn:aws:iam::111122223333:role/Training",
    "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
    "OutputDataConfig": {"S3OutputPath": "s3://amzn-s3-demo-bucket/output"},
    "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 10},
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
}
BAD = {**GOOD, "AlgorithmSpecification": {**GOOD["AlgorithmSpecification"], "ContainerEntrypoint": []}}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, name: str, body: object) -> None:
    (folder / name).write_text(json.dumps(body), encoding="utf-8")


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main([*arguments, "--isolated"])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_several_files_and_the_worst_code(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, "good.json", GOOD)
    write(folder, "bad.json", BAD)
    assert run(capsys, "job", "good.json")[0] == 0
    code, out, err = run(capsys, "job", "bad.json", "good.json", "missing.json", "--format", "concise")
    assert code == 2
    assert out.startswith("bad.json:1:")
    assert " error SM601 " in out
    assert err == "smlint: missing.json: It cannot be read: No such file or directory.\n"


def test_standard_input(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = io.TextIOWrapper(io.BytesIO(json.dumps(BAD).encode()))
    monkeypatch.setattr(sys, "stdin", stream)
    code, out, _ = run(capsys, "job", "-", "--stdin-filename", "x.json", "--format", "concise")
    assert code == 1
    assert out.startswith("x.json:1:")


@pytest.mark.parametrize(
    "make", [lambda path: path.mkdir(), lambda path: os.mkfifo(path)], ids=["folder", "fifo"]
)
def test_what_is_no_file_is_not_waited_for(
    make: Any, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(folder / "job.json")
    code, out, err = run(capsys, "job", "job.json")
    assert (code, out) == (2, "")
    assert err.startswith("smlint: job.json: It cannot be read: ")


def test_the_kind_can_be_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, "job.json", {"ModelName": "a"})
    assert "SM900" in run(capsys, "job", "job.json", "--format", "concise")[1]
    out = run(capsys, "job", "job.json", "--kind", "CreateTransformJob", "--format", "concise")[1]
    assert "SM619 the request has no TransformInput" in out
    assert run(capsys, "job", "job.json", "--kind", "CreateModel")[0] == 0


@pytest.mark.parametrize("text", ["{,}", '{"TrainingJobName": "a", "TrainingJobName": "b"}'])
def test_what_cannot_be_read_links_to_a_page_about_requests(
    folder: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    (folder / "job.json").write_text(text, encoding="utf-8")
    document = json.loads(run(capsys, "job", "job.json", "--select", "SM900", "--format", "json")[1])
    (url,) = {finding["url"] for finding in document["diagnostics"]}
    assert "docker" not in url
    assert url in (registry.installed().load("SM900").__doc__ or "")


def test_a_file_of_a_hundred_megabytes_is_one_finding(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with open(folder / "job.json", "wb") as file:
        file.truncate(100 * 1024 * 1024)
    code, out, err = run(capsys, "job", "job.json", "--format", "concise")
    assert (code, err) == (1, "")
    assert out == (
        "job.json:1:1: error SM900 the file cannot be read as a job request: "
        "the file is larger than 4 MiB; no request is\n"
    )


def test_json_says_pointer_line_and_column(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "job.json").write_text(json.dumps(BAD, indent=2), encoding="utf-8")
    document = json.loads(run(capsys, "job", "job.json", "--format", "json")[1])
    assert document["subjects"] == [
        {"kind": "request", "name": "job.json", "workloads": ["training"], "stage": None}
    ]
    assert document["diagnostics"][0]["location"] == {
        "kind": "request",
        "path": "job.json",
        "pointer": "/AlgorithmSpecification/ContainerEntrypoint",
        "line": 7,
        "column": 28,
        "end_line": 7,
        "end_column": 30,
    }


@pytest.mark.parametrize("name", FORMATS)
def test_no_format_prints_a_secret(name: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    environment = {"HF_TOKEN": SECRET, "note": f"ghp_{'a' * 36}", "2bad": SECRET}
    write(
        folder, "job.json", {**GOOD, "Environment": environment, "HyperParameters": {"db_password": SECRET}}
    )
    code, out, err = run(capsys, "job", "job.json", "--format", name)
    assert code == 1
    assert "SM618" in out
    assert SECRET not in out + err
    assert "ghp_aaaa" not in out + err


@pytest.mark.parametrize("as_lint", [False, True], ids=["job", "lint"])
def test_the_request_replaces_the_images_entrypoint(
    as_lint: bool, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "Dockerfile").write_text(
        "FROM python:3.12-slim\nENTRYPOINT python train.py\n", encoding="utf-8"
    )
    specification = GOOD["AlgorithmSpecification"]
    own = {**specification, "ContainerEntrypoint": ["python", "/opt/program/train.py"]}
    write(folder, "own.json", {**GOOD, "AlgorithmSpecification": own})
    write(folder, "plain.json", GOOD)

    def found(request: str) -> str:
        words = (
            ["Dockerfile", "--request", request]
            if as_lint
            else ["job", request, "--dockerfile", "Dockerfile"]
        )
        return run(capsys, *words, "--format", "concise")[1]

    assert "SM101" not in found("own.json")
    assert "Dockerfile:2:1: error SM101" in found("plain.json")


def test_suppressions_in_the_dockerfile_hold(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "FROM python:3.12-slim\n# smlint ignore=SM101 -- on purpose\nENTRYPOINT python train.py\n"
    (folder / "Dockerfile").write_text(text, encoding="utf-8")
    write(folder, "job.json", GOOD)
    assert run(capsys, "job", "job.json", "--dockerfile", "Dockerfile", "--format", "concise")[1] == ""


def test_an_unreadable_dockerfile_does_not_hide_the_requests_findings(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(folder, "job.json", BAD)
    code, out, err = run(capsys, "job", "job.json", "--dockerfile", "Nothing", "--format", "concise")
    assert code == 2
    assert "SM601" in out
    assert err.startswith("smlint: Nothing: ")


def test_an_unreadable_image_does_not_hide_the_requests_findings(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(folder, "job.json", BAD)
    code, out, err = run(
        capsys, "job", "job.json", "--image", "docker-archive:nothing.tar", "--format", "concise"
    )
    assert code == 2
    assert "SM601" in out
    assert "nothing.tar" in err


@pytest.mark.parametrize(
    "arguments",
    [
        ["job", "job.json", "--dockerfile", "a", "--image", "b"],
        ["job", "job.json", "--format", "nothing"],
        ["job"],
        ["lint", "a", "b", "--request", "job.json"],
        ["lint", "a", "--request", "job.json", "--fix"],
    ],
)
def test_wrong_usage(arguments: list[str], folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(folder, "job.json", GOOD)
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err


def test_launch_prints_what_the_request_starts(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "Dockerfile").write_text(
        "FROM python:3.12-slim\nENTRYPOINT python train.py\n", encoding="utf-8"
    )
    own = {
        "ContainerEntrypoint": ["python", "/opt/program/train.py"],
        "ContainerArguments": ["--epochs", "1"],
    }
    write(folder, "job.json", {**GOOD, "AlgorithmSpecification": {**GOOD["AlgorithmSpecification"], **own}})
    assert main(["launch", "Dockerfile", "--request", "job.json"]) == 0
    out = capsys.readouterr().out
    assert "docker run --entrypoint python IMAGE /opt/program/train.py --epochs 1" in out
    assert "PID 1" in out
    assert "job.json" in out
    assert "sh -c" not in out


@pytest.mark.parametrize(
    "arguments",
    [
        ["--request", "missing.json"],
        ["--request", "bad.json"],
        ["--request", "job.json", "--entrypoint", "a"],
    ],
)
def test_launch_refuses_what_it_cannot_follow(
    arguments: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "Dockerfile").write_text("FROM python:3.12-slim\n", encoding="utf-8")
    write(folder, "job.json", GOOD)
    (folder / "bad.json").write_text("{", encoding="utf-8")
    code = main(["launch", "Dockerfile", *arguments])
    printed = capsys.readouterr()
    assert (code, printed.out) == (2, "")
    assert printed.err.startswith("smlint: ")


@pytest.mark.parametrize(
    "text", ['{"TrainingJobName": "a", "TrainingJobName": "b"}', '{"TrainingJobName": "a",']
)
def test_what_is_wrong_with_the_form_can_be_ignored_like_every_finding(
    text: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "a.json").write_text(text)
    assert "SM900" in run(capsys, "job", "a.json", "--format", "concise")[1]
    assert "SM900" not in run(capsys, "job", "a.json", "--format", "concise", "--ignore", "SM900")[1]


def test_launch_without_standard_input_says_so(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """``smlint launch --request - <&-``: Python then has no standard input at all."""
    (folder / "Dockerfile").write_text('FROM python:3.12\nENTRYPOINT ["python", "train.py"]\n')
    monkeypatch.setattr(sys, "stdin", None)
    assert main(["launch", "--request", "-"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "standard input is closed" in printed.err


def test_launch_refuses_a_file_that_starts_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "Dockerfile").write_text("FROM python:3.12\n")
    write(folder, "stack.json", {"Resources": {"A": {"Type": "AWS::S3::Bucket", "Properties": {}}}})
    assert main(["launch", "--request", "stack.json"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "stack.json: it holds no request that starts a container" in printed.err


def test_a_folder_stands_for_the_dockerfile_in_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "app").mkdir()
    (folder / "app" / "Dockerfile").write_text("FROM python:3.12\nENTRYPOINT python train.py\n")
    write(folder, "job.json", GOOD)
    arguments = ["job", "job.json", "--dockerfile", "app", "--format", "concise", "--select", "SM101"]
    code, out, err = run(capsys, *arguments)
    assert (code, err) == (1, "")
    assert out.startswith("app/Dockerfile:2:1: error SM101 ")
