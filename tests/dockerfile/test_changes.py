"""What RUN commands are said to do to files against what they do: known modes, contents and absences must be real."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from smlint.container import ABSENT, UNRESOLVED, FileKind, Known, Unknown
from smlint.dockerfile import parse
from smlint.dockerfile.build import build_container

#: A command, and the paths of which something must be known afterwards.
CERTAIN: dict[str, str] = {
    "chmod 755 a.sh": "a.sh",
    "chmod +x a.sh": "a.sh",
    "chmod -x d/run": "d/run",
    "chmod u=rwx,go=rx a.sh d/b.py": "a.sh d/b.py",
    "chmod a-w,u+s a.sh": "a.sh",
    "chmod o+t,g+s d/run": "d/run",
    "chmod = a.sh": "a.sh",
    "chmod 4755 a.sh && chmod u=rwx,g=s a.sh": "a.sh",
    "chmod 1777 a.sh && chmod o=r a.sh": "a.sh",
    "chmod -R +x d": "d/b.py d/run",
    "chmod -R a+X d": "d/b.py d/run",
    "chmod --recursive u+x .": "a.sh d/b.py",
    "chmod 4755 a.sh": "a.sh",
    "chmod +x *.sh": "a.sh",
    "chmod +x {a,z}.sh d/[a-c].py d/r?n || true": "a.sh d/b.py d/run",
    "cd d && chmod +x b.py": "d/b.py",
    "rm a.sh": "a.sh",
    "rm -rf d": "d/run d/b.py",
    "rm -f *.sh": "a.sh",
    "cp a.sh c": "c a.sh",
    "cp a.sh d/": "d/a.sh",
    "cp -r d e": "e/run e/b.py",
    "cp --remove-destination d/run a.sh": "a.sh",
    "cp -t d a.sh": "d/a.sh",
    "cp --target-directory=d a.sh -S x": "d/a.sh",
    "cp -- a.sh c": "c",
    "mv a.sh c": "c a.sh",
    "mv a.sh d/": "d/a.sh a.sh",
    "mv d e": "e/run d/run",
    "ln -s a.sh l": "l",
    "ln -s ../a.sh d/l": "d/l",
    "ln a.sh h": "h",
    "ln -s d e": "e/run",
    "ln -sf d/run": "run",
    "install -m 755 a.sh c": "c",
    "install -Dm700 a.sh x/c": "x/c",
    "install --mode=711 -t d a.sh": "d/a.sh",
    "install -d x/y": "x/y x",
    "mkdir -p x/y": "x/y x",
    "mkdir -m 755 x": "x",
    "touch n": "n",
    "touch -d yesterday a.sh": "a.sh",
    "sed -i 's/\\r$//' a.sh": "a.sh",
    "sed -n p a.sh": "a.sh",
    "sed 's/a/b/' a.sh > n": "n a.sh",
    "echo x | tee n": "n",
    "echo x | tee -a a.sh": "a.sh",
    "echo hi > n": "n",
    "echo hi >> a.sh": "a.sh",
    "echo -n hi > n": "n",
    "echo hi >| a.sh": "a.sh",
    ": > a.sh": "a.sh",
    "> a.sh": "a.sh",
    "> n": "n",
    ">> a.sh": "a.sh",
    "printf '%s\\n' a b > n": "n",
    "printf 'a\\tb\\\\' > n": "n",
    "printf -- '%%x%s' > n": "n",
    "printf 'a' b >> a.sh": "a.sh",
    "cat > n <<E\nhello\nE": "n",
    "cat a.sh > n": "n",
    "cat a.sh": "a.sh",
    "true > /dev/null 2>&1": "a.sh",
    "find . -name '*.sh' -exec chmod +x {} +": "a.sh",
    "find d -type f -exec chmod 700 {} \\;": "d/run d/b.py",
    "find . -name '*.zip' -delete": "a.sh",
    "find d -exec grep x {} + || true": "a.sh d/run",
    "find d -type f": "d/run",
    "ls | xargs -n 1 grep x || true": "a.sh",
    "sh d/run": "d/run",
    "bash -c 'chmod +x a.sh'": "a.sh",
    "chmod +x a.sh || true": "a.sh",
    "chmod +x gone a.sh || true": "a.sh",
    "rm -f a.sh || true": "a.sh",
    "rm d a.sh || true": "d d/run a.sh",
    "mkdir -p x || true": "x",
    "mkdir a.sh d || true": "a.sh d",
    "cp a.sh n || true": "n",
    "cp gone a.sh || true": "a.sh",
    "cp -r d e; true": "e/run",
    "cp -T a.sh d || true": "d d/run",
    "cp a.sh a.sh || true": "a.sh",
    "cp a.sh n || exit 1; chmod 700 a.sh": "a.sh n",
    "cp d/run n || { echo no; exit 1; }; chmod 700 a.sh": "a.sh n",
    "cd d; cp run n; chmod 700 n": "d/n",
    "mv a.sh n; true": "n",
    "mv gone a.sh; true": "a.sh",
    "ln -s d/run a.sh || true": "a.sh",
    "ln -s d/run l; true": "l",
    "echo hi > n || true": "n",
    "echo hi > d; true": "d d/run",
    "rm -rf .; true": "a.sh d/run",
    "[ -f a.sh ] || exit 1; rm a.sh": "a.sh",
    "set -e; cp d/run n; cp n a.sh; true": "a.sh",
    "exit 0; rm a.sh": "a.sh",
    "exit; rm a.sh": "a.sh",
    "(exit 0; rm a.sh); chmod 700 d/run": "a.sh d/run",
    "exec true; rm a.sh": "a.sh",
    "trap 'rm a.sh' INT": "a.sh",
    "rm -f '*.sh'": "a.sh",
    'rm -f "*.sh"': "a.sh",
    "rm -f \\*.sh": "a.sh",
    "rm -f 'a'*.sh": "a.sh",
    "X='*.sh'; rm -f \"$X\"": "a.sh",
    "X='*.sh'; rm -f $X": "a.sh",
    "chmod 700 'a.s?' || true": "a.sh",
    "echo hi > '*.sh'": "a.sh",
    "find . -name '*.sh' -exec chmod 700 {} \\; -exec true \\;": "a.sh",
    "ln -s a.sh l && chmod 600 a.sh": "a.sh l",
    "ln -s a.sh l && rm a.sh": "a.sh",
    "ln -s a.sh l && rm l": "a.sh l",
    "ln -s a.sh l && mv d/run l": "a.sh l d/run",
    "ln a.sh h && rm a.sh": "a.sh h",
}
#: Files that are written over others, or nothing: their modes must be known afterwards.
WRITTEN_OVER: dict[str, str] = {
    "cp a.sh d/run": "d/run",
    "cp d/run a.sh": "a.sh",
    "cp -f d/run a.sh": "a.sh",
    "cp -r d/run a.sh": "a.sh",
    "cp --preserve=timestamps d/run a.sh": "a.sh",
    "cp -p d/run a.sh": "a.sh",
    "cp -a a.sh d/run": "d/run",
    "cp --archive a.sh d/run": "d/run",
    "cp --preserve a.sh d/run": "d/run",
    "cp --preserve=timestamps,mode a.sh d/run": "d/run",
    "cp --preserve=all a.sh d/run": "d/run",
    "cp -b a.sh d/run": "d/run",
    "cp -lf a.sh d/run": "d/run",
    "cp d/open c": "c",
    "cp -p d/open c": "c",
    "cp --no-preserve=mode d/run c": "c",
    "cp --no-preserve=mode a.sh d/run": "d/run",
    "cp a.sh c && cp d/run c": "c",
    "cp d/run c && cp a.sh c && cp c d/b.py": "c d/b.py",
    "cp -r d e": "e/run e/b.py e/open",
    "mv a.sh d/run": "d/run",
    "mv d/run a.sh": "a.sh",
    "install a.sh d/run": "d/run",
    "install -m 600 d/run a.sh": "a.sh",
    "ln -f d/run a.sh": "a.sh",
    "ln -sf d/run a.sh": "a.sh",
    "echo x > d/run": "d/run",
    "echo x | tee d/run": "d/run",
    "cat a.sh >> d/run": "d/run",
    "sed -i s/a/b/ d/run": "d/run",
}
#: What is said of the paths must be true, however little it is.
TRUE: dict[str, str] = {
    "chmod 700 [!b].sh": "a.sh",
    "chmod 700 d/[a-c]*": "d/b.py d/run d/open",
    "cd d && touch .hidden && chmod 600 .hidden && chmod +x *": "d/.hidden d/b.py",
    "chmod -R =r d": "d/open",
    "chmod u+s,g+s d && chmod 755 d": "d",
    "chmod 700 d": "d d/run",
    "cp a.sh d/run": "d/run d/run/a.sh",
    "cp a.sh d": "d d/a.sh",
    "mkdir x && cp -r d/ x && cp -r ./d/. x": "x/run x/d/run",
    "mkdir x && cp --parents d/run x": "x/run x/d/run",
    "cp *.sh c": "c c/a.sh",
    "mv a.sh d": "d d/a.sh",
    "mv d/r* c": "c c/run",
    "ln a.sh d": "d d/a.sh",
    "mkdir x && ln -sr a.sh x/l": "x/l",
    "install -p a.sh d": "d d/a.sh",
    "install -Dm 600 d/run a.sh": "a.sh",
    "install -m a+rx d/run c": "c",
    "install -m u=rwx,go= a.sh c": "c",
    "install -d -m 700 d": "d d/run",
    "mkdir -pm 700 x/y": "x x/y",
    "touch *.txt d/*": "d/gone.txt d/c.txt d/run",
    "touch -c n": "n",
    "sed -ni 's/\\r$//' a.sh": "a.sh",
    "sed -i 's/\\015$//' a.sh": "a.sh",
    "sed -i 's/^M$//' a.sh": "a.sh",
    "sort -o d/run a.sh": "d/run",
    "find . -type f -exec chmod 700 {} +": "d d/run",
    "find d -type d -exec chmod 711 {} +": "d d/run",
    "find . -mindepth 2 -exec chmod 711 {} +": "a.sh d/run",
    "find . -size +1M -exec sed -i 's/\\r$//' {} +": "a.sh",
    "find d -name run -exec chmod 700 a.sh \\;": "a.sh d/run",
    "find d -type d -exec chmod 711 {} + -o -exec chmod 600 {} +": "d d/run",
    "echo hi 2> n": "n",
    "echo hi &> n": "n",
    "echo hi <> a.sh": "a.sh",
    "echo a > n > m": "n m",
    "echo a > n >&2": "n",
    "echo d/* > n": "n",
    "echo ~ > n": "n",
    "printf '%s\\n' d/* > n": "n",
    "printf '\\0101\\x41' > n": "n",
    "printf '\\\"' > n": "n",
    "echo -e 'a\\cb' > n": "n",
    "[ -f gone ] && chmod 700 a.sh || true": "a.sh",
    "[ -f gone ] && mv a.sh c; true": "a.sh c",
    "[ -f a.sh ] && chmod 700 a.sh": "a.sh",
    "[ -f a.sh ] || mv d/run c": "d/run c",
    "test -f gone && echo x > n || echo y > n": "n",
    "true || cp a.sh d/run": "d/run",
    "if [ -f gone ]; then mv a.sh c; fi": "a.sh c",
    "if [ -f gone ]; then mkdir x; else chmod 700 a.sh; fi": "x a.sh",
    "case $X in y) mv a.sh c;; *) chmod 700 a.sh;; esac": "a.sh c",
    "while false; do chmod 700 a.sh; done": "a.sh",
    "for f in n m; do echo $f > n; break; done": "n",
    "for f in a.sh d/run; do [ -x $f ] && mv $f $f.old; done; true": "a.sh d/run",
    "bash -c 'if [ -f gone ]; then mv a.sh c; fi'": "a.sh",
    "{ echo a; echo b; } > n": "n",
    "(cd d; echo a; echo b) > n": "n d/n",
    "{ echo a; echo b > n; } > m": "n m",
    "ln -s a.sh l && chmod 755 l": "a.sh l",
    "ln -s d/b.py l && chmod +x l": "d/b.py l",
    "ln -s a.sh l && cp d/run l": "a.sh l",
    "ln -s a.sh l && install d/run l": "a.sh l",
    "ln -s a.sh l && echo hi > l": "a.sh l",
    "ln -s a.sh l && echo hi > l && echo ho > a.sh": "a.sh l",
    "ln -s a.sh l && echo hi > l && ln -sf d/run l": "a.sh l",
    "ln -s a.sh l && tee l < d/run": "a.sh l",
    "ln -s a.sh l && sed -i s/a/b/ l": "a.sh l",
    "ln -s a.sh l && ln -s l m && chmod 700 m": "a.sh l m",
    "ln -s a.sh l; rm l; cp d/run l; chmod 600 a.sh l": "a.sh l",
    "ln -s a.sh l && chmod 700 a.sh l": "a.sh l",
    "ln -s d e && cp a.sh e": "d/a.sh e/a.sh",
    "ln -s d e && chmod -R 700 e/": "d/run e/run",
    "ln -s d e && cd e && chmod 711 run": "d/run e/run",
    "ln -s d e && echo x > e/run && chmod 700 d/run": "d/run e/run",
    "ln -s $PWD/d d/l && chmod 700 d/l/run": "d/run",
    "cd d && ln -s ../a.sh l && chmod 711 l": "a.sh d/l",
    "ln a.sh h && chmod 755 h": "a.sh h",
    "ln a.sh h && chmod 755 a.sh": "a.sh h",
    "ln a.sh h && echo x > h": "a.sh h",
    "ln a.sh h && mv h m && chmod 700 m": "a.sh h m",
    "mkdir x/y || true": "x x/y",
    "cat gone > n || true": "n",
    "echo hi > x/n && echo hi > m || true": "x/n m",
    "cp gone n && chmod 700 a.sh; true": "a.sh n",
    "set -e; cp gone n && chmod 700 a.sh; true": "a.sh n",
    "cp gone n && chmod 700 a.sh || true": "a.sh n",
    "cp gone a.sh | cat": "a.sh",
    "echo $(cp gone a.sh)": "a.sh",
    "! cp gone a.sh": "a.sh",
    "if cp gone a.sh; then :; fi": "a.sh",
    "bash -c 'cp gone a.sh; true'": "a.sh",
    "(cd x && chmod 700 a.sh || cp d/run a.sh)": "a.sh",
    "if [ -f a.sh ]; then exit 0; fi; chmod 700 a.sh": "a.sh",
    "f() { return; rm a.sh; }; f": "a.sh",
    "exec > n; echo hi": "n",
    "find d -name b.py -exec cp {} . \\;": "b.py",
    "cp a.sh b.py; find d -name b.py -exec cp {} . \\;": "b.py",
    "find d -name b.py -exec cp {} a.sh \\;": "a.sh",
    "mkdir e; cp a.sh e/b.py; find d -type f -exec cp -t e {} +": "e/b.py",
    "find d -name b.py -exec sh -c 'cat $0 > a.sh' {} \\;": "a.sh",
    "bash -c 'echo ~ > n'": "n",
}
#: What may have been done, so that nothing may be said.
UNCERTAIN: dict[str, str] = {
    "chmod g=u,o=g a.sh": "",
    "chmod +x $X || true": "",
    "sh d/run a.sh": "a.sh",
    "chmod $X a.sh || true": "",
    "rm -f $X": "a.sh",
    "rm $X/a.sh || true": "a.sh",
    "cp $X d/ || true": "d/a.sh",
    "cp a.sh $X || true": "",
    "cp -n a.sh d/run": "d/run",
    "cp -u a.sh d/run": "d/run",
    "cp -i a.sh d/run < /dev/null; true": "d/run",
    "cp -s $PWD/a.sh l": "",
    "cp --attributes-only -p a.sh d/run": "d/run",
    "mv -n a.sh d/run": "a.sh d/run",
    "dd if=a.sh of=d/run": "d/run",
    "mv $X e || true": "e",
    "mv d/$X e || true": "d/run",
    "ln -s $X l || true": "l",
    "echo a > $X || true": "a.sh",
    "echo 'a\\tb' > n": "",
    "printf '%d' 1 > n": "",
    "printf $X > n || true": "",
    "sed -i 's/a/b/' a.sh": "",
    "find . -type f -delete": "a.sh d/run",
    "find . ! -name '*.py' -exec rm {} + || true": "a.sh",
    "find . -name '*.sh' -exec sed -i 's/x/y/' {} +": "",
    "find . -name '*.sh' -o -name run -exec chmod 700 {} +": "",
    "ls *.sh | xargs chmod 700": "",
    "ls *.sh | xargs -I{} rm {}": "a.sh",
    "python3 -c 'import os; os.remove(\"a.sh\")' a.sh": "a.sh",
    "tar cf n a.sh": "n",
    "curl -o n file:///etc/hostname || true": "",
    "$X a.sh || true": "",
    "if [ -f a.sh ]; then mv a.sh c; fi": "a.sh c",
    "[ -f a.sh ] && mv a.sh c; true": "a.sh c",
    "[ -f gone ] || cp a.sh d/run": "d/run",
    "if [ -n x ]; then echo a > n; fi": "n",
    "[ -f gone ] && rm a.sh; true": "a.sh",
    "[ -f a.sh ] || rm a.sh": "a.sh",
    "if [ -f gone ]; then rm a.sh; fi": "a.sh",
    "[ -f a.sh ] && exit 0; rm a.sh": "a.sh",
    "trap 'rm -f a.sh' EXIT; cp d/run a.sh": "a.sh",
    "ln -s d e && rm e/run": "d/run",
    "ln -s d e && rm -rf e/*": "d/run",
    "cp a.sh x/n || true": "x/n",
    "cp d e || true": "e e/run",
    "mv a.sh x/n; true": "a.sh x/n",
    "install a.sh x/n || true": "x/n",
    "ln a.sh x/n || true": "x/n",
    "echo hi > x/n || true": "x/n",
    "touch x/n || true": "x/n",
    "rmdir d || true": "d",
}
#: Commands after which nobody but root, whose they are in a build, can look at what they have changed.
CLOSING = ("chmod = a.sh", "chmod -R =r d")


@pytest.fixture
def context(tmp_path: Path) -> Path:
    root = tmp_path / "context"
    (root / "d").mkdir(parents=True)
    (root / "a.sh").write_bytes(b"#!/bin/sh\r\necho a\r\n")
    (root / "d" / "run").write_text("#!/bin/sh\n")
    (root / "d" / "b.py").write_text("pass\n")
    (root / "d" / "open").write_text("open\n")
    (root / "d" / "open").chmod(0o666)
    (root / "a.sh").chmod(0o644)
    (root / "d" / "run").chmod(0o755)
    (root / "d" / "b.py").chmod(0o600)
    return root


def compare(
    command: str, paths: list[str], context: Path, root: Path, shell: str = "bash"
) -> dict[str, object]:
    """Run ``command`` on a copy of the context; what is said of each path, after asserting that it is no lie."""
    if command in CLOSING and os.geteuid() != 0:
        pytest.skip("only root may look at what this command closes")
    shutil.copytree(context, root)
    done = subprocess.run([shell, "-c", f"umask 022; {command}"], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    run = f"RUN <<'END'\n{command}\nEND" if "\n" in command else f"RUN {command}"
    chosen = "" if shell == "sh" else f'SHELL ["{shell}", "-c"]\n'
    text = f"FROM scratch\n{chosen}WORKDIR {root}\nCOPY . .\n{run}\n"
    container = build_container(parse(text), path="Dockerfile", context=str(context))
    found: dict[str, object] = {}
    for path in paths:
        fact = found[path] = container.files.lookup(str(root / path))
        real = root / path
        if fact is ABSENT:
            assert not os.path.lexists(real), f"{path} is there"
        if not isinstance(fact, Known):
            continue
        entry, status = fact.value, real.stat()
        assert stat.S_ISDIR(status.st_mode) == (entry.kind is FileKind.DIRECTORY)
        assert entry.mode is None or entry.mode == stat.S_IMODE(status.st_mode), path
        if entry.content is not None and UNRESOLVED.encode() not in entry.content:
            assert entry.content == real.read_bytes()
    return found


@pytest.mark.parametrize("command", CERTAIN)
def test_what_is_certain_is_said_and_true(command: str, context: Path, tmp_path: Path) -> None:
    certain = CERTAIN[command].split()
    found = compare(command, certain, context, tmp_path / "root")
    assert [path for path in certain if isinstance(found[path], Unknown)] == []


@pytest.mark.parametrize("command", WRITTEN_OVER)
def test_the_mode_of_what_is_written_over_is_known_and_true(
    command: str, context: Path, tmp_path: Path
) -> None:
    found = compare(command, WRITTEN_OVER[command].split(), context, tmp_path / "root")
    modes = [fact.value.mode for fact in found.values() if isinstance(fact, Known)]
    assert len(modes) == len(found)
    assert None not in modes


@pytest.mark.parametrize("command", TRUE)
def test_what_is_said_is_true(command: str, context: Path, tmp_path: Path) -> None:
    compare(command, TRUE[command].split(), context, tmp_path / "root")


@pytest.mark.parametrize(
    "command",
    [
        "mkdir -p {e,x}/y",
        "mkdir -p $PWD/{e,x}",
        "touch {n,x}",
        "echo {a,b} > n",
        "echo -e 'a\\tb' > n",
        "echo -E a > n",
        "printf '\\e' > n",
        "echo a &> n; while [ ! -f n ]; do :; done",
    ],
)
def test_what_shells_read_differently_is_not_said(command: str, context: Path, tmp_path: Path) -> None:
    compare(command, ["e", "e/y", "x", "n", "{n,x}"], context, tmp_path / "root", shell="sh")


def test_workdir_leaves_a_directory_as_it_is(context: Path) -> None:
    text = "FROM scratch\nCOPY d /d\nRUN chmod 700 /d\nWORKDIR /d\nWORKDIR sub\n"
    files = build_container(parse(text), path="Dockerfile", context=str(context)).files
    modes = [fact.value.mode for fact in map(files.lookup, ("/d", "/d/sub")) if isinstance(fact, Known)]
    # A RUN may have made the other one.
    assert modes == [0o700, None]


@pytest.mark.parametrize("command", UNCERTAIN)
def test_what_is_uncertain_is_not_said(command: str, context: Path, tmp_path: Path) -> None:
    unknown = UNCERTAIN[command].split()
    found = compare(command, ["a.sh", "d/run", "n", "e", *unknown], context, tmp_path / "root")
    assert [path for path in unknown if not isinstance(found[path], Unknown)] == []
