"""Source lines and carets of the ``text`` format: the marks stand under the span, whatever the line is made of."""

from __future__ import annotations

import unicodedata

import pytest

from smlint.diagnostics import Diagnostic, FileLocation, ImageLocation, Location, Related, Severity
from smlint.engine import Outcome, Subject
from smlint.report import Report, render
from smlint.workload import Workload


def shown(source: str | None, location: Location, related: tuple[Related, ...] = ()) -> list[str]:
    """The lines between the message and the summary."""
    finding = Diagnostic("SM101", "name", Severity.ERROR, "message", "", "", location, related)
    subject = Subject("dockerfile", "Dockerfile", (Workload.TRAINING,))
    sources = {} if source is None else {"Dockerfile": source}
    lines = render("text", Report((Outcome(subject, (finding,), sources=sources),))).split("\n")
    return lines[1 : lines.index("")]


def columns(text: str) -> int:
    """Terminal columns, counted in another way than the format does."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.category(character) == "Mn" for character in text)


@pytest.mark.parametrize(
    "line",
    [
        "RUN {here}",
        "\tRUN\t{here}\t&& x",
        "RUN 世界 {here} 世",
        "RUN 😀\u2003{here}",
        "RUN e\u0301 \u2764\ufe0f {here}",
        "RUN \x1b[31m {here}",
        "RUN \x0b\x0c\u2028 {here}\r",
    ],
)
def test_carets_stand_under_the_span(line: str) -> None:
    text = line.format(here="nvidia-driver")
    start = text.index("nvidia")
    where = FileLocation("Dockerfile", 2, start + 1, 2, start + 1 + len("nvidia-driver"))
    _, _, source, marks = shown(f"FROM a\n{text}\n", where)
    assert columns(marks[: marks.index("^")]) == columns(source[: source.index("nvidia")])
    assert marks.strip(" |") == "^" * len("nvidia-driver")
    assert "\x1b" not in source


def test_a_span_of_wide_characters_has_wide_marks() -> None:
    *_, marks = shown("RUN 世界\n", FileLocation("Dockerfile", 1, 5, 1, 7))
    assert marks == "  |     ^^^^"


def test_a_byte_order_mark_takes_no_column() -> None:
    where = FileLocation("Dockerfile", 1, 6, 1, 10)
    assert shown("\ufeffFROM base\n", where) == shown("FROM base\n", where)


def test_an_empty_span_has_one_mark() -> None:
    assert shown("RUN\n", FileLocation("Dockerfile", 1, 4, 1, 4))[2:] == ["1 | RUN", "  |    ^"]


def test_several_lines_have_their_margin() -> None:
    source = "FROM a\nRUN b \\\n\tc \\\n  d\n"
    assert shown(source, FileLocation("Dockerfile", 2, 1, 4, 4)) == [
        " --> Dockerfile:2:1",
        "  |",
        "2 | / RUN b \\",
        "3 | |     c \\",
        "4 | |   d",
        "  | |___^",
    ]


def test_many_lines_are_cut_in_the_middle() -> None:
    source = "RUN a \\\n" + "b \\\n" * 20 + "c\n"
    lines = shown(source, FileLocation("Dockerfile", 1, 1, 22, 2))
    assert lines[2:] == [
        " 1 | / RUN a \\",
        " 2 | | b \\",
        " 3 | | b \\",
        " 4 | | b \\",
        " 5 | | b \\",
        "... |",
        "21 | | b \\",
        "22 | | c",
        "   | |_^",
    ]


def test_a_very_long_line_is_cut_around_the_span() -> None:
    source = "RUN " + "x" * 30_000 + " nvidia-driver " + "y" * 30_000
    start = source.index("nvidia") + 1
    *_, line, marks = shown(source, FileLocation("Dockerfile", 1, start, 1, start + 13))
    assert len(line) < 200
    assert line[marks.index("^") : marks.rindex("^") + 1] == "nvidia-driver"


def test_related_places_carry_their_label() -> None:
    related = Related("set here", FileLocation("Dockerfile", 2, 1, 2, 4))
    lines = shown("FROM a\nENV b\n", FileLocation("Dockerfile", 1, 1, 1, 5), (related,))
    assert lines[-2:] == ["2 | ENV b", "  | ^^^ set here"]


@pytest.mark.parametrize("source", [None, "", "FROM a"])
def test_a_place_without_its_source_is_named_all_the_same(source: str | None) -> None:
    place = FileLocation("nowhere" if source is None else "Dockerfile", 3, 1, 3, 4)
    assert shown(source, place, (Related("set here", place),)) == [
        f" --> {place.path}:3:1",
        f" --> {place.path}:3:1",
        "  | set here",
    ]


def test_a_file_of_an_image_shows_what_made_it() -> None:
    place = ImageLocation("a:1", "/opt/ml/x", "sha256:1", "COPY x /opt/ml/x")
    assert shown(None, place, (Related("here too", place),))[:3] == [
        " --> a:1:/opt/ml/x",
        "  | COPY x /opt/ml/x",
        " --> a:1:/opt/ml/x",
    ]
