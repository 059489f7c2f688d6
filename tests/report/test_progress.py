"""What is drawn on a terminal while something takes time, and that it is drawn nowhere else."""

from __future__ import annotations

import io
import sys

import pytest
from rich.console import Console

from smlint.report import progress
from smlint.report.probe_line import ProbeLine


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def read_two(bars: progress.Bars) -> None:
    with bars:
        bar = bars.bar("image\x1b[2J")
        bar.start("reading", 100)
        bar.advance(40)
        bar.advance(60)
        bar.start("unpacking", None)
        bar.advance(5)
        assert bars.bar("another") is not bar


def test_bars_name_the_subject_and_the_task(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "PATIENCE", 0)
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    bars = progress.Bars()
    read_two(bars)
    drawn = bars.drawn()
    assert drawn is not None
    assert [task.description for task in drawn.tasks] == ["image\\x1b[2J: unpacking"]
    assert drawn.tasks[0].completed == 5


@pytest.mark.parametrize(("stream", "patience"), [(io.StringIO(), 0), (Terminal(), 3600)])
def test_nothing_is_drawn_elsewhere_or_before_its_time(
    stream: io.StringIO, patience: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "PATIENCE", patience)
    monkeypatch.setattr(sys, "stderr", stream)
    bars = progress.Bars()
    read_two(bars)
    assert bars.drawn() is None
    assert stream.getvalue() == ""


def test_the_line_of_a_probe_says_what_it_waits_for() -> None:
    stream = io.StringIO()
    with ProbeLine(Console(file=stream, force_terminal=True, width=80)) as line:
        line.step("waiting for the program")
        line.waiting(1.0, 120.0)
        assert str(line._status.status) == "waiting for the program (1 of 120 s)"
        line.waiting(2.0, None)
        assert str(line._status.status) == "waiting for the program (2 s)"
    assert "waiting for the program" in stream.getvalue()
