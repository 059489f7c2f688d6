"""From a parsed Dockerfile to the Container that rules read."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from smlint.container import UNRESOLVED, Base, Container, Fact, FileEntry, OtherEntry, Unknown, Witness
from smlint.dockerfile.buildcontext import BuildContext
from smlint.dockerfile.evidence import DockerfileEvidence
from smlint.dockerfile.history import Histories
from smlint.dockerfile.runs import Runs
from smlint.dockerfile.stages import Stage, Stages
from smlint.dockerfile.state import Evaluation

if TYPE_CHECKING:
    from smlint.dockerfile.context import StageFiles
    from smlint.dockerfile.instructions import Dockerfile


def build_container(
    dockerfile: Dockerfile,
    *,
    path: str,
    context: str | None = None,
    stage: str | None = None,
    build_args: Mapping[str, str] | None = None,
) -> Container:
    """The container that ``docker build`` would make of ``dockerfile``, as far as that can be said without building.

    ``path`` is what locations call the file. ``context`` is the build context's directory; None is the directory of
    ``path`` if there is such a file, or else no context. ``stage`` is a stage's name or number; None lets the names
    decide. Raises UnknownStageError, and DockerfileSyntaxError for a word that cannot be expanded whatever the
    variables are. Reads no file until somebody asks for one.
    """
    evaluation = Evaluation(dockerfile, path, build_args or {})
    stages = evaluation.stages
    judged = stages.choose(stage)
    # What BuildKit refuses in a stage that takes part is an error now, not when a rule happens to look there.
    for each in _taking_part(stages, judged):
        evaluation.state(each)
    config = evaluation.state(judged).config
    histories = Histories(evaluation, dockerfile.escape)
    runs = Runs(path)
    source = _context(context, path)
    files = BuiltFiles(judged, histories, runs, source, path)
    root = stages.ancestry(judged)[0]
    return Container(
        witness=Witness.DOCKERFILE,
        name=path,
        anchor=judged.origin.location(path),
        evidence=DockerfileEvidence(judged, histories, runs, source, files, path),
        files=files,
        base=_base(root, path),
        entrypoint=config.entrypoint,
        cmd=config.cmd,
        shell=config.shell,
        environment=config.environment,
        environment_complete=config.environment_complete,
        workdir=config.workdir,
        user=config.user,
        stop_signal=config.stop_signal,
        labels=config.labels,
        labels_complete=config.labels_complete,
        volumes=config.volumes,
        ports=config.ports,
        platform=config.platform,
        stage=judged.name,
        other_entries=tuple(_other_entries(stages, judged, path)),
    )


def _taking_part(stages: Stages, judged: Stage) -> Iterator[Stage]:
    """The judged stage and all from which it copies, also by way of others."""
    todo, seen = [judged], {judged.number}
    while todo:
        stage = todo.pop()
        yield stage
        for each in stages.ancestry(stage):
            for instruction in each.instructions:
                if instruction.keyword not in ("COPY", "ONBUILD"):
                    continue
                copied = (instruction.onbuild or instruction).flag("from")
                source = stages.named(copied.value or "", len(stages.stages)) if copied is not None else None
                if source is not None and source.number not in seen:
                    seen.add(source.number)
                    todo.append(source)


class BuiltFiles:
    """The files of the judged stage; what looks for them is imported when somebody asks for one."""

    def __init__(
        self, stage: Stage, histories: Histories, runs: Runs, context: BuildContext | None, path: str
    ) -> None:
        self._stage = stage
        self._arguments = (histories, runs, context, path)
        self._files: StageFiles | None = None

    def lookup(self, path: str) -> Fact[FileEntry]:
        """See :class:`smlint.container.Files`."""
        return self.lookup_in(self._stage, path)

    def candidates(self, name: str, directories: Sequence[str]) -> tuple[Sequence[str], Unknown | None]:
        """See :class:`smlint.container.Files`."""
        return self._of_stages.candidates(self._stage, name, directories)

    def lookup_in(self, stage: Stage, path: str) -> Fact[FileEntry]:
        """The same for the image that another stage gives."""
        return self._of_stages.lookup_in(stage, path)

    @property
    def _of_stages(self) -> StageFiles:
        if self._files is None:
            from smlint.dockerfile.context import StageFiles

            self._files = StageFiles(*self._arguments)
        return self._files


def _context(given: str | None, path: str) -> BuildContext | None:
    if given is not None:
        return BuildContext(given, path)
    return BuildContext(os.path.dirname(path), path) if os.path.isfile(path) else None


def _base(stage: Stage, path: str) -> Base:
    arguments = stage.origin.arguments
    word = arguments[0] if arguments else None
    location = stage.origin.location(path, word.start, word.end) if word else stage.origin.location(path)
    return Base(stage.base or UNRESOLVED, location)


def _other_entries(stages: Stages, judged: Stage, path: str) -> Iterator[OtherEntry]:
    line = {stage.number for stage in stages.ancestry(judged)}
    for stage in stages.stages:
        if stage.number not in line:
            for instruction in stage.instructions:
                if instruction.keyword in ("ENTRYPOINT", "CMD"):
                    yield OtherEntry(instruction.keyword, stage.label, instruction.location(path))
