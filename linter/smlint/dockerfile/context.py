"""The container's file system as the Dockerfile and the build context show it (first part: nothing is resolved yet)."""

from __future__ import annotations

from smlint.container import Fact, FileEntry, Unknown
from smlint.dockerfile.buildcontext import BuildContext, Source
from smlint.dockerfile.history import Histories
from smlint.dockerfile.runs import Runs
from smlint.dockerfile.stages import Stage


class StageFiles:
    def __init__(
        self, stage: Stage, histories: Histories, runs: Runs, context: BuildContext | None, path: str
    ) -> None:
        self._stage = stage

    def lookup(self, path: str) -> Fact[FileEntry]:
        return self.lookup_in(self._stage, path)

    def lookup_in(self, stage: Stage, path: str) -> Fact[FileEntry]:
        return Unknown("no build step has been read yet")


def may_be_unpacked(context: BuildContext, source: Source) -> bool:
    return source.path.endswith((".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz"))
