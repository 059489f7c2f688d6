"""``--fix``, ``--diff``, ``--fix-only``, ``--unsafe-fixes``, and what is left to report."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from smlint import mend
from smlint.check import Arguments
from smlint.cli import main
from smlint.diagnostics import Diagnostic, FileLocation, Severity
from smlint.fix import LIMIT, Result
from smlint.registry import Registry

BAD = "FROM python:3.12\n\n# how it starts\nENTRYPOINT python train.py\n"
GOOD = 'FROM python:3.12\n\n# how it starts\nENTRYPOINT ["python", "train.py"]\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "Dockerfile").write_text(BAD)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lint(*arguments: str) -> int:
    return main(["lint", "--select", "SM101,SM102,SM103", "--workload", "training", *arguments])


def test_fix_writes_and_reports_what_remains(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lint("--fix", "Dockerfile") == 0
    said = capsys.readouterr()
    assert (folder / "Dockerfile").read_text() == GOOD
    assert "No findings in Dockerfile." in said.out
    assert said.err == "smlint: fixed 1 finding\n"
    assert lint("--fix", "Dockerfile") == 0
    assert capsys.readouterr().err == ""


def test_what_cannot_be_fixed_is_still_a_finding(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = BAD.replace("train.py", "$SCRIPT")
    (folder / "Dockerfile").write_text(text)
    assert lint("--fix", "Dockerfile") == 1
    assert (folder / "Dockerfile").read_text() == text
    assert "SM101" in capsys.readouterr().out


def test_fix_only_reports_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "other").mkdir()
    (folder / "other" / "Dockerfile").write_text(BAD.replace("train.py", "$SCRIPT"))
    assert lint("--fix-only", ".") == 0
    assert capsys.readouterr().out == ""
    assert (folder / "Dockerfile").read_text() == GOOD


def test_diff_writes_nothing_and_is_a_patch(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lint("--diff", "Dockerfile") == 1
    patch = capsys.readouterr().out
    assert (folder / "Dockerfile").read_text() == BAD
    subprocess.run(["git", "apply", "-"], input=patch, text=True, cwd=folder, check=True)
    assert (folder / "Dockerfile").read_text() == GOOD
    assert lint("--diff", "Dockerfile") == 0
    assert capsys.readouterr().out == ""


def test_diff_reads_standard_input(folder: Path) -> None:
    command = ["--select", "SM101", "--diff", "--stdin-filename", "docker/Dockerfile", "-"]
    script = f"import sys; from smlint.cli import main; sys.exit(main({command!r}))"
    done = subprocess.run(
        [sys.executable, "-c", script], input=BAD, text=True, capture_output=True, check=False
    )
    assert done.returncode == 1
    assert done.stdout.startswith("--- a/docker/Dockerfile\n+++ b/docker/Dockerfile\n")


def test_several_rules_are_fixed_in_rounds(folder: Path) -> None:
    """The shell form becomes an exec form, and only then is its first word seen to be tini."""
    (folder / "Dockerfile").write_text("FROM python:3.12\nENTRYPOINT tini -- python train.py\n")
    assert lint("--fix", "Dockerfile") == 0
    assert (folder / "Dockerfile").read_text() == 'FROM python:3.12\nENTRYPOINT ["python", "train.py"]\n'


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_line_ends_mode_and_byte_order_mark_stay(folder: Path, newline: str) -> None:
    file = folder / "Dockerfile"
    file.write_bytes(b"\xef\xbb\xbf" + BAD.replace("\n", newline).encode())
    file.chmod(0o600)
    assert lint("--fix", "Dockerfile") == 0
    assert file.read_bytes() == b"\xef\xbb\xbf" + GOOD.replace("\n", newline).encode()
    assert file.stat().st_mode & 0o777 == 0o600


def test_ignored_findings_are_not_fixed(folder: Path) -> None:
    text = BAD.replace("# how it starts", "# smlint ignore=SM101 -- on purpose")
    (folder / "Dockerfile").write_text(text)
    assert lint("--fix", "Dockerfile") == 0
    assert (folder / "Dockerfile").read_text() == text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--unsafe-fixes", "Dockerfile"), "--unsafe-fixes says which fixes to apply"),
        (("--diff", "--output", "sarif=x", "Dockerfile"), "--diff gives no report; leave out --output"),
        (("--fix-only", "--statistics", "Dockerfile"), "--fix-only gives no report; leave out --statistics"),
        (
            ("--diff", "--show-suppressed", "Dockerfile"),
            "--diff gives no report; leave out --show-suppressed",
        ),
        (("--fix", "-"), "standard input cannot be fixed in place"),
    ],
)
def test_wrong_usage_is_told(
    folder: Path, arguments: tuple[str, ...], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lint(*arguments) == 2
    assert message in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_told(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    assert lint("--fix", "Dockerfile") == 2
    assert capsys.readouterr().err == "smlint: Dockerfile: cannot be written: Permission denied\n"
    assert (folder / "Dockerfile").read_text() == BAD


def test_a_file_that_cannot_be_written_hides_no_other(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    replace = os.replace

    def refuse(source: str, target: str) -> None:
        if "closed" in target:
            raise PermissionError(13, "Permission denied")
        replace(source, target)

    (folder / "closed").write_text(BAD)
    monkeypatch.setattr(os, "replace", refuse)
    assert lint("--fix", "--format", "concise", "closed", "Dockerfile") == 2
    said = capsys.readouterr()
    assert (folder / "Dockerfile").read_text() == GOOD
    assert said.out.startswith("closed:4:1: error SM101")
    assert said.err.splitlines() == [
        "smlint: fixed 1 finding",
        "smlint: closed: cannot be written: Permission denied",
    ]


def test_an_unreadable_input_does_not_hide_the_others(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lint("--fix", "gone", "Dockerfile") == 2
    assert (folder / "Dockerfile").read_text() == GOOD
    assert "gone" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such file names")
@pytest.mark.parametrize("name", ["a b", "n\nl", "t\tb", 'q"t', 'n\n"\\', "ü", "\x7f"])
def test_a_patch_of_a_file_with_an_odd_name_can_be_applied(
    name: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / name).write_text(BAD)
    assert lint("--diff", name) == 1
    patch = capsys.readouterr().out
    subprocess.run(["git", "apply", "-"], input=patch, text=True, cwd=folder, check=True)
    assert (folder / name).read_text() == GOOD


def test_fix_only_says_what_could_not_be_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert lint("--fix-only", "gone", "Dockerfile") == 2
    said = capsys.readouterr()
    assert (folder / "Dockerfile").read_text() == GOOD
    assert said.out == ""
    assert said.err.splitlines() == [
        "smlint: fixed 1 finding",
        "smlint: gone: It cannot be read: No such file or directory.",
    ]


def test_fixes_on_the_disk_come_to_an_end(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rules whose fixes undo each other leave one of the two texts, and a call that ends."""
    texts = iter("AB" * LIMIT)

    def undone(arguments: Arguments, registry: Registry, *, unsafe: bool) -> Result:
        return Result({}, {"Dockerfile": next(texts)}, (finding,))

    finding = Diagnostic("SM101", "n", Severity.ERROR, "m", "", "", FileLocation("Dockerfile", 1, 1, 1, 2))
    monkeypatch.setattr(mend, "in_memory", undone)
    assert mend.in_files(Arguments(), Registry({}), unsafe=False, failed=pytest.fail) == LIMIT
    assert (folder / "Dockerfile").read_text() in ("A", "B")
