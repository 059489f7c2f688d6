"""One golden file per output format, all from the same list of findings."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from smlint.report import FORMATS, Report, render
from tests.report.findings import REPORT

HERE = Path(__file__).parent


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_prints_its_golden_file(name: str) -> None:
    """``SMLINT_UPDATE_GOLDEN=1 pytest tests/report`` writes the files anew; read the diff before committing."""
    golden = HERE / "golden" / f"{name}.txt"
    text = render(name, REPORT)
    if os.environ.get("SMLINT_UPDATE_GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")


def test_every_golden_file_belongs_to_a_format() -> None:
    assert {path.stem for path in (HERE / "golden").iterdir()} == set(FORMATS)


def test_a_clean_report_says_so() -> None:
    clean = Report((REPORT.outcomes[0]._replace(diagnostics=(), suppressed=()),))
    assert render("text", clean) == "No findings in app/Dockerfile.\n"
    assert render("concise", clean) == ""
    assert json.loads(render("json", clean))["summary"] == {
        "error": 0,
        "warning": 0,
        "info": 0,
        "suppressed": 0,
    }


@pytest.mark.parametrize("name", ["text", "markdown"])
@pytest.mark.parametrize(
    ("outcomes", "unread", "sentence"),
    [
        (0, ("x: it is a directory",), "Nothing was judged: no input could be read."),
        (0, (), "Nothing was judged: there was no input."),
        (1, ("x: it is a directory",), "No findings in app/Dockerfile; not everything could be read."),
        (2, ("x: it is a directory",), "No findings in 2 inputs; not everything could be read."),
    ],
)
def test_what_was_not_read_is_not_called_clean(
    name: str, outcomes: int, unread: tuple[str, ...], sentence: str
) -> None:
    clean = REPORT.outcomes[0]._replace(diagnostics=(), suppressed=())
    report = Report((clean,) * outcomes, unread=unread)
    assert render(name, report).endswith(f"{sentence}\n")


def test_the_terminal_shows_the_same_text_as_the_plain_format(tmp_path: Path) -> None:
    from rich.text import Text

    from smlint.report import terminal

    with open(tmp_path / "out", "w", encoding="utf-8") as file:
        terminal.draw(REPORT, file, force=True)
    drawn = (tmp_path / "out").read_text(encoding="utf-8")
    assert "\x1b[1;31m" in drawn
    # OSC 8: the terminal makes a link of the rule's page.
    assert "\x1b]8;id=" in drawn
    assert ";https://docs.aws.amazon.com/" in drawn
    shown = [line.rstrip() for line in Text.from_ansi(drawn).plain.splitlines()]
    assert shown == render("text", REPORT).splitlines()
