"""Command lines of shells, taken apart; and which shell a ``sh`` is."""

from __future__ import annotations

import shlex
from collections.abc import Callable

import pytest

from smlint.container import Container
from smlint.launch.shells import implementation, shell_call

Make = Callable[..., Container]


@pytest.mark.parametrize(
    ("command", "operand", "is_string", "rest"),
    [
        ("sh -c 'a b' x y", "a b", True, "x y"),
        ("bash -lc 'a b'", "a b", True, ""),
        ("bash -e -o pipefail -c 'a b' bash", "a b", True, "bash"),
        ("bash -euo pipefail -c a", "a", True, ""),
        ("/bin/bash run.sh train", "run.sh", False, "train"),
        ("bash -m run.sh train", "run.sh", False, "train"),
        ("bash --login -x run.sh", "run.sh", False, ""),
        ("bash -- run.sh -c", "run.sh", False, "-c"),
        ("bash --rcfile f run.sh", "run.sh", False, ""),
        ("busybox sh -c a b", "a", True, "b"),
        ("zsh -c a", "a", True, ""),
    ],
)
def test_a_shell_with_something_to_run(command: str, operand: str, is_string: bool, rest: str) -> None:
    argv = shlex.split(command)
    call = shell_call(argv)
    assert call is not None
    assert call.operand is not None
    assert (argv[call.operand], call.is_string) == (operand, is_string)
    assert argv[call.rest :] == shlex.split(rest)


@pytest.mark.parametrize("command", ["bash", "sh -i", "bash -s a b", "bash -c", "bash -o", "/bin/sh -l"])
def test_a_shell_with_nothing_to_run(command: str) -> None:
    call = shell_call(shlex.split(command))
    assert call is not None
    assert call.operand is None


@pytest.mark.parametrize("command", ["python x", "busybox ls", "busybox", "shell -c a", ""])
def test_no_shell(command: str) -> None:
    assert shell_call(shlex.split(command)) is None


def test_options_are_kept() -> None:
    call = shell_call(shlex.split("bash -eu -o pipefail +e run.sh"))
    assert call is not None
    assert call.options == {"u", "pipefail"}


def test_which_shell_it_is(container: Make) -> None:
    linked = container(files={"/bin/dash": b"\x7fELF\0"}, links={"/bin/sh": "/bin/dash"})
    assert implementation(linked, "sh", by_name=False) == "dash"
    assert implementation(linked, "bash", by_name=False) == "bash"
    assert implementation(linked, "ash", by_name=False) == "busybox"
    unseen = container(unseen=["/"])
    assert implementation(unseen, "/bin/sh", by_name=True) is None
