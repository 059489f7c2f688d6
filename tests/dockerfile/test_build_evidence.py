"""RUN commands and placed files: which count, what they say, and where they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from smlint.container import UNRESOLVED, Container, FileKind, Known, RunCommand, Unknown
from smlint.dockerfile import parse
from smlint.dockerfile.build import build_container

U = UNRESOLVED


def build(text: str, stage: str | None = None, context: str | None = "/nonexistent") -> Container:
    return build_container(parse(text), path="Dockerfile", stage=stage, context=context)


def words(commands: list[RunCommand]) -> list[str]:
    return [" ".join(word.text for word in each.command.words) for each in commands]


def runs(text: str, hint: str = ".", stage: str | None = None) -> list[RunCommand]:
    return list(build(text, stage=stage).evidence.run_commands(hint))


def spanned(text: str, commands: list[RunCommand]) -> list[str]:
    """The text under each command's last word."""
    lines = text.split("\n")
    found = []
    for each in commands:
        _, line, column, end_line, end_column = each.command.words[-1].location
        assert line == end_line
        found.append(lines[line - 1][column - 1 : end_column - 1])
    return found


def test_commands_stand_where_they_are_written() -> None:
    text = 'FROM a\nRUN --mount=type=cache,target=/x apt-get update && \\\n# why\n    apt-get  install "a b" \\\n c\n'
    commands = runs(text)
    assert words(commands) == ["apt-get update", "apt-get install a b c"]
    assert spanned(text, commands) == ["update", "c"]


def test_heredocs_are_read_where_they_stand() -> None:
    text = (
        "FROM a\nRUN <<EOF\nset -e\n\tpip install one\nEOF\n"
        "RUN <<-EOF bash -s && echo two\n\tpip install three\n\tEOF\n"
        "RUN cat <<X > /a && cp /a four\nbody $A\nX\n"
    )
    commands = runs(text)
    assert "pip install one" in words(commands)
    assert "cp /a four" in words(commands)
    by_last = dict(zip(words(commands), spanned(text, commands), strict=True))
    assert by_last["pip install one"] == "one"
    assert by_last["cp /a four"] == "four"


def test_exec_form_gives_its_words_unexpanded() -> None:
    text = 'FROM a\nENV V=1\nRUN ["apt-get", "install", "$V"]\n'
    commands = runs(text)
    assert words(commands) == ["apt-get install $V"]
    assert spanned(text, commands) == ['"$V"']


@pytest.mark.parametrize(
    "run",
    [
        'SHELL ["powershell", "-Command"]\nRUN apt-get install x',
        'SHELL ["pwsh", "-c"]\nRUN apt-get install x',
        'SHELL ["cmd", "/S", "/C"]\nRUN apt-get install x',
        "RUN <<EOF\n#!/usr/bin/env python3\napt-get install x\nEOF",
        "RUN <<EOF\n#!/usr/bin/perl\napt-get install x\nEOF",
    ],
)
def test_other_languages_are_not_read(run: str) -> None:
    assert runs(f"FROM a\n{run}\n") == []


@pytest.mark.parametrize(
    "run",
    [
        'SHELL ["/bin/bash", "-o", "pipefail", "-c"]\nRUN apt-get install x',
        'SHELL ["conda", "run", "-n", "e", "/bin/bash", "-c"]\nRUN apt-get install x',
        'SHELL ["/usr/local/bin/_dockerfile_shell.sh"]\nRUN apt-get install x',
        'SHELL ["pwsh", "-c"]\nRUN <<EOF\n#!/bin/sh -e\napt-get install x\nEOF',
        'SHELL ["pwsh", "-c"]\nSHELL ["sh", "-c"]\nRUN apt-get install x',
    ],
)
def test_shells_are_read(run: str) -> None:
    assert words(runs(f"FROM a\n{run}\n", "apt")) == ["apt-get install x"]


@pytest.mark.parametrize(
    ("body", "hint", "expected"),
    [
        ("RUN a nvidia-driver\nRUN b other", "nvidia-driver", ["a nvidia-driver"]),
        ("ENV P=nvidia-driver\nRUN a $P\nRUN b", "nvidia-driver", ["a nvidia-driver"]),
        ("ENV K=driver\nRUN a nvidia-${K}-535", "nvidia-driver", ["a nvidia-driver-535"]),
        ("WORKDIR /opt/ml/model\nRUN wget x", "/opt/ml", ["wget x"]),
        ("RUN a \\\n nvidia-driver", "nvidia-driver", ["a nvidia-driver"]),
        ("RUN <<EOF\na nvidia-driver\nEOF", "nvidia-driver", ["a nvidia-driver"]),
        ("RUN a $UNKNOWN", "nvidia-driver", []),
        ("ARG P=nvidia-driver\nRUN a $P", "nvidia-driver", ["a nvidia-driver"]),
        ("RUN a $P\nARG P=nvidia-driver", "nvidia-driver", []),
    ],
)
def test_only_instructions_that_can_matter_are_read(body: str, hint: str, expected: list[str]) -> None:
    assert words(runs(f"FROM image\n{body}\n", hint)) == expected


def test_variables_are_those_of_their_line() -> None:
    text = "FROM image\nENV V=1\nRUN a $V\nENV V=2\nRUN b $V $W $HOME\n"
    assert words(runs(text)) == ["a 1", f"b 2 {U} {U}"]


def test_commands_run_in_the_working_directory() -> None:
    commands = runs("FROM a\nRUN one\nWORKDIR /x\nRUN two && cd y && three\n")
    assert [each.command.directory for each in commands] == [U, "/x", "/x", "/x/y"]


THREE = """\
FROM base AS tools
RUN tools
FROM base AS build
COPY --from=tools /usr/bin/t /usr/bin/t
RUN build
FROM base AS unused
RUN unused
FROM base AS common
RUN common
FROM common AS sagemaker
RUN own
COPY --from=build /usr/lib/*.so /opt/lib/
COPY --from=build /usr/bin /opt/bin
FROM sagemaker AS child
RUN child
"""


@pytest.mark.parametrize(
    ("stage", "expected"),
    [
        (
            "sagemaker",
            [
                ("tools", "tools", ("/usr/bin/t",)),
                ("build", "build", (f"/usr/lib/{U}.so", "/usr/bin")),
                ("common", "common", None),
                ("own", "sagemaker", None),
            ],
        ),
        ("common", [("common", "common", None)]),
        ("build", [("tools", "tools", ("/usr/bin/t",)), ("build", "build", None)]),
        ("tools", [("tools", "tools", None)]),
    ],
)
def test_stages_that_have_a_say(stage: str, expected: list[tuple[str, str, tuple[str, ...] | None]]) -> None:
    found = [
        (each.command.words[0].text, each.stage, None if each.copied is None else tuple(sorted(each.copied)))
        for each in runs(THREE, stage=stage)
    ]
    assert found == [(a, b, None if c is None else tuple(sorted(c))) for a, b, c in expected]


def test_a_stage_whose_copies_are_not_taken_on_has_no_say() -> None:
    text = (
        "FROM b AS far\nRUN far\nFROM b AS near\nCOPY --from=far /a /opt/a\nRUN near\n"
        "FROM b\nCOPY --from=near /srv /srv\n"
    )
    assert words(runs(text)) == ["near"]


def test_paths_are_followed_through_a_stage_between() -> None:
    text = (
        "FROM b AS far\nRUN far\nFROM b AS near\nCOPY --from=far /usr/local /opt/x\n"
        "FROM b\nCOPY --from=near /opt/x/bin /bin\n"
    )
    assert [(each.stage, each.copied) for each in runs(text)] == [("far", ("/usr/local/bin",))]


def test_onbuild_commands_belong_to_the_stage_that_runs_them() -> None:
    text = "FROM b AS a\nONBUILD RUN later $V\nRUN now\nFROM a AS c\nENV V=1\nFROM a AS d\n"
    assert [(*words([each]), each.stage) for each in runs(text, stage="c")] == [
        (f"later {U}", "c"),
        ("now", "a"),
    ]


def test_unnamed_stages_have_their_number() -> None:
    text = "FROM a\nRUN one\nFROM b\nCOPY --from=0 /x /x\nRUN two\n"
    assert [(each.stage, each.copied) for each in runs(text)] == [("0", ("/x",)), ("1", None)]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("COPY a.py /opt/", ["/opt/a.py"]),
        ("COPY a.py b.py /opt", ["/opt/a.py", "/opt/b.py"]),
        ("COPY a.py /opt/x.py", ["/opt/x.py"]),
        ("COPY a.py /usr/local/bin", ["/usr/local/bin/a.py"]),
        ("COPY . .", ["/w"]),
        ("COPY ./ ./sub", ["/w/sub"]),
        ("COPY dir/ /opt/ml/model", ["/opt/ml/model"]),
        ("COPY model /opt/ml/model", ["/opt/ml/model"]),
        ("COPY *.bin /opt/ml/model/", [f"/opt/ml/model/{U}.bin"]),
        ("ARG D\nCOPY a $D/", [f"{U}/a"]),
        ("ARG D\nCOPY a /opt/$D/", [f"/opt/{U}/a"]),
        ("COPY $X /opt/", [f"/opt/{U}"]),
        ("ADD https://example.com/m/w.bin?v=1 /opt/ml/model/", ["/opt/ml/model/w.bin"]),
        ("ADD https://example.com/w.bin /opt/w", ["/opt/w"]),
        ("ADD https://github.com/a/b.git /opt/ml/code", ["/opt/ml/code"]),
        ("COPY <<a.sh <<b.sh /opt/\n1\na.sh\n2\nb.sh", ["/opt/a.sh", "/opt/b.sh"]),
        ("COPY <<EOF a.sh\n1\nEOF", ["/w/a.sh"]),
        ("COPY --from=image /usr/bin/uv /bin/", ["/bin/uv"]),
        ("COPY --parents a/b/c.py d/ /opt/", ["/opt/a/b/c.py", "/opt/d"]),
        ('COPY ["a b", "/c d/"]', ["/c d/a b"]),
        ("ONBUILD COPY a /opt/", []),
    ],
)
def test_placed_paths_without_a_context(body: str, expected: list[str]) -> None:
    container = build(f"FROM image\nWORKDIR /w\n{body}\n")
    assert [file.path for file in container.evidence.placed_files()] == expected


def test_placed_files_with_a_context(tmp_path: Path) -> None:
    (tmp_path / "dir").mkdir()
    (tmp_path / "dir" / "w.bin").write_bytes(b"12345")
    (tmp_path / "w.bin").write_bytes(b"123")
    (tmp_path / "v.bin").write_bytes(b"12")
    (tmp_path / "x.tar.gz").write_bytes(b"\x1f\x8b")
    text = (
        "FROM image AS a\nCOPY dir /data\nFROM image\nCOPY dir /opt/ml/model\nCOPY *.bin /m/\nADD x.tar.gz /n\n"
        "COPY --from=a /data /d\nCOPY --from=a /data/w.bin /e/\n"
    )
    placed = build(text, context=str(tmp_path)).evidence.placed_files()
    assert [(file.path, file.source, file.is_directory, file.size) for file in placed] == [
        ("/opt/ml/model", "dir", True, None),
        ("/m/v.bin", "*.bin", False, 2),
        ("/m/w.bin", "*.bin", False, 3),
        ("/n", "x.tar.gz", True, None),
        ("/d", "/data", True, None),
        ("/e/w.bin", "/data/w.bin", False, 5),
    ]
    assert [file.from_stage for file in placed[-2:]] == ["a", "a"]
    assert placed[0].how == "COPY"
    assert placed[3].how == "ADD"
    assert placed[0].location == ("Dockerfile", 4, 6, 4, 9)


def test_placed_files_come_from_the_ancestors_too_but_not_from_other_stages() -> None:
    text = "FROM i AS a\nCOPY one /\nFROM i AS b\nCOPY two /\nFROM a\nCOPY --from=b /two /three\n"
    placed = build(text).evidence.placed_files()
    assert [(file.path, file.from_stage) for file in placed] == [("/one", None), ("/three", "b")]


def test_what_only_an_image_knows_is_unknown() -> None:
    evidence = build("FROM scratch\n").evidence
    assert isinstance(evidence.files_matching(["."]), Unknown)
    assert isinstance(evidence.installed_packages(), Unknown)


def test_a_placed_file_is_what_the_files_say(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    container = build("FROM scratch\nCOPY a /x/\n", context=str(tmp_path))
    (placed,) = container.evidence.placed_files()
    fact = container.files.lookup(placed.path)
    assert isinstance(fact, Known)
    assert fact.value.kind is FileKind.FILE
