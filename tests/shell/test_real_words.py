"""Where programs run and which words they get, as predicted, against what bash really gives them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from smlint.container import UNRESOLVED
from smlint.diagnostics import FileLocation
from smlint.shell.commands import read_commands
from smlint.shell.flow import analyse

#: Texts of which every word and directory is known beforehand.
KNOWN = [
    # directories
    "cd d && prog", "cd d; cd ..; prog", "cd d/e/..; prog", "cd; prog", "cd ~; prog", "cd ~/x; prog",
    "cd -P d; prog", "cd -- d; prog", "(cd d; prog); prog", "cd d; (cd e; prog); prog", "pushd d; prog", "cd \"$HOME\"; prog",
    "if true; then cd d; else cd /; fi; prog",
    # variables
    "A=1; prog $A", "A=1; A=2 true; prog $A", "A=1; (A=2); prog $A", "A=1; A+=2; prog $A", "declare A=1; prog $A", "export A=1 B; prog $A",
    "readonly A=x; prog $A", "A=1; unset A; prog ${A-none}", "A='b c'; prog $A \"$A\"", "A=x; prog $A$A\"$A\"", "A=1; export A; prog $A",
    "export A=$1; prog $A", "declare -x A=1 -r B=2; prog $A$B", "f() { A=2; }; A=1; f; prog $A", "{ A=1; } 2>/dev/null; prog $A",
    "if true; then A=1; else A=2; fi; prog $A", "case $1 in train) A=1;; *) A=2;; esac; prog $A", "f() { local A=2; prog $A; }; f",
    "f() { local A=2; }; A=1; f; prog $A", "f() { declare A=2; typeset B=3; }; A=1; B=1; f; prog $A $B", "g() { prog $A; }; f() { local A=2; g; }; A=1; f",
    "f() { declare -g A=2; export B=3; readonly C=4; }; f; prog $A $B $C", "f() { local A; prog \"x${A-none}\"; }; A=1; f", "f() { eval 'local A=2'; prog $A; }; f",
    "f() { local A=9; unset A; A=8; }; A=1; f; prog $A", "f() { local A=2; g; prog $A; }; g() { local A=3; }; A=1; f", "f() { local A=2; return 3; }; A=1; f || prog $A",
    "f() { local A=(\"$@\" z); prog \"${A[@]}\"; }; f x y", "declare -a A=(a 'b c'); prog \"${A[@]}\"", "f() { local A=(x); }; A=(y); f; prog \"${A[@]}\"",
    "A=1; prog \"${A:+(x $1)}\" ${A:+(y)}", "f() { (local A=2); { local A=3; }; prog $A; }; A=1; f",
    # arrays
    "args=(a 'b c'); exec prog \"${args[@]}\"", "args=(a); args+=(\"$@\"); prog \"${args[@]:1}\" \"${args[0]}\" \"${#args[@]}\"",
    "A=(a b c); i=1; prog \"${A[$i]}\" \"${A[i]}\" \"${A[-1]}\" \"${A[@]:1:1}\" \"${A[*]}\" \"${A[1+1]}\"", "A=(a b); prog \"${!A[@]}\"", "A=(); prog ${A[@]+\"${A[@]}\"} z",
    "A=(a 'b c'); prog ${A[@]+\"${A[@]}\"} ${A[@]:-d} \"${A[@]-d}\"", "A=(); prog \"${A[@]:-d}\" ${A[@]:-\"e f\"}", "A=(a b); for i in \"${!A[@]}\"; do prog $i ${A[$i]}; done",
    "V=A; A=5; prog ${!V} \"${!V}\"", "A=abc; prog ${A^} ${A^^}", "A=ABC; prog ${A,}",
    # arithmetic
    "prog $(( $# + 1 )) $((2*3-1)) $((7/2)) $((-7/2)) $((-7%3)) $((1<2&&2>3)) $((!1)) $(((1+1)*2))", "N=2; N=$((N*3)); prog $N", "N=5; shift $((N-4)); prog $#",
    "if (( $# > 0 )); then prog some; else prog none; fi", "(( $# == 0 )) && set -- def; prog \"$@\"", "N=3; (( N > 2 && N != 4 )) && prog a || prog b", "((1)) && prog a", "((0)) || prog a",
    "while getopts ab: o; do :; done; shift $((OPTIND-1)); prog \"$@\"",
    # what else entry scripts do
    "cd d; cd -; prog", "cd d; cd e; cd - >/dev/null && prog", "pushd d >/dev/null; popd >/dev/null; prog", "pushd d; pushd e; popd; prog", "cd d; cd $OLDPWD; prog",
    "if [ \"${1:0:1}\" = - ]; then set -- x \"$@\"; fi; prog \"$@\"", "exec {fd}>file; prog a", "exec {fd}>&1 prog a", "exec 3<>file; prog a", "command -- prog a", "exec > >(cat) 2>&1; prog a",
    "[[ $1 =~ ^(train|serve)$ ]] && prog a || prog b", "[[ $1 = train* && ! $1 =~ ^t.*x$ ]] && prog a || prog b", "[[ $1 == @(train|serve) && ! ( $1 == x ) ]] && prog a",
    "case $1 in t*) prog a;;& *n) prog b;; *) prog c;; esac", "set -o pipefail; true | true && prog a", "A=(a b); f() { exec prog \"$@\"; }; f \"${A[@]}\"", "if ! false; then exec prog y; fi",
    # parameters
    "set -- a b; shift; prog $1", "set -- a b; shift 2; prog \"$@\"", "set -- a; shift 5; prog \"$@\"", "set -e -- a; prog $1",
    "set a b; prog $2", "set -; prog \"$@\"", "set -o errexit; set +o errexit; prog", "set -euo pipefail; prog \"$1\"", "set -eu; prog $#",
    "set -- a b c; prog \"${@:2}\" \"${@:1:1}\" $# ${#}", "set -- a 'b c'; prog $* \"$*\" $@ \"$@\"", "set -- 1 2 3 4 5 6 7 8 9 x; prog ${10} $10",
    "set -- a; f() { prog \"$@\" $#; }; f b c; prog \"$@\"", "shift || true; prog \"$@\"", "for i; do prog $i; done", "f() { shift; prog $1; }; f a b",
    "prog ${@:-x} \"${@:-y}\" ${@:+z}", "set --; prog ${@:-x} \"${@:-y}\" ${@:+z} \"${*-q}\"", "set -- a b; prog ${#@} \"${#*}\" ${@:+z}",
    "set -- \"$@\" more; prog \"$@\"", "prog \"${1}\" ${2:-none} \"${@}\"", "set --; prog \"$@\" ${1-x}",
    # operations
    "A=abcb; prog ${A#a} ${A##*b} ${A%b} ${A%%b*} ${A#x}", "A=abcb; prog ${A/b/x} ${A//b/x} ${A/#a/x} ${A/%b/x} ${A/b} ${A//[ab]/x} ${A/#x/y}",
    "A=abc; prog ${A^^} ${A:1} ${A:1:1} ${#A}", "A=ABC; prog ${A,,}", "A=abc; prog ${A#[!x]} ${A#[^a]} ${A#[[:alpha:]]} ${A#[[:digit:]]} ${A#?}",
    "A='ax*'; prog \"${A%\\*}\" \"${A%'*'}\"", "A=abc; prog ${A:+x} ${A+x} ${A:-x} ${A-x} ${A:?x}", "E=; prog x${E:-d} x${E-d} x${E:+d} x${E+d}",
    "unset U; prog ${U:-d} ${U-d} x${U:+d} x${U+d}", "A=a.b.c; prog ${A%.*} ${A##*.} ${A#**b}", "unset U; prog \"${U:-a b}\" ${U:-a b} ${U:-\"a b\"}",
    "A=abc; prog ${A//} ${A#[ab} \"${A/[z-/x}\" \"${A/[/x}\"", "A='[x'; prog \"${A#[}\" \"${A%[*}\"", "P='[]x]'; A=']a'; prog \"${A#$P}\"",
    "A=a/b; prog ${A//\\//-} ${A/'b'/+}", "A=abc; prog ${A/b/$1} ${A#$2a}", "A=abc; P=b; prog ${A%$P*} ${A%\"$P\"c}", "E=; prog ${E#x}y ${E//a/b}y",
    # quotes
    "prog $'a\\tb\\n\\x41\\101\\u00e9\\e\\'\\\"\\\\\\?'", "prog $\"x y\"", "prog a\\\nb", "prog \"a\\$b\\`c\\\"d\\\\e\\xf\\\ng\"", "prog 'it'\\''s'",
    "prog a\\ b 'c d'\"e f\"", "prog '' \"\" ''x", "prog {a,b}{1,2} {1..3} x{,y} '{a,b}' {a} {} {a,b", "prog a#b #c", "prog {a..c} {c..a} {a..e..2} {e..a..-3} {1..10..3} {01..3} {1..3..0}", "prog {\"a\\\"b\",c}",
    "A=(1 # one\n 2); prog \"${A[@]}\"", "cd d; prog $PWD", "prog \"$1\"'$1'\\$1",
    "prog ${1}x$1y \"$1\"z", "prog a=b A=1", "prog -- -x --y=z", "prog %1 @2 +3 ^4 , :", "prog $'\\cA' $'\\U0001F600' $'\\xzz' $'a\\'b'",
    # control
    "for i in 1 2; do A=$i; done; prog $A", "for i in 1 2 3; do prog $i; done", "for i in {1..2}; do prog $i; done",
    "false || prog a", "true && prog a || prog b", "! false && prog a", "case $1 in serve) prog a;; tr?in) prog b;; esac", "case x in [a-c]|x) prog a;; esac",
    "if [ \"$1\" = train ] && [ $# -eq 1 ]; then prog a; else prog b; fi", "if false; then prog a; elif true; then prog b; fi",
    "while false; do prog a; done; prog b", "until true; do prog a; done; prog b", "for i in 1 2 3; do [ $i = 2 ] && break; prog $i; done",
    "for i in 1 2; do if [ $i = 1 ]; then continue; fi; prog $i; done", "f() { return 1; }; f || prog a", "f() { if true; then return; fi; prog a; }; f; prog b",
    "eval prog '$1'", "eval 'A=1; prog $A'", "eval", "eval \"cd d\"; prog", "A=\"prog x\"; $A", "prog a; exit 0; prog b", "exec prog a; prog b",
    "prog x{a..bc} {1..2..x}{a,b}", "case a in a) prog 1;;& b) prog 2;; *) prog 3;; esac", "case a in a) A=1;;& *) prog 3$A;; esac", "case ']' in [!]]) prog a;; []x]) prog b;; esac",
    "case '[a' in [a) prog a;; *) prog b;; esac", "while exit; do prog; done; prog b", "if exit 0; then prog; fi; prog b", "exit 0 && prog a; prog b",
    "set -e; (exit 1); prog a", "set -e; [ a = b ] || prog x; prog a", "[[ $(prog a) ]]; prog b", "[ \"$(prog a)\" = x ]; prog b",
    "i=0; while [ $i = 0 ]; do { i=1; } > /dev/null; done; prog $i", "i=0; while [ $i = 0 ]; do ! i=1; done; prog $i",
    "i=0; while [ $i = 0 ]; do i=1 && true | cat; done; prog $i", "true && { prog a; } > /dev/null; prog b", "printf '%s\\n' x; prog a",
    "( (prog a; exit 3) & wait $! ) || prog b", "f() { while :; do prog x; return; done; }; f; prog y",
    # what is not set
    "set -u; shift; prog a; prog $1", "set -u; f() { prog \"$2\"; }; prog a; (f x) || prog b", "set -eu; [[ $# -gt 1 && $2 = x ]] || prog b", "set -u; [[ $# -lt 2 || $2 = x ]] && prog a",
    "set -u; unset A; prog a; case ${A#x} in *) prog b;; esac", "set -u; prog ${2-a} ${2:-b} x${2+c} $# \"$@\"; prog ${#2}", "set -u; unset A; prog a; for i in $A; do :; done; prog b", "prog a; : ${2:?why}; prog b",
    "prog a; E=; f() { : \"${E:?}\" || true; }; f || prog b; prog c", "set -u; prog a; prog $!", "set -u; set +u; prog $2 a",
    # what expanding changes
    "A=; prog \"${A:=x}\" \"$A\"", "A=; prog ${A:=x y}$A '${A:=z}'", "A=1; [[ -n $A || ${A:=2} ]]; [[ -z $A && -n ${B:=2} ]]; prog $A", "A=0; f() { prog $A; }; A=1 f", "A=0; f() { local A=2; }; A=1 f; prog $A",
    # lines that tree-sitter reads in its own way
    "A=1 B=2\nprog $A $B", "A=1 B=2 # why\nC=3 D=4\n\nprog $A$D | cat", "if true; then\nA=1 B='x\ny'\nprog $A\nfi", "A=1 B=2\n{ prog $A; }", "prog a - 2>&1", "prog - > /dev/null", "{ prog - 2>&1; } | cat",
    "(exit 3) || prog a", "(exit 0) && prog a", ". ./lib; prog $SOURCED", ". ./lib a b; prog $1", "source ./lib; greet x", "exec 3>&1; prog",
]  # fmt: skip
#: Texts that are followed as well, but some words, ways or directories of which only the running shell knows.
OPEN = [
    "cd d; cd -; prog", "cd / && cd \"$OLDPWD\" || true; cd d; prog",
    "popd; prog", "pushd d; pushd e; popd; prog", "pushd +1; prog", "cd ~nobody; prog", "cd d*; prog", "cd $(pwd)/d; prog", "cd - ; prog",
    "read A < lib; prog $A", "printf -v A x; prog $A", "let A=1; prog $A", "mapfile -t A < lib; prog ${A[0]}", "typeset A=(1 2); prog ${A[0]}",
    "if [ -f lib ]; then pushd d; fi; popd; prog", "read -r A < lib; prog $A", "set -- a b; prog \"${@: -1}\" \"${@/b/c}\" ${@#a}",
    "N=x; shift $N; shift 5; prog \"$@\"", "N=x; shift $N; prog $# \"$@\"", ". \"$UNSET\"lib; prog a", "while [ -f lib ]; do shift; break; done; prog \"$@\"",
    "A=(a); while read x; do A=(\"$x\" b); done < lib; prog \"${A[@]}\"", "prog \"`echo a`\" \"${UNSET:-`echo b`}\" {a,\"`echo x`\"}",
    "while [ -z \"$A\" ]; do prog a; [ -f lib ] && break; done; prog b", "A=$(cat lib); prog ${A:+x}", "A=$(cat lib); prog ${UNSET-${A/x/y}}", "A=abc; P=$(echo b); prog ${A/$P/x} ${A#$P}",
    "case $(echo a) in $(echo b)) A=1;; *) A=2;; esac; prog $A",
    "while getopts ab: o; do :; done; prog $o $OPTARG", "N=x; shift $N; prog \"$@\"", "A=abc; prog ${A@Q} ${!A} ${A: -1}", "prog $(echo a) `echo b` $((1+2))",
    "A=abc; N=1; prog ${A:N} ${A:0:-1}", "A=abc; prog ${A#@(a)} ${A#*a*b*c*d}", "for i in $(echo a b); do prog $i; done",
    "while read l; do prog $l; done < lib",
    "i=0; while [ $i -lt 200 ]; do i=$((i+1)); done; exec prog $i", "while [ $# -lt 100 ]; do set -- \"$@\" x; done; prog \"$@\"",
    "i=0; while ((i < 200)); do i=$((i+1)); done; prog a", "i=0; until [ $i = 100 ]; do i=$((i+1)); done; prog a", "if [ -f lib ]; then prog a; else prog b; fi", "[ -d d ] && cd d; prog",
    "true | prog a", "prog a | cat", "prog a & wait", "prog $RANDOM $$ $! $? $- $_ $0", "A=1 | true; prog ${A-n}", "select x in a; do prog; done < /dev/null; prog",
    "for ((i=0; i<2; i++)); do prog $i; done", "f() { prog $1; f2; }; f2() { :; }; f a", "declare A=1; declare A+=2; prog $A",
    "((1)) && prog a", "A[0]=x; prog ${A[0]}", "A=(a b); A+=(c); prog \"${A[@]}\" ${#A[@]} ${A[1]}", "declare -A M=([a]=b); prog ${M[a]}",
    "A=abcdef; N=2; prog ${A:$N:1} ${A:N:2} ${A: -2} ${A:0:-2}", "N=1; ((N++)); prog $N", "N=1; (( N += 2 )) && prog $N", "declare -i N=2+3; prog $N", "declare -u U=abc; prog $U",
    "declare -n R=A; A=5; prog $R", "IFS=:; A=a:b; prog $A", "A=a:b; IFS=:; set -- $A; prog \"$@\"", "set -o pipefail; false | true || prog a", "prog <(echo a)", "prog $1 <(echo a b)",
    "A=(a b); unset 'A[0]'; prog \"${A[@]}\"", "A=(a b); A[1]=c; prog \"${A[@]}\"", "A=(a b); prog \"${A[@]/a/c}\" \"${A[@]: -1}\"", "prog $((2**3)) $((1|2)) $((0x10)) $((010))",
    "set -- -a -b x rest; while getopts ab: o; do :; done; shift $((OPTIND-1)); prog \"$@\"", "V=A; prog \"${!V}\" \"${!V[@]}\" x", "read -r A B <<< 'x y'; prog $A $B",
    "A=([1]=x [0]=y); prog \"${A[@]}\"", "declare -A A=([k]=v); prog \"${A[k]}\"", "declare -a A=([2]=v); prog \"${A[@]}\"",
    "if false; then :; else prog $?; fi", "false; for i in 1; do prog $?; done",
    "A=1; let A=2; prog $A", "A=(x); mapfile -t A < lib; prog \"${A[@]}\"", "n=1; prog $((n = 5)) $((n++)) $((--n))", "[ -f lib ]; prog $?", "true; r=$?; false; prog $r ${#?} ${?#1}", "set -u; [[ -f lib || $2 = x ]] && prog a", "trap 'true' 0; trap - 0; trap; trap -l; prog", "set -- a; while [ $# -gt 0 ]; do prog $1; shift; done", "exec -a name prog x",
]  # fmt: skip
PROGRAM = '#!/bin/bash\nprintf "%s\\0" "$PWD" "$@" >> "$LOG"\nprintf "\\n\\0" >> "$LOG"\n'
Run = tuple[str, ...]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not shutil.which("bash"):
        pytest.skip("there is no bash to ask")
    root = tmp_path_factory.mktemp("words")
    (root / "d" / "e").mkdir(parents=True)
    (root / "home" / "x").mkdir(parents=True)
    (root / "bin").mkdir()
    (root / "bin" / "prog").write_text(PROGRAM)
    (root / "bin" / "prog").chmod(0o755)
    (root / "lib").write_text('SOURCED=yes\ngreet() { prog greet "$1"; }\n')
    return root


def real(text: str, root: Path, *arguments: str) -> list[Run]:
    """Directory and words of every run of the program, the shell being given ``arguments``."""
    log = root / "log"
    log.write_text("")
    environment = {
        "PATH": f"{root}/bin:/usr/bin:/bin",
        "HOME": f"{root}/home",
        "LOG": str(log),
        "LC_ALL": "C.UTF-8",
    }
    subprocess.run(
        ["bash", "-c", text, *arguments], cwd=root, env=environment, capture_output=True, check=False
    )
    return [tuple(run.split("\0")[:-1]) for run in log.read_text().split("\n\0")[:-1]]


def followed(text: str, root: Path) -> list[Run]:
    """The same as the analysis of entry scripts has it, one run per way."""
    from smlint.shell.flow import Sourced

    flow = analyse(
        text,
        dialect="bash",
        arguments=("zero", "train"),
        is_command_string=True,
        lookup={"HOME": f"{root}/home"}.get,
        directory=str(root),
        read_source=lambda path, directory: Sourced(path, (root / path).read_text()),
    )
    return [
        (path.command.directory, *path.command.texts[1:])
        for path in flow.paths
        if path.command.texts[0] == "prog"
    ]


def listed(text: str, root: Path) -> list[Run]:
    """The same as the reader of RUN has it, which takes no decisions."""
    commands = read_commands(
        text,
        lookup={"HOME": f"{root}/home"}.get,
        directory=str(root),
        locate=lambda start, end: FileLocation("", 1, start, 1, end),
    ).commands
    runs = [(each.directory, *(word.text for word in each.words)) for each in commands]
    return [(run[0], *run[2:]) for run in runs if run[1:2] == ("prog",)]


def may_be(found: Run, run: Run) -> bool:
    """Whether ``found``, which may hold unknown parts (also of several words), may stand for ``run``."""
    pattern = "".join(
        "(?:\0.*)?" if word == UNRESOLVED else "\0" + ".*".join(map(re.escape, word.split(UNRESOLVED)))
        for word in found
    )
    return re.fullmatch(pattern, "".join(f"\0{word}" for word in run), re.DOTALL) is not None


@pytest.mark.parametrize("text", KNOWN)
def test_known_words_are_the_real_ones(text: str, folder: Path) -> None:
    runs, found = real(text, folder, "zero", "train"), followed(text, folder)
    assert len(found) == min(len(runs), 1)
    assert all(run in runs for run in found)


@pytest.mark.parametrize("text", OPEN)
def test_what_really_runs_is_among_what_may_run(text: str, folder: Path) -> None:
    runs, found = real(text, folder, "zero", "train"), followed(text, folder)
    assert runs
    assert any(may_be(each, run) for each in found for run in runs), (runs, found)


#: What runs words of its own is seen through later, by those who ask for it.
WRAPPED = re.compile(r"\b(?:eval|exec|source|command)\b")


@pytest.mark.parametrize("text", [text for text in (*KNOWN, *OPEN) if not WRAPPED.search(text)])
def test_every_real_run_is_listed(text: str, folder: Path) -> None:
    found = listed(text, folder)
    missing = [run for run in real(text, folder) if not any(may_be(each, run) for each in found)]
    assert not missing, found
