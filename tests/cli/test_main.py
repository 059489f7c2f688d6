"""`smlint` itself: its version, its help, and a word that is no command."""

from __future__ import annotations

from pathlib import Path

import pytest

from smlint import __version__
from smlint.cli import COMMANDS, main


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"smlint {__version__}\n"


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    printed = capsys.readouterr().out
    assert all(command in printed for command in COMMANDS)
    assert "--version " in printed


@pytest.mark.parametrize(
    ("word", "meant"),
    [("rules", "rule"), ("imag", "image"), ("jobs", "job"), ("confg", "config"), ("nope", "")],
)
def test_a_word_that_is_nearly_a_command_names_it(
    folder: Path, capsys: pytest.CaptureFixture[str], word: str, meant: str
) -> None:
    suggestion = f"smlint: there is no command {word}; did you mean smlint {meant}?\n" if meant else ""
    assert main([word]) == 2
    assert (
        capsys.readouterr().err
        == f"{suggestion}smlint: {word}: It cannot be read: No such file or directory.\n"
    )
    (folder / word).write_text("FROM scratch\nENTRYPOINT train\n")
    assert main([word]) == 1
    assert capsys.readouterr().err == ""
