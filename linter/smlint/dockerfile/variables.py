"""The variables that ENV and ARG set in one stage, as they are before each of its instructions."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping

from smlint.container import UNRESOLVED
from smlint.dockerfile.expand import Lookup


class Variables:
    """Values over time: every change makes a new version, and each version can still be asked.

    ``complete`` says whether variables that nothing here sets are certainly not set; below an external base image that
    is never certain.
    """

    def __init__(self, inherited: Mapping[str, str], *, complete: bool) -> None:
        self._values = {name: ([0], [value]) for name, value in inherited.items()}
        self._complete_until = 1 << 62 if complete else -1
        self.version = 0

    @property
    def complete(self) -> bool:
        """Whether all variables of the current version are known by name."""
        return self.version <= self._complete_until

    def set(self, name: str, value: str) -> None:
        """Give ``name`` a value; if the name itself is not known, any variable may have changed."""
        self.version += 1
        if UNRESOLVED in name:
            self._complete_until = min(self._complete_until, self.version - 1)
            return
        versions, values = self._values.setdefault(name, ([], []))
        versions.append(self.version)
        values.append(value)

    def lookup(self, name: str) -> str | None:
        """The current value, for :mod:`smlint.dockerfile.expand`."""
        return self._value(name, self.version)

    def at(self, version: int) -> Lookup:
        """How variables were at ``version``."""
        return lambda name: self._value(name, version)

    def current(self) -> dict[str, str]:
        """All current values."""
        return {name: values[-1] for name, (_, values) in self._values.items()}

    def _value(self, name: str, version: int) -> str | None:
        found = self._values.get(name)
        if found is not None:
            position = bisect_right(found[0], version)
            if position:
                return found[1][position - 1]
        # No image sets "$1" or "$@", and no shell is there to do it.
        if version <= self._complete_until or not name.isidentifier():
            return None
        return UNRESOLVED
