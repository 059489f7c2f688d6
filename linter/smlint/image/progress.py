"""How far a slow reading has come, told to whoever wants to know; silent unless somebody does."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told about one task at a time; a new ``start`` ends the one before."""

    def start(self, task: str, total: int | None) -> None:
        """A task begins; ``total`` is its size in bytes where that is known."""
        ...

    def advance(self, count: int) -> None:
        """``count`` more bytes are done."""
        ...


class Silent:
    """Says nothing."""

    def start(self, task: str, total: int | None) -> None:
        """Nothing."""

    def advance(self, count: int) -> None:
        """Nothing."""
