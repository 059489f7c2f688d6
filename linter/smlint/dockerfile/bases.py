"""What well-known base images bring, by name: ``bases.toml``, read when asked for.

A base that is seen only by name may have been replaced by a mirror's or a later version, so nothing from here is a fact
about the judged container; it gives at most advice. The registry and the engine know better: see ``smlint image``.
"""

from __future__ import annotations

import fnmatch
import functools
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from smlint.container import UNRESOLVED
from smlint.tables import read_table

if TYPE_CHECKING:
    import datetime

#: Other names of Docker Hub's official images, and mirrors of other publishers' images.
_ALIASES: Final = (
    ("index.docker.io/", "docker.io/"),
    ("registry-1.docker.io/", "docker.io/"),
    ("docker.io/library/", ""),
    ("public.ecr.aws/docker/library/", ""),
    ("mirror.gcr.io/library/", ""),
    ("library/", ""),
    ("docker.io/", ""),
    ("quay.io/jupyter/", "jupyter/"),
)
_VECTORS: Final = ("entrypoint", "cmd", "shell", "commands")
_TEXTS: Final = ("workdir", "user", "stop_signal", "bin_sh", "init")


class BaseKnowledge(NamedTuple):
    """What an image is known to bring. None: not known. An empty tuple: known to bring none."""

    entrypoint: tuple[str, ...] | None = None
    cmd: tuple[str, ...] | None = None
    shell: tuple[str, ...] | None = None
    #: Which of ``train``, ``serve``, ``python`` are on PATH.
    commands: tuple[str, ...] | None = None
    workdir: str | None = None
    user: str | None = None
    stop_signal: str | None = None
    #: ``dash``, ``bash``, ``busybox``, or ``none`` for an image without a shell.
    bin_sh: str | None = None
    #: The init among the words of the entrypoint: ``tini``, ``dumb-init`` …
    init: str | None = None
    #: Where this was read, and the oldest date on which it was.
    sources: tuple[str, ...] = ()
    read: datetime.date | None = None


@functools.lru_cache(maxsize=256)
def base_knowledge(reference: str) -> BaseKnowledge | None:
    """What is known of the image ``reference``; None for images that nobody has looked up.

    ``reference`` may hold UNRESOLVED in its tag (rows for certain tags then do not count), not in its name.
    """
    repository, tag = _split(reference)
    if not repository or UNRESOLVED in repository:
        return None
    rows = [row for row in _rows_of(repository) if _holds_for(row, tag)]
    if not rows:
        return None
    found: dict[str, Any] = {}
    for row in rows:
        for key in (*_VECTORS, *_TEXTS):
            if key in row:
                found.setdefault(key, tuple(row[key]) if key in _VECTORS else row[key])
    sources = tuple(dict.fromkeys(row["source"] for row in rows))
    return BaseKnowledge(**found, sources=sources, read=min(row["read"] for row in rows))


def _split(reference: str) -> tuple[str, str]:
    """Repository, as Docker Hub names it, and tag; ``latest`` where neither tag nor digest is given."""
    name, at, _ = reference.partition("@")
    repository, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        repository, tag = name, "" if at else "latest"
    for alias, meant in _ALIASES:
        if repository.startswith(alias):
            repository = meant + repository.removeprefix(alias)
    return repository, tag


@functools.cache
def _rows() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = read_table(__file__, "bases.toml")["image"]
    return rows


@functools.lru_cache(maxsize=256)
def _rows_of(repository: str) -> list[dict[str, Any]]:
    return [
        row
        for row in _rows()
        if any(fnmatch.fnmatchcase(repository, pattern) for pattern in row["repositories"])
    ]


def _holds_for(row: dict[str, Any], tag: str) -> bool:
    if "tags" not in row:
        return True
    return UNRESOLVED not in tag and any(fnmatch.fnmatchcase(tag, pattern) for pattern in row["tags"])
