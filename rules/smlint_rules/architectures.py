"""Which instance families run arm64 images; the rows and their sources are in ``architectures.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from smlint.tables import read_table
from smlint.workload import Workload


@cache
def arm64_families() -> Mapping[Workload, tuple[str, ...]]:
    """Instance families with arm64 processors by workload: ``ml.c7g`` and so on."""
    table = read_table(__file__, "architectures.toml")
    return {Workload(row["workload"]): tuple(row["families"]) for row in table["arm64"]}
