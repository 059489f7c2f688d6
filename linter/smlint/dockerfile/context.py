"""The container's file system, as the Dockerfile and its build context show it.

A path is looked for from the last step back to the first: the step that put it there decides, what later steps did to
it is applied on top. Nothing is read before somebody asks. What one COPY source means is :mod:`.placed`'s question,
what a RUN does is that of :mod:`.ran`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from smlint.container import ABSENT, UNRESOLVED, Fact, FileEntry, FileKind, Known, Unknown
from smlint.dockerfile.buildcontext import LINK_LIMIT, BuildContext
from smlint.dockerfile.history import Histories, History
from smlint.dockerfile.paths import BASE_DIRECTORY, in_base_directory, join, normalise, parents, within
from smlint.dockerfile.paths import name as basename
from smlint.dockerfile.placed import Placed
from smlint.dockerfile.runs import Runs, RunText
from smlint.dockerfile.stages import Stage
from smlint.dockerfile.state import Step
from smlint.dockerfile.trace import Trace

if TYPE_CHECKING:
    from smlint.dockerfile.changes import Change
    from smlint.dockerfile.links import Links
    from smlint.dockerfile.ran import Ran


#: How many copied files are looked behind: each goes back through the whole history.
_MAX_BEFORE: Final = 64
_LINKS: Final = re.compile(r"\bln\b")


class _Until(NamedTuple):
    """The end of the history that is looked at: a step, and of it the commands before one (None: all)."""

    step: int
    command: int | None = None


class StageFiles:
    """The files of all stages of a Dockerfile."""

    def __init__(self, histories: Histories, runs: Runs, context: BuildContext | None, path: str) -> None:
        """``context`` is None where there is none; ``path`` is what locations call the Dockerfile."""
        self._histories = histories
        self._runs = runs
        self._placed = Placed(context, path, self.lookup_in, self._leads_to, histories.escape)
        self._known: dict[tuple[int, str], Fact[FileEntry]] = {}
        self._known_before: dict[tuple[int, str, int, int], Fact[FileEntry]] = {}
        self._links: dict[int, Links | None] = {}
        #: Where paths lead that are links, or behind one; UNRESOLVED where that is not known.
        self._linked: dict[tuple[int, str], str] = {}
        self._depth = 0

    def lookup_in(self, stage: Stage, path: str) -> Fact[FileEntry]:
        """The file at an absolute ``path`` of the image that ``stage`` gives; links are followed.

        A path that begins with UNRESOLVED and a slash is one below the base image's working directory, where no WORKDIR
        sets another. Contents may hold UNRESOLVED (in UTF-8) where a build step wrote a variable's value that is not
        known.
        """
        if path.startswith(f"{UNRESOLVED}/") and self._histories.of(stage).keeps_base_directory:
            found = self._lookup_known(stage, in_base_directory(path))
            if not isinstance(found, Known):
                return found
            shown = found.value.path.replace(BASE_DIRECTORY, UNRESOLVED)
            return Known(found.value._replace(path=shown), found.location)
        return self._lookup_known(stage, path)

    def candidates(
        self, stage: Stage, name: str, directories: Sequence[str]
    ) -> tuple[Sequence[str], Unknown | None]:
        """See :meth:`smlint.container.Files.candidates`."""
        history = self._histories.of(stage)
        if history.base == "scratch":
            return directories, None
        paths = {directory: join(directory, name) for directory in directories}
        above = {each for path in paths.values() for each in (path, *parents(path))}
        near: set[str] = set()
        for number, placed in history.placed.items():
            for each in placed:
                if UNRESOLVED in each.target and name in (basename(each.target), each.base_name):
                    return directories, None
            if any(each.target in above for each in placed):
                near.update(each for each, path in paths.items() if self._placed.by(history, number, path))
        named = _named(name)
        for step in history.steps:
            if step.instruction.keyword == "RUN":
                run = self._runs.text(step)
                words = run.deciding if name in run.said and run.speaks_of(named) else run.bringing
                if words.may_concern_within(above):
                    near.update(each for each, path in paths.items() if words.may_concern(path))
        return [each for each in directories if each in near], _from_base(history)

    def _lookup_known(self, stage: Stage, path: str) -> Fact[FileEntry]:
        leaves = path.startswith(BASE_DIRECTORY) and ".." in path.split("/")
        if UNRESOLVED in path or leaves:
            return Unknown("its path is not fully known")
        wanted = normalise(path)
        if wanted == "/":
            location = stage.origin.location(self._placed.path)
            return Known(FileEntry("/", FileKind.DIRECTORY, location, 0o755), location)
        key = (stage.number, wanted)
        if key not in self._known:
            if self._depth >= LINK_LIMIT:
                return Unknown("links and copies lead on and on")
            self._depth += 1
            try:
                self._known[key] = self._looked_up(self._histories.of(stage), wanted)
            finally:
                self._depth -= 1
        return self._known[key]

    def _looked_up(self, history: History, path: str) -> Fact[FileEntry]:
        return self._decided(history, path, _Until(len(history.steps) - 1))

    def _before(self, history: History, number: int, command: int, path: str) -> Fact[FileEntry]:
        """What stood at ``path`` before a command of a RUN: the mode it leaves to what is written over it."""
        key = (history.stage.number, path, number, command)
        if key not in self._known_before:
            if self._depth >= LINK_LIMIT or len(self._known_before) >= _MAX_BEFORE:
                return Unknown("links and copies lead on and on")
            self._depth += 1
            try:
                self._known_before[key] = self._decided(history, path, _Until(number, command))
            finally:
                self._depth -= 1
        return self._known_before[key]

    def _decided(self, history: History, path: str, until: _Until) -> Fact[FileEntry]:
        # What is not known to be there stays so, however it is changed; that spares the reading of most RUNs.
        changes, found = self._traced(history, path, until, _may_decide)
        if isinstance(found, Unknown):
            changed = _applied(changes, found)
            if isinstance(changed, Unknown):
                return changed
        changes, found = self._traced(history, path, until, _may_name)
        if found is ABSENT:
            # What unpacks files where it runs, without naming them, may have made it.
            changes, found = self._traced(history, path, until, _may_concern)
        return _applied(changes, found)

    def _traced(
        self, history: History, path: str, until: _Until, asks: Callable[[RunText, str], bool]
    ) -> tuple[list[Change], Fact[FileEntry]]:
        """Where the file comes from, and what later steps did to it; ``asks`` says which RUNs are read for a path."""
        trace = Trace(history, path, self._links_of(history))
        for number in range(until.step, -1, -1):
            step = history.steps[number]
            found: Fact[FileEntry] | str | None = None
            if step.instruction.keyword == "RUN":
                run = self._runs.text(step)
                if asks(run, trace.path) or (
                    trace.aliases and any(asks(run, alias.path) for alias in trace.aliases)
                ):
                    command = until.command if number == until.step else None
                    found = self._ran.by(trace, number, command)
            elif step.instruction.keyword == "WORKDIR":
                entered = self._entered(step, trace.path)
                trace.changes += [] if entered is None else [entered]
            else:
                found = (
                    self._put(trace, number)
                    if trace.aliases
                    else self._placed.by(history, number, trace.path)
                )
            if isinstance(found, str):
                self._linked[history.stage.number, path] = found if trace.path == path else UNRESOLVED
                found = self._followed(history, found, until)
            if found is not None:
                return trace.changes, found
        return trace.changes, _below(history, until)

    def _put(self, trace: Trace, number: int) -> Fact[FileEntry] | str | None:
        """What a COPY or ADD puts there; a path is where a link leads."""
        for alias in trace.aliases:
            if alias.since[0] < number and self._placed.by(trace.history, number, alias.path) is not None:
                if alias.leads_here:
                    return Unknown("a COPY or ADD may have put it there by another name")
                trace.is_changed_behind = True
        found = self._placed.by(trace.history, number, trace.path)
        if found is not None and trace.is_changed_behind:
            return Unknown("a later step may have changed it by another name")
        return found

    def _followed(self, history: History, path: str, until: _Until) -> Fact[FileEntry]:
        if until.command is None:
            return self._lookup_known(history.stage, path)
        return self._before(history, until.step, until.command, path)

    @cached_property
    def _ran(self) -> Ran:
        from smlint.dockerfile.ran import Ran

        return Ran(self._runs, self._before)

    def _links_of(self, history: History) -> Links | None:
        """The links that RUN steps make; None where there are none."""
        key = history.stage.number
        if key not in self._links:
            texts = [
                self._runs.text(step).text for step in history.steps if step.instruction.keyword == "RUN"
            ]
            if any(map(_LINKS.search, texts)):
                from smlint.dockerfile.links import Links

                self._links[key] = Links(history, self._runs, self._ran.operands)
            else:
                self._links[key] = None
        return self._links[key]

    def _leads_to(self, stage: Stage, path: str) -> str | None:
        """Where the link at ``path`` leads that was met when it was looked for; None where it is none."""
        return self._linked.get((stage.number, path))

    def _entered(self, step: Step, path: str) -> Change | None:
        """WORKDIR makes directories where there are none; those that are there stay as they are."""
        if within(step.directory, path) is None:
            return None
        from smlint.dockerfile.changes import made_directory

        return made_directory(path, step.instruction.location(self._placed.path))


def _may_concern(run: RunText, path: str) -> bool:
    return run.may_concern(path)


def _may_name(run: RunText, path: str) -> bool:
    return run.may_concern(path) and run.mentions.may_concern(path)


def _may_decide(run: RunText, path: str) -> bool:
    return run.may_concern(path) and run.deciding.may_concern(path)


def _applied(changes: Iterable[Change], fact: Fact[FileEntry]) -> Fact[FileEntry]:
    for change in reversed(list(changes)):
        fact = change(fact)
    return fact


def _below(history: History, until: _Until) -> Fact[FileEntry]:
    """What the image under the first step has at a path that no step is known to have changed."""
    if history.base != "scratch":
        return _from_base(history)
    # Commands that are not understood may have made it, also those of the RUN at hand; before its first one are none.
    steps = history.steps[: until.step if until.command == 0 else until.step + 1]
    if any(step.instruction.keyword == "RUN" for step in steps):
        return Unknown("a RUN may have made it")
    return ABSENT


def _from_base(history: History) -> Unknown:
    return Unknown(f"the base image {history.base.replace(UNRESOLVED, '…')} may have it")


@lru_cache(maxsize=64)
def _named(name: str) -> re.Pattern[str]:
    return re.compile(rf"\b{re.escape(name)}\b")
