"""Properties of every Dockerfile: nothing but the typed errors, places inside the file, work in step with its size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smlint.container import UNRESOLVED, Command, Container, Known
from smlint.diagnostics import FileLocation
from smlint.dockerfile import DockerfileSyntaxError, parse
from smlint.dockerfile.build import build_container
from tests.work import growth

WORDS = st.sampled_from(
    [
        "a",
        "/a",
        "/a/b/",
        ".",
        "..",
        "$A",
        "${A:-x}",
        "${B#*/}",
        "'q r'",
        '"$A b"',
        "x=1",
        "A=$B",
        "*.py",
        "\\$A",
        "${A",
    ]
)
LINES = st.one_of(
    st.builds("ENV {}={}".format, st.sampled_from("AB$"), WORDS),
    st.builds("ARG {}".format, st.sampled_from(["A", "B=1", "A=$B", "TARGETARCH"])),
    st.builds("WORKDIR {}".format, WORDS),
    st.builds("COPY {} {}".format, WORDS, WORDS),
    st.builds(
        "COPY --from={} {} {}".format, st.sampled_from(["s0", "0", "1", "s1", "img", "$A"]), WORDS, WORDS
    ),
    st.builds("ADD {} {}".format, st.sampled_from(["https://x/y.tar", "git@x:y.git", "a.tgz", "$A"]), WORDS),
    st.builds(
        "RUN {} {} {}".format,
        st.sampled_from(["cp", "mv", "ln -s", "rm -rf", "chmod +x", "echo >"]),
        WORDS,
        WORDS,
    ),
    st.builds("RUN cd {} && touch {}".format, WORDS, WORDS),
    st.builds("COPY <<E {}\nx $A\nE".format, WORDS),
    st.builds("RUN <<E\ncat > {} <<F\n$A\nF\nE".format, WORDS),
    st.builds("ONBUILD COPY {} {}".format, WORDS, WORDS),
    st.builds(
        "FROM {} AS s{}".format,
        st.sampled_from(["scratch", "image", "s0", "s1", "$A", "${A:-b}"]),
        st.integers(0, 2),
    ),
    st.sampled_from(
        [
            "ENTRYPOINT run",
            'ENTRYPOINT ["/a/b"]',
            "ENTRYPOINT []",
            "ENTRYPOINT ['a']",
            "CMD x",
            'CMD ["a", "b"]',
            'SHELL ["bash", "-c"]',
            'SHELL ["pwsh"]',
            "USER $A",
            "EXPOSE $A 80",
            "VOLUME /a $A",
            "LABEL a=$A b=c",
            "STOPSIGNAL $A",
            'RUN ["chmod", "+x", "/a"]',
        ]
    ),
)
FILES = st.builds(
    lambda head, lines: "\n".join([*head, "FROM scratch AS s0", *lines]) + "\n",
    st.lists(st.sampled_from(["ARG A", "ARG A=1", "ARG B=$A"]), max_size=2),
    st.lists(LINES, max_size=12),
)


def places(container: Container) -> Iterator[FileLocation]:
    """Every location that ``container`` gives away."""
    facts = [
        container.entrypoint,
        container.cmd,
        container.shell,
        container.workdir,
        container.user,
        container.stop_signal,
        *container.environment.values(),
        *container.labels.values(),
    ]
    found = [fact.location for fact in facts if isinstance(fact, Known)]
    for fact in (container.entrypoint, container.cmd):
        if isinstance(fact, Known) and isinstance(fact.value, Command):
            found += [word.location for word in fact.value.argv]
    found += [container.anchor, *(entry.location for entry in container.other_entries)]
    found += [file.location for file in container.evidence.placed_files()]
    for run in container.evidence.run_commands("."):
        found += [run.command.location, *(word.location for word in run.command.words)]
    for location in found:
        assert isinstance(location, FileLocation)
        yield location


@settings(max_examples=150, deadline=None)
@given(FILES)
def test_every_dockerfile_gives_a_container_or_a_typed_error(text: str) -> None:
    try:
        container = build_container(parse(text), path="Dockerfile", context="/nonexistent")
    except DockerfileSyntaxError as refused:
        error = refused
    else:
        examine(container, text)
        return
    assert 1 <= error.line <= text.count("\n") + 1


def examine(container: Container, text: str) -> None:
    lines = text.split("\n")
    for location in places(container):
        start, end = (location.line, location.column), (location.end_line, location.end_column)
        assert (1, 1) <= start <= end
        assert location.column <= len(lines[location.line - 1]) + 1
        assert location.end_column <= len(lines[location.end_line - 1]) + 1
    for file in container.evidence.placed_files():
        assert file.path.startswith(("/", UNRESOLVED))
        assert "//" not in file.path
    for path in ("/a", "/a/b", "/x", "/a/b/c.py"):
        found = container.files.lookup(path)
        assert not isinstance(found, Known) or found.value.path


@settings(max_examples=60, deadline=None)
@given(FILES, st.dictionaries(st.sampled_from("AB"), st.sampled_from(["1", "/a", "", "x y"])))
def test_build_arguments_only_fill_what_was_open(text: str, arguments: dict[str, str]) -> None:
    """A known ENTRYPOINT stays as it is when arguments are given, since BuildKit never expands it."""
    try:
        without = build_container(parse(text), path="D", context="/nonexistent", stage="0")
        given_some = build_container(
            parse(text), path="D", context="/nonexistent", stage="0", build_args=arguments
        )
    except DockerfileSyntaxError:
        return
    assert without.entrypoint == given_some.entrypoint
    assert without.cmd == given_some.cmd


def built_and_questioned(text: str) -> Callable[[], object]:
    dockerfile = parse(text)

    def run() -> None:
        container = build_container(dockerfile, path="Dockerfile", context="/nonexistent")
        container.evidence.run_commands("needle")
        container.evidence.placed_files()
        container.files.lookup("/opt/file")

    return run


GROWING = {
    "ENV lines": lambda n: "FROM i\n" + "".join(f"ENV A{k}=$A{k - 1}\n" for k in range(n)),
    "one long ENV": lambda n: "FROM i\nENV " + " ".join(f"A{k}=$B" for k in range(n)) + "\n",
    "ARG before FROM": lambda n: "".join(f"ARG A{k}=$A{k - 1}\n" for k in range(n)) + "FROM i\n",
    "stages in a row": lambda n: (
        "FROM i AS s0\n" + "".join(f"FROM s{k} AS s{k + 1}\nUSER u\n" for k in range(n))
    ),
    "stages side by side": lambda n: "".join(f"FROM i AS s{k}\nCMD c\n" for k in range(n)),
    "COPY lines": lambda n: "FROM i\n" + "".join(f"COPY f{k} /opt/\n" for k in range(n)),
    "COPY from one stage": lambda n: (
        "FROM i AS a\nRUN x\nFROM i\n" + "".join(f"COPY --from=a /f{k} /opt/\n" for k in range(n))
    ),
    "RUN lines": lambda n: "FROM i\n" + "".join(f"RUN a {k} && b\n" for k in range(n)),
    "sources of one COPY": lambda n: "FROM i\nCOPY " + "f " * n + "/opt/\n",
    "a long word": lambda n: "FROM i\nENV A='" + "x" * n + "'$B\"" + "y" * n + '"\n',
    "nothing to expand": lambda n: "FROM i\nLABEL " + " ".join(f"k{k}=v" for k in range(n)) + "\n",
}


@pytest.mark.parametrize("make", GROWING.values(), ids=GROWING)
def test_twice_the_file_is_at_most_some_more_than_twice_the_work(make: Callable[[int], str]) -> None:
    assert growth(lambda size: built_and_questioned(make(size)), 400) < 2.4


def test_a_context_that_is_no_directory(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    text = "FROM scratch\nCOPY . /app\nCOPY *.py /app/\n"
    for context in (str(file), str(tmp_path / "missing"), "\0"):
        container = build_container(parse(text), path="Dockerfile", context=context)
        assert [each.path for each in container.evidence.placed_files()] == ["/app", f"/app/{UNRESOLVED}.py"]
        assert not isinstance(container.files.lookup("/app/x"), Known)
