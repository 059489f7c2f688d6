"""Conditions as evaluated here against what bash says; None is allowed only where it is expected."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from smlint.container import UNRESOLVED
from smlint.shell.flow import analyse
from smlint.shell.tests import evaluate

U = UNRESOLVED
TESTS = [
    "", "a", "''", "-n", "-n a", "-n ''", "-z ''", "-z a", "! a", "! ''", "! -n a", "! ! a", "a = a", "a == b", "a != b",
    "a = 'a*'", "'a*' = 'a*'", "1 -eq 1", "1 -ne 1", "1 -lt 2", "2 -le 1", "3 -gt 2", "2 -ge 3", "' 1' -eq '+1'", "a -a b", "a -a ''",
    "'' -o b", "'' -o ''", "'(' a ')'", "! a = b", "! '(' a ')'", "'(' a = b ')'", "'(' -n a ')'", "a = a -a b = b", "a = a -a b = c",
    "a = b -o b = b", "-n a -a ! a = b", "! a = b -o c", "! '(' a = a ')'", "'(' '(' a = b ')' ')'",
    "-z '' -a -n a -o b = c",
]  # fmt: skip
CONDITIONS = [
    "a", "''", "-n a", "-z a", "! a", "! -z a", "! ! a", "a == a*", "abc == a*c", "a == 'a*'", "a != b*", "a = b", "a && b", "a && ''",
    "'' || b", "'' || ''", "( a )", "( a == b || b == b ) && c", "! ( a && '' )", "( ( a ) )", "1 -eq 1", "1 -lt 0", "abc =~ ^a",
    "abc =~ ^[a-c]+$", "abc =~ x", "a == [ab]", "a == [!ab]", "a == [[:alpha:]]", "1 == [[:digit:]x]", "a == ?",
    "train =~ ^(train|serve)$", "x =~ (a|b)", "a == @(a|b)", "c != @(a|b)", "a == ?(a|b)", "ab == @(a|c)b", "( a == b || a =~ ^a ) && ! b =~ a", "a =~ ^[a-z]+$ && b",
    "'*' == \\*", "b == [^a]", "-n a && -z '' || x", "\"$1\" == train", "$1 == t*",
]  # fmt: skip
#: What only a running shell knows, or what it refuses.
UNDECIDED = [
    "-f x", "-x x", "a -nt b", "a -ot b", "a '<' b", "a -eq b", "'(' a", f"-n {U}", f"{U} = a", f"{U} -eq 1", f"! {U}", f"{U} -a b",
    f"a = a -a {U} = b", f"a {U} b c d", "a b c d e", "a -eq b -a c = c", "9999999999999999999 -eq 1",
    "'(' a = a -a b = b ')'", "! '(' a = b -o c = d ')'",
]  # fmt: skip
UNDECIDED_CONDITIONS = [
    "-f x", "$X", "$X == a", "a == $X", "a == +(a|b)", "b == !(a)", "a =~ $X", "aaa =~ ^(a+)+$", "a =~ [[:alpha:]]", "a =~ a{2}", "a < b",
    "a == *a*a*a*a*", "( -f a && a )", "$X -eq 1",
]  # fmt: skip


def bash(text: str) -> bool:
    if not shutil.which("bash"):
        pytest.skip("there is no bash to ask")
    done = subprocess.run(["bash", "-c", text, "zero", "train"], capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stderr
    return done.returncode == 0


def words(text: str) -> list[str]:
    import shlex

    return shlex.split(text)


@pytest.mark.parametrize("text", TESTS)
def test_what_is_decided_is_what_bash_decides(text: str) -> None:
    assert evaluate(words(text)) is bash(f"test {text}")


@pytest.mark.parametrize("text", UNDECIDED)
def test_what_a_running_shell_decides_is_unknown(text: str) -> None:
    assert evaluate(words(text)) is None


def ways(condition: str) -> list[str]:
    text = f"if [[ {condition} ]]; then exec yes; fi; exec no"
    return [path.command.texts[0] for path in analyse(text, dialect="bash", arguments=("train",)).paths]


@pytest.mark.parametrize("text", CONDITIONS)
def test_double_brackets_decide_as_in_bash(text: str) -> None:
    assert ways(text) == ["yes" if bash(f"[[ {text} ]]") else "no"]


@pytest.mark.parametrize("text", UNDECIDED_CONDITIONS)
def test_undecided_double_brackets_lead_both_ways(text: str) -> None:
    assert ways(text) == ["yes", "no"]


def test_texts_that_begin_differently_differ() -> None:
    assert evaluate([f"a{U}", "=", "b"]) is False
    assert evaluate([f"a{U}", "!=", f"b{U}"]) is True
    assert evaluate(["a", "=", f"a{U}"]) is None
    assert evaluate([f"a{U}", "=", "a*"]) is None
