from __future__ import annotations

import sys

import pytest

from smlint.container import UNRESOLVED, SimpleCommand
from smlint.diagnostics import FileLocation
from smlint.shell.commands import read_commands, unwrap

VARIABLES = {"PACKAGE": "curl", "PACKAGES": "curl wget", "HALF": f"lib{UNRESOLVED}", "EMPTY": ""}


def read(source: str, directory: str = "/work") -> tuple[SimpleCommand, ...]:
    return read_commands(
        source,
        lookup=VARIABLES.get,
        directory=directory,
        locate=lambda start, end: FileLocation("Dockerfile", 1, start, 1, end),
    ).commands


def argv(source: str) -> list[list[str]]:
    return [[word.text for word in command.words] for command in read(source)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("apt-get install -y curl", [["apt-get", "install", "-y", "curl"]], id="plain"),
        pytest.param("a 'b c' \"d e\" f\\ g $'h\\ti'", [["a", "b c", "d e", "f g", "h\ti"]], id="quotes"),
        pytest.param("a '' \"\"", [["a", "", ""]], id="empty words"),
        pytest.param("a 'b'\"c\"d", [["a", "bcd"]], id="quotes inside a word"),
        pytest.param("a $PACKAGE \"$PACKAGE\" '$PACKAGE'", [["a", "curl", "curl", "$PACKAGE"]], id="variables"),
        pytest.param("a $PACKAGES \"$PACKAGES\"", [["a", "curl", "wget", "curl wget"]], id="splitting"),
        pytest.param("a $EMPTY \"$EMPTY\" b", [["a", "", "b"]], id="an empty variable is no word"),
        pytest.param("a $NOBODY lib$NOBODY", [["a", UNRESOLVED, f"lib{UNRESOLVED}"]], id="unknown variables"),
        pytest.param("a $HALF", [["a", f"lib{UNRESOLVED}"]], id="partly known variable"),
        pytest.param("a ${PACKAGE:-x} ${EMPTY:-x} ${PACKAGE:+y} ${EMPTY-x}z", [["a", "curl", "x", "y", "z"]], id="default"),
        pytest.param("a ${PACKAGE#c} ${PACKAGE%%r*} ${PACKAGE/u/o} ${PACKAGE:1:2}", [["a", "url", "cu", "corl", "ur"]], id="operations"),
        pytest.param("a $(b) `c` $((1 + 2))x", [["b"], ["c"], ["a", UNRESOLVED, UNRESOLVED, "3x"]], id="substitutions"),
        pytest.param("mkdir /opt/ml/{input/data,model} '{a,b}' {1..3}", [["mkdir", "/opt/ml/input/data", "/opt/ml/model", "{a,b}", "1", "2", "3"]], id="braces"),
        pytest.param("a {1..2000} x{1..40}{1..40} b", [["a", UNRESOLVED, UNRESOLVED, "b"]], id="too many braces"),
        pytest.param("rm /opt/ml/* [ab]?", [["rm", "/opt/ml/*", "[ab]?"]], id="globs stay"),
        pytest.param("V=1; a $V; V=2 b $V; c $V", [["a", "1"], ["b", "1"], ["c", "1"]], id="assignments"),
        pytest.param("export V=x W=$PACKAGE; a $V$W", [["export", "V=x", "W=curl"], ["a", "xcurl"]], id="export"),
        pytest.param("V=1; unset V; a ${V:-none}", [["unset", "V"], ["a", "none"]], id="unset"),
        pytest.param("if x; then V=1; else V=2; fi; a $V", [["x"], ["a", UNRESOLVED]], id="two branches disagree"),
        pytest.param("if x; then V=1; else V=1; fi; a $V", [["x"], ["a", "1"]], id="two branches agree"),
        pytest.param("[ x ] && V=1; a $V", [["[", "x", "]"], ["a", UNRESOLVED]], id="assigned under a condition"),
        pytest.param("V=1; (V=2; a $V); b $V", [["a", "2"], ["b", "1"]], id="subshell"),
        pytest.param("V=1; x | V=2; b $V", [["x"], ["b", "1"]], id="pipeline"),
        pytest.param("V=1; while x; do a $V; V=2; done", [["x"], ["a", UNRESOLVED]], id="while"),
        pytest.param("for p in a b; do get $p; done; c $p", [["get", "a"], ["get", "b"], ["c", "b"]], id="for"),
        pytest.param("for p in $NOBODY; do get $p; done", [["get", UNRESOLVED]], id="for over something unknown"),
        pytest.param("for p in *.deb; do get $p; done", [["get", UNRESOLVED]], id="for over a glob"),
        pytest.param("f() { a \"$1\"; }; f x; f y", [["a", "x"], ["a", "y"]], id="functions"),
        pytest.param("case x in a) b;; c|d) e;; esac", [["b"], ["e"]], id="case"),
        pytest.param("a \\\n  b\\\nc", [["a", "bc"]], id="continuations"),
        pytest.param("a # b\nc", [["a"], ["c"]], id="comment"),
        pytest.param("a >\"$f\" b <in c", [["a", "b", "c"]], id="words behind a redirection"),
        pytest.param("! a | b", [["a"], ["b"]], id="negated pipeline"),
        pytest.param("a 'open", [], id="open quote"),
        pytest.param("a; b 'open", [["a"]], id="open quote in the second command"),
        pytest.param("if a; then b", [], id="open if"),
        pytest.param("then", [], id="reserved word"),
        pytest.param("> file", [[":"]], id="redirection alone"),
        pytest.param("", [], id="empty"),
    ],
)  # fmt: skip
def test_words(source: str, expected: list[list[str]]) -> None:
    assert argv(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a", "/work"),
        ("cd /opt && a", "/opt"),
        ("cd /opt; cd ml/../x && a", "/opt/x"),
        ("(cd /opt); a", "/work"),
        ("cd /opt & a", "/work"),
        ("cd $NOBODY; a", UNRESOLVED),
        ("cd /opt/$NOBODY; a", f"/opt/{UNRESOLVED}"),
        ("cd /opt || exit 1; a", "/opt"),
        ("cd /opt || { cd /var; exit 1; }; a", "/opt"),
        ("cd /opt || { cd /var; }; a", UNRESOLVED),
        ("[ x ] && cd /opt; a", UNRESOLVED),
        ("if x; then cd /opt; fi; a", UNRESOLVED),
        ("pushd /opt; popd; a", "/work"),
        ("cd /opt; cd /var; cd -; a", "/opt"),
        ("cd; a", UNRESOLVED),
    ],
)
def test_directory(source: str, expected: str) -> None:
    assert read(source)[-1].directory == expected


def test_joined_by() -> None:
    assert [command.joined_by for command in read("a && b | c || d; e & f $(g)")] == [
        "", "&&", "|", "||", ";", "$(", "&",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "stdin"),
    [
        ("cat <<E\na $PACKAGE\nE\n", "a curl\n"),
        ("cat <<'E'\na $PACKAGE\nE\n", "a $PACKAGE\n"),
        ("cat <<E\na\\\n\\\nb\nE\n", "ab\n"),
        ("cat <<E\na\\\nE\nb\nE\n", "aE\nb\n"),
        ("cat <<E\na\\\\\nE\nb\n", "a\\\n"),
        ("cat <<'E'\na\\\nE\nb\n", "a\\\n"),
        ("cat <<-E\n\ta\n\tE\n", "a\n"),
        ("cat <<E && b\na \\\nb\nE\n", "a b\n"),
        ("cat <<A >x\na\nA\n", "a\n"),
        ("cat <<<'a b'", "a b\n"),
        ("cat <<E\n$NOBODY\nE\n", f"{UNRESOLVED}\n"),
    ],
)
def test_stdin(source: str, stdin: str) -> None:
    assert read(source)[0].stdin == stdin


def test_several_heredocs() -> None:
    commands = read("cat <<A; cat <<B | c\n1\nA\n2\nB\nd")
    assert [(command.words[0].text, command.stdin) for command in commands] == [
        ("cat", "1\n"), ("cat", "2\n"), ("c", None), ("d", None),
    ]  # fmt: skip


def test_redirects() -> None:
    (command,) = read("a 1>b 2>>c <d &>e 2>&1 >$PACKAGE")
    assert [(redirect.operator, redirect.target.text) for redirect in command.redirects] == [
        (">", "b"), ("2>>", "c"), ("<", "d"), ("&>", "e"), ("2>&", "1"), (">", "curl"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "source",
    ["a && \\\n  bün 'x y'z\\\nq $V", "é <<E; bün 'x y'zq\nü\nE\n", "(é \"ü\" $(bün)) ; bün \\\n 'x y'zq"],
)
def test_spans_are_exact(source: str) -> None:
    for command in read(source):
        for word in command.words:
            location = word.location
            assert isinstance(location, FileLocation)
            written = source[location.column : location.end_column].replace("\\\n", "")
            if UNRESOLVED not in word.text:
                assert written.replace("'", "").replace('"', "") == word.text
    last = read(source)[-1]
    assert isinstance(last.location, FileLocation)
    assert source[last.location.column :].startswith("bün")
    assert last.words[0].text == "bün"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a b", [["a", "b"]]),
        ("sudo -E -u me A=1 a b", [["a", "b"]]),
        ("env -u X A=1 B=2 a", [["a"]]),
        ("time nice -n 5 nohup a", [["a"]]),
        ("timeout -k 5 10 a", [["a"]]),
        ("exec a", [["a"]]),
        ("command a", [["a"]]),
        ("command -v a", [["command", "-v", "a"]]),
        ("xargs -n 1 a b", [["a", "b"]]),
        ("bash -c 'a && b \"c d\"'", [["a"], ["b", "c d"]]),
        ("bash -lc 'a'", [["a"]]),
        ("bash -o pipefail -c 'a'", [["a"]]),
        ("sudo sh -c 'sudo a'", [["a"]]),
        ("sh -c 'a \"$@\"' x b c", [["a", "b", "c"]]),
        ("sh -c \"$NOBODY\"", [["sh", "-c", UNRESOLVED]]),
        ("bash script.sh -c x", [["bash", "script.sh", "-c", "x"]]),
        ("eval \"a b; c\"", [["a", "b"], ["c"]]),
        ("eval \"$NOBODY\"", [["eval", UNRESOLVED]]),
        ("su me -c 'a b'", [["a", "b"]]),
        ("sudo", [["sudo"]]),
        ("sudo -- a -x", [["a", "-x"]]),
        ("env -i -- A=1 B=2 a C=3", [["a", "C=3"]]),
        ("env -- A=1", [["env", "--", "A=1"]]),
        ("bash --norc --rcfile f -c 'a b' x", [["a", "b"]]),
        ("bash -- -c a", [["bash", "--", "-c", "a"]]),
        ("su me", [["su", "me"]]),
        (" ".join(["sudo"] * 40) + " a", [["sudo"] * 32 + ["a"]]),
        ("env", [["env"]]),
    ],
)  # fmt: skip
def test_unwrap(source: str, expected: list[list[str]]) -> None:
    (command,) = read(source)
    assert [[word.text for word in inner.words] for inner in unwrap(command)] == expected


def test_unwrap_keeps_place_and_directory() -> None:
    (_, command) = read("cd /opt && sudo bash -c 'cd ml; a' && true")[:2]
    inner = unwrap(command)
    assert [(each.directory, each.joined_by) for each in inner] == [("/opt", "&&"), ("/opt/ml", ";")]


@pytest.mark.parametrize(
    "source",
    ["(" * 10_000, "a" + "$(" * 10_000, "if a; then " * 10_000, "{ " * 10_000, '"${a:-' * 10_000, "a=(" * 10_000,
     "\0\1\2" * 5_000, "a << b " * 1_000, "((" * 10_000, "x=ab; for i in {1..60}; do x=$x$x; done; a $x",
     "".join(f"f{n}() {{ {'{ ' * 50} f{n + 1}; {'}; ' * 50} }}; " for n in range(12)) + "f0", "for i in a b; do " * 30 + "x;" + "done;" * 30],
)  # fmt: skip
def test_hostile_text_gives_little_and_never_raises(source: str) -> None:
    assert len(read(source)) < 25_000


def test_text_that_is_too_long_is_not_read() -> None:
    assert not read("a\n" * 500_001)


def test_deep_nesting_hides_nothing_that_follows() -> None:
    assert argv("{ " * 80 + "a; " + "}; " * 80 + "b") == [["b"]]


@pytest.mark.parametrize(
    ("source", "operators"),
    [
        ("a | b <<E\nx\nE\n", [[], ["<<"]]),
        ("! a <<E\nx\nE\n", [["<<"]]),
        ("a && b <<E >c\nx\nE\n", [[], ["<<", ">"]]),
        ("a && { b; c; } >d", [[], [">"], [">>"]]),
        ("a >&- 2>b", [["2>"]]),
    ],
)
def test_a_redirection_belongs_to_the_command_it_stands_at(source: str, operators: list[list[str]]) -> None:
    assert [[each.operator for each in command.redirects] for command in read(source)] == operators


def test_long_chains_are_read() -> None:
    assert len(read(" && ".join(["a"] * 5_000))) == 5_000


def test_importing_reads_no_grammar() -> None:
    import subprocess

    code = "import smlint.shell.commands, sys; print('tree_sitter' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
