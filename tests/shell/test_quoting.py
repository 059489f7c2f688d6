"""Words as read here against words as the real shells hand them to a program."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from smlint.container import UNRESOLVED
from smlint.diagnostics import FileLocation
from smlint.shell.commands import read_commands

VARIABLES = {"A": "a", "B": "b c", "E": "", "S": " x "}
PIECES = st.sampled_from(
    ["a", "b", "-x", "$A", "$B", "$E", "$S", "${A}", "${A:-d}", "${E:-d e}", "${E-d}", "${A:+x}", "${E:+x}", "${B#b }", "${B%c}",
     "${#B}", "${B%% *}", '"', "'", "\\ ", "\\\\", '\\"', "\\'", "\\\n", " ", "=", "{a,b}", "{", "}", ",", '"$A"', "'$A'",
     '"$B"', '"${E:-"x y"}"', "é", "\\$", "/", ".", "~x", "1", "#", "!", "[a]", "%", "@", ":", "+", "^"]
)  # fmt: skip
TEXTS = st.lists(PIECES, min_size=1, max_size=12).map("".join)


def real(shell: str, text: str) -> list[str] | None:
    """What the shell makes of ``text``; None when it refuses it."""
    done = subprocess.run(
        [shell, "-fc", f"printf '%s\\0' {text} end\nexit 0"],
        capture_output=True,
        env={**VARIABLES, "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
    )
    if done.returncode or done.stderr:
        return None
    return done.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]


def read(text: str) -> list[str] | None:
    commands = read_commands(
        f"printf '%s\\0' {text} end\nexit 0",
        lookup=VARIABLES.get,
        directory="/",
        locate=lambda start, end: FileLocation("", 1, start, 1, end),
    ).commands
    if len(commands) != 2:
        return None
    return [word.text for word in commands[0].words[2:]] or [""]


@pytest.mark.skipif(not shutil.which("bash"), reason="there is no bash")
@given(TEXTS)
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example('a"b c"\'d\'$B"$B"')
@example('"${E:-"x y"}"')
@example("{a,b}{1,2} x{a,'b,c'}")
@example("{ {a,b}")
@example("x{ {a,b} { {c")
@example("$'a\\tb\\x41' $\"x\"")
def test_bash_agrees(text: str) -> None:
    expected = real("bash", text)
    found = read(text)
    if expected is None or found is None or any(UNRESOLVED in word for word in found):
        return
    assert found == expected
