"""The names that ``ln`` gives to a file besides its own: what a step does to one of them, it may do to the others.

Links of the build context and of the base image are not known here, nor what becomes of a link that is moved or copied.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple, TypeAlias

from smlint.container import UNRESOLVED
from smlint.dockerfile.history import History
from smlint.dockerfile.operands import Operands, has_wildcard
from smlint.dockerfile.paths import STANDARD_DIRECTORIES, is_directory_name, join, name, parent, within
from smlint.dockerfile.runs import Runs
from smlint.dockerfile.state import Step

#: The words behind ``ln``.
_LINKS: Final = re.compile(r"\bln\s+([^;&|\n]*)")
_NOT_PLAIN: Final = re.compile(r"[^\w@%+,:.-]|^\.*$")
#: Names of one file that are looked for.
_MAX_NAMES: Final = 16

#: From a RUN step to its commands that may change files.
OperandsOf: TypeAlias = Callable[[Step], Iterable[Operands]]


class Alias(NamedTuple):
    """Another name of a path."""

    path: str
    #: The step and the command in it that made the link.
    since: tuple[int, int]
    #: Whether ``path`` is that of the link itself, and not of something behind it.
    is_link: bool
    #: Whether the alias leads to the path. Else the path leads to the alias.
    leads_here: bool


class _Link(NamedTuple):
    path: str
    where: str
    is_symbolic: bool
    since: tuple[int, int]


class Links:
    """The links that the RUN steps of one stage make."""

    def __init__(self, history: History, runs: Runs, operands_of: OperandsOf) -> None:
        self._history = history
        self._operands_of = operands_of
        self._names = {
            number: (text, _names(text.text))
            for number, step in enumerate(history.steps)
            if step.instruction.keyword == "RUN"
            for text in (runs.text(step),)
            if "ln" in text.text
        }
        self._made: dict[int, tuple[_Link, ...]] = {}
        self._aliases: dict[str, tuple[Alias, ...]] = {}

    def of(self, path: str) -> tuple[Alias, ...]:
        """The other names of ``path`` (absolute, known)."""
        if path not in self._aliases:
            self._aliases[path] = tuple(self._others(path))
        return self._aliases[path]

    def _others(self, path: str) -> Iterator[Alias]:
        seen = {path}
        todo = [Alias(path, (-1, -1), is_link=False, leads_here=True)]
        while todo and len(seen) < _MAX_NAMES:
            known = todo.pop()
            for link in self._concerning(known.path):
                for alias in _over(known, link):
                    if alias.path not in seen:
                        seen.add(alias.path)
                        todo.append(alias)
                        yield alias

    def _concerning(self, path: str) -> Iterator[_Link]:
        parts = path.split("/")
        for number, (text, names) in self._names.items():
            # What a link has to do with a path, ends in a part of it.
            if text.mentions.may_concern(path) if names is None else not names.isdisjoint(parts):
                if number not in self._made:
                    self._made[number] = tuple(self._links(number))
                yield from self._made[number]

    def _links(self, number: int) -> Iterator[_Link]:
        step = self._history.steps[number]
        for at, operands in enumerate(self._operands_of(step)):
            if operands.program == "ln":
                for path, where in _linked(operands):
                    if UNRESOLVED not in path and not has_wildcard(where):
                        yield _Link(path, where, operands.has("s", "--symbolic"), (number, at))


def _names(text: str) -> frozenset[str] | None:
    """The last parts of the words behind ``ln`` in ``text``; None where one of them is more than its text."""
    names: set[str] = set()
    for words in _LINKS.findall(text.replace("\\\n", " ")):
        for word in words.split():
            last = name(word.strip("'\""))
            if _NOT_PLAIN.search(last):
                return None
            names.add(last)
    return frozenset(names)


def led_to(link: str, source: str, operands: Operands) -> str:
    """What a ``link`` leads to that ``ln`` makes of ``source``."""
    seen_from_link = operands.has("s", "--symbolic") and not operands.has("r", "--relative")
    return join(parent(link) if seen_from_link else operands.directory, source)


def _linked(operands: Operands) -> Iterator[tuple[str, str]]:
    """The links that ``ln`` may make, and what they lead to."""
    sources, target = operands.sources_and_target()
    if target is None:
        sources, target = operands.files, "."
    destination = join(operands.directory, target)
    into = operands.target is not None or len(sources) > 1 or is_directory_name(target)
    for source in sources:
        inside = f"{destination.rstrip('/')}/{name(source)}"
        yield inside, led_to(inside, source, operands)
        if not (into or destination in STANDARD_DIRECTORIES):
            yield destination, led_to(destination, source, operands)


def _over(known: Alias, link: _Link) -> Iterator[Alias]:
    since = max(known.since, link.since)
    rest = within(known.path, link.where)
    if rest is not None:
        yield Alias(f"{link.path}/{rest}" if rest else link.path, since, not rest, known.leads_here)
    rest = within(known.path, link.path)
    if rest is not None:
        where = f"{link.where.rstrip('/')}/{rest}" if rest else link.where
        # Two names of one file are as good as each other.
        leads_here = known.leads_here and not link.is_symbolic
        yield Alias(where, since, not rest, leads_here)
