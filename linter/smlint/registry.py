"""Which rules there are: the packs of the entry-point group ``smlint.rules``, and what selectors mean.

Nothing is judged here. A rule's module is imported when :meth:`Registry.load` first asks for it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Final

from smlint.container import Witness
from smlint.rule import Rule

GROUP: Final = "smlint.rules"
_LETTERS: Final = {Witness.DOCKERFILE: "D", Witness.IMAGE: "I", Witness.REQUEST: "R", Witness.LIVE: "L"}
#: Letters that are written for digits.
_LOOK_ALIKES: Final = str.maketrans("OILSB", "01158")


class UnknownRuleError(ValueError):
    """A selector that names no rule; the message says which one comes nearest."""

    def __init__(self, selector: str, nearest: str | None) -> None:
        hint = f"; did you mean {nearest}?" if nearest else "; `smlint rule` lists them"
        super().__init__(f"no rule is called {selector!r}{hint}")
        self.selector = selector
        self.nearest = nearest


class BrokenPackError(Exception):
    """A rule pack that cannot be imported, or that gives no usable ``RULES``."""


class Registry:
    """All rules of all packs, by code."""

    def __init__(self, targets: Mapping[str, str]) -> None:
        """``targets`` maps a code to ``"module:Class [DI]"``; see :data:`smlint_rules.RULES`."""
        self._targets = dict(sorted(targets.items()))
        self._loaded: dict[str, type[Rule]] = {}
        self._speaking: dict[tuple[Witness, frozenset[str]], tuple[type[Rule], ...]] = {}

    @property
    def codes(self) -> tuple[str, ...]:
        """Every code, in order."""
        return tuple(self._targets)

    def load(self, code: str) -> type[Rule]:
        """The rule class of ``code``; raises BrokenPackError when it cannot be imported."""
        if code not in self._loaded:
            module, _, name = self._targets[code].partition(" ")[0].partition(":")
            try:
                rule = getattr(import_module(module), name)
            except Exception as error:  # A stranger's module may raise anything.
                raise BrokenPackError(
                    f"rule {code} cannot be loaded from {self._targets[code]}: {error}"
                ) from error
            if getattr(rule, "code", None) != code:
                raise BrokenPackError(
                    f"rule {code} cannot be loaded from {self._targets[code]}: that class has another code"
                )
            self._loaded[code] = rule
        return self._loaded[code]

    def rules(self, codes: Iterable[str] | None = None) -> Iterator[type[Rule]]:
        """The rule classes of ``codes`` (default: all)."""
        for code in self._targets if codes is None else codes:
            yield self.load(code)

    def rules_for(self, witness: Witness, codes: frozenset[str]) -> tuple[type[Rule], ...]:
        """The rule classes among ``codes`` that can speak about ``witness``; no others are imported."""
        key = (witness, codes)
        if key not in self._speaking:
            self._speaking[key] = tuple(self._rules_for(witness, codes))
        return self._speaking[key]

    def _rules_for(self, witness: Witness, codes: frozenset[str]) -> Iterator[type[Rule]]:
        for code, target in self._targets.items():
            letters = target.partition("[")[2]
            if code in codes and (not letters or _LETTERS[witness] in letters):
                rule = self.load(code)
                if witness in rule.witnesses:
                    yield rule

    def matching(self, selector: str) -> frozenset[str]:
        """Codes meant by a code, a code's beginning (``SM2``), a name or ``ALL``; raises UnknownRuleError."""
        wanted = selector.strip()
        if wanted.upper() == "ALL":
            return frozenset(self._targets)
        found = frozenset(code for code in self._targets if wanted and code.startswith(wanted.upper()))
        if found:
            return found
        found = frozenset(rule.code for rule in self.rules() if rule.name == wanted.lower())
        if found:
            return found
        raise UnknownRuleError(selector, self._nearest(wanted))

    def _nearest(self, wanted: str) -> str | None:
        from difflib import get_close_matches

        read_again = "SM" + wanted.upper()[2:].translate(_LOOK_ALIKES)
        if read_again in self._targets:
            return f"{read_again} ({self.load(read_again).name})"
        names = {rule.name: f"{rule.code} ({rule.name})" for rule in self.rules()}
        names |= {code.lower(): f"{code} ({self.load(code).name})" for code in self._targets}
        close = get_close_matches(wanted.lower(), names, n=1)
        return names[close[0]] if close else None

    def enabled(
        self, select: Iterable[str], ignore: Iterable[str], extend_select: Iterable[str] = ()
    ) -> frozenset[str]:
        """Codes that remain: the more specific selector wins, and ``ignore`` wins between equals.

        An empty ``select`` means all rules.
        """
        chosen: dict[str, int] = {}
        for selector in [*(tuple(select) or ("ALL",)), *extend_select]:
            for code in self.matching(selector):
                chosen[code] = max(chosen.get(code, -1), specificity(selector))
        for selector in ignore:
            for code in self.matching(selector):
                if chosen.get(code, -1) <= specificity(selector):
                    chosen.pop(code, None)
        return frozenset(chosen)


def specificity(selector: str) -> int:
    """How narrowly a selector names: ALL, then longer and longer beginnings of a code, then names."""
    if selector.strip().upper() == "ALL":
        return 0
    return 99 if "-" in selector else len(selector.strip())


@cache
def installed() -> Registry:
    """The registry of everything installed in this environment; raises BrokenPackError."""
    targets: dict[str, str] = {}
    for name, module in packs():
        try:
            rules = import_module(module).RULES
        except Exception as error:  # A stranger's module may raise anything.
            raise BrokenPackError(f"rule pack {name!r} ({module}) cannot be loaded: {error}") from error
        if not isinstance(rules, Mapping) or not all(
            isinstance(word, str) for item in rules.items() for word in item
        ):
            raise BrokenPackError(
                f"rule pack {name!r} ({module}) cannot be loaded: RULES is no mapping of codes to texts"
            )
        for code, target in rules.items():
            if targets.setdefault(code, target) != target:
                raise BrokenPackError(
                    f"rule pack {name!r} ({module}) brings {code}, which another pack has already"
                )
    if not targets:
        raise BrokenPackError(
            "no rule pack is installed; `pip install --force-reinstall smlint` brings the built-in one"
        )
    return Registry(targets)


def packs() -> list[tuple[str, str]]:
    """Name and module of every pack, the built-in one first.

    Reading the few entry_points.txt files that mention the group costs a millisecond; importlib.metadata, which gives
    the same answer, costs ten before it has read anything, and a hook pays that for every commit. It is asked only
    where a path entry is no plain directory (a zip file, an import hook of its own).
    """
    found: dict[str, str] = {}
    for folder in dict.fromkeys(sys.path):
        if os.path.isdir(folder or "."):
            for name, module in _packs_in(folder or "."):
                found.setdefault(name, module)
        elif os.path.exists(folder):
            from importlib.metadata import distributions

            for distribution in distributions(path=[folder]):
                for point in distribution.entry_points.select(group=GROUP):
                    found.setdefault(point.name, point.module)
    return sorted(found.items(), key=lambda pack: (pack[1] != "smlint_rules", pack))


def _packs_in(folder: str) -> Iterator[tuple[str, str]]:
    try:
        names = [name for name in os.listdir(folder) if name.endswith((".dist-info", ".egg-info"))]
    except OSError:
        return
    for name in sorted(names):
        try:
            with open(os.path.join(folder, name, "entry_points.txt"), encoding="utf-8") as file:
                text = file.read()
        except OSError:
            continue
        if GROUP in text:
            yield from _group(text)


def _group(text: str) -> Iterator[tuple[str, str]]:
    """The ``name = module`` lines of the group's section in an entry_points.txt."""
    inside = False
    for line in text.splitlines():
        line = line.strip()
        if line.startswith("["):
            inside = line == f"[{GROUP}]"
        elif inside and "=" in line and not line.startswith(("#", ";")):
            name, _, module = line.partition("=")
            yield name.strip(), module.strip()
