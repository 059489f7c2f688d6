"""RUN steps as simple commands: which shell reads them, what text it gets, and where that text stands in the file."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from functools import cached_property
from operator import itemgetter
from typing import TYPE_CHECKING, Final, NamedTuple

from smlint.container import SimpleCommand, Word
from smlint.diagnostics import FileLocation, Location
from smlint.dockerfile.paths import name
from smlint.dockerfile.state import Step

if TYPE_CHECKING:
    from smlint.dockerfile.mentions import Mentions
    from smlint.shell.commands import Commands

_SHELLS: Final = frozenset(("sh", "bash", "dash", "ash", "ksh", "zsh", "busybox"))
_SHEBANG: Final = re.compile(r"#!\s*(?:\S*/)?(?:env\s+(?:-\S+\s+)*)?(\S*)")
_LONE_HEREDOC: Final = re.compile(r"[0-9]*<<-?\s*(['\"]?)[^\s<>|;&'\"]+\1\s*")

_VARIABLE: Final = re.compile(r"\$(?:\{([A-Za-z_]\w*)[^}]*\}|([A-Za-z_]\w*))")
#: Programs that change files, and redirections: a RUN without any of them leaves copied files alone.
_CHANGES: Final = re.compile(
    r"\b(?:aws|chmod|cp|curl|dos2unix|ed|ex|find|git|gsutil|install|ln|mkdir|mv|patch|perl|rm|rmdir|rsync|scp|sed|svn|tar"
    r"|tee|touch|truncate|unix2dos|unlink|unzip|wget|xargs)\b|>"
)
#: What may name a path without spelling it.
_MAY_NAME_ANYTHING: Final = re.compile(r"[*?\[{$]|\bfind\b|\bxargs\b|(?:^|\s)\.(?:/?\s|/?$)")

#: From offsets in a text to the place in the file.
Locate = Callable[[int, int], Location]


class Script(NamedTuple):
    """A text that a POSIX-like shell runs."""

    text: str
    locate: Locate
    #: Whether the shell ends where a command fails.
    errexit: bool = False


class RunText:
    """What a RUN says, heredocs included; whether that is worth reading can be told from it."""

    def __init__(self, step: Step) -> None:
        self._step = step
        instruction = step.instruction
        self.text = instruction.value
        if instruction.heredocs:
            self.text = "\n".join([self.text, *(heredoc.content for heredoc in instruction.heredocs)])

    @cached_property
    def with_values(self) -> str:
        """The text with the values of its variables, as far as they are set outside of it."""

        def value(match: re.Match[str]) -> str:
            return self._step.lookup(match.group(1) or match.group(2)) or ""

        return _VARIABLE.sub(value, self.text) if "$" in self.text else self.text

    @property
    def said(self) -> str:
        """All in which :meth:`speaks_of` looks."""
        values = self.with_values
        return f"{self.text}\n{self._step.directory}" + ("" if values is self.text else f"\n{values}")

    def speaks_of(self, hint: re.Pattern[str]) -> bool:
        """Whether ``hint`` is found in the text, or in the directory that it runs in."""
        if hint.search(self.text) or hint.search(self._step.directory):
            return True
        return self.with_values is not self.text and hint.search(self.with_values) is not None

    def may_concern(self, path: str) -> bool:
        """Whether the RUN may do something to ``path`` (absolute, normalised)."""
        if self._step.instruction.exec_form is not None:
            return True
        parts = path.split("/")[1:]
        if not self._changes_files and parts[-1] not in self.text:
            return False
        return self._may_name_anything or any(part in self.text for part in parts)

    @cached_property
    def _changes_files(self) -> bool:
        return _CHANGES.search(self.text) is not None

    @cached_property
    def _may_name_anything(self) -> bool:
        return _MAY_NAME_ANYTHING.search(self.text) is not None

    @cached_property
    def mentions(self) -> Mentions:
        """The paths that its words may name."""
        from smlint.dockerfile.mentions import mentions

        return mentions(self._step, self.text)

    @cached_property
    def deciding(self) -> Mentions:
        """The paths at which it may put a file, or take it away, or hide what becomes of it."""
        from smlint.dockerfile.mentions import deciding

        return deciding(self._step, self.text)

    @cached_property
    def bringing(self) -> Mentions:
        """The paths to which it may bring files without writing their names."""
        from smlint.dockerfile.mentions import bringing

        return bringing(self._step, self.text)


class Runs:
    """The RUN steps of one file; each is read once, and only when asked for."""

    def __init__(self, path: str) -> None:
        """``path`` is what locations call the file."""
        self._path = path
        self._texts: dict[tuple[int, int], RunText] = {}
        self._read: dict[tuple[int, int], Commands | None] = {}

    def text(self, step: Step) -> RunText:
        """The text of a RUN step."""
        key = _key(step)
        found = self._texts.get(key)
        if found is None:
            found = self._texts[key] = RunText(step)
        return found

    def commands(self, step: Step) -> tuple[SimpleCommand, ...] | None:
        """The simple commands of a RUN step; None where it is not for a shell that smlint can read."""
        found = self.read(step)
        return None if found is None else found.commands

    def read(self, step: Step) -> Commands | None:
        """The same, with those marked that may not be run."""
        key = _key(step)
        if key not in self._read:
            self._read[key] = self._commands(step)
        return self._read[key]

    def _commands(self, step: Step) -> Commands | None:
        if step.instruction.exec_form is not None:
            from smlint.shell.commands import Commands

            return Commands(self._exec_form(step))
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
            options = step.shell if shebang is None else tuple(body.partition("\n")[0].split())
            return Script(body, _in_lines(self._path, body, heredocs[0].first_line), _fails_early(options))
        if not is_posix(step.shell):
            return None
        if not heredocs:
            early = _fails_early(step.shell)
            return Script(text, lambda start, end: instruction.location(self._path, start, end), early)
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

        return Script("".join(texts), locate, _fails_early(step.shell))


def is_bash(step: Step) -> bool:
    """Whether a RUN step is certainly read by bash, or by zsh, which expands braces and has ``echo -e`` as well."""
    heredocs = step.instruction.heredocs
    shebang = _SHEBANG.match(heredocs[0].content) if len(heredocs) == 1 else None
    names = step.shell or () if shebang is None else (shebang.group(1),)
    return any(name(word) in ("bash", "zsh") for word in names)


def _key(step: Step) -> tuple[int, int]:
    # One ONBUILD instruction may be executed by several stages, each with its own variables.
    return id(step.instruction), step.stage.number


def is_posix(shell: tuple[str, ...] | None) -> bool:
    """Whether ``shell``, a SHELL instruction's value, reads its last argument as a POSIX shell would.

    None is the default shell. ``["conda", "run", …, "/bin/bash", "-c"]`` and scripts that wrap a shell count too.
    """
    if shell is None:
        return True
    names = [name(word) for word in shell]
    return any(each in _SHELLS or each.endswith(".sh") for each in names)


def _fails_early(shell: tuple[str, ...] | None) -> bool:
    """Whether ``shell``, with its options, ends where a command fails."""
    if shell is None:
        return False
    from smlint.shell.state import ends_by_failure

    start = next((at for at, word in enumerate(shell) if name(word) in _SHELLS), 0)
    return ends_by_failure(shell[start + 1 :])


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


def _parsed(script: Script, step: Step) -> Commands:
    from smlint.shell.commands import read_commands

    return read_commands(
        script.text,
        lookup=step.lookup,
        directory=step.directory,
        locate=script.locate,
        errexit=script.errexit,
    )
