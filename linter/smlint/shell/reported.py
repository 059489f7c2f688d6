"""Words and redirections of shell text as they are reported with the commands they belong to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from smlint.container import UNRESOLVED, Redirect, SimpleCommand
from smlint.diagnostics import FileLocation, Location
from smlint.shell.syntax import Redirection


def redirected(
    commands: Sequence[SimpleCommand], redirects: tuple[Redirect, ...], directory: str
) -> Iterator[SimpleCommand]:
    """The commands of a group with its redirections, which stand in ``directory``.

    They hold for every command in it that has none of its own; the file is opened once.
    """
    for command in commands:
        if command.directory != directory:
            redirects = tuple(_seen_from(directory, each) for each in redirects)
        yield command._replace(redirects=(*command.redirects, *redirects))
        redirects = tuple(
            each._replace(operator=">>") if each.operator in (">", ">|") else each for each in redirects
        )


def _seen_from(directory: str, redirect: Redirect) -> Redirect:
    """``redirect``, which stands in ``directory``, as it is seen from another one."""
    target = redirect.target
    if target.text.startswith(("/", UNRESOLVED)):
        return redirect
    return redirect._replace(target=target._replace(text=f"{directory}/{target.text}"))


def operator_of(redirection: Redirection) -> str:
    """``2>`` keeps its descriptor; ``1>`` and ``0<`` mean what ``>`` and ``<`` mean."""
    usual = "0" if redirection.operator.startswith("<") else "1"
    return (
        redirection.operator
        if redirection.descriptor == usual
        else redirection.descriptor + redirection.operator
    )


def as_written(text: str, place: Location) -> str | None:
    """``text`` where ``place`` is just its size: the words of a quoted script have the place of the whole script."""
    if not isinstance(place, FileLocation) or place.line != place.end_line:
        return None
    return text if place.end_column - place.column == len(text) else None
