"""Positions: what stands in the file at the place that the reader names."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smlint.diagnostics import FileLocation
from smlint.dockerfile import Dockerfile, DockerfileSyntaxError, Instruction, parse
from smlint.dockerfile.instructions import read_dockerfile
from tests.conformance.generator import dockerfiles


def at(dockerfile: Dockerfile, location: FileLocation) -> str:
    """The text of the file inside ``location``."""
    _, line, column, end_line, end_column = location
    if line == end_line:
        return dockerfile.lines[line - 1][column - 1 : end_column - 1]
    inner = dockerfile.lines[line : end_line - 1]
    return "\n".join(
        [dockerfile.lines[line - 1][column - 1 :], *inner, dockerfile.lines[end_line - 1][: end_column - 1]]
    )


def spans(instruction: Instruction) -> list[tuple[str, FileLocation]]:
    arguments = [
        (each.text, instruction.location("f", each.start, each.end)) for each in instruction.arguments
    ]
    return arguments + (spans(instruction.onbuild) if instruction.onbuild else [])


def test_columns_count_code_points_over_continuations_tabs_and_wide_characters() -> None:
    text = "\ufeff# syntax=x\r\nFROM a\r\n\tCOPY --from=b  \\\r\n# no\r\n\r\n  '世 界'\t😀x \\\r\n\té /z\r\n"
    copy = parse(text).instructions[1]
    assert [(word, location[1:]) for word, location in spans(copy)] == [
        ("'世", (6, 3, 6, 5)),
        ("界'", (6, 6, 6, 8)),
        ("😀x", (6, 9, 6, 11)),
        ("é", (7, 2, 7, 3)),
        ("/z", (7, 4, 7, 6)),
    ]
    flag = copy.flags[0]
    assert copy.location("f", flag.start, flag.end)[1:] == (3, 7, 3, 15)
    assert copy.location("f")[1:] == (3, 2, 7, 6)
    assert copy.position(len(copy.value)) == (7, 6)
    assert (copy.start_line, copy.end_line) == (3, 7)


def test_items_of_an_exec_form_have_spans_with_their_quotes() -> None:
    dockerfile = parse('FROM a\nENTRYPOINT ["a\\u0041", \\\n  "b\\"c"]\n')
    [first, second] = spans(dockerfile.instructions[1])
    assert (first[0], at(dockerfile, first[1])) == ("aA", '"a\\u0041"')
    assert (second[0], at(dockerfile, second[1])) == ('b"c', '"b\\"c"')


def test_arguments_of_a_deferred_instruction_have_positions() -> None:
    dockerfile = parse('FROM a\nONBUILD  HEALTHCHECK --interval=3s \\\n  CMD ["b", "c"]\n')
    assert [at(dockerfile, location) for _, location in spans(dockerfile.instructions[1])] == [
        "CMD",
        '"b"',
        '"c"',
    ]
    inner = dockerfile.instructions[1].onbuild
    assert inner is not None
    assert inner.location("f")[1:] == (2, 10, 3, 17)
    assert inner.heredocs == ()


def test_heredocs_say_where_their_bodies_stand() -> None:
    dockerfile = parse("FROM a\nRUN <<A \\\n <<-'B' cat\nx $Y\nA\n\tz\n\tB\nUSER u\n")
    first, second = dockerfile.instructions[1].heredocs
    assert first == ("A", True, False, "x $Y\n", 4)
    assert second == ("B", False, True, "\tz\n", 6)
    assert dockerfile.instructions[1].end_line == 7
    assert dockerfile.instructions[2].start_line == 8


def test_comments_are_those_outside_heredocs_and_directives() -> None:
    dockerfile = parse("# escape=`\n# one\nFROM a\nRUN b `\n  # two \n c <<E\n# body\nE\n#three")
    assert dockerfile.comments == [(2, "one"), (5, "two"), (9, "three")]
    assert dockerfile.directives == (("escape", "`", 1),)
    assert dockerfile.escape == "`"


@settings(max_examples=800, deadline=None, suppress_health_check=list(HealthCheck))
@given(dockerfiles)
def test_every_span_lies_in_the_file_and_simple_words_read_back(text: str) -> None:
    try:
        dockerfile = read_dockerfile(text)
    except DockerfileSyntaxError:
        return
    for instruction in dockerfile.instructions:
        assert 1 <= instruction.start_line <= instruction.end_line <= len(dockerfile.lines)
        for word, location in [*spans(instruction), ("", instruction.location("f"))]:
            found = at(dockerfile, location)
            assert instruction.start_line <= location.line <= location.end_line <= instruction.end_line
            assert 1 <= location.end_column <= len(dockerfile.lines[location.end_line - 1]) + 1
            if word and location.line == location.end_line and not found.startswith('"'):
                assert found == word


words = st.text(st.sampled_from("abc/=-._é世😀"), min_size=1, max_size=6).filter(
    lambda word: not word.startswith("-")
)
gaps = st.sampled_from((" ", "\t", "  ", " \\\n", " \\\n  ", "\t\\\n# c\n\n "))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(gaps, words), min_size=2, max_size=6))
def test_slicing_the_file_at_an_argument_gives_the_argument(pairs: list[tuple[str, str]]) -> None:
    text = "FROM a\nCOPY" + "".join(gap + word for gap, word in pairs) + "\n"
    dockerfile = parse(text)
    found = spans(dockerfile.instructions[1])
    assert [word for word, _ in found] == [word for _, word in pairs]
    assert [at(dockerfile, location) for _, location in found] == [word for _, word in pairs]


def test_an_empty_value_has_an_empty_span_behind_the_keyword() -> None:
    run = parse("FROM a\nRUN\n").instructions[1]
    assert run.value == ""
    assert run.location("f")[1:] == (2, 1, 2, 4)
    assert run.location("f", 0, 0)[1:] == (2, 4, 2, 4)


@pytest.mark.parametrize("value", ["['a']", "[a]", '["a",]', '["a"] b', "[ -f x ]"])
def test_what_only_looks_like_json_is_told(value: str) -> None:
    instruction = parse(f"FROM a\nCMD {value}\n").instructions[1]
    assert instruction.exec_form is None
    assert instruction.looks_like_json
    assert instruction.arguments[0].text == value
