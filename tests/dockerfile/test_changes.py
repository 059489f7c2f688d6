"""What RUN commands are said to do to files against what they do: known modes, contents and absences must be real."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from smlint.container import ABSENT, UNRESOLVED, FileKind, Known, Unknown
from smlint.dockerfile import parse
from smlint.dockerfile.build import build_container
from tests.dockerfile.changing import CERTAIN, CLOSING, TRUE, UNCERTAIN, WRITTEN_OVER


@pytest.fixture
def context(tmp_path: Path) -> Path:
    root = tmp_path / "context"
    (root / "d").mkdir(parents=True)
    (root / "a.sh").write_bytes(b"#!/bin/sh\r\necho a\r\n")
    (root / "d" / "run").write_text("#!/bin/sh\n")
    (root / "d" / "b.py").write_text("pass\n")
    (root / "d" / "open").write_text("open\n")
    (root / "d" / "open").chmod(0o666)
    (root / "a.sh").chmod(0o644)
    (root / "d" / "run").chmod(0o755)
    (root / "d" / "b.py").chmod(0o600)
    return root


def compare(
    command: str, paths: list[str], context: Path, root: Path, shell: str = "bash"
) -> dict[str, object]:
    """Run ``command`` on a copy of the context; what is said of each path, after asserting that it is no lie."""
    if command in CLOSING and os.geteuid() != 0:
        pytest.skip("only root may look at what this command closes")
    shutil.copytree(context, root)
    done = subprocess.run([shell, "-c", f"umask 022; {command}"], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    run = f"RUN <<'END'\n{command}\nEND" if "\n" in command else f"RUN {command}"
    chosen = "" if shell == "sh" else f'SHELL ["{shell}", "-c"]\n'
    text = f"FROM scratch\n{chosen}WORKDIR {root}\nCOPY . .\n{run}\n"
    container = build_container(parse(text), path="Dockerfile", context=str(context))
    found: dict[str, object] = {}
    for path in paths:
        fact = found[path] = container.files.lookup(str(root / path))
        real = root / path
        if fact is ABSENT:
            assert not os.path.lexists(real), f"{path} is there"
        if not isinstance(fact, Known):
            continue
        entry, status = fact.value, real.stat()
        assert stat.S_ISDIR(status.st_mode) == (entry.kind is FileKind.DIRECTORY)
        assert entry.mode is None or entry.mode == stat.S_IMODE(status.st_mode), path
        if entry.content is not None and UNRESOLVED.encode() not in entry.content:
            assert entry.content == real.read_bytes()
    return found


@pytest.mark.parametrize("command", CERTAIN)
def test_what_is_certain_is_said_and_true(command: str, context: Path, tmp_path: Path) -> None:
    certain = CERTAIN[command].split()
    found = compare(command, certain, context, tmp_path / "root")
    assert [path for path in certain if isinstance(found[path], Unknown)] == []


@pytest.mark.parametrize("command", WRITTEN_OVER)
def test_the_mode_of_what_is_written_over_is_known_and_true(
    command: str, context: Path, tmp_path: Path
) -> None:
    found = compare(command, WRITTEN_OVER[command].split(), context, tmp_path / "root")
    modes = [fact.value.mode for fact in found.values() if isinstance(fact, Known)]
    assert len(modes) == len(found)
    assert None not in modes


@pytest.mark.parametrize("command", TRUE)
def test_what_is_said_is_true(command: str, context: Path, tmp_path: Path) -> None:
    compare(command, TRUE[command].split(), context, tmp_path / "root")


@pytest.mark.parametrize(
    "command",
    [
        "mkdir -p {e,x}/y",
        "mkdir -p $PWD/{e,x}",
        "touch {n,x}",
        "echo {a,b} > n",
        "echo -e 'a\\tb' > n",
        "echo -E a > n",
        "printf '\\e' > n",
        "echo a &> n; while [ ! -f n ]; do :; done",
    ],
)
def test_what_shells_read_differently_is_not_said(command: str, context: Path, tmp_path: Path) -> None:
    compare(command, ["e", "e/y", "x", "n", "{n,x}"], context, tmp_path / "root", shell="sh")


def test_workdir_leaves_a_directory_as_it_is(context: Path) -> None:
    text = "FROM scratch\nCOPY d /d\nRUN chmod 700 /d\nWORKDIR /d\nWORKDIR sub\n"
    files = build_container(parse(text), path="Dockerfile", context=str(context)).files
    modes = [fact.value.mode for fact in map(files.lookup, ("/d", "/d/sub")) if isinstance(fact, Known)]
    # A RUN may have made the other one.
    assert modes == [0o700, None]


@pytest.mark.parametrize("command", UNCERTAIN)
def test_what_is_uncertain_is_not_said(command: str, context: Path, tmp_path: Path) -> None:
    unknown = UNCERTAIN[command].split()
    found = compare(command, ["a.sh", "d/run", "n", "e", *unknown], context, tmp_path / "root")
    assert [path for path in unknown if not isinstance(found[path], Unknown)] == []
