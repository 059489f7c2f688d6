"""`smlint lint` as a user calls it: inputs, exit codes, options, and what goes where."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from smlint.cli import main
from smlint.cli.linting import read_stdin

GOOD = 'FROM python:3.12-slim\nENTRYPOINT ["python", "/opt/program/train.py"]\n'
BAD = "FROM python:3.12-slim\nENTRYPOINT python /opt/program/train.py\n"
INFO = '# smlint workload=training\nFROM python:3.12-slim\nUSER app\nENTRYPOINT ["python", "/opt/program/train.py"]\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def codes(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [line.split()[2] for line in capsys.readouterr().out.splitlines()]


def test_a_path_alone_is_linted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "Dockerfile").write_text(BAD)
    assert main(["Dockerfile", "-f", "concise"]) == 1
    assert codes(capsys) == ["SM101"]


def test_without_a_path_the_current_folder_is_linted(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "Dockerfile.gpu").write_text(BAD)
    assert main(["--format", "concise"]) == 1
    assert capsys.readouterr().out.startswith("sub/Dockerfile.gpu:2:1: error SM101 ")


@pytest.mark.parametrize("name", ["rule", "lint", "config", "image"])
def test_the_name_of_a_command_never_hides_a_file(
    folder: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / name).write_text(BAD)
    assert main([f"./{name}", "-f", "concise"]) == 1
    assert codes(capsys) == ["SM101"]


def test_standard_input_takes_the_name_it_is_given(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(BAD.encode())))
    read_stdin.cache_clear()
    assert main(["-", "--stdin-filename", "app/Dockerfile", "-f", "concise"]) == 1
    assert capsys.readouterr().out.startswith("app/Dockerfile:2:1: ")


@pytest.mark.parametrize(
    ("text", "arguments", "code"),
    [
        (GOOD, [], 0),
        (BAD, [], 1),
        (INFO, [], 0),
        (INFO, ["--fail-level", "info"], 1),
        (BAD, ["--severity", "SM101=info"], 0),
        (BAD, ["--severity", "SM1=info", "--severity", "SM101=error"], 1),
        (BAD, ["--ignore", "SM1"], 0),
        (BAD, ["--select", "SM2,SM3"], 0),
        (BAD, ["--select", "SM2", "--extend-select", "shell-form-entrypoint"], 1),
    ],
)
def test_exit_codes(folder: Path, text: str, arguments: list[str], code: int) -> None:
    (folder / "Dockerfile").write_text(text)
    assert main(["Dockerfile", *arguments]) == code


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--select", "SM1O1"], "did you mean SM101"),
        (["--ignore", "shell-form-entrypiont"], "did you mean SM101 (shell-form-entrypoint)?"),
        (["--severity", "SM101=fatal"], "error, warning or info"),
        (["--severity", "SM101"], "KEY=VALUE"),
        (["--fail-level", "never"], "error, warning or info"),
        (["--format", "xml"], "text, concise, json"),
        (["--build-arg", "=1"], "KEY=VALUE"),
        (["--config", "gone.toml"], "gone.toml"),
        (["--stage", "gone"], "gone"),
        (["--output", "gone/report.txt"], "gone/report.txt: cannot be written"),
        (["--output", "serif=report.txt"], "there is no format 'serif'"),
        (["--output", "sarif="], "--output names a file"),
        (["--output", "-"], "--format NAME says what goes to standard output"),
        (["--output", "json=-"], "--format NAME says what goes to standard output"),
        (["--isolated", "--config", "smlint.toml"], "leave out --config"),
    ],
)
def test_wrong_usage_ends_in_one_line(
    folder: Path, arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "Dockerfile").write_text(GOOD)
    assert main(["Dockerfile", *arguments]) == 2
    message = capsys.readouterr().err
    assert told in message
    assert len(message.splitlines()) == 1


@pytest.mark.parametrize("kind", ["missing", "folder without Dockerfile", "link", "fifo", "binary", "nul"])
def test_an_input_that_cannot_be_read_hides_no_other(
    folder: Path, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "Dockerfile").write_text(BAD)
    other = folder / "other"
    if kind == "folder without Dockerfile":
        other.mkdir()
    elif kind == "link":
        other.symlink_to("gone")
    elif kind == "fifo":
        os.mkfifo(other)
    elif kind == "binary":
        other.write_bytes(b"\x7fELF\xff\xfe")
    elif kind == "nul":
        other.write_bytes(b"FROM a\x00b\n")
    code = main(["other", "Dockerfile", "-f", "concise"])
    printed = capsys.readouterr()
    assert "Dockerfile:2:1: error SM101" in printed.out
    assert code == 2
    assert printed.err.startswith("smlint: other: ")
    assert len(printed.err.splitlines()) == 1


def test_a_folder_that_cannot_be_opened_is_not_called_empty(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(path: str) -> NoReturn:
        raise PermissionError(13, "Permission denied")

    (folder / "closed").mkdir()
    monkeypatch.setattr(os, "scandir", refuse)
    assert main(["closed"]) == 2
    assert capsys.readouterr().err == "smlint: closed: cannot be looked into: Permission denied\n"


def test_reports_go_to_files_and_to_standard_output(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "Dockerfile").write_text(BAD)
    assert main(["Dockerfile", "-f", "concise", "-o", "json=report.json"]) == 1
    assert capsys.readouterr().out.startswith("Dockerfile:2:1: error SM101 ")
    report = json.loads((folder / "report.json").read_text())
    assert [finding["code"] for finding in report["diagnostics"]] == ["SM101"]
    assert main(["Dockerfile", "-f", "concise", "-o", "report.txt"]) == 1
    assert capsys.readouterr().out == ""
    assert (folder / "report.txt").read_text().startswith("Dockerfile:2:1: error SM101 ")


def test_json_says_which_stage_and_workloads_were_judged(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "Dockerfile").write_text(f"# smlint workload=processing\nFROM a AS sagemaker\n{BAD}")
    assert main(["Dockerfile", "-f", "json"]) == 0
    (subject,) = json.loads(capsys.readouterr().out)["subjects"]
    assert subject == {
        "kind": "dockerfile",
        "name": "Dockerfile",
        "workloads": ["processing"],
        "stage": "sagemaker",
    }


def test_the_flag_wins_over_the_comment_and_the_comment_over_the_configuration(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cmd = 'FROM python:3.12-slim\nENTRYPOINT ["python", "/opt/program/run.py"]\nCMD ["--all"]\n'
    (folder / "smlint.toml").write_text('workload = ["training"]\n')
    (folder / "Dockerfile").write_text("# smlint workload=processing\n" + cmd)
    assert main(["Dockerfile", "-f", "concise"]) == 0
    assert main(["Dockerfile", "-w", "training", "-f", "concise"]) == 1
    (folder / "Dockerfile").write_text(cmd)
    assert main(["Dockerfile", "-f", "concise"]) == 1
    assert codes(capsys) == ["SM104", "SM104"]


def test_settings_are_those_of_each_file_s_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a", "b"):
        (folder / name).mkdir()
        (folder / name / "Dockerfile").write_text(BAD)
    (folder / "a" / "smlint.toml").write_text('ignore = ["SM101"]\n')
    assert main([".", "-f", "concise"]) == 1
    assert capsys.readouterr().out.startswith("b/Dockerfile:2:1: ")
    assert main([".", "-f", "concise", "--isolated"]) == 1
    assert codes(capsys) == ["SM101", "SM101"]


def test_excluded_files_are_left_out_unless_they_are_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "old").mkdir()
    (folder / "old" / "Dockerfile").write_text(BAD)
    (folder / "Dockerfile").write_text(GOOD)
    assert main([".", "--exclude", "old/"]) == 0
    assert main(["old/Dockerfile", "--exclude", "old/"]) == 1
    assert main(["old/Dockerfile", "--exclude", "old/", "--force-exclude"]) == 0
    assert "SM101" in capsys.readouterr().out


def test_quiet_is_silent_when_there_is_nothing_to_say(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "Dockerfile").write_text(GOOD)
    assert main(["Dockerfile", "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


def test_a_bug_is_one_line_and_exit_code_3(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("unforeseen")

    monkeypatch.setattr("smlint.cli.linting.Checker.run", broken)
    assert main(["Dockerfile"]) == 3
    error = capsys.readouterr().err
    assert error.startswith("smlint: a bug in smlint (RuntimeError: unforeseen); please report it at ")
    assert len(error.splitlines()) == 1
    assert main(["Dockerfile", "--verbose"]) == 3
    assert "Traceback" in capsys.readouterr().err


def test_what_is_not_needed_is_not_imported(folder: Path) -> None:
    """A hook pays for every import on every commit."""
    (folder / "Dockerfile").write_text(BAD)
    script = (
        "import sys; from smlint.cli import main; main(['Dockerfile']); "
        "print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    # What measures coverage imports things of its own.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment
    )
    imported = set(run.stderr.split())
    assert "dockerfile_parse" in imported
    assert not imported & {
        "docker",
        "requests",
        "rich",
        "yaml",
        "pathspec",
        "botocore",
        "pygls",
        "email",
        "tomllib",
    }


def test_a_clean_file_is_judged_without_what_only_some_files_need(folder: Path) -> None:
    (folder / "train.py").write_text("")
    (folder / "Dockerfile").write_text(
        'FROM python:3.12-slim\nCOPY train.py /opt/program/\nENTRYPOINT ["/usr/bin/env"]\n'
    )
    script = (
        "import sys; from smlint.cli import main; main(['Dockerfile']); "
        "print(*sorted(sys.modules), file=sys.stderr)"
    )
    # What measures coverage imports things of its own.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment
    )
    imported = set(run.stderr.split())
    assert "smlint_rules.nvidia_driver" in imported
    assert not imported & {
        "ast",
        "tree_sitter",
        "smlint.discover",
        "smlint.dockerfile.effects",
        "smlint.dockerfile.ignorefile",
        "smlint.shell.flow",
        "smlint.suppressions",
        "smlint_rules.driver_packages",
        "smlint_rules.driver_search",
        "smlint_rules.written",
    }


def test_a_reader_that_goes_away_is_no_error(folder: Path) -> None:
    (folder / "Dockerfile").write_text(BAD)
    command = f"{sys.executable} -c 'from smlint.cli import run; run()' Dockerfile | true"
    run = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert run.stderr == ""


@pytest.mark.parametrize("options", [[], ["--force-exclude"], ["--isolated"], ["--color", "auto"]])
def test_a_call_says_the_same_with_and_without_the_option_parser(
    folder: Path, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "Dockerfile").write_text(BAD)
    assert main([*options, "Dockerfile"]) == 1
    said = capsys.readouterr()
    assert main(["lint", "Dockerfile", *options]) == 1
    assert capsys.readouterr() == said
    assert "error[SM101]" in said.out


def test_a_file_that_is_named_in_several_ways_is_linted_once(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "Dockerfile").write_text(BAD)
    assert main(["Dockerfile", "./Dockerfile", str(folder), ".", "-f", "concise"]) == 1
    assert capsys.readouterr().out.count("SM101") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows removes no folder that is in use")
@pytest.mark.parametrize("words", [[], ["config"], ["lint", "-v"]])
def test_a_current_folder_that_is_gone_is_one_line(
    words: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = folder / "gone"
    gone.mkdir()
    os.chdir(gone)
    gone.rmdir()
    assert main(words) == 2
    assert capsys.readouterr().err == "smlint: the current folder has been removed\n"


def test_a_terminal_gets_links_and_a_pipe_does_not(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "Dockerfile").write_text(BAD)
    assert main(["Dockerfile", "--color", "always"]) == 1
    shown = capsys.readouterr().out
    target = re.findall(r"\x1b\]8;[^;]*;(https://docs\.aws\.amazon\.com/[^\x1b]+)\x1b\\", shown)
    assert len(target) == 1
    assert shown.count(target[0]) == 2
    assert main(["Dockerfile"]) == 1
    assert "\x1b" not in capsys.readouterr().out


def test_colours_need_no_width(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Some containers' terminals say that they have no columns."""
    (folder / "Dockerfile").write_text(BAD)
    monkeypatch.setenv("COLUMNS", "0")
    assert main(["Dockerfile", "--color", "always"]) == 1
    assert "SM101" in capsys.readouterr().out


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no /dev/full")
@pytest.mark.parametrize(
    "words", [["Dockerfile"], ["rule", "SM101"], ["--diff", "Dockerfile"], ["--version"]]
)
def test_output_that_cannot_be_written_is_one_line(words: list[str], folder: Path) -> None:
    (folder / "Dockerfile").write_text("FROM a\nENTRYPOINT python train.py\n")
    with open("/dev/full", "w") as full:
        run = subprocess.run(
            [sys.executable, "-m", "smlint", *words],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=folder,
        )
    assert (run.returncode, run.stderr) == (
        2,
        "smlint: standard output cannot be written: No space left on device\n",
    )


@pytest.mark.skipif(os.name != "posix", reason="the shell's way to close streams")
@pytest.mark.parametrize(
    ("closed", "code", "said"),
    [
        ("<&-", 2, "smlint: standard input is closed\n"),
        (">&-", 2, "smlint: standard output is closed\n"),
        ("2>&-", 2, ""),
    ],
)
def test_a_closed_stream_is_one_line(closed: str, code: int, said: str, folder: Path) -> None:
    words = "nowhere" if closed == "2>&-" else "-"
    run = subprocess.run(
        ["sh", "-c", f'"$1" -m smlint {words} {closed}', "sh", sys.executable],
        input="FROM a\n",
        capture_output=True,
        text=True,
        cwd=folder,
    )
    assert (run.returncode, run.stderr) == (code, said)


def test_a_context_that_is_no_folder_is_wrong_usage(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "Dockerfile").write_text(GOOD)
    for command in ("lint", "launch"):
        assert main([command, "Dockerfile", "--context", "contxt"]) == 2
        assert capsys.readouterr().err == "smlint: --context: contxt is not a folder\n"
