"""`smlint image`: exit codes, several images, lists, and findings that lead into a Dockerfile."""

from __future__ import annotations

import http.server
import io
import json
from pathlib import Path

import pytest

from smlint.cli import main
from tests.image import services, tars
from tests.image.tars import Entry

PROGRAM = (
    Entry("usr/local/bin/python", b"\x7fELF", mode=0o755),
    Entry("opt/program/server.py", b"import signal\nsignal.signal(signal.SIGTERM, print)\n"),
)
GOOD = {"Entrypoint": ["python", "/opt/program/server.py"], "Env": ["PATH=/usr/local/bin"]}
BAD = {**GOOD, "Entrypoint": ["/bin/sh", "-c", "python /opt/program/server.py"]}


def image(folder: Path, name: str, settings: dict[str, object]) -> str:
    layer = tars.layer(*PROGRAM, Entry("bin/sh", b"\x7fELF", mode=0o755))
    (folder / name).write_bytes(tars.docker_archive([layer], **settings))
    return f"docker-archive:{name}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_good_image_is_clean(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["image", image(folder, "good.tar", GOOD), "--isolated"]) == 0
    assert capsys.readouterr().out == "No findings in docker-archive:good.tar.\n"


def test_a_bad_image_is_not(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["image", image(folder, "bad.tar", BAD), "--isolated", "--format", "concise"]) == 1
    assert "docker-archive:bad.tar: error SM101" in capsys.readouterr().out


def test_an_unreadable_image_never_hides_the_findings_of_the_others(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = image(folder, "bad.tar", BAD)
    assert main(["image", "docker-archive:gone.tar", bad, "--isolated", "--format", "concise"]) == 2
    printed = capsys.readouterr()
    assert "SM101" in printed.out
    assert printed.err == "smlint: gone.tar cannot be read: No such file or directory\n"


@pytest.mark.parametrize("jobs", ["1", "3"])
def test_a_list_of_images_is_judged_in_its_order(
    folder: Path, capsys: pytest.CaptureFixture[str], jobs: str
) -> None:
    references = [image(folder, f"image{number}.tar", BAD) for number in range(4)]
    (folder / "list").write_text("# ours\n\n" + "\n".join(references[1:]) + "\n")
    words = ["image", references[0], "--from-file", "list", "--jobs", jobs, "--isolated", "--format", "json"]
    assert main(words) == 1
    report = json.loads(capsys.readouterr().out)
    assert [subject["name"] for subject in report["subjects"]] == references
    assert {subject["kind"] for subject in report["subjects"]} == {"image"}
    assert report["diagnostics"][0]["location"]["kind"] == "image"
    assert report["diagnostics"][0]["location"]["reference"] == references[0]


def test_the_workload_decides(folder: Path) -> None:
    settings = {**GOOD, "Env": ["PATH=/usr/local/bin", "HF_HOME=/opt/ml/model/cache"]}
    reference = image(folder, "cache.tar", settings)
    assert main(["image", reference, "--isolated", "--workload", "training"]) == 0
    assert main(["image", reference, "--isolated", "--workload", "inference"]) == 1
    (folder / "smlint.toml").write_text('workload = "training"\n')
    assert main(["image", reference]) == 0


def test_rules_are_chosen_as_for_dockerfiles(folder: Path) -> None:
    reference = image(folder, "bad.tar", BAD)
    assert main(["image", reference, "--isolated", "--ignore", "SM1"]) == 0
    assert main(["image", reference, "--isolated", "--severity", "SM1=info"]) == 0


def test_findings_stand_in_the_dockerfile(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reference = image(folder, "bad.tar", BAD)
    (folder / "Dockerfile").write_text("FROM python\nCOPY . /opt/program\nENTRYPOINT python server.py\n")
    words = ["image", reference, "--dockerfile", "Dockerfile", "--isolated", "--format", "concise"]
    assert main(words) == 1
    # This archive's history names no ENTRYPOINT: what cannot be led back stands on the FROM line.
    assert "Dockerfile:1:1: error SM101" in capsys.readouterr().out


def test_comments_of_the_dockerfile_are_obeyed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reference = image(folder, "bad.tar", BAD)
    (folder / "Dockerfile").write_text(
        "# smlint ignore=SM101 -- the request brings its own\nFROM python\n"
        "# smlint ignore=SM112 -- nothing here\nENTRYPOINT python server.py\n"
    )
    words = ["image", reference, "--dockerfile", "Dockerfile", "--isolated", "--format", "json"]
    assert main([*words, "--show-suppressed", "--select", "SM101,SM9"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["diagnostics"] == []
    assert [each["code"] for each in report["suppressed"]] == ["SM101"]


def test_a_list_on_standard_input(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    references = [image(folder, f"image{number}.tar", GOOD) for number in range(2)]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n# ours\n" + "\n".join(references)))
    assert main(["image", "--from-file", "-", "--isolated", "--format", "json"]) == 0
    subjects = json.loads(capsys.readouterr().out)["subjects"]
    assert [subject["name"] for subject in subjects] == references


def test_a_list_on_a_closed_standard_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", None)
    assert main(["image", "--from-file", "-", "--isolated"]) == 2
    assert capsys.readouterr().err == "smlint: standard input is closed\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "no image is named; write a reference or --from-file LIST"),
        (["--from-file", "gone"], "gone: cannot be read: No such file or directory"),
        (["docker-archive:"], "docker-archive:: no path; write docker-archive:PATH[:NAME]"),
        (["docker:ubuntu"], "docker:ubuntu: a registry image is written docker://ubuntu"),
        (["x", "--format", "nonsense"], "there is no format 'nonsense'"),
        (["x", "--dockerfile", "gone"], "gone: "),
        (["docker-archive:good.tar", "--platform", "linux/s390x"], "is not there for linux/s390x"),
        (["docker-archive:good.tar:other"], "has no image other; it has app:latest"),
    ],
)
def test_wrong_usage_ends_in_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    image(folder, "good.tar", GOOD)
    assert main(["image", *words, "--isolated"]) == 2
    printed = capsys.readouterr()
    assert told in printed.err
    assert printed.err.count("\n") == 1
    assert printed.err.startswith("smlint: ")


def test_a_request_without_a_probe_names_the_command_that_judges_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reference = image(folder, "good.tar", GOOD)
    assert main(["image", reference, "--request", "my job.json", "--isolated"]) == 2
    assert capsys.readouterr().err == (
        "smlint: --request says how to probe; add --probe-sigterm, or judge the image as the request starts it: "
        "smlint job 'my job.json' --image docker-archive:good.tar\n"
    )


def test_no_engine_is_said_in_one_line(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{folder}/no.sock")
    assert main(["image", "docker-daemon:app:1", "--isolated"]) == 2
    printed = capsys.readouterr().err
    assert "no container engine answers" in printed
    assert printed.count("\n") == 1


#: What stands before an image's reference, by command.
OPENING = {"image": ["image"], "job": ["job", "job.json", "--image"], "launch": ["launch", "image"]}


@pytest.mark.parametrize("command", OPENING)
def test_every_command_chooses_among_platforms(
    command: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reference = image(folder, "good.tar", GOOD)
    (folder / "job.json").write_text(json.dumps({"TrainingJobName": "a", "RoleArn": "${role}"}))
    assert main([*OPENING[command], reference, "--platform", "linux/s390x"]) == 2
    assert "is not there for linux/s390x, only for linux/amd64; choose with --platform" in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize("command", OPENING)
def test_every_command_speaks_with_a_test_registry(
    command: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "job.json").write_text(json.dumps({"TrainingJobName": "a", "RoleArn": "${role}"}))
    with services.http_server(http.server.SimpleHTTPRequestHandler) as address:
        words = [*OPENING[command], f"docker://{address}/app:1"]
        assert main(words) == 2
        assert f"for a test registry add --insecure-registry {address}" in capsys.readouterr().err
        assert main([*words, "--insecure-registry", address]) == 2
        assert f"{address} has no such image" in capsys.readouterr().err


@pytest.mark.parametrize(
    "option", [["--platform", "linux/amd64"], ["--layers"], ["--insecure-registry", "localhost:1"]]
)
def test_a_dockerfile_is_not_opened_like_an_image(
    option: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "Dockerfile").write_text("FROM python:3.12\n")
    assert main(["launch", "Dockerfile", *option]) == 2
    assert "are for built images: smlint launch image REF" in capsys.readouterr().err
