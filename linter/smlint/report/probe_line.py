"""A live progress line on a terminal, drawn with rich on standard error; imported only where there is a terminal."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.status import Status


class ProbeLine:
    """One line that says what a probe is waiting for and how long; gone when it is left."""

    def __init__(self, console: Console | None = None) -> None:
        self._status = Status("", console=console or Console(stderr=True))
        self._text = ""

    def __enter__(self) -> ProbeLine:
        self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._status.stop()

    def step(self, text: str) -> None:
        """A new step begins."""
        self._text = text
        self._status.update(text)

    def waiting(self, elapsed: float, budget: float | None) -> None:
        """The step goes on."""
        of = f" of {budget:.0f}" if budget is not None else ""
        self._status.update(f"{self._text} ({elapsed:.0f}{of} s)")
