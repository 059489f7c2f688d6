"""What a Dockerfile can be asked for beyond the image config: RUN commands, and files that COPY and ADD place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from smlint.container import (
    UNRESOLVED,
    Absent,
    Fact,
    FileKind,
    InstalledPackage,
    Known,
    PlacedFile,
    RunCommand,
    SimpleCommand,
    Unknown,
)
from smlint.dockerfile.buildcontext import BuildContext
from smlint.dockerfile.hints import needles
from smlint.dockerfile.history import Histories, History
from smlint.dockerfile.paths import join, name, within
from smlint.dockerfile.places import Placement
from smlint.dockerfile.runs import Runs
from smlint.dockerfile.stages import Stage
from smlint.dockerfile.state import Step

if TYPE_CHECKING:
    from smlint.dockerfile.build import BuiltFiles

#: The target of a ``--mount``, without a slash at its end.
_TARGET: Final = re.compile(r"""(?:^|,)["']?(?:target|dst|destination)=(/[^,"']*[^,"'/])""")
_WILDCARD: Final = re.compile(r"\[[^\]]*\]|[*?]")


class DockerfileEvidence:
    """Evidence about one stage; everything is read when asked for."""

    def __init__(
        self,
        stage: Stage,
        histories: Histories,
        runs: Runs,
        context: BuildContext | None,
        files: BuiltFiles,
        path: str,
    ) -> None:
        self._history = histories.of(stage)
        self._histories = histories
        self._runs = runs
        self._context = context
        self._files = files
        self._path = path
        self._steps: list[tuple[Step, tuple[str, ...] | None]] | None = None
        #: All that the RUN steps say, in lower case, one by one and together.
        self._said: list[str] = []
        self._all_said = ""
        self._placed: dict[tuple[int, int], tuple[PlacedFile, ...]] = {}

    def run_commands(self, hint: str) -> Sequence[RunCommand]:
        """See :class:`smlint.container.Evidence`."""
        if self._steps is None:
            self._steps = self._run_steps()
            self._said = [self._runs.text(step).said.lower() for step, _ in self._steps]
            self._all_said = "\n".join(self._said)
        words = needles(hint)
        if words and not any(word in self._all_said for word in words):
            return ()
        pattern = re.compile(hint)
        found: list[RunCommand] = []
        for (step, copied), said in zip(self._steps, self._said, strict=True):
            if words and not any(word in said for word in words):
                continue
            if self._runs.text(step).speaks_of(pattern):
                commands = self._runs.commands(step) or ()
                found += [_run_command(command, step, copied) for command in commands]
        return found

    def placed_files(self, hint: str = "") -> Sequence[PlacedFile]:
        """See :class:`smlint.container.Evidence`."""
        pattern = re.compile(hint)
        found: list[PlacedFile] = []
        for number, placed in self._history.placed.items():
            for index, placement in enumerate(placed):
                if not (
                    placement.has_wildcard or pattern.search(f"{placement.target}/{placement.base_name}")
                ):
                    continue
                key = (number, index)
                if key not in self._placed:
                    self._placed[key] = tuple(self._files_of(placement))
                found += self._placed[key]
        return found

    def files_matching(
        self, patterns: Iterable[str], under: Iterable[str] = ()
    ) -> Fact[Sequence[PlacedFile]]:
        """Unknown: nobody has looked into the base image."""
        return Unknown("only a built image shows all of its files")

    def installed_packages(self) -> Fact[Sequence[InstalledPackage]]:
        """Unknown: what a RUN installs is in no database yet."""
        return Unknown("only a built image has package databases")

    def _run_steps(self) -> list[tuple[Step, tuple[str, ...] | None]]:
        steps: dict[tuple[int, int], tuple[Step, tuple[str, ...] | None]] = {}
        for step in self._history.steps:
            if step.instruction.keyword == "RUN":
                steps[_key(step)] = (step, None)
        for history, copied in self._copied().values():
            for step in history.steps:
                if step.instruction.keyword == "RUN":
                    steps.setdefault(_key(step), (step, tuple(copied)))
        return sorted(steps.values(), key=lambda each: (each[0].instruction.start_line, each[0].stage.number))

    def _copied(self) -> dict[int, tuple[History, dict[str, None]]]:
        """The stages from which files get into this one, also by way of others, and the paths taken out of them."""
        found: dict[int, tuple[History, dict[str, None]]] = {}
        todo = list(_taken(self._history, None))
        while todo:
            stage, path = todo.pop()
            history, paths = found.setdefault(stage.number, (self._histories.of(stage), {}))
            if path not in paths:
                paths[path] = None
                todo += _taken(history, path)
        return found

    def _files_of(self, placement: Placement) -> Iterator[PlacedFile]:
        if placement.is_context_path and placement.has_wildcard and self._context is not None:
            matches = self._context.matching(placement.source.strip("/"))
            if not isinstance(matches, Unknown) and matches:
                for match in matches:
                    yield self._file(placement._replace(source=match), written=placement.source)
                return
        yield self._file(placement, written=placement.source)

    def _file(self, placement: Placement, written: str) -> PlacedFile:
        is_directory, size, link = self._seen(placement)
        path = placement.target
        if not is_directory:
            into = placement.is_directory or self._history.is_directory(path)
            # A source that cannot be seen and is called like the target is most likely a directory, like the target.
            same = is_directory is None and name(path) == placement.base_name
            path = f"{path.rstrip('/')}/{placement.base_name}" if into and not same else path
        argument, instruction = placement.argument, placement.step.instruction
        stage = placement.from_stage
        return PlacedFile(
            path=path,
            how=instruction.keyword,
            source=written,
            location=instruction.location(self._path, argument.start, argument.end),
            from_stage=stage.label if stage is not None else placement.from_image,
            size=size,
            is_directory=is_directory,
            link_target=link,
            destination=instruction.location(
                self._path, instruction.arguments[-1].start, instruction.arguments[-1].end
            ),
        )

    def _seen(self, placement: Placement) -> tuple[bool | None, int | None, str | None]:
        """Whether the source is a directory, its size, and what it links to, as far as it can be seen."""
        if placement.heredoc is not None:
            content = placement.content or ""
            return False, None if UNRESOLVED in content else len(content.encode()), None
        if placement.looks_like_directory:
            return True, None, None
        if placement.is_url:
            return False, None, None
        if placement.from_stage is not None:
            found = self._files.lookup_in(placement.from_stage, join("/", placement.source))
            if isinstance(found, Known):
                return found.value.kind is FileKind.DIRECTORY, found.value.size, None
            return None, None, None
        if placement.is_context_path and self._context is not None:
            return self._seen_in_context(placement, self._context)
        return None, None, None

    def _seen_in_context(
        self, placement: Placement, context: BuildContext
    ) -> tuple[bool | None, int | None, str | None]:
        if UNRESOLVED in placement.source:
            return None, None, None
        source = context.follow(placement.source.strip("/"))
        if isinstance(source, Absent | Unknown):
            return None, None, None
        if placement.is_add and context.is_archive(source):
            return True, None, None
        return source.kind is FileKind.DIRECTORY, source.size, None


def _key(step: Step) -> tuple[int, int]:
    return id(step.instruction), step.stage.number


def _taken(history: History, wanted: str | None) -> Iterator[tuple[Stage, str]]:
    """What the steps of ``history`` copy out of other stages, if it ends up at or under ``wanted`` (None: anywhere)."""
    for placed in history.placed.values():
        for placement in placed:
            if placement.from_stage is None:
                continue
            source = _WILDCARD.sub(UNRESOLVED, join("/", placement.source))
            if (
                wanted is None
                or UNRESOLVED in wanted + placement.target
                or within(placement.target, wanted) is not None
            ):
                yield placement.from_stage, source
            else:
                rest = within(wanted, placement.target)
                if rest is not None:
                    # Either a part of the copied directory, or the copied file itself under its own name.
                    part = source if rest == placement.base_name else join(source, rest)
                    yield placement.from_stage, part


def _run_command(command: SimpleCommand, step: Step, copied: tuple[str, ...] | None) -> RunCommand:
    from smlint.shell.commands import unwrap

    flags = step.instruction.flags
    mounts = tuple(_TARGET.findall(",".join(flag.value or "" for flag in flags if flag.name == "mount")))
    return RunCommand(command, unwrap(command), step.stage.label, copied, mounts)
