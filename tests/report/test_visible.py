"""What comes from images, file names and scripts cannot move a reader's cursor, forge a line or break a format."""

from __future__ import annotations

import io
import json
import os
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smlint.diagnostics import Diagnostic, FileLocation, ImageLocation, Related, Severity
from smlint.engine import Outcome, Subject
from smlint.report import FORMATS, Report, render
from smlint.report.terminal import draw
from smlint.report.visible import visible, visible_json
from smlint.workload import Workload

HERE = Path(__file__).parent
#: Clears the screen, names the window, ends the line and forges another, turns the direction, is half a character.
EVIL = "\x1b[2J\x1b]0;owned\x07\nerror[SM000] forged\r\x9b31m\u202e\udce9\t\u2028end"
IMAGE = ImageLocation(f"team/model{EVIL}:1", f"/opt/ml/{EVIL}", "sha256:0a1b", f"COPY {EVIL} /opt/ml/")
HOSTILE = Report(
    (
        Outcome(
            Subject("image", f"team/model{EVIL}:1", (Workload.INFERENCE,)),
            (
                Diagnostic(
                    "SM104",
                    "cmd-overridden",
                    Severity.ERROR,
                    f"CMD `{EVIL}` never takes part",
                    f"write {EVIL}",
                    "",
                    IMAGE,
                    related=(
                        Related(f"in {EVIL}", IMAGE),
                        Related("in a file", FileLocation(f"a/{EVIL}", 2, 1, 2, 4)),
                    ),
                ),
            ),
            sources={f"a/{EVIL}": f"one\n{EVIL.replace(chr(10), '')}\n"},
        ),
    )
)


def hidden(text: str) -> set[str]:
    """The characters of an output that a terminal would act on."""
    return {c for c in text if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_spells_out_what_cannot_be_seen(name: str) -> None:
    """``SMLINT_UPDATE_GOLDEN=1 pytest tests/report`` writes the files anew; read the diff before committing."""
    golden = HERE / "golden_hostile" / f"{name}.txt"
    text = render(name, HOSTILE)
    if os.environ.get("SMLINT_UPDATE_GOLDEN"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text, encoding="utf-8")
    assert hidden(text) == set()
    assert not any(line.startswith("error[SM000]") for line in text.splitlines())
    assert text == golden.read_text(encoding="utf-8")


def test_the_terminal_gets_no_sequences_but_its_own() -> None:
    file = io.StringIO()
    draw(HOSTILE, file, force=True)
    drawn = file.getvalue()
    assert "\x1b[2J" not in drawn
    assert "\x1b]0;" not in drawn
    assert hidden(drawn) == {"\x1b"}


@given(st.text())
def test_visible_text_is_one_line_and_plain_text_stays(text: str) -> None:
    assert visible(text).isprintable()
    assert visible(visible(text)) == visible(text)


@given(
    st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=9)
)
def test_json_keeps_its_values(value: object) -> None:
    text = visible_json(json.dumps(value, ensure_ascii=False))
    assert json.loads(text) == value
    assert text.isprintable()
