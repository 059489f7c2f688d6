"""RUN commands put together at random: what is said of files afterwards must be what bash has really made of them.

Only runs that succeed are compared, in a directory of their own and with paths relative to it. Unknown is always a
right answer, and so is a path through a file, or one with a wildcard in it, about which nobody asks. Links are not copied or moved: where they lead
from their new place is not followed.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smlint.container import ABSENT, UNRESOLVED, FileKind, Known
from smlint.dockerfile import parse
from smlint.dockerfile.build import build_container

FILES = (
    "a.sh",
    "b.sh",
    "l",
    "d/l",
    "l/run",
    "c.txt",
    "d/run",
    "d/b.py",
    "d/open",
    "d/sub/s.sh",
    "./a.sh",
    '"d/run"',
    "'*.sh'",
)
NEW = ("n", "m", "l", "k", "l/n", "d/n", "x/n", "a.sh", "d/run", "./n")
FOLDERS = ("d", "l", "d/l", "d/sub", "e", "x/y", ".", "d/")
file = st.sampled_from(FILES)
new = st.sampled_from(NEW)
folder = st.sampled_from(FOLDERS)
files = st.one_of(
    file,
    st.builds("{} {}".format, file, file),
    st.sampled_from(["*.sh", "d/*", "d/[a-c]*", "{a,b}.sh", "[!a].sh", "d/r?n", "*"]),
)
target = st.one_of(new, folder)
mode = st.sampled_from(
    ["755", "0644", "+x", "u+x", "-x", "a-w", "u=rwx,go=rx", "go-rwx", "a+rX", "=r", "u+s", "g=u", "2755"]
)
text = st.sampled_from(
    ["hi", "'a b'", "-n hi", "-e 'a\\tb'", "'a\\nb'", "d/*", "~", "{a,b}", "-E x", '"$PWD"', "''", "-- x"]
)
redirection = st.sampled_from([">", ">>", ">|", "2>", "1>", "&>", "<>"])
test = st.sampled_from(["-f a.sh", "-f gone", "! -e n", "-d d", "-x c.txt", "-n ''"])
COMMAND = st.one_of(
    st.builds("cp {}{} {}".format, st.sampled_from(["", "-r ", "-a ", "-p ", "-f ", "-u "]), files, target),
    st.builds("{} -T {} {}".format, st.sampled_from(["cp", "mv"]), file, target),
    st.builds("cp -r {} {}".format, st.sampled_from(["d", "d/", "d/.", "d/sub", "."]), target),
    st.builds("mv {}{} {}".format, st.sampled_from(["", "-f ", "-n "]), files, target),
    # What is a file nobody makes a directory of.
    st.builds(
        "mkdir {}{}".format, st.sampled_from(["-p ", "-pm 700 ", ""]), st.sampled_from([*FOLDERS, "n", "x/n"])
    ),
    st.builds("chmod {}{} {}".format, st.sampled_from(["", "-R ", "-v "]), mode, st.one_of(files, folder)),
    st.builds("touch {}{}".format, st.sampled_from(["", "-c ", "-d yesterday "]), st.one_of(new, files)),
    st.builds("echo {} {} {}".format, text, redirection, new),
    st.builds("cat {} {} {}".format, files, redirection, new),
    st.builds(
        "printf {} {} {}".format,
        st.sampled_from(["'%s\\n' a b", "'a\\tb'", "'\\x41'", "'%d' 5", "'a%%\\n'", "'%s\\n' d/*"]),
        redirection,
        new,
    ),
    st.builds("cat > {} <<E\n$PWD \\$PWD\n\tb\nE\n".format, new),
    st.builds("echo x | tee {}{}".format, st.sampled_from(["", "-a "]), new),
    st.builds(
        "sed {} {} {}".format,
        st.sampled_from(["-i", "-n", "-ni", "-i.bak", "-E -i", "-i -e"]),
        st.sampled_from(["'s/\\r$//'", "'s/a/b/'", "'s/\\015$//'", "'1d'"]),
        files,
    ),
    st.builds(
        "install {}{} {}".format,
        st.sampled_from(["", "-m 700 ", "-Dm 600 ", "-Dm755 ", "-m a+rx ", "-d "]),
        file,
        target,
    ),
    st.builds(
        "find {} {} -exec chmod {} {{}} +".format,
        folder,
        st.sampled_from(
            ["", "-name '*.sh'", "-type f", "-type d", "! -name run", "-mindepth 2", "-size +1M"]
        ),
        mode,
    ),
)
LINK = st.builds(
    "ln {}{} {}".format,
    st.sampled_from(["-s ", "-sf ", "-s ", "-sr ", "", "-f ", "-sT "]),
    st.sampled_from(["a.sh", "b.sh", "c.txt", "d", "d/run", "../a.sh", "run", "sub", "gone"]),
    st.sampled_from(["l", "l", "d/l", "k", "m", "d", "a.sh"]),
)
REMOVAL = st.builds("rm {}{}".format, st.sampled_from(["", "-f ", "-rf "]), st.one_of(files, folder))
LINE = st.recursive(
    st.one_of(COMMAND.filter(lambda command: "\n" not in command), REMOVAL, LINK),
    lambda inner: st.one_of(
        st.builds("if [ {} ]; then {}; fi".format, test, inner),
        st.builds("[ {} ] && {}".format, test, inner),
        st.builds("[ {} ] || {}".format, test, inner),
        st.builds("(cd {} && {})".format, folder, inner),
        st.builds("{{ {}; {}; }} > log".format, inner, inner),
        st.builds("for f in a.sh b.sh; do {}; done".format, inner),
        st.builds("for f in a.sh d/run; do chmod {} $f; done".format, mode),
        st.builds("{} || true".format, inner),
        st.builds("{{ {}; {}; }} || {}".format, inner, inner, inner),
        st.builds("{} && {} || true".format, inner, inner),
        st.builds("[ {} ] && exit".format, test),
        st.builds("! {}".format, COMMAND.filter(lambda command: "\n" not in command)),
        st.builds("trap '{}' EXIT".format, inner.filter(lambda line: "'" not in line)),
        st.builds("bash -c '{}'".format, inner.filter(lambda line: "'" not in line)),
    ),
    max_leaves=3,
)
SCRIPT = st.lists(st.one_of(LINE, LINE, COMMAND, REMOVAL, LINK, LINK), min_size=1, max_size=4)


def make_context(root: Path) -> None:
    for name, content, bits in (
        ("a.sh", b"#!/bin/sh\r\necho a\r\n", 0o644),
        ("b.sh", b"#!/bin/sh\necho b", 0o755),
        ("c.txt", b"foo\n", 0o600),
        ("d/run", b"#!/bin/sh\n", 0o755),
        ("d/b.py", b"pass\n", 0o600),
        ("d/open", b"open\n", 0o666),
        ("d/sub/s.sh", b"sub\n", 0o644),
    ):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(bits)
    for directory in (root, root / "d", root / "d" / "sub"):
        directory.chmod(0o755)


@pytest.mark.skipif(
    os.geteuid() != 0, reason="RUN commands are root's, and nobody else may look into what they close"
)
@settings(max_examples=80)
@given(script=SCRIPT, options=st.sampled_from(["set -e", "set -e", ":"]))
def test_what_is_said_of_files_is_true(script: list[str], options: str) -> None:
    commands = "\n".join([options, *script]) + "\n"
    with tempfile.TemporaryDirectory() as folder:
        context, root = Path(folder, "context"), Path(folder, "root")
        make_context(context)
        shutil.copytree(context, root)
        done = subprocess.run(
            ["bash", "-c", f"umask 022\n{commands}"], cwd=root, stdin=subprocess.DEVNULL, capture_output=True
        )
        if done.returncode == 0:
            compare(commands, context, root)


def compare(commands: str, context: Path, root: Path) -> None:
    text = f'FROM scratch\nSHELL ["bash", "-c"]\nWORKDIR {root}\nCOPY . .\nRUN <<\'END\'\n{commands}END\n'
    files = build_container(parse(text), path="Dockerfile", context=str(context)).files
    there = {path.relative_to(root).as_posix() for path in root.rglob("*")}
    for path in sorted(
        {*there, *FILES[:10], *NEW, "e", "x/y", "x", "log", "d/a.sh", "e/run", "e/a.sh", "x/y/a.sh"}
    ):
        fact, real = files.lookup(str(root / path)), root / path
        if any(each.is_file() for each in real.parents) or any(mark in path for mark in "*?["):
            continue
        if fact is ABSENT:
            assert not real.exists(), path
        if isinstance(fact, Known):
            entry, status = fact.value, real.stat()
            assert (entry.kind is FileKind.DIRECTORY) == stat.S_ISDIR(status.st_mode), path
            assert entry.mode in (None, stat.S_IMODE(status.st_mode)), path
            if entry.content is not None and UNRESOLVED.encode() not in entry.content:
                assert entry.content == real.read_bytes(), path
