"""Which commands of RUN text may fail and nothing comes of it, and which may not be run."""

from __future__ import annotations

import pytest

from smlint.diagnostics import FileLocation
from smlint.shell.commands import read_commands, unwrap_commands


def marked(text: str, *, errexit: bool = False) -> tuple[str, str]:
    """The programs that are run for certain but may fail, and those that may not be run."""
    read = read_commands(
        text,
        lookup=lambda name: None,
        directory="/",
        locate=lambda start, end: FileLocation("Dockerfile", 1, start + 1, 1, end + 1),
        errexit=errexit,
    )
    names = [command.words[0].text for command in read.commands]
    tolerated = " ".join(names[at] for at in sorted(read.tolerated - read.conditional))
    return tolerated, " ".join(names[at] for at in sorted(read.conditional))


@pytest.mark.parametrize(
    ("text", "tolerated", "conditional"),
    [
        ("a", "", ""),
        ("a && b", "", ""),
        ("a; b", "a", ""),
        ("a & b", "a", ""),
        ("a | b", "a", ""),
        ("a || b", "a", "b"),
        ("a || exit 1; b", "", "exit"),
        ("a || { echo; exit 1; }; b", "", "echo exit"),
        ("a || exit; b", "", "exit"),
        ("a || { echo; exit; }; b", "a", "echo exit b"),
        ("a || exit 0; b", "a", "exit b"),
        ("(a || exit 1); b", "a", "exit"),
        ("a && b || c", "a", "b c"),
        ("cd x && b || c", "cd b", "c"),
        ("cd x > y && b || c", "cd", "b c"),
        ("a && b; c", "a", "b"),
        ("a || b && c", "a", "b"),
        ("set -e; a; b", "set", ""),
        ("set -eux\na\nb", "set", ""),
        ("set -o errexit; a; b", "set", ""),
        ("set -e; set +e; a; b", "set a", ""),
        ("(set -e; a; b); c", "set a", "b"),
        ("set -e; (a; b); c", "set", ""),
        ("set -e; { a; b; } | c", "set a", "b"),
        ("set -e; { a; b; } & c", "set a", "b"),
        ("set -e; a && b; c", "set a", "b"),
        ("set -e; a || true; c", "set a", "true"),
        ("set -e; { a; b; } || true; c", "set a b", "true"),
        ("set -e; if a; then b; fi; c", "set a", "b"),
        ("set -e; ! a; c", "set a", ""),
        ("set -e; echo $(a); c", "set a", ""),
        ("for f in x y; do a; done", "a a", ""),
        ("set -e; for f in x y; do a; done", "set", ""),
        ("exit 0; a", "exit", ""),
        ("(exit; a); b", "exit", ""),
        ("exec a; b", "exec", ""),
        ("exec > x; b", "exec", ""),
        ("[ -f x ] && exit; b", "[", "exit b"),
        ("[ -f x ] || exit 3; b", "", "exit"),
        ("trap 'a' EXIT; b", "", "trap"),
        ("trap 'a' TERM; b", "trap", ""),
        ("f() { a; return; b; }; f; c", "", "a return b"),
    ],
)
def test_what_may_fail(text: str, tolerated: str, conditional: str) -> None:
    assert marked(text) == (tolerated, conditional)


def test_a_shell_that_is_started_with_e() -> None:
    assert marked("a; b", errexit=True) == ("", "")


@pytest.mark.parametrize(
    ("text", "tolerated"),
    [("bash -c 'a; b'", {0}), ("bash -ec 'a; b'", set()), ("bash -o errexit -c 'a; b'", set())],
)
def test_inside_of_a_wrapper(text: str, tolerated: set[int]) -> None:
    (command,) = read_commands(
        text,
        lookup=lambda name: None,
        directory="/",
        locate=lambda start, end: FileLocation("Dockerfile", 1, start + 1, 1, end + 1),
    ).commands
    assert unwrap_commands(command).tolerated == tolerated
