"""Which stage is judged, and what one stage inherits from another."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from smlint.container import ABSENT, UNRESOLVED, Command, Container, Fact, Known, Unknown
from smlint.dockerfile import DockerfileSyntaxError, parse
from smlint.dockerfile.build import build_container
from smlint.dockerfile.stages import UnknownStageError, read_stages

U = UNRESOLVED


def build(text: str, stage: str | None = None, arguments: Mapping[str, str] | None = None) -> Container:
    return build_container(parse(text), path="Dockerfile", stage=stage, build_args=arguments)


def value(fact: Fact[str]) -> str | None:
    """The text of a known fact, None for an absent one, "unknown" for an unknown one."""
    if isinstance(fact, Unknown):
        return "unknown"
    return fact.value if isinstance(fact, Known) else None


def words(fact: Fact[Command]) -> tuple[str, ...] | str | None:
    if isinstance(fact, Unknown):
        return "unknown"
    return fact.value.words if isinstance(fact, Known) else None


@pytest.mark.parametrize(
    ("names", "requested", "chosen"),
    [
        (["", ""], None, "1"),
        (["base", "sagemaker", "dev"], None, "sagemaker"),
        (["base", "gpu-sagemaker", "dev"], None, "gpu-sagemaker"),
        (["base", "gpu_sagemaker", "dev"], None, "gpu_sagemaker"),
        (["cpu-sagemaker", "gpu-sagemaker", "dev"], None, "dev"),
        (["sagemaker-base", "dev"], None, "dev"),
        (["mysagemaker", "dev"], None, "dev"),
        (["Base", "dev"], "base", "base"),
        (["base", "dev"], "BASE", "base"),
        (["base", "", "dev"], "1", "1"),
        (["base", "base", "dev"], "base", "base"),
    ],
)
def test_the_judged_stage(names: list[str], requested: str | None, chosen: str) -> None:
    text = "".join(f"FROM image{f' AS {name}' if name else ''}\n" for name in names)
    assert read_stages(parse(text), {}).choose(requested).label == chosen


@pytest.mark.parametrize(
    ("requested", "hint"),
    [
        ("sagmaker", "did you mean 'sagemaker'"),
        ("zzz", "the stages are base, sagemaker"),
        ("7", "the stages are"),
    ],
)
def test_an_unknown_stage_names_the_nearest(requested: str, hint: str) -> None:
    with pytest.raises(UnknownStageError, match=hint):
        build("FROM a AS base\nFROM b AS sagemaker\n", stage=requested)


def test_an_unknown_stage_of_a_file_without_names() -> None:
    with pytest.raises(UnknownStageError, match="its one stage has no name; --stage takes numbers too"):
        build("FROM a\n", stage="x")


def test_a_stage_is_built_on_the_last_one_of_that_name() -> None:
    text = "FROM a AS x\nUSER one\nFROM b AS x\nUSER two\nFROM X\n"
    assert value(build(text).user) == "two"


@pytest.mark.parametrize(
    ("text", "arguments", "base"),
    [
        ("FROM python:3", {}, "python:3"),
        ("ARG V=3\nFROM python:$V", {}, "python:3"),
        ("ARG V=3\nFROM python:${V}-slim", {"V": "4"}, "python:4-slim"),
        ("ARG A=1\nARG B=$A.2\nFROM x:$B", {}, "x:1.2"),
        ("ARG A=1 B=$A\nFROM x:$B", {}, "x:1"),
        ("ARG V\nFROM x:$V", {}, f"x:{U}"),
        ("ARG V\nFROM x:${V:-1}", {}, f"x:{U}"),
        ("ARG V\nFROM ${V}", {"V": "y"}, "y"),
        ("FROM x:$UNDECLARED", {}, "x:"),
        ("FROM x:${UNDECLARED:-1}", {}, "x:1"),
        ("FROM $UNDECLARED", {}, U),
        ("FROM x:$TARGETARCH", {}, f"x:{U}"),
        ("FROM x:$TARGETARCH", {"TARGETARCH": "arm64"}, "x:arm64"),
        ("ARG V=1\nFROM a AS b\nFROM b", {}, "a"),
    ],
)
def test_the_base_image(text: str, arguments: dict[str, str], base: str) -> None:
    found = build(text + "\n", arguments=arguments).base
    assert found is not None
    assert found.reference == base


@pytest.mark.parametrize(
    ("body", "arguments", "expected"),
    [
        ("ARG A=1\nENV X=$A", {}, "1"),
        ("ARG A=1\nENV X=$A", {"A": "2"}, "2"),
        ("ARG A\nENV X=$A", {}, "unknown"),
        ("ARG A\nENV X=$A", {"A": "2"}, "2"),
        ("ARG A\nENV X=a${A}b", {}, f"a{U}b"),
        ("ENV X=$A", {"A": "2"}, ""),
        ("ARG A=1\nENV A=2\nENV X=$A", {"A": "3"}, "2"),
        ("ENV A=1\nARG A\nENV X=$A", {}, "1"),
        ("ENV A=1\nARG A=2\nENV X=$A", {}, "2"),
        ("ENV A=1\nENV A=2 X=$A", {}, "1"),
        ("ARG A=1 B=$A\nENV X=$B", {}, "1"),
        ("ENV X 'a  b' c", {}, "a  b c"),
        ('ENV X="$HOME"', {}, ""),
        ("ENV X=$PATH", {}, "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
        ("ARG GLOBAL\nENV X=$GLOBAL", {}, "g"),
        ("ARG GLOBAL=own\nENV X=$GLOBAL", {}, "own"),
        ("ENV X=$GLOBAL", {}, ""),
        ("ARG OPEN\nENV X=$OPEN", {}, "unknown"),
        ("ARG TARGETARCH\nENV X=$TARGETARCH", {}, "unknown"),
        ("ENV X=$TARGETARCH", {}, ""),
        ("ENV X=${A:?missing}", {}, "unknown"),
    ],
)
def test_variables_on_scratch(body: str, arguments: dict[str, str], expected: str) -> None:
    container = build(f"ARG GLOBAL=g\nARG OPEN\nFROM scratch\n{body}\n", arguments=arguments)
    assert value(container.variable("X")) == expected
    assert container.environment_complete
    assert value(container.variable("UNSET")) is None


def test_an_external_base_may_set_any_variable() -> None:
    container = build("FROM image\nENV P=/opt/bin:$PATH Q=$HOME R=${H:-x}\n")
    assert value(container.variable("P")) == f"/opt/bin:{U}"
    assert value(container.variable("Q")) == "unknown"
    assert value(container.variable("R")) == "unknown"
    assert value(container.variable("UNSET")) == "unknown"
    assert not container.environment_complete


def test_arguments_flow_into_the_stages_built_on_this_one_but_not_into_the_image() -> None:
    container = build("FROM scratch AS a\nARG A=1\nFROM a\nENV X=$A\n")
    assert value(container.variable("X")) == "1"
    assert value(container.variable("A")) is None


def test_a_variable_whose_name_is_not_known_makes_all_of_them_uncertain() -> None:
    container = build("FROM scratch\nARG N\nENV A=1\nENV $N=2\nENV X=${B:-d} Y=$A\n")
    assert value(container.variable("X")) == "unknown"
    assert value(container.variable("UNSET")) == "unknown"
    assert not container.environment_complete


@pytest.mark.parametrize(
    ("text", "entrypoint", "cmd"),
    [
        ("FROM image", "unknown", "unknown"),
        ("FROM scratch", None, None),
        ('FROM image\nENTRYPOINT ["e"]', ("e",), None),
        ('FROM image\nCMD ["c"]', "unknown", ("c",)),
        ('FROM image\nCMD ["c"]\nENTRYPOINT ["e"]', ("e",), ("c",)),
        ('FROM image\nENTRYPOINT ["e"]\nCMD ["c"]', ("e",), ("c",)),
        ("FROM image\nENTRYPOINT []", (), None),
        ('FROM image\nENTRYPOINT ["e"]\nENTRYPOINT []', (), None),
        ('FROM image AS a\nCMD ["c"]\nFROM a\nENTRYPOINT ["e"]', ("e",), None),
        ('FROM image AS a\nENTRYPOINT ["e"]\nCMD ["c"]\nFROM a', ("e",), ("c",)),
        ('FROM image AS a\nENTRYPOINT ["e"]\nCMD ["c"]\nFROM a\nCMD ["d"]', ("e",), ("d",)),
        ('FROM image AS a\nENTRYPOINT ["e"]\nCMD ["c"]\nFROM a\nENTRYPOINT []', (), None),
        ('FROM image AS a\nCMD ["c"]\nFROM a AS b\nFROM b\nCMD ["d"]\nENTRYPOINT ["e"]', ("e",), ("d",)),
        ("FROM image\nENTRYPOINT run it", ("/bin/sh", "-c", "run it"), None),
        ('FROM image\nSHELL ["bash", "-lc"]\nCMD run it', "unknown", ("bash", "-lc", "run it")),
        (
            'FROM image AS a\nSHELL ["bash", "-c"]\nFROM a\nENTRYPOINT run',
            ("bash", "-c", "run"),
            None,
        ),
        ('FROM image AS a\nENTRYPOINT ["e"]\nFROM image', "unknown", "unknown"),
        ('FROM image AS a\nONBUILD CMD ["c"]\nFROM a\nENTRYPOINT ["e"]', ("e",), ("c",)),
        ('FROM image AS a\nONBUILD ENTRYPOINT ["e"]\nFROM a AS b\nFROM b', ("e",), None),
        ('FROM image AS a\nONBUILD ENTRYPOINT ["e"]', "unknown", "unknown"),
        ('FROM image\nENTRYPOINT ["$X", "a\\u00e9"]', ("$X", "aé"), None),
    ],
)
def test_entrypoint_and_cmd(text: str, entrypoint: object, cmd: object) -> None:
    container = build(text + "\n")
    assert words(container.entrypoint) == entrypoint
    assert words(container.cmd) == cmd


def test_onbuild_runs_once_with_the_variables_of_the_child() -> None:
    text = "FROM scratch AS a\nENV V=1\nONBUILD ENV X=$V$W\nFROM a AS b\nENV V=2\nFROM b\nENV X2=$X\n"
    container = build(text)
    assert value(container.variable("X2")) == "1"
    assert value(build(text, stage="a").variable("X")) is None


@pytest.mark.parametrize(
    ("body", "workdir"),
    [
        ("", "unknown"),
        ("WORKDIR /a", "/a"),
        ("WORKDIR /a\nWORKDIR b/../c/", "/a/c"),
        ("WORKDIR a", f"{U}/a"),
        ("WORKDIR /a/$X", f"/a/{U}"),
        ("WORKDIR $X", "unknown"),
        ("ENV D=/opt\nWORKDIR ${D}/x", "/opt/x"),
        ('WORKDIR "/a b"', "/a b"),
        ("WORKDIR /a//b/./", "/a/b"),
        ("WORKDIR /../..", "/"),
    ],
)
def test_working_directory(body: str, workdir: str) -> None:
    assert value(build(f"FROM image\n{body}\n").workdir) == workdir


def test_what_else_is_inherited() -> None:
    container = build(
        "FROM --platform=linux/aarch64 image AS a\nENV P=9000\nUSER app\nSTOPSIGNAL SIGINT\nLABEL k=v l=$P\n"
        'VOLUME ["/data"]\nEXPOSE $P 80/udp\nFROM a\nVOLUME /x /y\nLABEL k=w\n'
    )
    assert value(container.user) == "app"
    assert value(container.stop_signal) == "SIGINT"
    assert {key: value(fact) for key, fact in container.labels.items()} == {"k": "w", "l": "9000"}
    assert [word.text for word in container.volumes] == ["/data", "/x", "/y"]
    assert [word.text for word in container.ports] == ["9000", "80/udp"]
    assert value(container.platform) == "linux/arm64"
    assert not container.labels_complete


@pytest.mark.parametrize(
    ("written", "platform"),
    [
        ("linux/amd64", "linux/amd64"),
        ("arm64", "linux/arm64"),
        ("linux/arm64/v8", "linux/arm64"),
        ("linux/arm/v7", "linux/arm/v7"),
        ("LINUX/X86_64", "linux/amd64"),
        ("$BUILDPLATFORM", "unknown"),
        ("linux/$TARGETARCH", f"linux/{U}"),
    ],
)
def test_platform(written: str, platform: str) -> None:
    assert value(build(f"FROM --platform={written} image\n").platform) == platform


def test_facts_know_where_they_stand() -> None:
    container = build('FROM image\nENV A=1 \\\n    BB=22\nENTRYPOINT ["python", \\\n  "x.py"]\n')
    fact = container.environment["BB"]
    assert isinstance(fact, Known)
    assert fact.location == ("Dockerfile", 3, 5, 3, 10)
    entrypoint = container.entrypoint
    assert isinstance(entrypoint, Known)
    assert entrypoint.value.argv[1].location == ("Dockerfile", 5, 3, 5, 9)
    assert entrypoint.location == ("Dockerfile", 4, 1, 5, 10)
    assert container.anchor == ("Dockerfile", 1, 1, 1, 11)


def test_entries_of_other_stages() -> None:
    container = build('FROM a AS x\nENTRYPOINT ["e"]\nFROM b AS y\nCMD c\nFROM x\nENTRYPOINT ["f"]\n')
    assert [(entry.keyword, entry.stage) for entry in container.other_entries] == [("CMD", "y")]


@pytest.mark.parametrize("line", ["ENV A=${}", "WORKDIR ${A", "LABEL a=${A:=b}", "USER '"])
def test_words_that_no_builder_expands_are_refused_at_their_line(line: str) -> None:
    with pytest.raises(DockerfileSyntaxError) as caught:
        build(f"FROM image\n\n{line}\n")
    assert caught.value.line == 3


def test_backtick_is_the_escape_where_the_file_says_so() -> None:
    container = build("# escape=`\nFROM scratch\nENV A=a`\nb\nENV X=`$A\n")
    assert value(container.variable("X")) == "$A"


def test_absent_is_only_said_of_scratch() -> None:
    assert build("FROM scratch\n").user is ABSENT
    assert isinstance(build("FROM image\n").user, Unknown)


@pytest.mark.parametrize(
    ("copy", "refused"),
    [
        ("COPY --from=far /a /b", True),
        ("COPY --from=near /a /b", True),
        ("COPY --from=1 /a /b", True),
        ("COPY --from=other /a /b", False),
        ("COPY /a /b", False),
    ],
)
def test_stages_that_take_part_are_evaluated_at_once(copy: str, refused: bool) -> None:
    text = (
        "FROM i AS far\nENV A=${}\nFROM i AS near\nCOPY --from=far /a /a\nFROM i AS other\nUSER u\n"
        f"FROM i\n{copy}\n"
    )
    if not refused:
        build(text).evidence.run_commands(".")
        return
    with pytest.raises(DockerfileSyntaxError) as caught:
        build(text)
    assert caught.value.line == 2
