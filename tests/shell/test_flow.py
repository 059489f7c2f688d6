from __future__ import annotations

from typing import Any

import pytest

from smlint.container import UNRESOLVED
from smlint.shell.flow import Flow, How, Path, Sourced, analyse


def read(text: str, **options: Any) -> Flow:
    return analyse(text, **{"dialect": "bash", "arguments": ("train",), **options})


def only(text: str, **options: Any) -> Path:
    (path,) = read(text, **options).paths
    return path


def programs(text: str, **options: Any) -> list[tuple[str, ...]]:
    return [path.command.texts for path in read(text, **options).paths]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("prog a", [("prog", "a")]),
        ("exec prog \"$@\"", [("prog", "train")]),
        ("\"$@\"", [("train",)]),
        ("eval \"$@\"", [("train",)]),
        ("eval prog -x '\"$1\"'", [("prog", "-x", "train")]),
        ("exec \"${@:-other}\"", [("train",)]),
        ("exec prog ${1:-other} ${2:-more}", [("prog", "train", "more")]),
        ("exec prog \"${@:2}\"", [("prog",)]),
        ("shift; exec prog \"$@\"", [("prog",)]),
        ("set -- x \"$@\"; exec prog \"$@\"", [("prog", "x", "train")]),
        ("P=prog; exec $P run", [("prog", "run")]),
        ("args=(-x \"$@\"); args+=(y); exec prog \"${args[@]}\"", [("prog", "-x", "train", "y")]),
        ("main() { prog \"$@\"; }; main -v \"$@\"", [("prog", "-v", "train")]),
        ("if [ \"$1\" = train ]; then prog t; else prog s; fi", [("prog", "t")]),
        ("if [ \"$1\" = serve ]; then prog s; else prog t; fi", [("prog", "t")]),
        ("if [[ $1 == tr* && -n $1 ]]; then prog t; fi", [("prog", "t")]),
        ("if [[ $1 =~ ^(train|serve)$ ]]; then prog t; fi", [("prog", "t")]),
        ("case $1 in serve) prog s;; t*|x) prog t;; *) prog o;; esac", [("prog", "t")]),
        ("case $1 in train) A=1;& x) prog $A;; esac", [("prog", "1")]),
        ("[ $# -eq 0 ] && exec other; exec prog", [("prog",)]),
        ("[ -z \"$1\" ] || exec prog; other", [("prog",)]),
        ("if test \"${1#-}\" != \"$1\"; then exec other; fi; exec prog", [("prog",)]),
        ("while [ $# -gt 0 ]; do case $1 in train) M=t;; esac; shift; done; exec prog $M", [("prog", "t")]),
        ("for w in \"$@\"; do M=$w; done; exec prog $M", [("prog", "train")]),
        ("mkdir -p x && cd x && prog; echo done", [("prog",)]),
        ("prepare && prog", [("prog",)]),
        ("set -e; prepare; prog; cp a b", [("prog",)]),
        ("pip install x || exit 1; prog", [("prog",)]),
        ("if nvidia-smi; then N=2; else N=2; fi; prog $N", [("prog", "2")]),
        ("if ! prog; then echo failed; exit 1; fi", [("prog",)]),
        ("exec > >(tee log) 2>&1; prog", [("prog",)]),
        ("cat <<E\nx\nE\nprog", [("prog",)]),
        ("exec $(which prog) \"$@\"", [(UNRESOLVED, "train")]),
        ("cp a b", [("cp", "a", "b")]),
        ("exit 3", []),
        ("", []),
    ],
)  # fmt: skip
def test_program(text: str, expected: list[tuple[str, ...]]) -> None:
    assert programs(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("if [ -f x ]; then exec a; else exec b; fi", [("a",), ("b",)]),
        ("if [ \"$MODE\" = x ]; then exec a; fi; exec b", [("a",), ("b",)]),
        ("case $MODE in x) exec a;; y) exec b;; *) exec c;; esac", [("a",), ("b",), ("c",)]),
        ("command -v a && exec a; exec b", [("a",), ("b",)]),
        ("exec ${MODE:-x}", [(UNRESOLVED,)]),
    ],
)  # fmt: skip
def test_what_cannot_be_decided_gives_every_way(text: str, expected: list[tuple[str, ...]]) -> None:
    assert programs(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tell || true; if ! read_arguments; then exit 1; fi; exec prog", [("prog",)]),
        ("set -e; tell || true; envsubst a; exec prog", [("prog",)]),
        ("tell; [ -f x ] || exit 1; prog", [("prog",)]),
        (
            'A=(a); while read x; do A+=($x); done < f; exec prog "${A[@]}" z',
            [("prog", "a", UNRESOLVED, "z")],
        ),
    ],
)
def test_a_way_that_gives_up_is_no_way_to_a_program(text: str, expected: list[tuple[str, ...]]) -> None:
    assert programs(text) == expected


def test_many_ways_to_one_program_are_summed_up() -> None:
    tests = "".join(f"if [ -f {name} ]; then A=$A-{name}; fi; " for name in "abcd")
    (path,) = read(f"{tests}exec prog x $A").paths
    assert path.command.texts == ("prog", "x", UNRESOLVED)
    assert path.conditions == ()


def test_ways_that_differ_in_everything_are_summed_up() -> None:
    step = "if [ -f {0} ]; then A+=({0}); B={0}; cd /{0}; f() {{ :; }}; true; else false; fi; "
    flow = read("A=(); " + "".join(step.format(name) for name in "abcdefg") + 'exec prog "$B" "${A[@]}"')
    assert {path.command.texts[0] for path in flow.paths} == {"prog"}
    assert any(UNRESOLVED in path.command.texts[1] for path in flow.paths)


def test_known_environment_decides() -> None:
    text = 'if [ "$MODE" = x ]; then exec a; fi; exec b'
    assert programs(text, lookup={"MODE": "x"}.get) == [("a",)]
    assert programs(text, lookup={"MODE": "y"}.get) == [("b",)]


def test_conditions_say_how_a_way_is_reached() -> None:
    first, second = read("if [ -f x ]; then exec a; fi; case $M in p) exec b;; esac").paths
    assert [str(condition) for condition in first.conditions] == ["[ -f x ]"]
    assert [str(condition) for condition in second.conditions] == ["not [ -f x ]", "$M in p"]
    assert second.conditions[1].location[1:3] == (1, 42)
    assert read("if [ -f x ]; then exec a; fi").may_end


@pytest.mark.parametrize("dialect", ["dash", "bash", "busybox", "sh"])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("exec prog", True),
        ("if [ -n x ]; then exec prog; fi", True),
        ("f() { exec prog; }; f", True),
        ("prog", False),
        ("prog | cat", False),
        ("(exec prog)", False),
        ("exec prog | cat", False),
        ("exec prog & wait", False),
    ],
)
def test_script_is_replaced_only_by_exec(dialect: str, text: str, expected: bool) -> None:
    assert only(text, dialect=dialect).replaces.value is expected


@pytest.mark.parametrize(
    ("text", "dash", "bash", "busybox"),
    [
        ("prog", False, True, True),
        ("A=1 prog", False, True, True),
        ("true; prog", False, True, True),
        ("true && prog", False, True, True),
        ("true\nprog", False, True, True),
        ("prog\n", False, True, False),
        ("prog\n\n", False, False, False),
        ("prog 2>x", False, False, True),
        ("{ prog; }", False, False, True),
        ("(prog)", False, False, True),
        ("if true; then prog; fi", False, False, True),
        ("for i in 1; do prog; done", False, False, False),
        ("f() { prog; }; f", False, False, False),
        ("eval prog", False, False, False),
        ("prog | cat", False, False, False),
        ("! prog", False, False, False),
        ("prog; true", False, False, False),
        ("sleep 0 & prog", False, False, True),
        ("trap 'echo t' TERM; prog", False, False, False),
        ("trap '' TERM; prog", False, True, True),
        ("exec prog", True, True, True),
        ("trap 'echo t' TERM; exec prog", True, True, True),
    ],
)
def test_last_command_of_a_string(text: str, dash: bool, bash: bool, busybox: bool) -> None:
    answers = {
        dialect: only(text, dialect=dialect, is_command_string=True).replaces.value
        for dialect in ("dash", "bash", "busybox", "sh")
    }
    agreed = dash if dash == bash == busybox else None
    assert answers == {"dash": dash, "bash": bash, "busybox": busybox, "sh": agreed}


def test_string_gets_its_first_argument_as_zero() -> None:
    assert not only("exec prog", is_command_string=True).passes_arguments.value
    path = only('exec prog "$0" "$@"', is_command_string=True, arguments=("train", "x"))
    assert path.command.texts == ("prog", "train", "x")
    assert [word.used for word in path.command.words] == [frozenset(), {1}, {2}]
    assert path.passes_arguments.value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("exec prog \"$@\"", True),
        ("exec prog $*", True),
        ("exec prog \"$1\"", True),
        ("A=\"$@\"; exec prog $A", True),
        ("exec prog --mode=$1", True),
        ("exec prog", False),
        ("shift; exec prog \"$@\"", False),
        ("A=$(f \"$@\"); exec prog $A", None),
        ("exec prog $(f x)", False),
        ("while getopts x o; do A=$OPTARG; done; exec prog $A", False),
    ],
)  # fmt: skip
def test_arguments(text: str, expected: bool | None) -> None:
    assert read(text).paths[-1].passes_arguments.value is expected


def test_unknown_arguments_are_followed() -> None:
    assert only('exec prog "$@"', arguments=None).passes_arguments.value is True
    assert only("exec prog", arguments=None).passes_arguments.value is False
    assert only("exec prog $1", arguments=None).passes_arguments.value is None
    assert only('exec prog "$0" "$@"', arguments=None, is_command_string=True).passes_arguments.value is True


HANDLER = 'handler() { kill -TERM "$child"; wait "$child"; }\n'


@pytest.mark.parametrize(
    ("text", "forwards", "awaits"),
    [
        ("exec prog", True, True),
        ("prog", False, True),
        ("trap 'kill $!' TERM; prog", False, True),
        ("prog & wait", False, False),
        ("prog & trap 'kill $!' TERM; wait", True, False),
        ('prog & p=$!; trap "kill -TERM $p" TERM; wait $p; wait $p', True, True),
        ("prog & p=$!; trap 'kill -s TERM $p; wait $p' 15; wait $p", True, True),
        (HANDLER + "trap handler SIGTERM SIGINT\nprog &\nchild=$!\nwait $child", True, True),
        ("trap 'kill 0' TERM; prog & wait", True, False),
        ("trap 'kill -- -$$' TERM; prog & wait", True, False),
        ("trap 'kill $(jobs -p)' TERM; prog & wait", True, False),
        ("trap 'kill %1; wait' TERM; prog & wait", True, True),
        ('trap "kill $p" TERM; prog & p=$!; wait $p', None, None),
        ("trap 'exit 0' TERM; prog & wait", False, False),
        ("trap 'kill -INT $!; wait' TERM; prog & wait", None, True),
        ("trap 'cleanup' TERM; prog & wait", None, None),
        ("trap 'pkill prog; wait' TERM; prog & wait", None, True),
        ("trap '' TERM; prog & wait", False, False),
        ("trap 'kill $!' INT; prog & wait", False, False),
        ("trap 'kill $!' TERM; trap - TERM; prog & wait", False, False),
        ("trap 'kill $!' TERM; prog &", False, False),
        ("trap 'kill $!' TERM; prog & tail -f /dev/null", False, False),
        ("trap 'kill $!' TERM; prog & cp a b", None, False),
        ("trap 'kill $!' TERM; prog & [ -f x ] && wait; wait", True, None),
        ("f() { f; kill $!; wait; }; trap f TERM; prog & wait", True, True),
        ("trap 'kill \"$x%1\"; wait' TERM; x=$(y); prog & wait", None, True),
        ("trap 'if true; then kill $!; fi; wait' TERM; prog & wait", True, True),
        ("trap '{ kill $!; } 2>/dev/null; wait' TERM; prog & wait", True, True),
        ("trap 'kill $! 2>/dev/null || true; wait' TERM; prog & wait", True, True),
        ("trap '(kill $!); wait' TERM; prog & wait", True, True),
        ("trap '! kill $!; wait' TERM; prog & wait", True, True),
        ("trap 'kill $! | cat; wait' TERM; prog & wait", True, True),
        ("trap 'case $1 in *) kill $!;; esac; wait' TERM; prog & wait", True, True),
        ("trap 'for p in $(jobs -p); do kill $p; done; wait' TERM; prog & wait", None, True),
        ("trap 'kill $!; while kill -0 $!; do sleep 1; done' TERM; prog & wait", True, False),
        ("trap 'f() { kill $!; }; wait' TERM; prog & wait", False, True),
        ("trap 'kill -n 15 $!; wait' TERM; prog & wait", True, True),
        ("trap 'kill -sTERM -- $!; wait' TERM; prog & wait", True, True),
        ("trap 'kill -9 $!; wait' TERM; prog & wait", None, True),
        ("trap 'kill $pid; wait' TERM; prog & wait", None, True),
        ("trap 'kill %2; wait' TERM; prog & wait", False, True),
        ("trap '' INT; trap 'kill $!; wait; exit' TERM; prog & wait", True, True),
        ("trap 'kill $! ((' TERM; prog & wait", None, None),
        ("trap '$x' TERM; prog & wait", None, None),
        ("trap '> log; A=1' TERM; prog & wait", False, False),
    ],
)
def test_signal(text: str, forwards: bool | None, awaits: bool | None) -> None:
    path = only(text)
    assert (path.forwards_signal.value, path.awaits_program.value) == (forwards, awaits)
    assert path.forwards_signal.value or path.forwards_signal.reason


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("prog", True),
        ("exec prog", True),
        ("prog | tee log", False),
        ("set -o pipefail; prog | tee log", True),
        ("set -o pipefail; { prog; echo done; } | tee log", False),
        ("set -eo pipefail; main() { prog; echo done; }; main 2>&1 | tee log; echo end", True),
        ("setup | prog", True),
        ("prog || true", False),
        ("prog || exit 1", True),
        ("prog || { echo failed; exit 2; }", True),
        ("prog || echo failed", False),
        ("prog && echo ok", True),
        ("prog; echo done", False),
        ("set -e; prog; echo done", True),
        ("set -e; prog | tee log; echo done", False),
        ("set -euo pipefail; prog | tee log; echo done", True),
        ("prog; exit 0", False),
        ("prog; exit $?", True),
        ("prog; code=$?; echo done; exit $code", True),
        ("prog; exit", True),
        ("! prog", False),
        ("if ! prog; then exit 1; fi", True),
        ("if prog; then echo ok; else exit 3; fi", True),
        ("prog & wait", False),
        ("prog & wait $!", True),
        ("prog & wait -n", True),
        ("prog & wait %1", True),
        ("prog & tail -f /dev/null", False),
        ("(prog)", True),
        ("f() { prog; return $?; }; f", True),
        ("f() { prog; echo; }; f", False),
        ("prog; cp a b", False),
        ("prog; exit $CODE", None),
    ],
)
def test_exit_code(text: str, expected: bool | None) -> None:
    path = only(text)
    assert path.keeps_exit_code.value is expected
    assert expected or path.keeps_exit_code.reason


LOG = """
log() {
  local level="$1" message
  shift
  message="$level $*"
  if [ -t 2 ] && [ -z "$NO_COLOR" ]; then local color=31; message="$color$message"; fi
  if [ "$LEVEL" = debug ]; then message="$(date) $message"; fi
  echo "$message" >&2
}
"""


@pytest.mark.parametrize("options", ["", "set -e\n"])
def test_ways_that_go_on_alike_are_one(options: str) -> None:
    step = 'if [ -n "$X{n}" ]; then log INFO {n}; mkdir /x{n}; log INFO done; else log WARN no {n}; fi\n'
    text = (
        options + LOG + "".join(step.format(n=n) for n in range(60)) + 'log INFO start "$@"; exec prog "$@"\n'
    )
    flow = read(text, arguments=("train",))
    assert flow.unseen == ""
    (path,) = [path for path in flow.paths if path.command.texts[0] == "prog"]
    assert path.command.texts == ("prog", "train")
    assert path.conditions == ()


def test_ways_that_go_on_differently_stay_apart() -> None:
    text = 'if [ -n "$A" ]; then MODE=a; echo; elif [ -n "$B" ]; then MODE=b; echo x; fi; exec prog $MODE $1'
    flow = read(text, arguments=("train",))
    assert [path.command.texts[1] for path in flow.paths] == ["a", "b", UNRESOLVED]
    text = 'if [ -n "$A" ]; then first; elif [ -n "$B" ]; then second; else third; fi; [ -f x ] && exit 0; exit $?'
    assert programs(text) == [("first",), ("second",), ("third",)]


def test_what_takes_the_place_of_a_failed_program_decides_the_exit_code() -> None:
    first, second = read("prog || exec other").paths
    assert (first.keeps_exit_code.value, second.keeps_exit_code.value) == (None, True)


def test_shell_options_from_the_command_line() -> None:
    assert only("prog; echo", options=frozenset("e")).keeps_exit_code.value
    assert only("prog | cat", options=frozenset({"pipefail"})).keeps_exit_code.value


def test_what_runs_besides() -> None:
    path = only("prepare; nginx & cd /app; A=1 prog; cp a b")
    assert path.command.texts == ("prog",)
    assert path.command.directory == "/app"
    assert path.command.assignments == (("A", "1"),)
    assert [started.texts for started in path.earlier] == [("prepare",)]
    assert [started.texts for started in path.background] == [("nginx",)]
    assert path.background[0].how is How.BACKGROUND


@pytest.mark.parametrize("text", ["sleep infinity", "exec tail -f /dev/null", "exec bash", "tail -F log"])
def test_idle(text: str) -> None:
    assert only(text).is_idle


@pytest.mark.parametrize("body", ["prog; sleep 5", "prog; n=$((n+1))", "prog || continue"])
@pytest.mark.parametrize("loop", ["while true; do {}; done", "(until false; do {}; done); other"])
def test_endless_loop(loop: str, body: str) -> None:
    path = only(loop.format(body))
    assert (path.command.texts, path.is_repeated, path.keeps_exit_code.value) == (("prog",), True, None)


def test_places_are_exact() -> None:
    path = only('#!/bin/bash\n# ü\nif true; then\n  écho "x" \\\n    $1\nfi\n', name="entry.sh")
    assert path.command.location == ("entry.sh", 4, 3, 5, 7)
    assert [word.location[1:] for word in path.command.words] == [(4, 3, 4, 7), (4, 8, 4, 11), (5, 5, 5, 7)]


def files(**texts: str) -> Any:
    return lambda path, directory: Sourced(path, texts[path]) if path in texts else None


def test_sourced_files_are_followed() -> None:
    assert programs(". env; exec $PROG", read_source=files(env="PROG=prog")) == [("prog",)]
    (path,) = read("source lib; main", read_source=files(lib="main() {\n  exec prog\n}")).paths
    assert path.command.location == ("lib", 2, 3, 2, 12)
    assert programs(". nowhere; exec prog") == [("prog",)]
    assert programs(". a; exec prog", read_source=files(a=". b", b=". a")) == [("prog",)]
    assert programs(". a x; exec prog $1", read_source=files(a="exec $1")) == [("x",)]
    assert programs(". a; exec prog", read_source=files(a="return 0; exec other")) == [("prog",)]
