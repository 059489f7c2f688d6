"""What a RUN step does to one path, as far as its commands say; what one command does is :mod:`.effects`'s question."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from smlint.container import ABSENT, UNRESOLVED, Fact, FileEntry, FileKind, Known, SimpleCommand, Unknown
from smlint.dockerfile.changes import (
    Change,
    Changed,
    CopiedFrom,
    Effect,
    LinkTo,
    Mode,
    Opaque,
    Removed,
    copied_onto,
    perhaps,
    with_mode,
)
from smlint.dockerfile.effects import changers, effect
from smlint.dockerfile.history import History
from smlint.dockerfile.operands import Operands
from smlint.dockerfile.paths import BASE_DIRECTORY, name
from smlint.dockerfile.runs import Runs, is_bash
from smlint.dockerfile.shells import in_any_shell
from smlint.dockerfile.stages import Stage
from smlint.dockerfile.state import Step
from smlint.shell.commands import Commands, unwrap_commands

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
        self._changers: dict[int, tuple[tuple[Operands, bool], ...] | None] = {}

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
            operands, is_conditional = commands[at]
            if in_base and operands.directory == UNRESOLVED:
                operands = operands._replace(command=operands.command._replace(directory=BASE_DIRECTORY))
            found = effect(operands, path, partial(self._is_directory, history, number, at))
            if is_conditional and isinstance(found, Changed):
                changes.append(perhaps(found.change))
            elif is_conditional and found is not None and not _is_deleted(operands, found):
                return Unknown("a RUN may have changed it, under a condition")
            elif isinstance(found, Changed):
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

    def _is_directory(self, history: History, number: int, command: int, path: str) -> bool | None:
        if history.is_directory(path):
            return True
        fact = self._lookup_before(history, number, command, path)
        if isinstance(fact, Known):
            return fact.value.kind is FileKind.DIRECTORY
        return False if fact is ABSENT else None

    def _commands(self, step: Step) -> tuple[tuple[Operands, bool], ...] | None:
        """The commands that may change files, and whether they may not be run; None where the RUN cannot be read."""
        key = id(step)
        if key not in self._changers:
            read = self._runs.read(step)
            self._changers[key] = None if read is None else tuple(_changers(read, known_shell=is_bash(step)))
        return self._changers[key]


def _is_deleted(operands: Operands, found: Effect) -> bool:
    """Whether the file is done away with: what somebody deletes on some condition nobody is told to delete."""
    return isinstance(found, Removed) and operands.program != "mv"


def _changers(read: Commands, *, known_shell: bool) -> Iterator[tuple[Operands, bool]]:
    for number, command in enumerate(read.commands):
        inner = _without_wrappers(command if known_shell else in_any_shell(command))
        for at, each in enumerate(inner.commands):
            for operands in changers([each]):
                yield operands, number in read.conditional or at in inner.conditional


def _without_wrappers(command: SimpleCommand) -> Commands:
    # What xargs runs has files among its arguments that only xargs sees.
    if any(name(word.text) == "xargs" for word in command.words):
        return Commands((command,), frozenset())
    return unwrap_commands(command)
