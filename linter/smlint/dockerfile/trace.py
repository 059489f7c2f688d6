"""The way back through the steps of a stage in search of one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smlint.dockerfile.history import History

if TYPE_CHECKING:
    from smlint.dockerfile.changes import Change
    from smlint.dockerfile.links import Links


class Trace:
    """What is known so far of the file: where it was at this point, and what was done to it later."""

    def __init__(self, history: History, path: str, links: Links | None) -> None:
        """``links`` is None where no step makes any."""
        self.history = history
        self.path = path
        #: The last one first.
        self.changes: list[Change] = []
        #: Whether something was done, later, to what the path leads to if it is a link.
        self.is_changed_behind = False
        self._links = links
        #: The other names of the file.
        self.aliases = () if links is None else links.of(path)
        self._own = 0

    def go_to(self, path: str) -> None:
        """Go on with the file that the one at hand was made of."""
        self.path = path
        self.aliases = () if self._links is None else self._links.of(path)
        self._own = len(self.changes)
        self.is_changed_behind = False

    def is_link(self) -> None:
        """Forget what was done by this name: who looks at what it leads to sees that."""
        del self.changes[self._own :]
