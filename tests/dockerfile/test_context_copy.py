"""Which file of the container a path is, where COPY, ADD and the build context say it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from smlint.container import ABSENT, UNRESOLVED, FileKind, Known, Unknown
from smlint.dockerfile import parse
from smlint.dockerfile.build import build_container
from tests.dockerfile.contexts import Tree, content, look, write


@pytest.fixture
def make(tmp_path: Path) -> Callable[[Tree], Path]:
    return partial(write, tmp_path)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ("COPY run.sh /run.sh", "/run.sh"),
        ("COPY run.sh /", "/run.sh"),
        ("COPY ./run.sh /usr/local/bin", "/usr/local/bin/run.sh"),
        ("COPY run.sh /opt/x/", "/opt/x/run.sh"),
        ("COPY run.sh sub/a.sh /opt/x", "/opt/x/run.sh"),
        ("COPY run.sh /opt/start", "/opt/start"),
        ("COPY run.sh /opt/x\nWORKDIR /opt/x/y", "/opt/x/run.sh"),
        ("COPY run.sh /opt/x\nCOPY other.sh /opt/x/y.sh", "/opt/x/run.sh"),
        ("RUN mkdir -p /opt/x && true\nCOPY run.sh /opt/x", "/opt/x/run.sh"),
        ("RUN set -e; mkdir /y /opt/x/z\nCOPY run.sh /opt/x", "/opt/x/run.sh"),
        ("WORKDIR /app\nCOPY run.sh .", "/app/run.sh"),
        ("WORKDIR /app\nCOPY run.sh /app", "/app/run.sh"),
        ("WORKDIR /app\nCOPY . .", "/app/run.sh"),
        ("WORKDIR /app\nCOPY ./ ./", "/app/run.sh"),
        ("WORKDIR /app\nCOPY . code", "/app/code/run.sh"),
        ("COPY * /app/", "/app/run.sh"),
        ("COPY r?n.* /app/", "/app/run.sh"),
        ("COPY [a-r]un.sh /app/", "/app/run.sh"),
        ("COPY . /app", "/app/./x/../run.sh"),
        ("ARG D=/app\nCOPY run.sh ${D}/", "/app/run.sh"),
        ('COPY ["run.sh", "/a b/"]', "/a b/run.sh"),
        ("ADD run.sh /run.sh", "/run.sh"),
        ("COPY /run.sh /x/", "/x/run.sh"),
        ("COPY ../run.sh /x/", "/x/run.sh"),
        ("COPY other.sh /run.sh\nCOPY run.sh /run.sh", "/run.sh"),
        ("COPY --link run.sh /run.sh", "/run.sh"),
        ("COPY --parents ./sub/../run.sh /x/", "/x/run.sh"),
        ("COPY link.sh /x/", "/x/link.sh"),
        ("COPY . /app", "/app/link.sh"),
        ("COPY . /app", "/app/dirlink/../run.sh"),
    ],
)
def test_found(make: Callable[[Tree], Path], body: str, path: str) -> None:
    context = make(
        {"run.sh": "#!/bin/sh\n", "sub/a.sh": "a", "other.sh": "o", "link.sh@": "run.sh", "dirlink@": "sub"}
    )
    fact = look(body, path, context)
    assert content(fact) == "#!/bin/sh\n"
    assert isinstance(fact, Known)
    assert fact.value.mode == 0o755
    assert fact.value.context_path == str(context / "run.sh")
    assert (fact.value.uid, fact.value.gid) == (0, 0)


def test_the_location_is_the_source_word(make: Callable[[Tree], Path]) -> None:
    fact = look("COPY a.sh \\\n  run.sh /x/", "/x/run.sh", make({"run.sh": "x", "a.sh": "a"}))
    assert isinstance(fact, Known)
    assert fact.location == ("Dockerfile", 3, 3, 3, 9)


def test_without_a_context_directory_it_is_the_dockerfiles_own(make: Callable[[Tree], Path]) -> None:
    path = make({"Dockerfile": "FROM scratch\nCOPY run.sh /\n", "run.sh": "x"}) / "Dockerfile"
    container = build_container(parse(path.read_text()), path=str(path))
    assert content(container.files.lookup("/run.sh")) == "x"


def test_a_file_from_standard_input_has_no_context() -> None:
    container = build_container(parse("FROM scratch\nCOPY run.sh /\n"), path="-")
    assert isinstance(container.files.lookup("/run.sh"), Unknown)


@pytest.mark.parametrize(
    ("body", "path", "mode"),
    [
        ("COPY --chmod=755 plain /x", "/x", 0o755),
        ("COPY --chmod=0700 plain /x", "/x", 0o700),
        ("COPY --chmod=u+x plain /x", "/x", 0o744),
        ("COPY --chmod=+x plain /x", "/x", 0o755),
        ("COPY --chmod=a-w,u+w plain /x", "/x", 0o644),
        ("COPY --chmod=go= plain /x", "/x", 0o600),
        ("COPY --chmod=$M plain /x", "/x", None),
        ("ARG M=750\nCOPY --chmod=$M plain /x", "/x", 0o750),
        ("COPY --chmod=755 . /x/", "/x/plain", 0o755),
        ("COPY plain /x", "/x", 0o644),
        ("COPY <<EOF /x\ny\nEOF", "/x", 0o644),
        ("COPY --chmod=555 <<EOF /x\ny\nEOF", "/x", 0o555),
        ("ADD https://example.com/x /x", "/x", 0o600),
    ],
)
def test_mode(make: Callable[[Tree], Path], body: str, path: str, mode: int | None) -> None:
    fact = look(body, path, make({"plain": "p"}))
    assert isinstance(fact, Known)
    assert fact.value.mode == mode


def test_a_mode_is_read_with_the_escape_character_of_the_file(make: Callable[[Tree], Path]) -> None:
    text = "# escape=`\nFROM scratch\nCOPY --chmod=7``55 plain /x\n"
    context = make({"plain": "p"})
    fact = build_container(parse(text), path="Dockerfile", context=str(context)).files.lookup("/x")
    assert isinstance(fact, Known)
    assert fact.value.mode == 0o755


@pytest.mark.parametrize(
    ("body", "path", "expected"),
    [
        ("COPY <<EOF /x.sh\n#!/bin/sh\nexec $A $B\nEOF", "/x.sh", f"#!/bin/sh\nexec 1 {UNRESOLVED}\n"),
        ("COPY <<'EOF' /x.sh\nexec $A\nEOF", "/x.sh", "exec $A\n"),
        ('COPY <<"EOF" /x.sh\nexec $A\nEOF', "/x.sh", "exec $A\n"),
        ("COPY <<-EOF /x.sh\n\texec\n\t\ttwo\n\tEOF", "/x.sh", "exec\ntwo\n"),
        ("COPY <<a.sh <<b.sh /x/\none\na.sh\ntwo\nb.sh", "/x/b.sh", "two\n"),
        ("COPY <<run /usr/local/bin/\nr\nrun", "/usr/local/bin/run", "r\n"),
        ("COPY <<r\\un /usr/local/bin/\nexec $A\nrun", "/usr/local/bin/run", "exec 1\n"),
        ("COPY <<'a\"b' /x/\nexec $A\na\"b", '/x/a"b', "exec $A\n"),
    ],
)
def test_heredocs(body: str, path: str, expected: str) -> None:
    assert content(look(f"ENV A=1\n{body}", path, None)) == expected


UNSEEN = [
    ("", "/app/run.sh"),
    ("COPY missing.sh /app/", "/app/missing.sh"),
    ("COPY missing.sh /app", "/app"),
    ("COPY missing.sh /app", "/app/missing.sh"),
    ("COPY missing /app/", "/app/run.sh"),
    ("COPY conf.d /app/", "/app/run.sh"),
    ("COPY --from=image /x/*.so /app/", "/app/y.so"),
    ("COPY run.sh /opt/maybe", "/opt/maybe/run.sh"),
    ("RUN mkdir -p $X\nCOPY run.sh /opt/maybe", "/opt/maybe/run.sh"),
    ("RUN mkdir -p /opt/maybe$X\nCOPY run.sh /opt/maybe", "/opt/maybe/run.sh"),
    ("COPY run.sh $X/", "/app/run.sh"),
    ("COPY $X /app/", "/app/run.sh"),
    ("COPY $X /app/", "/app/deep/run.sh"),
    ("COPY --from=other/image /run.sh /app/", "/app/run.sh"),
    ("COPY --from=other/image /dir /app", "/app/run.sh"),
    ("ADD data.tar.gz /app/", "/app/run.sh"),
    ("ADD archive /app/", "/app/run.sh"),
    ("ADD https://github.com/a/b.git /app/", "/app/run.sh"),
    ("ADD git@github.com:a/b.git#v1:dir /app/", "/app/run.sh"),
    ("COPY out /app/", "/app/x"),
    ("COPY . /app/", "/app/out/x"),
    ("COPY run.sh/x /app/", "/app/x"),
    ("COPY --from=image / /opt/", "/opt/run.sh"),
    # No heredoc: none of that name has a body. Nor is it there as a file.
    ('COPY "x <<A y" <<B /app/\nB', "/app/<<A"),
    ("COPY loop /app/", "/app/loop"),
    ("COPY . /app/", "/app/loop"),
]


@pytest.mark.parametrize(("body", "path"), UNSEEN)
def test_unknown(make: Callable[[Tree], Path], body: str, path: str) -> None:
    context = make(
        {
            "run.sh": "r",
            "data.tar.gz": "t",
            "archive": b"\x1f\x8b\x08gzip",
            "out@": "../outside",
            "loop@": "loop",
        }
    )
    assert isinstance(look(body, path, context), Unknown)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ("", "/app/run.sh"),
        ("COPY run.sh /app/", "/app/other.sh"),
        ("COPY . /app/", "/app/other.sh"),
        ("COPY . /app/", "/other/run.sh"),
        ("COPY sub /app/", "/app/run.sh"),
        ("COPY run.sh /app/", "/app/run.sh/x"),
        ("COPY --from=a /x /app/", "/app/y"),
        ("COPY --exclude=*.sh . /app/", "/app/run.sh"),
        ("COPY *.py /app/", "/app/run.sh"),
        ("COPY . /app/", "/app/broken"),
        ("COPY made-by-ci.py /app/", "/app/run.sh"),
        ("COPY made-by-ci.py /app/", "/app/made-by-ci.py/x"),
        ("COPY made-by-ci.py /app/other", "/app/other/run.sh"),
        ("COPY --from=image /x/y.so.1 /app/", "/app/run.sh"),
        ("COPY --from=image /x/*.so /app/", "/app/run.sh"),
        ("COPY --from=a /*.so /app/", "/app/x"),
        ("COPY --from=a /{x,y}* /app/", "/app/x"),
        ("ONBUILD COPY x", "/x"),
    ],
)
def test_absent_on_scratch(make: Callable[[Tree], Path], body: str, path: str) -> None:
    context = make({"run.sh": "r", "sub/a": "a", "x": "x", "x.py": "", "broken@": "nowhere"})
    first = "FROM scratch AS a\nCOPY x /\n"
    container = build_container(
        parse(f"{first}FROM scratch\n{body}\n"), path="Dockerfile", context=str(context)
    )
    assert container.files.lookup(path) is ABSENT


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ("WORKDIR /a/b", "/a"),
        ("WORKDIR /a/b", "/a/b"),
        ("COPY run.sh /a/b/c.sh", "/a/b"),
        ("COPY run.sh /a/b/", "/a/b"),
        ("COPY . /a", "/a/sub"),
        ("COPY . /a", "/a"),
        ("", "/"),
    ],
)
def test_directories(make: Callable[[Tree], Path], body: str, path: str) -> None:
    fact = look(body, path, make({"run.sh": "r", "sub/a": "a"}))
    assert isinstance(fact, Known)
    assert fact.value.kind is FileKind.DIRECTORY


def test_links_of_the_context_lead_into_the_container(make: Callable[[Tree], Path]) -> None:
    context = make(
        {"train.py": "t", "serve@": "train.py", "bin/run@": "/opt/run", "lib@": "real", "real/x.py": "x"}
    )
    assert content(look("COPY . /app", "/app/serve", context)) == "t"
    assert content(look("COPY . /app", "/app/lib/x.py", context)) == "x"
    assert isinstance(look("COPY . /app", "/app/bin/run", context), Unknown)
    assert content(look("COPY . /app\nCOPY train.py /opt/run", "/app/bin/run", context)) == "t"


@pytest.mark.parametrize(
    ("body", "path", "expected"),
    [
        ("COPY --from=a /src/run.sh /", "/run.sh", "r"),
        ("COPY --from=0 /src/run.sh /go", "/go", "r"),
        ("COPY --from=A /src /app", "/app/run.sh", "r"),
        ("COPY --from=a /src/ /app/", "/app/sub/b", "b"),
        ("COPY --from=a src/*.sh /app/", "/app/run.sh", "r"),
        ("COPY --from=a / /", "/src/run.sh", "r"),
        ("COPY --from=c /two/run.sh /", "/run.sh", "r"),
        ("COPY --from=a /src/run.sh /\nCOPY other /run.sh", "/run.sh", "o"),
    ],
)
def test_other_stages(make: Callable[[Tree], Path], body: str, path: str, expected: str) -> None:
    context = make({"run.sh": "r", "sub/b": "b", "other": "o"})
    text = (
        "FROM image AS a\nWORKDIR /src\nCOPY . .\n"
        f"FROM scratch AS c\nCOPY --from=a /src /two\nFROM image\n{body}\n"
    )
    container = build_container(parse(text), path="Dockerfile", context=str(context))
    assert content(container.files.lookup(path)) == expected


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ("COPY --from=a /src/lib /lib", "/lib/out"),
        ("COPY --from=a /src/lib /lib", "/lib/near"),
        ("COPY --from=a /src/lib /lib", "/lib/made"),
        ("COPY --from=a /src/lib /src/lib", "/src/lib/out"),
    ],
)
def test_links_of_other_stages_lead_into_this_one(make: Callable[[Tree], Path], body: str, path: str) -> None:
    context = make({"run.sh": "r", "lib/out@": "../run.sh", "lib/here": "h", "lib/near@": "here"})
    stage = "FROM image AS a\nCOPY . /src\nCOPY run.sh /opt/run.sh\nRUN ln -s /opt/run.sh /src/lib/made"
    text = f"{stage}\nFROM image\nCOPY lib/here /opt/run.sh\n{body}\n"
    fact = build_container(parse(text), path="Dockerfile", context=str(context)).files.lookup(path)
    assert isinstance(fact, Unknown) or content(fact) == "h"


@pytest.mark.parametrize(
    ("body", "path", "expected"),
    [
        ("COPY --from=a /src/made /x", "/x", "r"),
        ("COPY --from=a /link /x", "/x/run.sh", "r"),
        ("COPY --from=a /src /src", "/src/made", "r"),
        ("COPY --from=a /src /src", "/src/near", "r"),
        ("COPY --from=a / /", "/src/made", "r"),
    ],
)
def test_links_of_other_stages_that_are_followed(
    make: Callable[[Tree], Path], body: str, path: str, expected: str
) -> None:
    context = make({"run.sh": "r", "near@": "run.sh"})
    stage = "FROM image AS a\nCOPY . /src\nRUN ln -s /src/run.sh /src/made && ln -s /src /link"
    files = build_container(
        parse(f"{stage}\nFROM image\n{body}\n"), path="Dockerfile", context=str(context)
    ).files
    assert content(files.lookup(path)) == expected


def test_copying_through_a_link_may_write_what_it_leads_to(make: Callable[[Tree], Path]) -> None:
    context = make({"old": "o", "new": "n", "l/old": "o"})
    body = "COPY old /app/run\nRUN ln -s /app /link\nCOPY new /link/run"
    assert isinstance(look(body, "/app/run", context), Unknown)
    assert content(look(body, "/link/run", context)) == "n"
    assert content(look(f"{body}\nCOPY old /app/run", "/app/run", context)) == "o"
    assert isinstance(look(f"{body}\nCOPY old /app/run", "/link/run", context), Unknown)


def test_a_pattern_may_name_one_file_alone() -> None:
    text = "FROM scratch AS a\nCOPY <<E /x.sh\nE\nFROM scratch\nCOPY --from=a /*.sh /start\n"
    container = build_container(parse(text), path="Dockerfile", context=None)
    assert isinstance(container.files.lookup("/start"), Unknown)


def test_files_of_the_stage_below(make: Callable[[Tree], Path]) -> None:
    text = "FROM image AS a\nONBUILD COPY two /two\nCOPY one /one\nFROM a\n"
    container = build_container(parse(text), path="Dockerfile", context=str(make({"one": "1", "two": "2"})))
    assert content(container.files.lookup("/one")) == "1"
    assert content(container.files.lookup("/two")) == "2"


def test_an_endless_chain_of_stages_and_links_ends(make: Callable[[Tree], Path]) -> None:
    context = make({"l@": "/m", "m@": "/l"})
    assert isinstance(look("COPY . /", "/l", context), Unknown)
    text = "FROM scratch AS s0\nCOPY a /a\n"
    text += "".join(f"FROM scratch AS s{n}\nCOPY --from=s{n - 1} / /\n" for n in range(1, 200))
    container = build_container(parse(text), path="Dockerfile", context=str(context))
    assert isinstance(container.files.lookup("/a"), Unknown)
