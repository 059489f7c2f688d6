"""The comparison: every command that it names for smlint is run and shows what it is named for; what lacks is said."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from smlint.cli import main

if TYPE_CHECKING:
    import docker

    from tests.engine.images import Images

PAGE = Path(__file__).parent.parent.parent / "docs" / "comparison.md"
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in PAGE.read_text().splitlines()
    if line.startswith("| ") and not line.startswith(("| | ", "| ---"))
]
COMMANDS = sorted({command for row in ROWS for command in re.findall(r"`smlint ([^`]+)`", row[1])})

DOCKERFILE: Final = """\
ARG BASE=python:3.12
FROM debian:12 AS build
COPY words.txt /out/words.txt

FROM ${BASE} AS sagemaker
ARG WHERE=/opt/program
RUN apt-get update && apt-get install -y cuda-12-4
COPY --from=build /out/words.txt /opt/ml/input/data/words.txt
COPY words.txt /opt/ml/${WHERE}/words.txt
# smlint ignore=SM112 -- hides nothing
LABEL a=b
# smlint ignore=SM404 -- the platform team's base image demands it
USER 1000
ENTRYPOINT python train.py
"""
REQUEST: Final = {
    "TrainingJobName": "a",
    "AlgorithmSpecification": {
        "TrainingImage": "a:1",
        "TrainingInputMode": "File",
        "ContainerEntrypoint": ["python train.py"],
    },
}

#: Command to what must stand in its output or in a file that it writes.
SHOWN: Final = {
    "Dockerfile": "14 | ENTRYPOINT python train.py\n   | ^^^^^^^^^^",
    "rule SM201": "/opt/ml",
    "launch Dockerfile": "docker run IMAGE train",
    "--select SM301 Dockerfile": "error[SM301] nvidia-driver",
    "--stage sagemaker Dockerfile": "/opt/ml/input/data/words.txt where SageMaker reserves",
    "--build-arg WHERE=model Dockerfile": "/opt/ml/model/words.txt",
    "image docker-archive:image.tar": "docker-archive:image.tar",
    "job request.json": "SM603",
    "--format sarif Dockerfile": '"version": "2.1.0"',
    "--select SM101 --format sarif Dockerfile": '"fixes": [',
    "--format github Dockerfile": "::error file=Dockerfile,line=14",
    "--format gitlab Dockerfile": '"check_name": "SM101"',
    "--output junit=j.xml --output checkstyle=c.xml Dockerfile": "<checkstyle",
    "--output markdown=s.md --output rdjson=r.json Dockerfile": '"suggestions"',
    "--output sarif=s.sarif --output json=r.json Dockerfile": '"subjects"',
    "--diff Dockerfile": '+ENTRYPOINT ["python", "train.py"]',
    "--statistics Dockerfile": "1  SM301  error    nvidia-driver (1 fixable)",
    "--show-suppressed Dockerfile": "suppressed[SM404] non-root-user",
    "--select SM112,SM901 Dockerfile": "warning[SM901] unused-ignore",
    "--baseline known.json --write-baseline Dockerfile": '"fingerprint"',
    "config": "/base.toml\n",
    "config --json": '/base.toml"',
    "config --schema": '"$schema"',
    "--severity SM101=info --fail-level error Dockerfile": "info[SM101]",
    "rule": "SM101  shell-form-entrypoint",
    "lint --force-exclude Dockerfile": "error[SM101]",
    "--show-completion bash": "_SMLINT_COMPLETE=complete_bash",
}
#: Commands that the tests below drive: they need a client, or an engine.
DRIVEN: Final = {"lsp", "image train:1 --probe-sigterm"}


def archive(path: Path) -> None:
    """An image without files, as ``docker save`` writes it."""
    config = {
        "architecture": "amd64",
        "os": "linux",
        "config": {"Entrypoint": ["/train"]},
        "rootfs": {"type": "layers", "diff_ids": []},
    }
    members = {
        "config.json": config,
        "manifest.json": [{"Config": "config.json", "RepoTags": ["a:1"], "Layers": []}],
    }
    with tarfile.open(path, "w") as tar:
        for name, value in members.items():
            content = json.dumps(value).encode()
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    (tmp_path / "words.txt").write_text("a\n")
    (tmp_path / "request.json").write_text(json.dumps(REQUEST))
    archive(tmp_path / "image.tar")
    monkeypatch.chdir(tmp_path)
    # A call that names a shell sets it; the tests behind this one must not inherit that.
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    return tmp_path


def test_every_command_is_tried() -> None:
    assert {*COMMANDS} == SHOWN.keys() | DRIVEN


@pytest.mark.parametrize("command", SHOWN)
def test_a_command_of_the_comparison_shows_it(
    command: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if command.startswith("config"):
        (folder / "base.toml").write_text('fail-level = "error"\n')
        (folder / "smlint.toml").write_text('extend = "base.toml"\n')
    before = set(folder.iterdir())
    code = main(command.split())
    said = capsys.readouterr()
    assert code in (0, 1), said.err
    written = "".join(path.read_text() for path in sorted({*folder.iterdir()} - before))
    assert SHOWN[command] in said.out + written


def test_the_language_server_speaks(folder: Path) -> None:
    uri = (folder / "Dockerfile").as_uri()
    document = {"uri": uri, "languageId": "dockerfile", "version": 1, "text": DOCKERFILE}
    messages: list[dict[str, Any]] = [
        {"id": 1, "method": "initialize", "params": {"processId": None, "rootUri": None, "capabilities": {}}},
        {"method": "initialized", "params": {}},
        {"method": "textDocument/didOpen", "params": {"textDocument": document}},
        {"id": 2, "method": "shutdown"},
        {"method": "exit"},
    ]
    said = ""
    for message in messages:
        body = json.dumps({"jsonrpc": "2.0", **message})
        said += f"Content-Length: {len(body.encode())}\r\n\r\n{body}"
    smlint = Path(sys.executable).parent / "smlint"
    done = subprocess.run([smlint, "lsp"], input=said, capture_output=True, text=True, check=False)
    assert '"method":"textDocument/publishDiagnostics"' in done.stdout.replace(": ", ":"), done.stderr
    assert '"SM101"' in done.stdout


@pytest.mark.engine
def test_the_probe_sees_who_hears(
    engine: docker.DockerClient, images: Images, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    program = "#!/bin/sh\nsleep 600\n"
    name = images.make("dash", {"/train": program}, entrypoint=["/train"])
    main(["image", name, "--probe-sigterm", "--isolated", "--workload", "training", "--grace", "2"])
    said = capsys.readouterr().out
    assert "SIGTERM" in said
    assert "SM70" in said


def test_every_row_says_yes_with_a_command_or_no() -> None:
    for row in ROWS:
        assert len(row) == 8, row
        assert re.search(r"^yes: .*`smlint [^`]+`|^\*\*no\*\*", row[1]), row


def test_what_smlint_lacks_stands_there() -> None:
    assert sum(row[1].startswith("**no**") for row in ROWS) >= 5
