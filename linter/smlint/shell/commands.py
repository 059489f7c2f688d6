"""The simple commands of shell text, with their words expanded, and what stands behind wrappers such as ``sudo``.

This is what a RUN instruction does; whether one of its branches is taken is not asked. What an entry script finally
runs, and how, is :mod:`smlint.shell.flow`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from smlint.container import UNRESOLVED, SimpleCommand
from smlint.diagnostics import Location
from smlint.shell.walk import Walk
from smlint.shell.wrappers import Inner, strip

#: Wrappers inside wrappers that are followed (``bash -c "bash -c '…'"``).
_DEPTH: Final = 8


def simple_commands(
    source: str,
    *,
    lookup: Callable[[str], str | None],
    directory: str,
    locate: Callable[[int, int], Location],
) -> tuple[SimpleCommand, ...]:
    """Every simple command of ``source``, in the order of the text, with words expanded as far as they are certain.

    ``source`` may hold continuations and heredoc bodies. ``lookup`` gives the value of a variable that is set outside
    the text; None, for unset or unknown, makes the word UNRESOLVED. ``locate`` turns a span of ``source`` (code points,
    end exclusive) into a place. A ``for`` over literal words gives one command per word; a function's commands are
    given where it is called; commands inside ``$(…)`` and ``<(…)`` come before the command that uses them, joined by
    ``$(``. Parts that are no shell are left out. Never raises.
    """
    return Walk(source, lookup=lookup, directory=directory, locate=locate).commands()


def unwrap(command: SimpleCommand) -> tuple[SimpleCommand, ...]:
    """What ``command`` really runs: without ``sudo``, ``env A=1``, ``time``, ``nice``, ``exec`` …

    ``bash -c TEXT`` and ``eval TEXT`` give the commands of TEXT where it is known. A command without wrappers comes
    back alone and unchanged; a wrapper whose options are not understood does, too.
    """
    return tuple(_unwrapped(command, _DEPTH))


def _unwrapped(command: SimpleCommand, depth: int) -> list[SimpleCommand]:
    if depth == 0 or not command.words:
        return [command]
    inner = strip(command)
    if inner is None:
        return [command]
    if isinstance(inner, Inner):
        return _inside(command, inner, depth)
    return _unwrapped(inner, depth - 1)


def _inside(command: SimpleCommand, inner: Inner, depth: int) -> list[SimpleCommand]:
    if inner.text.text == UNRESOLVED:
        return [command]
    values = {name: word.text for name, word in command.assignments}
    here = inner.text.location
    found = Walk(
        inner.text.text,
        lookup=values.get,
        directory=command.directory,
        locate=lambda start, end: here,
        arguments=None if inner.arguments is None else tuple(word.text for word in inner.arguments),
    ).commands()
    if not found:
        return [command]
    first = found[0]._replace(joined_by=command.joined_by)
    return [each for one in (first, *found[1:]) for each in _unwrapped(one, depth - 1)]
