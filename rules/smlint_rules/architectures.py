"""Which instance families run arm64 images; the rows and their sources are in ``architectures.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from smlint.workload import Workload


@cache
def arm64_families() -> Mapping[Workload, tuple[str, ...]]:
    """Instance families with arm64 processors by workload: ``ml.c7g`` and so on."""
    import tomllib

    table = tomllib.loads(files(__package__).joinpath("architectures.toml").read_text(encoding="utf-8"))
    return {Workload(row["workload"]): tuple(row["families"]) for row in table["arm64"]}
