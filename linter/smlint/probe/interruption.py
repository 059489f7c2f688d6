"""Ctrl-C and SIGTERM of smlint itself: noted at once, obeyed at the next safe moment, so that no resource is lost
between its creation and its registration."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, Final

_SIGNALS: Final = ("SIGINT", "SIGTERM", "SIGHUP")


class ProbeInterruptedError(Exception):
    """The user (or the system) wants smlint to end; ``number`` is the signal."""

    def __init__(self, number: int) -> None:
        super().__init__(f"interrupted by {signal.Signals(number).name}")
        self.number = number

    @property
    def exit_code(self) -> int:
        """What a shell expects of a program that the signal ended."""
        return 128 + self.number


class Interruption:
    """While entered, a signal is kept until :meth:`check`; a second Ctrl-C acts as it would without this.

    Outside the main thread signals cannot be caught; then it does nothing, and whoever runs the thread decides.
    """

    def __init__(self) -> None:
        self._number: int | None = None
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> Interruption:
        if threading.current_thread() is threading.main_thread():
            for name in _SIGNALS:
                number = getattr(signal, name, None)
                # An ignored SIGHUP (nohup) stays ignored.
                if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                    self._previous[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._restore()

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._number = number
        if signal.SIGINT in self._previous:
            signal.signal(signal.SIGINT, self._previous.pop(signal.SIGINT))

    def _restore(self) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        self._previous.clear()

    def check(self) -> None:
        """Raise ProbeInterruptedError when a signal has come."""
        if self._number is not None:
            raise ProbeInterruptedError(self._number)
