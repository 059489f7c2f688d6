"""What a RUN step does to one path, as far as its commands say; what one command does is :mod:`.effects`'s question."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final, NamedTuple

from smlint.container import ABSENT, UNRESOLVED, Fact, FileEntry, FileKind, Known, SimpleCommand, Unknown
from smlint.dockerfile.changes import (
    Changed,
    CopiedFrom,
    Effect,
    LinkTo,
    Mode,
    Opaque,
    Removed,
    copied_onto,
    perhaps,
    perhaps_removed,
    with_mode,
)
from smlint.dockerfile.effects import changers, effect
from smlint.dockerfile.history import History
from smlint.dockerfile.operands import Operands
from smlint.dockerfile.paths import BASE_DIRECTORY, name
from smlint.dockerfile.runs import Runs, is_bash
from smlint.dockerfile.shells import in_any_shell
from smlint.dockerfile.state import Step
from smlint.dockerfile.tolerated import if_tolerated
from smlint.dockerfile.trace import Trace
from smlint.shell.commands import Commands, unwrap_commands

_CHANGES_DIRECTORY: Final = re.compile(r"\b(?:cd|pushd|popd|chroot|env)\b")


_ANOTHER_NAME: Final = Unknown("a RUN may have changed it by another name")


class Changer(NamedTuple):
    """A command that may change files."""

    operands: Operands
    #: Whether it may not be run.
    is_conditional: bool
    #: Whether it may fail and nobody notices.
    is_tolerated: bool


class Ran:
    """Answers for the RUN steps of one file."""

    def __init__(
        self, runs: Runs, lookup_before: Callable[[History, int, int, str], Fact[FileEntry]]
    ) -> None:
        """``lookup_before`` finds what stood at a path before a step's command."""
        self._runs = runs
        self._lookup_before = lookup_before
        self._changers: dict[int, tuple[Changer, ...] | None] = {}

    def by(self, trace: Trace, number: int, until: int | None = None) -> Fact[FileEntry] | str | None:
        """What step ``number`` did to the file: decided, the path that it leads to if it is a link, or None.

        What is to be known about that later is in ``trace``. ``until`` is the number of the command, from 0, before
        which to stop.
        """
        history = trace.history
        step = history.steps[number]
        text = self._runs.text(step).text
        commands = self.commands(step)
        if commands is None:
            named = name(trace.path) in text
            return Unknown("a RUN that smlint cannot read may have changed it") if named else None
        in_base = trace.path.startswith(BASE_DIRECTORY) and not _CHANGES_DIRECTORY.search(text)
        for at in reversed(range(len(commands) if until is None else until)):
            operands, is_conditional, is_tolerated = commands[at]
            if in_base:
                operands = _in_base_directory(operands)
            if trace.aliases and self._is_changed_elsewhere(trace, number, at, operands):
                return _ANOTHER_NAME
            is_directory = partial(self._is_directory, history, number, at)
            found = effect(operands, trace.path, is_directory)
            if found is None:
                continue
            if trace.is_changed_behind and isinstance(found, Changed | CopiedFrom):
                return _ANOTHER_NAME
            if is_conditional:
                found = _if_run(found)
            elif is_tolerated:
                before = partial(self._lookup_before, history, number, at)
                found = if_tolerated(found, operands, trace.path, before, is_directory)
            if isinstance(found, Changed):
                trace.changes.append(found.change)
            elif isinstance(found, CopiedFrom):
                if found.how is not Mode.COPIED:
                    old = self._lookup_before(history, number, at, trace.path)
                    trace.changes.append(copied_onto(old, found.how))
                trace.go_to(found.path)
                if found.mode is not None:
                    trace.changes.append(with_mode(found.mode))
            elif isinstance(found, LinkTo):
                trace.is_link()
                return found.path
            elif isinstance(found, Opaque):
                return Unknown(found.reason)
            elif found is not None:
                return ABSENT
        return None

    def _is_changed_elsewhere(self, trace: Trace, number: int, at: int, operands: Operands) -> bool:
        """Whether a command may have done more than change the file by one of its other names."""
        for alias in trace.aliases:
            if alias.since >= (number, at):
                continue
            found = effect(operands, alias.path, partial(self._is_directory, trace.history, number, at))
            if found is None or (alias.is_link and _is_about_link(found, operands)):
                continue
            if not alias.leads_here:
                trace.is_changed_behind = True
            elif isinstance(found, Changed):
                trace.changes.append(perhaps(found.change))
            else:
                return True
        return False

    def _is_directory(self, history: History, number: int, command: int, path: str) -> bool | None:
        if history.is_directory(path):
            return True
        fact = self._lookup_before(history, number, command, path)
        if isinstance(fact, Known):
            return fact.value.kind is FileKind.DIRECTORY
        return False if fact is ABSENT else None

    def commands(self, step: Step) -> tuple[Changer, ...] | None:
        """The commands of a RUN step that may change files; None where it cannot be read."""
        key = id(step)
        if key not in self._changers:
            read = self._runs.read(step)
            self._changers[key] = None if read is None else tuple(_changers(read, step))
        return self._changers[key]

    def operands(self, step: Step) -> Iterator[Operands]:
        """The same as operands, none where it cannot be read; those that stay in the base image's directory, in it."""
        moves = _CHANGES_DIRECTORY.search(self._runs.text(step).text) is not None
        for changer in self.commands(step) or ():
            yield changer.operands if moves else _in_base_directory(changer.operands)


def _in_base_directory(operands: Operands) -> Operands:
    if operands.directory != UNRESOLVED:
        return operands
    return operands._replace(command=operands.command._replace(directory=BASE_DIRECTORY))


def _if_run(found: Effect) -> Effect:
    """``found`` of a command that may not be run."""
    if isinstance(found, Removed):
        return Changed(perhaps_removed)
    if isinstance(found, Changed):
        return Changed(perhaps(found.change))
    return Opaque("a RUN may have changed it, under a condition")


def _is_about_link(found: Effect, operands: Operands) -> bool:
    """Whether a command takes a link away or replaces it, and leaves alone what it leads to."""
    if isinstance(found, CopiedFrom):
        return operands.program in ("ln", "mv")
    return isinstance(found, Removed | LinkTo)


def _changers(read: Commands, step: Step) -> Iterator[Changer]:
    known_shell = is_bash(step)
    exec_form = step.instruction.exec_form is not None
    for number, command in enumerate(read.commands):
        inner = _without_wrappers(command if known_shell else in_any_shell(command))
        for at, each in enumerate(inner.commands):
            literal = exec_form and each.words[-1:] == command.words[-1:]
            for operands in changers([each], literal=literal):
                yield Changer(
                    operands,
                    number in read.conditional or at in inner.conditional,
                    number in read.tolerated or at in inner.tolerated,
                )


def _without_wrappers(command: SimpleCommand) -> Commands:
    # What xargs runs has files among its arguments that only xargs sees.
    if any(name(word.text) == "xargs" for word in command.words):
        return Commands((command,))
    return unwrap_commands(command)
