"""What a shell is offered, asked as bash asks."""

from __future__ import annotations

import os
import re
import select
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from smlint.cli.bash_words import whole_words

SMLINT = str(Path(sys.executable).parent / "smlint")


def offered(line: str, cwd: Path) -> list[str]:
    """Completions of the last word of ``line``."""
    environ = {
        **os.environ,
        "_SMLINT_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(line.split(" ")) - 1),
    }
    done = subprocess.run([SMLINT], cwd=cwd, env=environ, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("smlint ru", ["rule"]),
        ("smlint lint --format sa", ["sarif"]),
        ("smlint --format gi", ["github", "gitlab"]),
        ("smlint Dockerfile --fail-level e", ["error"]),
        ("smlint lint --select SM30", ["SM301", "SM302", "SM303", "SM304", "SM305", "SM306"]),
        ("smlint lint --ignore SM1,tini", ["SM1,tini-entrypoint"]),
        (
            "smlint lint --severity tini",
            [f"tini-entrypoint={level}" for level in ("info", "warning", "error")],
        ),
        ("smlint lint --severity SM50", ["SM501=", "SM502=", "SM503="]),
        ("smlint lint --output sa", ["sarif=smlint.sarif"]),
        ("smlint lint --output g", ["github=", "gitlab="]),
        ("smlint lint --workload p", ["processing"]),
        ("smlint rule efa", ["efa-kernel-module"]),
        ("smlint lint --stage s", ["sagemaker"]),
        ("smlint lint other --stage t", ["test"]),
    ],
)
def test_a_word_is_completed(line: str, expected: list[str], tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM a AS build\nFROM build AS sagemaker\n")
    (tmp_path / "other").write_text("FROM a AS test\n")
    assert offered(line, tmp_path) == expected


def test_a_broken_dockerfile_offers_no_stages(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FORM a AS build\n")
    assert offered("smlint lint --stage b", tmp_path) == []


@pytest.mark.parametrize(
    ("shell", "sign"),
    [
        ("bash", "complete -o default -F _smlint_completion smlint"),
        ("zsh", "#compdef smlint"),
        ("fish", "complete --command smlint"),
        ("pwsh", "Register-ArgumentCompleter"),
    ],
)
def test_the_script_for_a_shell(shell: str, sign: str) -> None:
    done = subprocess.run([SMLINT, "--show-completion", shell], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert sign in done.stdout


def test_a_home_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.write_text("no folder\n")
    done = subprocess.run(
        [SMLINT, "--install-completion", "bash"],
        env={**os.environ, "HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (2, f"smlint: {home}: cannot be written: File exists\n")


def test_an_unknown_shell_is_refused() -> None:
    done = subprocess.run([SMLINT, "--show-completion", "ed"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "bash" in done.stderr


#: One answer is written into the line; of several, what they share.
TYPED = [
    ("smlint ru", "smlint rule "),
    ("smlint lint --format sa", "smlint lint --format sarif "),
    ("smlint lint --format=sa", "smlint lint --format=sarif "),
    ("smlint lint --select SM4", "smlint lint --select SM40"),
    ("smlint lint --ignore SM1,tini", "smlint lint --ignore SM1,tini-entrypoint "),
    ("smlint lint --severity SM101=w", "smlint lint --severity SM101=warning "),
    ("smlint lint --severity tini", "smlint lint --severity tini-entrypoint="),
    ("smlint lint --output sa", "smlint lint --output sarif=smlint.sarif "),
    ("smlint lint --stage s", "smlint lint --stage sagemaker "),
    ("smlint Dock", "smlint Dockerfile "),
]


@pytest.mark.parametrize(("line", "expected"), TYPED)
def test_a_tab_in_a_real_bash(line: str, expected: str, tmp_path: Path) -> None:
    """bash has its own idea of words, which only bash can tell."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("there is no bash")
    (tmp_path / "Dockerfile").write_text("FROM a AS build\nFROM build AS sagemaker\n")
    master, slave = os.openpty()
    environ = {**os.environ, "PS1": "> ", "TERM": "dumb", "INPUTRC": os.devnull, "HISTFILE": os.devnull}
    environ["PATH"] = f"{Path(SMLINT).parent}{os.pathsep}{environ['PATH']}"
    shell = subprocess.Popen(
        [bash, "--norc", "--noprofile", "-i"],
        cwd=tmp_path,
        env=environ,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    try:
        os.write(master, b"source <(smlint --show-completion bash); echo rea''dy\n")
        wait_for(master, b"ready\r\n")
        # Tab completes; Ctrl-A and Ctrl-E quote the line, so that echo shows what has become of it.
        os.write(master, line.encode() + b"\t\x01printf '<%s>\\n' '\x05'\n")
        shown = wait_for(master, b">\r\n")
    finally:
        os.close(master)
        shell.kill()
        shell.wait()
    assert re.findall(r"<(.*)>\r\n", shown.decode())[-1] == expected


def wait_for(terminal: int, end: bytes) -> bytes:
    """Read until ``end`` is shown."""
    seen = b""
    while end not in seen:
        ready, _, _ = select.select([terminal], [], [], 60)
        assert ready, seen
        seen += os.read(terminal, 65536)
    return seen


@pytest.mark.parametrize(
    ("pieces", "index", "words", "place"),
    [
        (["a", "b"], 1, ["a", "b"], 1),
        (["a", "--x", "=", "b"], 3, ["a", "--x=b"], 1),
        (["a", "--x", "="], 2, ["a", "--x="], 1),
        (["a", "--x", "=", "b", "c"], 4, ["a", "--x=b", "c"], 2),
        (["a", "--x", "y", "=", "z", ""], 5, ["a", "--x", "y=z", ""], 3),
    ],
)
def test_words_of_bash_are_joined(pieces: list[str], index: int, words: list[str], place: int) -> None:
    assert whole_words(pieces, index) == (words, place)
