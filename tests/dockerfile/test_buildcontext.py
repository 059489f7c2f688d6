"""What COPY can see of the build context on disk: ignore files, links, wildcards, and nothing outside of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from smlint.container import ABSENT, FileKind, Known, Unknown
from smlint.dockerfile import buildcontext, parse
from smlint.dockerfile.build import build_container
from tests.dockerfile.contexts import Tree, content, look, write


@pytest.fixture
def make(tmp_path: Path) -> Callable[[Tree], Path]:
    return partial(write, tmp_path)


def test_a_link_that_is_copied_itself_is_followed_in_the_context(make: Callable[[Tree], Path]) -> None:
    context = make({"bin/run@": "../src/train.py", "src/train.py": "t", "out@": "src/../../x"})
    assert content(look("COPY bin/run /start", "/start", context)) == "t"
    assert isinstance(look("COPY out /out", "/out", context), Unknown)


@pytest.mark.parametrize(
    ("ignore", "path", "seen"),
    [
        ("*.sh", "/app/run.sh", False),
        ("*.sh", "/app/sub/a.sh", True),
        ("**/*.sh", "/app/sub/a.sh", False),
        ("sub", "/app/sub/a.sh", False),
        ("/sub/", "/app/sub/a.sh", False),
        ("sub/*\n!sub/a.sh", "/app/sub/a.sh", True),
        ("sub\n!sub/a.sh", "/app/sub/a.sh", True),
        ("*\n!run.sh", "/app/run.sh", True),
        ("*\n!run.sh", "/app/sub/a.sh", False),
        ("!run.sh\n*", "/app/run.sh", False),
        ("# *.sh\n\n  ", "/app/run.sh", True),
        ("**", "/app/run.sh", False),
        ("sub/**", "/app/sub/a.sh", False),
        ("**/a.sh", "/app/sub/a.sh", False),
        ("r[a-z]n.sh", "/app/run.sh", False),
        ("r?n.sh", "/app/run.sh", False),
        ("\\run.sh", "/app/run.sh", False),
        ("./run.sh", "/app/run.sh", False),
        ("un.sh", "/app/run.sh", True),
        ("**un.sh", "/app/run.sh", False),
        ("\ufeffrun.sh", "/app/run.sh", False),
        ("sub", "/app/sub", False),
        ("*\n!run.sh", "/app/sub", False),
        ("sub/*", "/app/sub", True),
        ("sub\n!sub/a.sh", "/app/sub", True),
    ],
)
def test_dockerignore(make: Callable[[Tree], Path], ignore: str, path: str, seen: bool) -> None:
    context = make({"run.sh": "r", "sub/a.sh": "a", ".dockerignore": ignore})
    fact = look("COPY . /app", path, context, base="scratch")
    assert isinstance(fact, Known) == seen
    assert seen or fact is ABSENT


def test_the_dockerfiles_own_ignore_file_goes_first(make: Callable[[Tree], Path]) -> None:
    context = make({"a": "a", "b": "b", ".dockerignore": "a", "x.Dockerfile.dockerignore": "b"})
    path = str(context / "x.Dockerfile")
    container = build_container(parse("FROM scratch\nCOPY . /\n"), path=path, context=str(context))
    assert content(container.files.lookup("/a")) == "a"
    assert container.files.lookup("/b") is ABSENT


def test_an_ignore_file_that_is_not_read(make: Callable[[Tree], Path]) -> None:
    # A link may lead anywhere: whether the builder follows it is its own affair.
    context = make({"a": "a", ".dockerignore@": "ignored", "ignored": "b"})
    assert isinstance(look("COPY . /", "/a", context, base="scratch"), Unknown)


@pytest.mark.parametrize("ignore", ["[", "!", "a[z-a]"])
def test_an_ignore_file_that_the_builder_refuses(make: Callable[[Tree], Path], ignore: str) -> None:
    context = make({"a": "a", ".dockerignore": ignore})
    assert isinstance(look("COPY . /", "/a", context), Unknown)


def test_large_files_have_no_content(make: Callable[[Tree], Path]) -> None:
    fact = look("COPY . /", "/big", make({"big": b"x" * ((1 << 20) + 1)}))
    assert isinstance(fact, Known)
    assert fact.value.content is None
    assert fact.value.size == (1 << 20) + 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
def test_pipes_and_devices_are_never_opened(make: Callable[[Tree], Path]) -> None:
    context = make({"a": "a"})
    os.mkfifo(context / "pipe")
    fact = look("COPY . /app", "/app/pipe", context)
    assert isinstance(fact, Known)
    assert fact.value.kind is FileKind.OTHER
    assert fact.value.content is None
    os.mkfifo(context / ".dockerignore")
    assert content(look("COPY . /app", "/app/a", context)) == "a"


def test_nothing_outside_the_context_is_read(make: Callable[[Tree], Path], tmp_path: Path) -> None:
    secret = tmp_path.parent / f"{tmp_path.name}-secret"
    secret.mkdir()
    (secret / "s").write_text("secret")
    context = make({"up@": f"../{secret.name}/s", "abs@": str(secret / "s"), "dir@": f"../{secret.name}"})
    for source in ("up", "abs", "dir/s", f"../{secret.name}/s"):
        assert isinstance(look(f"COPY {source} /x", "/x", context), Unknown)
    assert isinstance(look("COPY . /app", "/app/dir/s", context), Unknown)
    assert isinstance(look("COPY . /app", "/app/abs", context), Unknown)


def test_a_wildcard_that_names_too_much_is_given_up(make: Callable[[Tree], Path]) -> None:
    context = make({f"d/{number:05}": "" for number in range(10_001)})
    assert isinstance(look("COPY d/* /app/", "/app/00001", context), Unknown)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("*.sh", "a.sh b.sh x[1].sh"),
        ("[a-b].sh", "a.sh b.sh"),
        ("[^a].sh", "b.sh"),
        ("x[[]1].sh", "x[1].sh"),
        (r"x\\\\[1].sh", "x[1].sh"),
        (r"\\\\a.s?", "a.sh"),
    ],
)
def test_wildcards(make: Callable[[Tree], Path], source: str, found: str) -> None:
    names = ["a.sh", "b.sh", "x[1].sh"]
    context = make(dict.fromkeys(names, ""))
    facts = {name: look(f'COPY ["{source}", "/app/"]', f"/app/{name}", context, "scratch") for name in names}
    assert [name for name, fact in facts.items() if isinstance(fact, Known)] == found.split()


def test_add_takes_a_directory_for_no_archive(make: Callable[[Tree], Path]) -> None:
    context = make({"data.tar/a": "a", "data.tar.gz": "t"})
    assert content(look("ADD data.tar /x/", "/x/a", context)) == "a"
    assert isinstance(look("ADD data.tar.gz /x/", "/x/a", context), Unknown)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
def test_what_has_become_a_pipe_since_it_was_looked_at_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert buildcontext._read(str(tmp_path / "pipe")) is None


def test_an_owner_that_is_given_is_not_root(make: Callable[[Tree], Path]) -> None:
    context = make({"a": "a"})
    owners = []
    for flag in ("", "--chown=1000:1000 "):
        fact = look(f"COPY {flag}a /a", "/a", context)
        assert isinstance(fact, Known)
        owners.append((fact.value.uid, fact.value.gid))
    assert owners == [(0, 0), (None, None)]
