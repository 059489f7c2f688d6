"""What the regular expressions of a search say about where to look."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_LITERAL: Final = re.compile(r"\^?((?:/(?:[\w-]|\\\.)*)+)")


def union(patterns: Sequence[str]) -> re.Pattern[str]:
    """One expression that is found where any of ``patterns`` is."""
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


def literal_directory(pattern: str) -> str | None:
    """The directory, slash at the end, with which all matches of ``pattern`` begin; None when it does not say.

    >>> literal_directory("^/opt/ml/(input|output)/")
    '/opt/ml/'
    """
    found = (
        _LITERAL.match(pattern) if pattern.startswith("^") and "|" not in pattern.partition("(")[0] else None
    )
    if found is None:
        return None
    directory = found[1].rpartition("/")[0].replace("\\.", ".")
    # A quantifier behind the slash makes the slash itself optional.
    return (
        f"{directory}/"
        if directory and pattern[found.end() : found.end() + 1] not in ("?", "*", "{")
        else None
    )
