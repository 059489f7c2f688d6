"""What is said about scripts against what real shells do with them: who is which process, with which words and end.

The program reports itself on standard output; nothing here waits for a time to pass.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path as FilePath
from typing import IO

import pytest

from smlint.shell.flow import Path, analyse

#: Seconds; far more than anything here takes on a loaded machine.
PATIENCE = 120.0
SHELLS = {"dash": ["dash"], "bash": ["bash"], "busybox": ["busybox", "sh"]}
CODE = 7
PROGRAM = f"""#!{sys.executable} -IS
import json, os, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: (os.write(1, b"told\\n"), os._exit(0)))
while "trapped" in sys.argv and not os.path.exists("trapped"):
    time.sleep(0.01)
os.write(1, json.dumps([os.getpid(), sys.argv[1:]]).encode() + b"\\n")
while sys.argv[1:2] == ["stay"]:
    time.sleep(0.01)  # A signal that comes just before pause() would not be seen.
sys.exit({CODE})
"""
TEXTS = [
    "./prog",
    "./prog \"$@\"",
    "exec ./prog \"$@\"",
    "n=0; while [ $n -lt 2 ]; do n=$((n+1)); ./prog \"$@\"; done",
    "n=0; while [ $n -lt 2 ]; do n=$((n+1)); ./prog \"$@\"; true; done",
    "n=0; until [ $n -ge 1 ]; do n=1; ./prog \"$@\"; done",
    "while read line; do ./prog \"$@\"; done < lib",
    "set -e; { ./prog \"$@\"; true; } | cat",
    "set -e; (./prog \"$@\"; true) | cat; exit 3",
    "set -e; true | { ./prog \"$@\"; true; }",
    "A=1 ./prog $1",
    "true; ./prog",
    "true && ./prog",
    "false || ./prog",
    "true\n./prog",
    "./prog; exit $?",
    "./prog; exit 0",
    "./prog; true",
    "./prog || true",
    "./prog || exit 3",
    "./prog && true",
    "./prog || false",
    "! ./prog",
    "./prog | cat",
    "true | ./prog",
    "set -e; ./prog; true",
    "set -e; ./prog | cat; true",
    "(./prog)",
    "(exec ./prog)",
    "{ ./prog; }",
    "{ ./prog \"$@\"; } 2>err",
    "./prog 2>err",
    "if true; then ./prog; fi",
    "if ./prog; then :; else exit 4; fi",
    "if ! ./prog; then echo failed >&2; exit 1; fi",
    "for i in 1; do ./prog $i; done",
    "case \"$1\" in train) ./prog t;; *) ./prog o;; esac",
    "[ \"$1\" = train ] && exec ./prog t; ./prog o",
    "if [ $# -eq 0 ]; then exec ./prog none; fi; shift; exec ./prog \"$@\"",
    "f() { ./prog \"$1\"; }; f x",
    "f() { exec ./prog \"$@\"; }; f \"$@\" y",
    "f() { ./prog; return $?; }; f; code=$?; echo done >&2; exit $code",
    "eval ./prog \"$@\"",
    "eval \"./prog \\\"\\$@\\\"; true\"",
    "set -- a \"$@\"; exec ./prog \"$@\"",
    "X=\"./prog x\"; $X",
    "exec ./prog \"${1:-other}\" \"${2:-more}\"",
    "trap 'true' TERM; ./prog",
    "trap 'true' EXIT; ./prog",
    "trap '' TERM; ./prog",
    "trap - TERM; ./prog",
    "./prog & wait",
    "./prog & wait $!",
    "./prog & p=$!; wait $p; code=$?; exit $code",
    "true & ./prog",
    "true &\n./prog",
    "cd . && ./prog",
    "export A=1; ./prog",
    "command ./prog",
    "env ./prog x",
    "while true; do ./prog; break; done",
    "while [ $# -gt 0 ]; do M=$1; shift; done; ./prog \"$M\"",
    ". ./lib; ./prog \"$WORD\"",
    "cat <<E >&2\nx\nE\n./prog",
    "./prog # comment",
    "./prog;",
    "./prog\n",
    "./prog\n\n",
    "\n./prog",
    "sleep 0 && ./prog && true || exit 9",
    "./prog; eval A=x",
    "until ./prog; do exit 9; done",
    "while ! ./prog; do exit 9; done",
    "n=0; while [ $n -lt 2 ]; do : $((n+=1)); done; ./prog",
    "M=; : ${M:=x}; ./prog $M",
    "M=; echo \"${M:=x}\" >&2; ./prog $M",
    "true; true && ./prog",
    "true;\ntrue && ./prog",
    "trap 'exit 0' EXIT; ./prog",
    "trap 'exit 0' EXIT; ./prog; exit 3",
    "trap 'code=$?; exit $code' EXIT; ./prog",
    "trap 'exit 0' EXIT; trap - EXIT; ./prog",
    "{ ./prog || true; } & wait $!",
    "(./prog; true) & p=$!; wait $p; exit $?",
    "f() { ./prog; exit; }; ! f",
    "set -e; ./prog | cat; exit 3",
    "./prog; case \"$1\" in serve) false;; esac",
    "./prog; case \"$1\" in train) ;; esac",
    "(trap 'exit 0' EXIT; ./prog)",
    "(trap 'exit 0' EXIT; ./prog) & wait $!",
    "./prog; if [ $? -ne 0 ]; then exit 4; fi",
    "./prog; if [ $? -eq 0 ]; then exit 0; fi; exit 4",
    "./prog; c=$?; if [ $c = 0 ]; then :; else exit $c; fi",
    "./prog; [ ! $? -eq 0 ] && exit 0; exit 0",
    "c=0; ./prog || c=$?; test $c -gt 0 && exit 5; true",
    "if ./prog; then :; else exit $?; fi",
    "if cd nowhere; then :; else ./prog; fi",
    "set -e; ./prog & wait $!; true",
    "set -e; { ./prog; true; } & wait $!; true",
    "set -e; f() { ./prog || return 3; return 0; }; f; true",
    "set -e; f() { (./prog; exit 4); return $?; }; c=0; f || c=$?; exit $c",
    "for i in 1 2; do ./prog && break; done",
    "for i in 1 2; do ./prog $1 && exit 0; done; exit 3",
    "set -u; (./prog; : \"$2\") || exit 3",
    "(./prog; : \"${2:?missing}\"; true) || exit 3",
    "trap 'exit 0' EXIT; set -o nounset; ./prog; : \"$2\"",
    "f() { ./prog \"$A\"; }; A=0; A=1 f",
    "A='a b'; export B=$A C='c d'; ./prog \"$B\" \"$C\"",
    "f() { local B=x$A; ./prog \"$B\" $B; }; A='a b'; f",
]  # fmt: skip
#: A program that starts before its shell's trap is set waits, under the name of ``trapped``, for the shell to say so.
SIGNALS = [
    ("exec ./prog stay", True),
    ("./prog stay", False),
    ("true; ./prog stay; true", False),
    ("./prog stay | cat", False),
    ("./prog stay & wait", False),
    ("./prog stay trapped & p=$!; trap 'kill -TERM $p' TERM; : > trapped; wait $p; wait $p", True),
    ("./prog stay trapped & p=$!; trap \"kill $p\" TERM; : > trapped; wait $p", True),
    ("f() { kill -TERM \"$p\"; wait \"$p\"; }; trap f TERM INT; ./prog stay trapped & p=$!; : > trapped; wait $p", True),
    ("trap 'exit 0' TERM; ./prog stay & wait", False),
]  # fmt: skip
#: A program that takes its time over SIGTERM; it says, once it is let go, whether its shell is still there.
PATIENT = f"""#!{sys.executable} -IS
import json, os, signal, time
shell = os.getppid()
def told(*_):
    os.write(1, b"told\\n")
    while not os.path.exists("go"):
        time.sleep(0.01)
    os.write(1, b"awaited\\n" if os.getppid() == shell else b"alone\\n")
    os._exit(7)
signal.signal(signal.SIGTERM, told)
while not os.path.exists("trapped"):
    time.sleep(0.01)
os.write(1, json.dumps([os.getpid()]).encode() + b"\\n")
while True:
    time.sleep(0.01)
"""
#: What stands behind the program's start; READY lets it go on, once the traps are set.
HANDLERS = [
    "trap 'kill -TERM $p' TERM; READY; wait $p; trap - TERM; wait $p",
    "trap 'kill -TERM $p' TERM INT; READY; wait $p; trap - TERM INT; wait $p; exit $?",
    "trap 'kill -TERM $p' TERM; READY; wait $p; trap '' TERM; wait $p",
    "trap 'kill -TERM $p' TERM; READY; wait $p; trap : TERM; wait $p",
    "trap 'kill -TERM $p' TERM; READY; wait; wait",
    "trap 'kill -TERM $p' TERM; READY; wait; trap - TERM; wait",
    "trap 'trap - TERM; kill -TERM $p' TERM; READY; wait $p; wait $p",
    "trap 'kill -TERM $p' TERM; READY; wait $p",
    "trap 'kill -TERM $p; wait $p' TERM; READY; wait $p",
    "trap 'kill -TERM $p; wait $p; exit $?' TERM; READY; wait $p",
    "trap 'kill -TERM $p; exit' TERM; READY; wait $p; wait $p",
    "trap : TERM; READY; wait $p; kill $p; wait $p",
    "trap true TERM; READY; wait $p; kill -TERM $p",
    "trap : TERM; READY; wait $p",
    "trap - TERM; READY; wait $p",
    "trap exit TERM; trap 'kill $p' EXIT; READY; wait $p",
    "trap exit TERM; trap 'kill $p; wait $p' EXIT; READY; wait $p",
    "trap 'kill $p; wait $p' EXIT; READY; wait $p",
    "trap 'kill $p' EXIT; READY; wait $p",
    "trap 'kill $p; wait $p' EXIT TERM; READY; wait $p",
    "trap 'kill -TERM $p' TERM; READY; while kill -0 $p 2>/dev/null; do wait $p; done",
    "trap 'kill -TERM $p' TERM; READY; wait $p; while kill -0 $p 2>/dev/null; do sleep 0.1; done",
    "trap 'kill -TERM $p' TERM; READY; wait $p || wait $p",
    "trap 'kill -TERM $p' SIGTERM; READY; wait $p; trap - SIGTERM; wait $p",
    "f() { kill -TERM \"$p\" 2>/dev/null; }; trap f TERM; READY; wait \"$p\"; trap - TERM; wait \"$p\"; s=$?; exit $s",
    "set -e; trap 'kill -TERM $p' TERM; READY; wait $p; trap - TERM; wait $p",
    "set -e; trap 'kill -TERM $p' TERM; READY; wait $p || true; trap - TERM; wait $p",
]  # fmt: skip


@pytest.fixture
def folder(tmp_path: FilePath) -> FilePath:
    program = tmp_path / "prog"
    program.write_text(PROGRAM)
    program.chmod(0o755)
    (tmp_path / "lib").write_text("WORD=sourced\n")
    return tmp_path


def command(shell: str, text: str, folder: FilePath, is_string: bool) -> list[str]:
    if not shutil.which(SHELLS[shell][0]):
        pytest.skip(f"there is no {shell} on this machine")
    (folder / "script.sh").write_text(text)
    return [*SHELLS[shell], *(["-c", text, "zero"] if is_string else ["script.sh"])]


@contextmanager
def running(words: list[str], folder: FilePath) -> Iterator[tuple[subprocess.Popen[str], IO[str]]]:
    """A process and what it writes; one that hangs is killed with all that it has started, and so fails the test."""
    run = subprocess.Popen(
        words,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    assert run.stdout is not None
    last = threading.Timer(PATIENCE, os.killpg, (run.pid, signal.SIGKILL))
    last.start()
    try:
        yield run, run.stdout
    finally:
        with suppress(ProcessLookupError):
            os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        last.cancel()
        run.stdout.close()


def signal_asleep(run: subprocess.Popen[str]) -> None:
    """SIGTERM to a shell once it waits: what comes just before ``wait``, bash notices only when ``wait`` ends."""
    state = FilePath(f"/proc/{run.pid}/stat")
    while state.exists() and state.read_text().rpartition(") ")[2][0] not in "SZ":
        time.sleep(0.001)
    run.send_signal(signal.SIGTERM)


def predicted(shell: str, text: str, folder: FilePath, is_string: bool) -> Path:
    from smlint.shell.flow import Sourced

    flow = analyse(
        text,
        dialect=shell,
        arguments=("zero", "train") if is_string else ("train",),
        is_command_string=is_string,
        read_source=lambda path, directory: Sourced(path, (folder / path).read_text()),
    )
    (path,) = [path for path in flow.paths if path.command.texts[0].endswith(("prog", "env"))]
    return path


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("is_string", [False, True], ids=["script", "string"])
@pytest.mark.parametrize("text", TEXTS)
def test_process_words_and_end(text: str, is_string: bool, shell: str, folder: FilePath) -> None:
    with running([*command(shell, text, folder, is_string), "train"], folder) as (run, output):
        pid, words = json.loads(output.read().splitlines()[0])
        run.wait()
    path = predicted(shell, text, folder, is_string)
    assert path.replaces.value is (pid == run.pid)
    ours = [word for word in path.command.texts if word not in ("env", "./prog")]
    assert ours == words
    assert path.keeps_exit_code.value is (run.returncode != 0)


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(("text", "told"), SIGNALS)
def test_signal(text: str, told: bool, shell: str, folder: FilePath) -> None:
    with running(command(shell, text + "\n", folder, False), folder) as (run, output):
        pid, _ = json.loads(output.readline())
        signal_asleep(run)
        if told:
            assert output.readline() == "told\n"
        run.wait()
        if not told:
            # The shell is gone, so that nobody can tell the program any more.
            os.kill(pid, signal.SIGKILL)
            assert output.read() == ""
    assert predicted(shell, text, folder, False).forwards_signal.value is told


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("text", HANDLERS)
def test_handlers_of_a_program_that_takes_its_time(text: str, shell: str, folder: FilePath) -> None:
    (folder / "prog").write_text(PATIENT)
    text = f"./prog & p=$!; {text}\n".replace("READY", ": > trapped")
    path = predicted(shell, text, folder, False)
    with running(command(shell, text, folder, False), folder) as (run, output):
        (pid,) = json.loads(output.readline())
        signal_asleep(run)
        if path.forwards_signal.value:
            assert output.readline() == "told\n"
        if not (path.forwards_signal.value and path.awaits_program.value):
            run.wait()
        (folder / "go").touch()
        if path.forwards_signal.value:
            assert output.readline() == ("awaited\n" if path.awaits_program.value else "alone\n")
        else:
            os.kill(pid, signal.SIGKILL)
            assert output.read() == ""
        run.wait()
    assert path.forwards_signal.value is not None
    assert path.awaits_program.value is not None
