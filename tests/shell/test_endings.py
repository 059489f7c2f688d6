"""How scripts end where a shell has its own ways: failing builtins, traps, jobs; and what ``eval`` hands on."""

from __future__ import annotations

from typing import Any

import pytest

from smlint.shell.flow import Flow, analyse


def read(text: str, **options: Any) -> Flow:
    return analyse(text, **{"dialect": "bash", "arguments": ("train",), **options})


@pytest.mark.parametrize(("dialect", "expected"), [("dash", []), ("bash", ["prog"]), ("busybox", ["prog"])])
def test_dash_ends_where_nothing_is_left_to_shift(dialect: str, expected: list[str]) -> None:
    flow = read("shift; shift || true; prog", dialect=dialect)
    assert [path.command.texts[0] for path in flow.paths] == expected


def test_negation_leaves_exit_alone() -> None:
    flow = read("f() { prog | cat && exit; }; ! f; other")
    assert [path.command.texts for path in flow.paths] == [("other",), ("prog",)]


def test_a_way_that_stops_before_what_is_not_understood_says_so() -> None:
    assert read("f() {\n! {\n:\n}\nreturn\n}\nf\nprog").unseen


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("eval \"prog $1 'x y'\"", True),
        ("eval \"setup $1; prog\"", None),
        ("eval \"prog 'x y'\"", False),
        ("exec prog \"${!#}\"", True),
    ],
)  # fmt: skip
def test_arguments_in_other_places(text: str, expected: bool | None) -> None:
    (path,) = read(text).paths
    assert path.passes_arguments.value is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("trap 'exit $CODE' EXIT; prog", None),
        ("trap 'cleanup; exit' EXIT; prog", True),
        ("trap 'cleanup' EXIT; prog", True),
        ("f() { exit 0; }; trap f EXIT; prog", False),
        ("trap '[ -f x ] && exit 0' EXIT; prog", None),
        ("trap \"$x\" EXIT; prog", None),
        ("{ prog || [ -f x ]; } & wait $!", None),
        ("set -e; { prog; true; } & wait $!", None),
        ("prog & other & wait -n", True),
        ("(prog; true) & other & wait -n", None),
    ],
)  # fmt: skip
def test_exit_code(text: str, expected: bool | None) -> None:
    path = next(
        path for path in read(text).paths if path.command.texts == ("prog",) or len(read(text).paths) == 1
    )
    assert path.keeps_exit_code.value is expected
