"""The words of a simple command as options and files, and whether one of them means a certain path."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from smlint.container import UNRESOLVED, SimpleCommand, Word
from smlint.dockerfile import globs
from smlint.dockerfile.changes import QUOTED
from smlint.dockerfile.paths import join, name

#: Whether a path is a directory when a command runs; None where nobody knows.
IsDirectory: TypeAlias = Callable[[str], bool | None]

_SPECIAL: Final = re.compile(rf"[*?\[{UNRESOLVED}]")
_WILDCARD: Final = re.compile(r"[*?\[]")
_MAY_EXPAND: Final = re.compile(r"[*?\[$`]")
_CHARACTER_CLASS: Final = re.compile(r"\[([!^]?)((?:[^\W_]-[^\W_]|[\w.,+])+)\]")
#: Options, alone or behind others in one word, whose value is the next word.
_WITH_VALUE: Final = {
    "cp": re.compile(r"-\w*[tS]|--target-directory|--suffix"),
    "mv": re.compile(r"-\w*[tS]|--target-directory|--suffix"),
    "ln": re.compile(r"-\w*[tS]|--target-directory|--suffix"),
    "install": re.compile(r"-[A-Za-z]*[tmogS]|--(?:target-directory|mode|owner|group|suffix)"),
    "mkdir": re.compile(r"-\w*m|--mode"),
    "sed": re.compile(r"-[nErsuz]*[ef]|--expression|--file"),
    "touch": re.compile(r"-\w*[drt]"),
}
_TARGET: Final = re.compile(r"-\w*t|--target-directory")


#: Programs to which a wildcard means something that no shell has expanded.
_READS_PATTERNS: Final = frozenset(("find", "rsync", "tar", "unzip"))
#: What stands for the characters of wildcards where they mean themselves: no path has it.
_LITERAL: Final = str.maketrans("*?[", "\ue001\ue002\ue003")


class Match(enum.IntEnum):
    """Whether a word means a path; a word that is not fully known may."""

    NO = 0
    PERHAPS = 1
    YES = 2


class Operands(NamedTuple):
    """A simple command, its words sorted."""

    command: SimpleCommand
    #: Base name of the program; "" where there is none, or it is not known.
    program: str
    #: All words behind the program.
    words: list[str]
    #: The words that are no options and no values of options.
    files: list[str]
    #: The value of ``-t`` / ``--target-directory``.
    target: str | None

    @classmethod
    def of(cls, command: SimpleCommand, *, literal: bool = False) -> Operands:
        """The operands of ``command``, which has no wrappers; ``literal``: no shell has read its words."""
        words = [word.text for word in command.words]
        if not words or UNRESOLVED in words[0]:
            return cls(command, "", [], [], None)
        program, rest = name(words[0]), words[1:]
        if program not in _READS_PATTERNS:
            rest = (
                [text.translate(_LITERAL) for text in rest] if literal else [*map(pattern, command.words[1:])]
            )
        files, target = _files(program, rest)
        return cls(command, program, rest, files, target)

    @property
    def directory(self) -> str:
        """Where the command runs."""
        return self.command.directory

    def has(self, *options: str) -> bool:
        """Whether one of ``options`` is given: letters of short ones, long ones with their dashes."""
        for word in self.words:
            if word.startswith("--"):
                if word.partition("=")[0] in options:
                    return True
            elif word.startswith("-") and any(option in word[1:] for option in options if len(option) == 1):
                return True
        return False

    def pairs(self) -> Iterator[tuple[str, str]]:
        """Options with the values they have or may have."""
        for word, following in zip(self.words, [*self.words[1:], ""], strict=True):
            if word.startswith("--") and "=" in word:
                option, _, value = word.partition("=")
                yield option, value
            elif word.startswith("-"):
                yield word, following

    def sources_and_target(self) -> tuple[list[str], str | None]:
        """What cp, mv and ln take, and where to; no target where there is only one file."""
        if self.target is not None:
            return self.files, self.target
        if len(self.files) < 2:
            return [], None
        return self.files[:-1], self.files[-1]


def _files(program: str, words: list[str]) -> tuple[list[str], str | None]:
    files: list[str] = []
    target: str | None = None
    rest = iter(words)
    for word in rest:
        if word == "--":
            files += rest
        elif word.startswith("--target-directory="):
            target = word.partition("=")[2]
        elif word.startswith("-") and len(word) > 1:
            if _takes_value(program, word):
                value = next(rest, "")
                target = value if _TARGET.fullmatch(word) and program != "touch" else target
        else:
            files.append(word)
    return files, target


def _takes_value(program: str, option: str) -> bool:
    found = _WITH_VALUE.get(program)
    return found is not None and found.fullmatch(option) is not None


def pattern(word: Word) -> str:
    """The text of ``word``, in which wildcards that are all quoted mean only themselves."""
    text, written = word.text, word.written
    if written is None or not _WILDCARD.search(text) or _MAY_EXPAND.search(QUOTED.sub("", written)):
        return text
    return text.translate(_LITERAL)


def has_wildcard(word: str) -> bool:
    """Whether a shell, or somebody's unknown value, decides what ``word`` means."""
    return _SPECIAL.search(word) is not None


def strongest(matches: Iterable[Match]) -> Match:
    """What several words mean together."""
    return max(matches, default=Match.NO)


def match(word: str, directory: str, path: str) -> Match:
    """Whether ``word``, written in ``directory``, means ``path``; wildcards as the shell has them, which has expanded braces."""
    return _matched(word, directory, path, above=False)


def match_above(word: str, directory: str, path: str) -> Match:
    """Whether ``word`` means ``path`` or a directory above it."""
    return _matched(word, directory, path, above=True)


def _matched(word: str, directory: str, path: str, *, above: bool) -> Match:
    written = join(directory, word)
    special = _SPECIAL.search(written)
    if special is None:
        same = path == written or (above and (written == "/" or path.startswith(written + "/")))
        return Match.YES if same else Match.NO
    # Most patterns are about other directories: told without an expression.
    if not path.startswith(written[: special.start()]) or not _compiled(written, above).fullmatch(path):
        return Match.NO
    if UNRESOLVED in written or "[[" in written:
        return Match.PERHAPS
    return Match.NO if _is_hidden(written, path) else Match.YES


def _is_hidden(pattern: str, path: str) -> bool:
    """Whether a part of ``path`` begins with a dot where ``pattern`` has a wildcard, which does not stand for it."""
    pairs = zip(pattern.split("/"), path.split("/"), strict=False)
    return any(part.startswith(".") and each.startswith(("*", "?", "[")) for each, part in pairs)


@lru_cache(maxsize=256)
def _compiled(written: str, above: bool) -> re.Pattern[str]:
    return re.compile(_expression(written) + ("(?:/.*)?" if above else ""), re.DOTALL)


def _expression(written: str) -> str:
    tokens: list[str] = []
    for piece in re.split(rf"({UNRESOLVED}+|\*+|\?|\[[^\]]*\])", written):
        if piece.startswith(UNRESOLVED):
            tokens.append(globs.ANY)
        elif piece.startswith("*"):
            tokens.append(globs.STAR)
        elif piece == "?" or (piece.startswith("[") and piece.endswith("]")):
            tokens.append(_character_class(piece))
        else:
            tokens += map(re.escape, piece)
    return globs.expression(tokens)


def _character_class(written: str) -> str:
    found = _CHARACTER_CLASS.fullmatch(written)
    if found is None:
        return globs.ONE
    expression = f"[{'^/' if found.group(1) else ''}{found.group(2)}]"
    try:
        re.compile(expression)
    except re.error:
        # "[z-a]"
        return globs.ONE
    return expression
