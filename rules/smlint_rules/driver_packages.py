"""Which package names mean the NVIDIA driver: the table of nvidia_packages.toml, and how names are stripped for it."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from smlint.tables import read_table


class Package(NamedTuple):
    """A row of the table that a package name matched."""

    name: str
    #: ``driver`` or ``maybe``.
    verdict: str
    instead: str
    why: str
    #: Whether it holds nothing itself and brings the driver by what it depends on.
    meta: bool


class _Row(NamedTuple):
    pattern: re.Pattern[str]
    system: str
    verdict: str
    instead: str
    why: str
    meta: bool


def classify(name: str, system: str) -> Package | None:
    """The row for a package name of a ``deb`` or ``rpm`` system; None when it is not the driver."""
    for candidate in dict.fromkeys((name, _without_version(name))):
        for row in _table():
            match = row.pattern.fullmatch(candidate)
            if match is None or (row.system and row.system != system):
                continue
            if row.verdict == "fine":
                return None
            return Package(candidate, row.verdict, match.expand(row.instead), row.why, row.meta)
    return None


def _without_version(name: str) -> str:
    """``nvidia-driver-cuda-3:535.183.01-1.el9.x86_64`` to ``nvidia-driver-cuda``: an rpm name may carry its version."""
    name = re.sub(r"\.(?:x86_64|aarch64|noarch|amd64|arm64|i686)$", "", name)
    return re.sub(r"-(?:\d+:)?\d+\.\d[\w.+~]*(?:-[\w.+~*]+)?$|-\*$", "", name)


@cache
def _table() -> tuple[_Row, ...]:
    rows = read_table(__file__, "nvidia_packages.toml")["package"]
    return tuple(
        _Row(
            re.compile(row["name"]),
            row.get("system", ""),
            row["verdict"],
            row.get("instead", ""),
            row["why"],
            row.get("meta", False),
        )
        for row in rows
    )
