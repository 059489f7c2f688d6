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


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("set -e; f() { n=0; until p; do n=1; [ $n = 2 ] && exit 1; done; }; (f); prog", [("prog",)]),
        ("false; r=$?; if [ $r -ne 0 ]; then prog a; else prog b; fi", [("prog", "a")]),
    ],
)
def test_ways_that_a_status_decides(text: str, expected: list[tuple[str, ...]]) -> None:
    assert [path.command.texts for path in read(text).paths] == expected


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
        ("set -e; { prog; true; } & wait $!", True),
        ("prog & other & wait -n", True),
        ("(prog; true) & other & wait -n", None),
        ("prog; [[ $? != 0 ]] && exit 1; true", True),
        ("prog; [[ ! $? -eq 0 ]] && exit 1; true", True),
        ("prog; if (( $? )); then exit 3; fi", True),
        ("prog; code=$?; (( code > 0 )) && exit 3; true", True),
        ("prog; if [ 0 -ne $? ]; then exit 3; fi", True),
        ("prog; [ $? -eq 3 ] && exit 0; exit 1", None),
        ("prog; [[ $? -eq 3 && -f x ]] && exit 0; exit 1", None),
        ("prog; (( $? == 3 )) && exit 0; exit 1", None),
        ("prog; case $? in 0) ;; *) exit 2;; esac", None),
        ("(prog; [ $? -gt 1 ] && exit 1; true)", None),
        ("set -e; { prog || [ -f x ]; } & wait $!; true", None),
        ("set -eo pipefail; { if prog; then c=0; else c=1; fi; exit $c; } | cat; true", True),
        ("set -o pipefail; prog | false | cat; exit $?", True),
        ("set -o pipefail; prog | [ -f x ] | cat", None),
        # More ways than are followed one by one.
        ("set -e; (a; { while :; do b; break; done; } | cat); cat | prog", True),
        ("for i in 1 2; do prog && break; done", True),
        ("n=0; until prog; do n=$((n+1)); [ $n -gt 1 ] && exit 1; done; true", None),
    ],
)  # fmt: skip
def test_exit_code(text: str, expected: bool | None) -> None:
    path = next(
        path for path in read(text).paths if path.command.texts == ("prog",) or len(read(text).paths) == 1
    )
    assert path.keeps_exit_code.value is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cd /x || exit 1; prog", [("/x", "prog")]),
        ("cd /x && prog", [("/x", "prog")]),
        ("cd /x; prog", [("/x", "prog")]),
        ("cd /x || cd /y; prog", [("/y", "prog"), ("/x", "prog")]),
        ("cd /x && exec a || exec b", [("/x", "a"), ("/here", "b")]),
        ("if ! cd /x; then exec b; fi; exec a", [("/here", "b"), ("/x", "a")]),
        ("if pushd /x; then exec a; else exec b; fi", [("/x", "a"), ("/here", "b")]),
        ("cd /here && exec a || exec b", [("/here", "a")]),
    ],
)
def test_cd_is_taken_for_granted_unless_somebody_asks(text: str, expected: list[tuple[str, str]]) -> None:
    flow = read(text, directory="/here")
    assert [(path.command.directory, path.command.texts[0]) for path in flow.paths] == expected
    assert not flow.may_end
    assert [str(path.conditions[0]) for path in flow.paths if path.conditions] in (
        [],
        ["not cd /x"],
        ["not pushd /x"],
    )
