"""RUN steps as simple commands: which shell reads them, what text it gets, and where that text stands in the file."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from operator import itemgetter
from typing import Final, NamedTuple

from smlint.container import SimpleCommand, Word
from smlint.diagnostics import FileLocation, Location
from smlint.dockerfile.paths import name
from smlint.dockerfile.state import Step

_SHELLS: Final = frozenset(("sh", "bash", "dash", "ash", "ksh", "zsh", "busybox"))
_SHEBANG: Final = re.compile(r"#!\s*(?:\S*/)?(?:env\s+(?:-\S+\s+)*)?(\S*)")
_LONE_HEREDOC: Final = re.compile(r"[0-9]*<<-?\s*(['\"]?)[^\s<>|;&'\"]+\1\s*")

#: From offsets in a text to the place in the file.
Locate = Callable[[int, int], Location]


class Script(NamedTuple):
    """A text that a POSIX-like shell runs."""

    text: str
    locate: Locate


class Runs:
    """The RUN steps of one file; each is read once, and only when asked for."""

    def __init__(self, path: str) -> None:
        """``path`` is what locations call the file."""
        self._path = path
        self._read: dict[tuple[int, int], tuple[SimpleCommand, ...] | None] = {}

    def commands(self, step: Step) -> tuple[SimpleCommand, ...] | None:
        """The simple commands of a RUN step; None where it is not for a shell that smlint can read."""
        # One ONBUILD instruction may be executed by several stages, each with its own variables.
        key = (id(step.instruction), step.stage.number)
        if key not in self._read:
            self._read[key] = self._commands(step)
        return self._read[key]

    def _commands(self, step: Step) -> tuple[SimpleCommand, ...] | None:
        if step.instruction.exec_form is not None:
            return self._exec_form(step)
        script = self._script(step)
        return None if script is None else _parsed(script, step)

    def _exec_form(self, step: Step) -> tuple[SimpleCommand, ...]:
        words = tuple(
            Word(item.text, step.instruction.location(self._path, item.start, item.end))
            for item in step.instruction.arguments
        )
        if not words:
            return ()
        return (SimpleCommand(words, (), (), step.directory, step.instruction.location(self._path)),)

    def _script(self, step: Step) -> Script | None:
        instruction = step.instruction
        heredocs = instruction.heredocs
        text = instruction.value
        if len(heredocs) == 1 and _LONE_HEREDOC.fullmatch(text):
            body = heredocs[0].content
            shebang = _SHEBANG.match(body)
            if shebang is not None and name(shebang.group(1)) not in _SHELLS:
                return None
            if shebang is None and not is_posix(step.shell):
                return None
            return Script(body, _in_lines(self._path, body, heredocs[0].first_line))
        if not is_posix(step.shell):
            return None
        if not heredocs:
            return Script(text, lambda start, end: instruction.location(self._path, start, end))
        return self._with_bodies(step)

    def _with_bodies(self, step: Step) -> Script:
        """The command and the heredoc bodies behind it, as the builder hands them to the shell."""
        instruction = step.instruction
        texts = [instruction.value]
        length = len(texts[0])
        pieces: list[tuple[int, Locate]] = [
            (0, lambda start, end: instruction.location(self._path, start, end))
        ]
        for heredoc in instruction.heredocs:
            body = "\n" + heredoc.content + heredoc.name
            pieces.append((length + 1, _in_lines(self._path, heredoc.content, heredoc.first_line)))
            texts.append(body)
            length += len(body)

        def locate(start: int, end: int) -> Location:
            offset, piece = pieces[bisect_right(pieces, start, key=itemgetter(0)) - 1]
            return piece(start - offset, end - offset)

        return Script("".join(texts), locate)


def is_posix(shell: tuple[str, ...] | None) -> bool:
    """Whether ``shell``, a SHELL instruction's value, reads its last argument as a POSIX shell would.

    None is the default shell. ``["conda", "run", …, "/bin/bash", "-c"]`` and scripts that wrap a shell count too.
    """
    if shell is None:
        return True
    names = [name(word) for word in shell]
    return any(each in _SHELLS or each.endswith(".sh") for each in names)


def _in_lines(path: str, text: str, first_line: int) -> Locate:
    """Places in a heredoc's body, whose lines stand in the file as they are."""
    starts = [0]
    for match in re.finditer("\n", text):
        starts.append(match.end())

    def locate(start: int, end: int) -> Location:
        row = bisect_right(starts, start) - 1
        last = max(start, end - 1)
        end_row = bisect_right(starts, last) - 1
        end_column = end - starts[end_row] + 1
        return FileLocation(path, first_line + row, start - starts[row] + 1, first_line + end_row, end_column)

    return locate


def _parsed(script: Script, step: Step) -> tuple[SimpleCommand, ...]:
    from smlint.shell.commands import simple_commands

    return simple_commands(script.text, lookup=step.lookup, directory=step.directory, locate=script.locate)
