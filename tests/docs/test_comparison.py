"""The comparison: every command that it names for smlint is run, and what smlint lacks is said."""

from __future__ import annotations

import io
import json
import re
import tarfile
from pathlib import Path

import pytest

from smlint.cli import main

PAGE = Path(__file__).parent.parent.parent / "docs" / "comparison.md"
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in PAGE.read_text().splitlines()
    if line.startswith("| ") and not line.startswith(("| | ", "| ---"))
]
COMMANDS = sorted({command for row in ROWS for command in re.findall(r"`smlint ([^`]+)`", row[1])})
DOCKERFILE = "ARG BASE=python:3.12\nFROM ${BASE} AS sagemaker\nENTRYPOINT python train.py\n"


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


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_comparison_works(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    (tmp_path / "request.json").write_text(json.dumps({"TrainingJobName": "a", "AlgorithmSpecification": {}}))
    archive(tmp_path / "image.tar")
    monkeypatch.chdir(tmp_path)
    assert main(command.split()) in (0, 1), capsys.readouterr().err


def test_every_row_says_yes_with_a_command_or_no() -> None:
    for row in ROWS:
        assert len(row) == 8, row
        assert re.search(r"^yes: .*`smlint [^`]+`|^\*\*no\*\*", row[1]), row


def test_what_smlint_lacks_stands_there() -> None:
    assert sum(row[1].startswith("**no**") for row in ROWS) >= 5
