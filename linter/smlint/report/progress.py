"""Progress bars on a terminal, for work that takes longer than half a second; nothing anywhere else."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING, Final

from smlint.report.visible import visible

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

#: Seconds that may pass in silence.
PATIENCE: Final = 0.5


class Bars:
    """All bars of one call; thread-safe. Use it as a context manager: the bars vanish at the end."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._lock = threading.Lock()
        self._rich: Progress | None = None
        self._is_shown = sys.stderr.isatty()

    def __enter__(self) -> Bars:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._rich is not None:
            self._rich.stop()

    def bar(self, name: str) -> Bar:
        """The bar of one subject."""
        return Bar(self, name)

    def drawn(self) -> Progress | None:
        """What draws, once there is something to be patient about."""
        if not self._is_shown or time.monotonic() - self._began < PATIENCE:
            return None
        with self._lock:
            if self._rich is None:
                from rich.console import Console
                from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

                self._rich = Progress(
                    TextColumn("{task.description}", markup=False),
                    BarColumn(),
                    DownloadColumn(),
                    TimeElapsedColumn(),
                    console=Console(stderr=True),
                    transient=True,
                )
                self._rich.start()
        return self._rich


class Bar:
    """One subject's progress; see :class:`smlint.image.progress.Progress`."""

    def __init__(self, bars: Bars, name: str) -> None:
        self._bars = bars
        self._name = name
        self._task: TaskID | None = None
        self._words = ""
        self._total: int | None = None
        self._done = 0

    def start(self, task: str, total: int | None) -> None:
        """A new task takes the place of the one before."""
        self._words, self._total, self._done = visible(f"{self._name}: {task}"), total, 0
        drawn = self._bars.drawn()
        if drawn is not None and self._task is not None:
            drawn.reset(self._task, description=self._words, total=total)

    def advance(self, count: int) -> None:
        """``count`` more bytes."""
        self._done += count
        drawn = self._bars.drawn()
        if drawn is None:
            return
        if self._task is None:
            self._task = drawn.add_task(self._words, total=self._total)
        drawn.update(self._task, completed=self._done)
