"""Drawing of the ``text`` format on a terminal, with rich. Imported only when something is drawn on one."""

from __future__ import annotations

from typing import Final, TextIO

from rich.console import Console
from rich.text import Text

from smlint.report import Report
from smlint.report.text import rows
from smlint.report.visible import visible_report

_STYLES: Final = {
    "error": "bold red",
    "warning": "bold yellow",
    "info": "bold cyan",
    "related": "bold blue",
    "name": "bold",
    "frame": "blue",
    "help": "bold green",
    "url": "underline",
    "dim": "dim",
    "summary": "bold",
}


def draw(report: Report, file: TextIO, *, force: bool) -> None:
    """Write the report to ``file`` in colour; ``force`` colours even what is no terminal."""
    # Lines are never wrapped, so that no width is asked for; one of 0 (COLUMNS=0) would leave nothing of them.
    console = Console(
        file=file, force_terminal=True if force else None, highlight=False, soft_wrap=True, width=80
    )
    for row in rows(visible_report(report)):
        line = Text()
        for segment in row:
            style = _STYLES.get(segment.style, "")
            if segment.style == "url" and console.is_terminal:
                style += f" link {segment.text}"
            line.append(segment.text, style)
        console.print(line)
