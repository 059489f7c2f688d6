"""The launcher table: every row is complete, and argument vectors are split where the program begins."""

from __future__ import annotations

import shlex

import pytest

from smlint.launch import launchers, programs
from smlint.launch.launchers import Starts, split, table
from smlint.tables import mentions, read_table


def test_every_row_is_found_without_parsing_the_table() -> None:
    rows = read_table(launchers.__file__, "launchers.toml")["launcher"]
    named = [word for row in rows for word in (*row["names"], *row.get("modules", ()))]
    assert named
    assert all(mentions(launchers.__file__, "launchers.toml", ("names", "modules"), word) for word in named)
    assert not mentions(launchers.__file__, "launchers.toml", ("names", "modules"), "python")
    assert all(programs.is_known(name) for name in programs.known_programs() if not name.startswith("-m "))


@pytest.mark.parametrize("name", sorted(table()))
def test_every_row_has_a_source(name: str) -> None:
    row = table()[name]
    assert row.source.startswith("https://")
    if row.forwards is False:
        assert row.note, "the reason is what a finding prints"


@pytest.mark.parametrize(
    ("command", "program"),
    [
        ("tini -- prog train", "prog train"),
        ("/usr/bin/tini -g -p SIGKILL prog train", "prog train"),
        ("dumb-init --rewrite 15:2 -- prog", "prog"),
        ("tini --", ""),
        ("env A=1 B=2 prog", "prog"),
        ("env -u HOME -i A=1 prog -x", "prog -x"),
        ("gosu user:group prog -u", "prog -u"),
        ("setpriv --reuid=1 --regid 1 --init-groups prog", "prog"),
        ("conda run --no-capture-output -n env python t.py", "python t.py"),
        ("conda run -n env -- python t.py", "python t.py"),
        ("poetry run python t.py", "python t.py"),
        ("conda -v run -n env python t.py", "python t.py"),
        ("timeout -k 5", ""),
        ("uv run --frozen --with torch python t.py", "python t.py"),
        ("timeout -k 5 100 prog", "prog"),
        ("torchrun --standalone --nproc_per_node 4 t.py --lr 1", "t.py --lr 1"),
        ("torchrun --nproc_per_node=4 -m pkg.t --lr 1", "pkg.t --lr 1"),
        ("accelerate launch --num_processes 2 t.py", "t.py"),
        ("deepspeed --num_gpus=8 t.py --deepspeed c.json", "t.py --deepspeed c.json"),
        ("mpirun -np 2 -x A --allow-run-as-root python t.py", "python t.py"),
        ("su user -c 'prog a'", "'prog a'"),
        ("runuser -u user -- prog a", "prog a"),
        ("nohup prog &", "prog &"),
        ("sudo -E -u user prog", "prog"),
        ("npm start", ""),
        ("su", ""),
    ],
)
def test_split(command: str, program: str) -> None:
    argv = shlex.split(command)
    found = split(argv)
    assert found is not None
    assert argv[found.start :] == shlex.split(program)


@pytest.mark.parametrize(
    "command",
    [
        "",
        "conda",
        "conda -v install x",
        "conda install x",
        "poetry install",
        "prog",
        "run",
        "uv pip install x",
        "python t.py",
    ],
)
def test_no_launcher(command: str) -> None:
    assert split(shlex.split(command)) is None


def test_modules() -> None:
    found = split(["-m", "torch.distributed.run", "--nnodes", "1", "t.py"])
    assert found is not None
    assert (found.launcher.names[0], found.start) == ("torchrun", 4)
    found = split(["-m", "accelerate.commands.launch", "t.py"])
    assert found is not None
    assert found.start == 2


def test_torchrun_without_python() -> None:
    found = split(["torchrun", "--no-python", "prog", "a"])
    assert found is not None
    assert (found.launcher.starts, found.start) == (Starts.ARGV, 2)
    found = split(["torchrun", "-m", "pkg"])
    assert found is not None
    assert (found.module, found.start) == (True, 2)


@pytest.mark.parametrize(
    ("command", "group"),
    [
        ("dumb-init -- prog -c", True),
        ("dumb-init -c -- prog", False),
        ("tini -- prog -g", False),
        ("tini -g -- prog", True),
        ("catatonit -- prog", False),
    ],
)
def test_who_tells_the_whole_group(command: str, group: bool) -> None:
    argv = shlex.split(command)
    found = split(argv)
    assert found is not None
    assert found.tells_group(argv) is group
