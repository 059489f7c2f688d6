"""How a probe tells what it is doing. Silent by default; drawing is the report's business."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Receives one sentence per step, and the seconds of a step that takes time."""

    def step(self, text: str) -> None:
        """A new step begins."""
        ...

    def waiting(self, elapsed: float, budget: float | None) -> None:
        """The step goes on; ``budget`` is what it may take, where that is known."""
        ...


class Silent:
    """Tells nobody."""

    def step(self, text: str) -> None:
        """Nothing."""

    def waiting(self, elapsed: float, budget: float | None) -> None:
        """Nothing."""
