"""The simple commands of shell text, with their words expanded, and what stands behind wrappers such as ``sudo``.

This is what a RUN instruction does; which of its branches is taken is not asked. What an entry script finally
runs, and how, is :mod:`smlint.shell.flow`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from smlint.container import UNRESOLVED, SimpleCommand
from smlint.diagnostics import Location
from smlint.shell.walk import Walk
from smlint.shell.wrappers import Inner, strip

#: Wrappers inside wrappers that are followed (``bash -c "bash -c '…'"``).
_DEPTH: Final = 8


class Commands(NamedTuple):
    """The simple commands of a text."""

    commands: tuple[SimpleCommand, ...]
    #: Numbers of those that may not be run although nothing fails: in branches, behind ``||``, in open loops.
    conditional: frozenset[int] = frozenset()
    #: Numbers of those that may fail and nothing comes of it: before ``;`` without ``set -e``, before ``|| true``.
    tolerated: frozenset[int] = frozenset()


def read_commands(
    source: str,
    *,
    lookup: Callable[[str], str | None],
    directory: str,
    locate: Callable[[int, int], Location],
    errexit: bool = False,
) -> Commands:
    """Every simple command of ``source``, in the order of the text, with words expanded as far as they are certain.

    ``source`` may hold continuations and heredoc bodies. ``lookup`` gives the value of a variable that is set outside
    the text; None, for unset or unknown, makes the word UNRESOLVED. ``locate`` turns a span of ``source`` (code points,
    end exclusive) into a place. A ``for`` over literal words gives one command per word; a function's commands are
    given where it is called; commands inside ``$(…)`` and ``<(…)`` come before the command that uses them, joined by
    ``$(``. Parts that are no shell are left out. ``errexit``: the shell is given ``-e``. Never raises.
    """
    walk = Walk(source, lookup=lookup, directory=directory, locate=locate, errexit=errexit)
    commands = walk.commands()
    return Commands(commands, frozenset(walk.conditional), frozenset(walk.tolerated))


def unwrap(command: SimpleCommand) -> tuple[SimpleCommand, ...]:
    """What ``command`` really runs: without ``sudo``, ``env A=1``, ``time``, ``nice``, ``exec`` …

    ``bash -c TEXT`` and ``eval TEXT`` give the commands of TEXT where it is known. A command without wrappers comes
    back alone and unchanged; a wrapper whose options are not understood does, too.
    """
    return unwrap_commands(command).commands


def unwrap_commands(command: SimpleCommand) -> Commands:
    """What :func:`unwrap` gives, with those marked that the wrapper's text makes conditional, or lets fail."""
    found = _unwrapped(command, _DEPTH)
    if len(found) == 1 and found[0].command is command:
        return Commands((command,))
    return Commands(
        tuple(each.command for each in found),
        frozenset(number for number, each in enumerate(found) if each.is_conditional),
        frozenset(number for number, each in enumerate(found) if each.is_tolerated),
    )


class _Unwrapped(NamedTuple):
    command: SimpleCommand
    is_conditional: bool = False
    is_tolerated: bool = False


def _unwrapped(command: SimpleCommand, depth: int) -> list[_Unwrapped]:
    if depth == 0 or not command.words:
        return [_Unwrapped(command)]
    inner = strip(command)
    if inner is None:
        return [_Unwrapped(command)]
    if isinstance(inner, Inner):
        return _inside(command, inner, depth)
    return _unwrapped(inner, depth - 1)


def _inside(command: SimpleCommand, inner: Inner, depth: int) -> list[_Unwrapped]:
    if inner.text.text == UNRESOLVED:
        return [_Unwrapped(command)]
    values = {name: word.text for name, word in command.assignments}
    here = inner.text.location
    walk = Walk(
        inner.text.text,
        lookup=values.get,
        directory=command.directory,
        locate=lambda start, end: here,
        arguments=None if inner.arguments is None else tuple(word.text for word in inner.arguments),
        errexit=inner.errexit,
    )
    found = walk.commands()
    if not found:
        return [_Unwrapped(command)]
    first = found[0]._replace(joined_by=command.joined_by)
    return [
        _Unwrapped(
            each.command,
            each.is_conditional or number in walk.conditional,
            each.is_tolerated or number in walk.tolerated,
        )
        for number, one in enumerate((first, *found[1:]))
        for each in _unwrapped(one, depth - 1)
    ]
