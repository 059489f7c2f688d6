"""What a RUN step does to one path, as far as its commands say; what one command does is :mod:`.effects`'s question."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from smlint.container import ABSENT, UNRESOLVED, Fact, FileEntry, SimpleCommand, Unknown
from smlint.dockerfile.changes import (
    Change,
    Changed,
    CopiedFrom,
    LinkTo,
    Mode,
    Opaque,
    copied_onto,
    with_mode,
)
from smlint.dockerfile.effects import changers, effect
from smlint.dockerfile.history import History
from smlint.dockerfile.operands import Operands
from smlint.dockerfile.paths import BASE_DIRECTORY, name
from smlint.dockerfile.runs import Runs
from smlint.dockerfile.stages import Stage
from smlint.dockerfile.state import Step
from smlint.shell.commands import unwrap

_CHANGES_DIRECTORY: Final = re.compile(r"\b(?:cd|pushd|popd|chroot|env)\b")


class Ran:
    """Answers for the RUN steps of one file."""

    def __init__(
        self,
        runs: Runs,
        lookup_in: Callable[[Stage, str], Fact[FileEntry]],
        lookup_before: Callable[[History, int, int, str], Fact[FileEntry]],
    ) -> None:
        """``lookup_in`` finds what links lead to; ``lookup_before`` what stood at a path before a step's command."""
        self._runs = runs
        self._lookup_in = lookup_in
        self._lookup_before = lookup_before
        self._changers: dict[int, tuple[Operands, ...] | None] = {}

    def by(
        self, history: History, number: int, path: str, changes: list[Change], until: int | None = None
    ) -> Fact[FileEntry] | str | None:
        """What step ``number`` did: decided, or where to look further; changes on the way are added to ``changes``.

        ``until`` is the number of the command, from 0, before which to stop.
        """
        step = history.steps[number]
        text = self._runs.text(step).text
        commands = self._commands(step)
        if commands is None:
            named = name(path) in text
            return Unknown("a RUN that smlint cannot read may have changed it") if named else None
        started_with = path
        in_base = path.startswith(BASE_DIRECTORY) and not _CHANGES_DIRECTORY.search(text)
        for at in reversed(range(len(commands) if until is None else until)):
            operands = commands[at]
            if in_base and operands.directory == UNRESOLVED:
                operands = operands._replace(command=operands.command._replace(directory=BASE_DIRECTORY))
            found = effect(operands, path, history.is_directory)
            if isinstance(found, Changed):
                changes.append(found.change)
            elif isinstance(found, CopiedFrom):
                if found.how is not Mode.COPIED:
                    changes.append(copied_onto(self._lookup_before(history, number, at, path), found.how))
                path = found.path
                if found.mode is not None:
                    changes.append(with_mode(found.mode))
            elif isinstance(found, LinkTo):
                return self._lookup_in(history.stage, found.path)
            elif isinstance(found, Opaque):
                return Unknown(found.reason)
            elif found is not None:
                return ABSENT
        return path if path != started_with else None

    def _commands(self, step: Step) -> tuple[Operands, ...] | None:
        """The commands that may change files; None where the RUN cannot be read."""
        key = id(step)
        if key not in self._changers:
            commands = self._runs.commands(step)
            inner = [each for command in commands or () for each in _without_wrappers(command)]
            self._changers[key] = None if commands is None else tuple(changers(inner))
        return self._changers[key]


def _without_wrappers(command: SimpleCommand) -> tuple[SimpleCommand, ...]:
    # What xargs runs has files among its arguments that only xargs sees.
    return (command,) if any(name(word.text) == "xargs" for word in command.words) else unwrap(command)
