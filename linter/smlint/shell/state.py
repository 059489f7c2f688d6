"""What a shell knows while it walks through RUN text: variables, positional parameters and the working directory."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Final, Protocol

from smlint.container import UNRESOLVED, Word
from smlint.shell.arithmetic import assigned
from smlint.shell.syntax import AndOr, Block, Function, Negated, Node, Pipeline, Redirected, Simple, bodies
from smlint.shell.words import UNKNOWN, Parameters, Value

_DECLARES: Final = frozenset(("export", "declare", "typeset", "local", "readonly"))
_ASSIGNMENT: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\+?)=(.*)", re.DOTALL)
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class State:
    """Variables by name (None: certainly unset) on top of ``lookup``; see :class:`smlint.shell.words.Scope`."""

    def __init__(self, lookup: Callable[[str], str | None], directory: str, parameters: Parameters) -> None:
        self._lookup = lookup
        self._values: dict[str, Value | None] = {}
        self.directory = directory
        self.directories: tuple[str, ...] = ()
        self.previous = UNRESOLVED
        self.parameters = parameters
        #: What the variables were that the function at hand has made its own; None outside of functions.
        self.hidden: dict[str, Value | None] | None = None
        #: Whether ``set -e`` holds.
        self.errexit = False

    def copy(self) -> State:
        """The same knowledge, for another way through the text."""
        copy = State(self._lookup, self.directory, self.parameters)
        copy._values = dict(self._values)
        copy.directories, copy.previous = self.directories, self.previous
        copy.hidden = None if self.hidden is None else dict(self.hidden)
        copy.errexit = self.errexit
        return copy

    def variable(self, name: str) -> Value | None:
        """The value of a variable, UNRESOLVED when it is not known."""
        if name in self._values:
            return self._values[name]
        if name == "PWD":
            return Value(self.directory)
        value = self._lookup(name)
        return UNKNOWN if value is None else Value(value)

    def array(self, name: str) -> tuple[Value, ...] | None:
        """Arrays are not followed in RUN text."""
        return None

    def assign(self, name: str, value: Value | None) -> None:
        """Set a variable, or unset it."""
        self._values[name] = value

    def lacks(self, *, is_required: bool) -> None:
        """What is set is known of RUN text's own variables alone; no command is left out for that."""

    def forget(self, names: Iterable[str]) -> None:
        """Know nothing about some variables any more."""
        for name in names:
            self._values[name] = UNKNOWN

    def join(self, other: State) -> None:
        """Keep what ``self`` and ``other``, two ways that meet here, agree on."""
        for name in self._values.keys() | other._values.keys():
            if self.variable(name) != other.variable(name):
                self._values[name] = UNKNOWN
        if self.directory != other.directory:
            self.directory = UNRESOLVED
        if self.directories != other.directories:
            self.directories = ()
        if self.previous != other.previous:
            self.previous = UNRESOLVED
        if self.parameters != other.parameters:
            self.parameters = Parameters((), rest=1)
        if self.hidden is not None and other.hidden is not None:
            self.hidden = other.hidden | self.hidden
        self.errexit = self.errexit and other.errexit

    def builtin(self, words: Sequence[str]) -> None:
        """Follow ``export``, ``unset``, ``read``, ``set --`` and ``shift``."""
        name, rest = words[0], words[1:]
        if name in _DECLARES:
            own = name == "local" or (name in ("declare", "typeset") and "-g" not in rest)
            for word in rest:
                if own:
                    self._hide(word.partition("=")[0].rstrip("+"), bare="=" not in word)
                match = _ASSIGNMENT.fullmatch(word)
                if match is not None:
                    added = match.group(2) or match.group(3).startswith("(") or _transforms(rest)
                    self.assign(match.group(1), UNKNOWN if added else Value(match.group(3)))
        elif name == "unset":
            for word in rest:
                self.assign(word, None)
        elif name in ("read", "mapfile", "readarray", "getopts", "printf", "let"):
            self.forget(assigned(" ".join(rest)) if name == "let" else filter(_NAME.fullmatch, rest))
            if name == "getopts":
                self.forget(("OPTARG", "OPTIND"))
        elif name == "shift" and rest and not rest[0].isdigit():
            self.parameters = Parameters((), rest=1)
        elif name == "shift":
            count = int(rest[0]) if rest and rest[0].isdigit() and len(rest[0]) < 6 else 1
            if count <= len(self.parameters.values):
                self.parameters = self.parameters._replace(values=self.parameters.values[count:])
        elif name == "set":
            self.errexit = ends_by_failure(rest, self.errexit)
            values = _set_words(rest)
            if values is not None:
                self.parameters = Parameters(tuple(Value(text) for text in values))

    def _hide(self, name: str, *, bare: bool) -> None:
        """Make a variable the function's own; without a value, shells differ in what it is."""
        if self.hidden is None or not _NAME.fullmatch(name):
            return
        self.hidden.setdefault(name, self.variable(name))
        if bare:
            self.assign(name, UNKNOWN)

    def show(self, outer: dict[str, Value | None] | None) -> None:
        """Give back what the function has hidden."""
        self._values |= self.hidden or {}
        self.hidden = outer


def _transforms(words: Sequence[str]) -> bool:
    """Whether ``declare`` with ``words`` calculates what is assigned, writes it in other letters, or refers to it."""
    return any(re.fullmatch(r"-\w*[ilucn]\w*", word) for word in words)


def _set_words(words: Sequence[str]) -> Sequence[str] | None:
    """The words that ``set`` gives to ``$1`` and on; None where it only changes options."""
    at = 0
    while at < len(words):
        if words[at] == "--":
            return words[at + 1 :]
        if words[at][:1] not in ("-", "+"):
            return words[at:]
        at += 2 if words[at].endswith("o") else 1
    return None


def ends_by_failure(options: Iterable[str], before: bool = False) -> bool:
    """Whether a shell that is given ``options``, at its start or by ``set``, ends where a command fails."""
    for option, value in pairwise((*options, "")):
        if option == "--":
            break
        named = value == "errexit" and option.endswith("o")
        if option[:1] in ("-", "+") and option[:2] != "--" and (named or "e" in option):
            before = option[0] == "-"
    return before


class Located(Protocol):
    """Something that is in a directory and may go to another one."""

    directory: str
    #: What ``pushd`` has put aside.
    directories: tuple[str, ...]
    #: Where ``cd -`` goes.
    previous: str

    @property
    def variable(self) -> Callable[[str], Value | None]:
        """The value of a variable."""
        ...


def directory_after(state: Located, words: Sequence[Word]) -> None:
    """Follow ``cd``, ``pushd`` and ``popd``."""
    name = words[0].text
    if name == "popd":
        if state.directories:
            _go(state, state.directories[-1])
            state.directories = state.directories[:-1]
        else:
            _go(state, UNRESOLVED)
        return
    if name not in ("cd", "pushd", "chdir"):
        return
    operands = [word.text for word in words[1:] if not re.fullmatch(r"-[LPe@]+|--", word.text)]
    if name == "pushd":
        if operands and re.fullmatch(r"[+-][0-9]+", operands[0]):
            operands = [UNRESOLVED]
        state.directories = (*state.directories, state.directory)
    if not operands:
        home = state.variable("HOME")
        _go(state, UNRESOLVED if name == "pushd" or home is None else home.text)
    elif operands[0] == "-":
        _go(state, state.previous)
    else:
        _go(state, _target(state, operands[0]))


def _target(state: Located, path: str) -> str:
    if path == "~" or path.startswith("~/"):
        home = state.variable("HOME")
        path = (UNRESOLVED if home is None else home.text) + path[1:]
    elif path.startswith("~"):
        return UNRESOLVED
    if path.startswith(UNRESOLVED) or any(mark in path for mark in "*?["):
        # It may be absolute.
        return UNRESOLVED
    joined = posixpath.join(state.directory, path)
    return joined if UNRESOLVED in joined else posixpath.normpath(joined)


def _go(state: Located, directory: str) -> None:
    state.previous, state.directory = state.directory, directory


def assigned_names(block: Block) -> set[str]:
    """Names that a block may assign, declarations and ``read`` aside."""
    names: set[str] = set()
    nodes: list[Node] = [statement.node for statement in block]
    while nodes:
        node = nodes.pop()
        if isinstance(node, Simple):
            names |= {assignment.name for assignment in node.assignments}
        elif isinstance(node, Pipeline):
            nodes += node.parts
        elif isinstance(node, Negated | Redirected | Function):
            nodes.append(node.body)
        elif isinstance(node, AndOr):
            nodes += [node.first, *(right for _, right in node.rest)]
        else:
            nodes += [statement.node for body in bodies(node) for statement in body]
    return names
