"""Which paths the text of a RUN may be about, told from its words without reading it as a shell would.

Errs towards yes: a no spares :mod:`.context` the reading of the RUN, a yes only costs time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Set
from itertools import takewhile
from typing import Final, NamedTuple

from smlint.container import UNRESOLVED
from smlint.dockerfile.paths import STANDARD_DIRECTORIES, is_directory_name, name, normalise, parents
from smlint.dockerfile.programs import CHANGERS, CHANGES_ONLY, READERS
from smlint.dockerfile.runs import is_posix
from smlint.dockerfile.state import Step

#: Paths about which the words can be asked: no character that a shell or this module gives a meaning.
_PLAIN: Final = re.compile(r"(?:/(?!-)[\w.+@%:-]+)+")
#: ``$NAME`` and ``${NAME}``, whose value may be known, and all that a shell may replace by any text.
_VARIABLE: Final = re.compile(r"\$(?:\{(\w+)\}|(\w+)|\{[^{}]*\}|[@*#?$!-])")
#: A name that is not read there, but perhaps set.
_NAME: Final = re.compile(r"(?<![\w{$])\w+")
_SEPARATOR: Final = re.compile(r"([;&|()\n]+)")
_WORD: Final = re.compile(r"[^\s<>=]+")
_SPECIAL: Final = re.compile(rf"[*?\[\]{{}}$~{UNRESOLVED}]")
_URL: Final = re.compile(r"[A-Za-z][\w+.-]*://")
_ABOVE: Final = re.compile(r"(?:^|/)\.\.(?:/|$)")
_NOT_PLAIN_PATTERN: Final = re.compile(r"//|/\.\.?(?:/|$)|^\.\.")
_OWN_DEFAULT: Final = re.compile(r"\$\{(\w+):?=")
_SUBSTITUTION: Final = re.compile(r"\$\((?!\()")
_CHANGES_DIRECTORY: Final = re.compile(r"\b(?:cd|chdir|chroot|env|popd|pushd|sudo)\b")
#: ``$'...'`` can spell anything.
_SPELLS_ANYTHING: Final = re.compile(r"\$'|#!")
#: Files reach these from all over.
_REACHES_ANYTHING: Final = re.compile(r"\bfind\b|\bxargs\b")
_BRINGS: Final = re.compile(r"\b(?:cp|ln|mv|(?<!apt )(?<!get )(?<!npm )(?<!pip )install)\b")
#: Behind these, words are no operands.
_ASIDE: Final = re.compile(r"[<>#]")
_TAKES_TARGET: Final = re.compile(r"-[tS]$|--target-directory|--suffix")
#: Redirections that write no file.
_NOWHERE: Final = re.compile(r"&?\d?>>?\s*/dev/null\b|\d?>&\d")
_MAKES_PARENTS: Final = re.compile(r"\b(?:mkdir|install)\b")
_LINKS: Final = re.compile(r"\bln\b")
#: What stands before the program of a command.
_BEFORE_PROGRAM: Final = re.compile(
    r"\s*(?:(?:then|do|else|elif|if|while|until|!|\{|[A-Za-z_]\w*=[\w./-]*)\s+)*"
)
# fmt: off
#: Programs of whose words one that is not fully known may mean a path; of others only what is certain counts.
_TAKES_UNKNOWN: Final = frozenset((
    # Those whose effects say so, and those that run other programs (:mod:`smlint.shell.wrappers`).
    "cp", "install", "ln", "mv", "rm", "rmdir", "tee", "unlink",
    "!", "ash", "bash", "builtin", "busybox", "chroot", "command", "dash", "doas", "eatmydata", "env", "eval", "exec",
    "function", "ionice", "ksh", "nice", "nohup", "retry", "runuser", "setsid", "sh", "stdbuf", "su", "sudo", "time", "timeout",
    "zsh",
))
# fmt: on
_PUNCTUATION: Final = frozenset(("{", "}", "[", "]", "[[", "]]", "!"))


class Mentions(NamedTuple):
    """The words of one RUN that may name a path."""

    #: A word, or a program, may mean any path.
    anything: bool
    #: Absolute paths.
    paths: frozenset[str]
    #: Last parts of paths in directories that are not known.
    names: frozenset[str]
    #: Directories that would be made on the way to another.
    made: frozenset[str]
    #: Words with parts that may be any text: whether the word is absolute, and what stands before and behind them.
    patterns: frozenset[tuple[bool, str, str]]

    def may_concern_within(self, paths: Set[str]) -> bool:
        """Whether it may concern any of ``paths``, which come with the directories above them."""
        if self.anything or self.names or self.patterns:
            return True
        return not (self.paths.isdisjoint(paths) and self.made.isdisjoint(paths))

    def may_concern(self, path: str) -> bool:
        """Whether the RUN may do something to ``path`` (absolute, known), to a directory above it, or make it."""
        if self.anything or not _PLAIN.fullmatch(path):
            return True
        line = {path, *parents(path)}
        if path in self.made or not self.paths.isdisjoint(line):
            return True
        if self.names and not self.names.isdisjoint(path.split("/")):
            return True
        return any(
            (path.startswith(before) if absolute else before in path)
            and any(each.endswith(behind) for each in line)
            for absolute, before, behind in self.patterns
        )


#: From a program and the words behind it to those that count; None where one of them may be any path.
Select = Callable[[str, list[str]], list[str] | None]


def mentions(step: Step, text: str) -> Mentions:
    """The words of a RUN step; ``text`` is what it says, heredocs included."""
    return _ANYTHING if _REACHES_ANYTHING.search(text) else _mentions(step, text)


def deciding(step: Step, text: str) -> Mentions:
    """The words of commands that can decide whether a file is there, or make one.

    Others only change a file which is there already, or may have made one: what is not known to be there stays so.
    """
    return _mentions(step, text, _deciding)


def bringing(step: Step, text: str) -> Mentions:
    """The words of commands that can bring a file to where its name is not written: in its directory."""
    return _mentions(step, text, _bringing, only=_BRINGS) if _BRINGS.search(text) else _NOTHING


def _mentions(
    step: Step, text: str, select: Select | None = None, only: re.Pattern[str] | None = None
) -> Mentions:
    if step.instruction.exec_form is not None or not is_posix(step.shell) or _SPELLS_ANYTHING.search(text):
        return _ANYTHING
    text = text.replace("\\\n", "").replace("\\", "").replace(">|", ">").replace("`", "$;")
    if select is not None and ">" in text:
        text = _NOWHERE.sub(" ", text)
    if "$" in text:
        text = _with_values(text, step)
    moves = UNRESOLVED in step.directory or _CHANGES_DIRECTORY.search(text) is not None
    found = _Found(None if moves else step.directory, select)
    pieces = _SEPARATOR.split(text)
    for separator, piece in zip(["", *pieces[1::2]], pieces[::2], strict=True):
        if only is not None and not only.search(piece):
            continue
        # Behind ``$(...)`` the command goes on.
        if not found.add(piece, goes_on=separator.endswith(")")):
            return _ANYTHING
    return found.mentions()


_NOTHING: Final = Mentions(False, frozenset(), frozenset(), frozenset(), frozenset())
_ANYTHING: Final = Mentions(True, frozenset(), frozenset(), frozenset(), frozenset())


class _Found:
    """Words as they are found."""

    def __init__(self, directory: str | None, select: Select | None) -> None:
        """``directory`` is where relative words are looked at from; None where it is not known."""
        self._directory = directory
        self._select = select
        # Redirections to it are not looked at one by one.
        self._paths: set[str] = {"/dev/null"}
        self._names: set[str] = set()
        self._made: set[str] = set()
        self._patterns: set[tuple[bool, str, str]] = set()

    def mentions(self) -> Mentions:
        """All that was found."""
        return Mentions(
            False,
            frozenset(self._paths),
            frozenset(self._names),
            frozenset(self._made),
            frozenset(self._patterns),
        )

    def add(self, segment: str, *, goes_on: bool) -> bool:
        """Take the words of one command, or of a part of one; False if one of them may be any path."""
        start = _BEFORE_PROGRAM.match(segment)
        # An odd quote: a separator stood inside a quoted word, and where the command begins is not known.
        whole = not goes_on and segment.count('"') % 2 == 0 and segment.count("'") % 2 == 0
        plain = segment.replace('"', "").replace("'", "")
        words = _WORD.findall(plain, start.end() if start and whole else 0)
        if not words:
            return True
        makes = not whole or _MAKES_PARENTS.search(plain) is not None
        links = not whole or _LINKS.search(plain) is not None
        if whole and not segment.lstrip().startswith((">", "<")):
            if words[0] in READERS and ">" not in segment:
                return True
            # What a command runs it does not change.
            if not _SPECIAL.search(words[0]):
                program, *words = words
                if self._select is not None and _ASIDE.search(segment) is None:
                    selected = self._select(name(program), words)
                    if selected is None:
                        return False
                    return self._words(selected, makes=makes, links=links and selected is words)
        if self._select is not None and _REACHES_ANYTHING.search(segment):
            return False
        return self._words(words, makes=makes, links=links)

    def _words(self, words: list[str], *, makes: bool, links: bool) -> bool:
        for word in words:
            if word.startswith("-") or word in _PUNCTUATION or _URL.match(word):
                continue
            if not self._word(word, makes=makes, links=links):
                return False
        return True

    def _word(self, word: str, *, makes: bool, links: bool) -> bool:
        special = _SPECIAL.search(word)
        if special is not None:
            return self._pattern(word, special.start(), makes=makes, links=links)
        if word.startswith("/"):
            path = normalise(word)
        elif self._directory is not None:
            path = normalise(f"{self._directory}/{word}")
        elif word.rstrip("/") in (".", "") or _ABOVE.search(word):
            return False
        else:
            parts = [part for part in word.split("/") if part not in ("", ".")]
            self._names.update(parts if makes else parts[-1:])
            return True
        self._paths.add(path)
        if links:
            # Without a second operand the link is made in the working directory.
            self._names.add(name(path))
        if makes:
            self._made.update((path, *parents(path)))
        return True

    def _pattern(self, word: str, start: int, *, makes: bool, links: bool) -> bool:
        if _NOT_PLAIN_PATTERN.search(word) or links:
            return False
        before = word[:start].removeprefix("./")
        behind = "" if "}" in word else _SPECIAL.split(word)[-1].rstrip("/")
        absolute = before.startswith("/")
        if before and not absolute:
            absolute = self._directory is not None
            before = f"{(self._directory or '').rstrip('/')}/{before}"
        elif not before and self._directory is not None and word.startswith(("*", "?", "[")):
            absolute, before = True, f"{self._directory.rstrip('/')}/"
        if not before and not behind:
            return False
        self._patterns.add((absolute, before, behind))
        if makes and before:
            self._made.update(parents(before + "x"))
            return absolute
        return True


def _deciding(program: str, words: list[str]) -> list[str] | None:
    if program in CHANGES_ONLY:
        return []
    if program == "find":
        return list(takewhile(lambda word: not word.startswith(("-", "!")), words)) or ["."]
    if program == "xargs":
        changes = not CHANGERS.isdisjoint(map(name, words)) or any(map(_SPECIAL.search, words))
        return None if changes else []
    if _REACHES_ANYTHING.search(" ".join(words)):
        return None
    if program in ("cp", "ln"):
        files = _files(words)
        # Where they come from is asked once it is known that they go there.
        return files[-1:] if len(files) > 1 else words
    return words if program in _TAKES_UNKNOWN else [word for word in words if UNRESOLVED not in word]


def _bringing(program: str, words: list[str]) -> list[str] | None:
    if program not in ("cp", "install", "ln", "mv"):
        return words if program in _TAKES_UNKNOWN else []
    *sources, target = _files(words) or [""]
    if not sources:
        return words
    if not target.endswith("/") and target not in STANDARD_DIRECTORIES:
        return [target]
    return [
        target if is_directory_name(source) or _SPECIAL.search(source) else f"{target}/{name(source)}"
        for source in sources
    ]


def _files(words: list[str]) -> list[str]:
    """What is copied, moved or linked, and to where at last; empty where options say where to."""
    if any(map(_TAKES_TARGET.match, words)):
        return []
    return [word for word in words if not word.startswith("-")]


def _with_values(text: str, step: Step) -> str:
    """``text`` with the values of the variables that it does not set itself; UNRESOLVED for what nobody can know."""
    own = {"PWD", *_NAME.findall(text), *_OWN_DEFAULT.findall(text)}

    def value(match: re.Match[str]) -> str:
        variable = match.group(1) or match.group(2)
        if not variable or not variable.isidentifier() or variable in own:
            return "$"
        known = step.lookup(variable)
        return UNRESOLVED if known is None else known

    return _SUBSTITUTION.sub(f"{UNRESOLVED}(", _VARIABLE.sub(value, text))
