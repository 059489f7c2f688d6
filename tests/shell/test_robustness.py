"""Any text whatever: no exception, no span outside the text, no more work than the text is long."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from smlint.diagnostics import FileLocation
from smlint.shell.commands import read_commands, unwrap
from smlint.shell.flow import analyse
from tests.work import growth

TOKENS = st.sampled_from(
    ["if ", "then ", "else ", "elif ", "fi", "; ", "\n", "&& ", "|| ", "| ", "& ", "( ", ") ", "{ ", "} ", "case x in ", ";; ",
     "esac", "for i in a b; do ", "while ", "until ", "do ", "done ", "f() ", "function f ", "exec ", "eval ", "trap ", "wait ",
     "exit ", "cd /x ", "set -e ", "shift ", '"', "'", "`", "$(", "$((", "${", "$x", '"$@"', "$1", "<<E\n", "\nE\n", "<<<", "> ",
     "2>&1 ", "[ ", " ]", "[[ ", " ]]", "\\", "\\\n", "# c", "a", "é", " ", "=", "x=1 ", "+=", "a=(", "{a,b}", "*", "!", "$!", "\0", "\r",
     "\x85", "\u2028", "\udc80", "😀", "\t", "((", "))", "export ", ". y ", "bash -c ", "sudo ", "break ", "return ", "kill $! "]
)  # fmt: skip
SHELL = st.lists(TOKENS, max_size=40).map("".join)
ANY = st.one_of(SHELL, st.text(max_size=200))
RELAXED = settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@given(ANY)
@RELAXED
@example("a <<E; (b\nx\nE\n$(c)")
@example("a\\\n<<\\\nE\n")
def test_commands_of_any_text(text: str) -> None:
    def locate(start: int, end: int) -> FileLocation:
        assert 0 <= start <= end <= len(text)
        return FileLocation("", 1, start, 1, end)

    for command in read_commands(text, lookup=lambda name: None, directory="/", locate=locate).commands:
        assert command.words
        assert all(inner.words for inner in unwrap(command))


@given(ANY, st.sampled_from(["dash", "bash", "busybox", "sh", "zsh"]), st.booleans())
@RELAXED
@example("exec <<<<<<if \nE\n", "dash", False)
@example("a\x85b\u2028exec c", "bash", False)
@example("\neval *", "dash", False)
@example("\x00!", "dash", False)
@example("a<<<`<<E\n", "dash", False)
def test_flow_of_any_text(text: str, dialect: str, is_command_string: bool) -> None:
    flow = analyse(text, dialect=dialect, arguments=("train",), is_command_string=is_command_string)
    lines = text.split("\n")
    for path in flow.paths:
        for place in (path.command.location, *(word.location for word in path.command.words)):
            assert 1 <= place.line <= place.end_line <= len(lines)
            assert 1 <= place.column <= len(lines[place.line - 1]) + 1
            assert 1 <= place.end_column <= len(lines[place.end_line - 1]) + 1
        assert "\0!" not in "".join(path.command.texts)


#: Each makes a script whose length is proportional to its argument.
SCRIPTS: dict[str, Callable[[int], str]] = {
    "a bit of everything": lambda n: (
        "A=$(b); if [ -f x ]; then c; fi; for i in 1 2; do d <<E; done\nx\nE\ncase $y in z) e | f;; esac && g\n"
        * n
    ),
    "commands": lambda n: "a b c\n" * n,
    "one long command": lambda n: "a" + " b" * n,
    "heredocs": lambda n: "a <<E\nb $c\nE\n" * n,
    "a long heredoc": lambda n: "a <<E\n" + "b $c\n" * n + "E\n",
    "quotes": lambda n: "a " + "'b' \"c $d\" $'e' " * n,
    "open quotes": lambda n: "a '" + 'b " c\n' * n,
    "backslashes": lambda n: "a " + "\\b \\\n" * n,
    "expansions": lambda n: "a ${b:-c} ${d##*/} $(e) `f` $((1+2))\n" * n,
    "nested expansions": lambda n: "a " + "${b:-" * n + "}" * n,
    "nested groups": lambda n: "{ (" * n + "a" + ") }" * n,
    "nested conditions": lambda n: "if a; then\n" * n + "b\n" + "fi\n" * n,
    "functions": lambda n: "".join(f"f{k}() {{ a; }}\nf{k}\n" for k in range(n)),
    "traps": lambda n: "trap 'a' TERM\n" * n + "exec b\n",
    "nonsense": lambda n: ";; ) fi < | &&\n" * n,
}


@pytest.mark.parametrize("kind", SCRIPTS)
def test_work_grows_with_the_length_of_the_text(kind: str) -> None:
    def commands(size: int) -> Callable[[], object]:
        text = SCRIPTS[kind](size)
        nowhere = FileLocation("", 1, 1, 1, 1)
        return lambda: read_commands(
            text, lookup=lambda name: None, directory="/", locate=lambda start, end: nowhere
        )

    assert growth(commands, 100) < 2.4


@pytest.mark.parametrize("kind", SCRIPTS)
def test_work_on_the_flow_grows_with_the_length_of_the_script(kind: str) -> None:
    def flow(size: int) -> Callable[[], object]:
        text = SCRIPTS[kind](size)
        return lambda: analyse(text, dialect="bash", arguments=("train",), is_command_string=False)

    assert growth(flow, 50) < 2.4
