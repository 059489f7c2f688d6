"""What words are made of: texts that remember which of the script's arguments went into them, and where names lead."""

from __future__ import annotations

from typing import Final, NamedTuple, Protocol

from smlint.container import UNRESOLVED

#: Provenance of "every argument that is left": ``"$@"`` where the arguments are not known one by one.
ALL: Final = 0
#: Provenance of "perhaps some of the arguments": a command substitution that looks at them.
SOME: Final = -1


class Value(NamedTuple):
    """A text and the numbers (from 1) of the script's arguments that went into it; :data:`ALL` for the rest."""

    text: str
    used: frozenset[int] = frozenset()


#: Nothing is known about it.
UNKNOWN: Final = Value(UNRESOLVED)


class Parameters(NamedTuple):
    """The positional parameters. ``rest`` is the number of the first argument that is not known, None if all are."""

    values: tuple[Value, ...]
    rest: int | None = None

    def get(self, number: int) -> Value | None:
        """``$number``; None when it is certainly not set."""
        if number <= len(self.values):
            return self.values[number - 1]
        if self.rest is None:
            return None
        return Value(UNRESOLVED, frozenset((self.rest + number - len(self.values) - 1,)))

    def all_from(self, number: int) -> tuple[Value, ...]:
        """``"${@:number}"``."""
        known = self.values[max(number - 1, 0) :]
        return known if self.rest is None else (*known, Value(UNRESOLVED, frozenset((ALL,))))


class UnsetError(Exception):
    """A parameter that is not set was expanded where the shell ends over it: ``set -u``, ``${name:?}``."""


class Scope(Protocol):
    """Where names get their values, and what expanding them changes."""

    parameters: Parameters

    def variable(self, name: str) -> Value | None:
        """The value of a variable; None when it is certainly not set."""
        ...

    def array(self, name: str) -> tuple[Value, ...] | None:
        """The elements of an array; None when they are not known."""
        ...

    def assign(self, name: str, value: Value | None) -> None:
        """Follow ``${name:=word}`` and ``$((name = 1))``."""
        ...

    def lacks(self, *, is_required: bool) -> None:
        """Expand a parameter that is not set; ``is_required``: by ``${name:?}``. May raise :class:`UnsetError`."""
        ...


def parameter(scope: Scope, name: str) -> Value | None:
    """``$name``, be it a variable or one of the shell's own; None when it is certainly not set."""
    if name == "#":
        parameters = scope.parameters
        return Value(str(len(parameters.values))) if parameters.rest is None else UNKNOWN
    if name.isdigit() and name != "0":
        return scope.parameters.get(int(name))
    if name in "@*":
        values = scope.parameters.all_from(1)
        return Value(UNRESOLVED, frozenset().union(*(value.used for value in values)))
    return scope.variable(name)


def splits_elsewhere(scope: Scope, text: str) -> bool:
    """Whether the script has set IFS so that ``text`` is not split at its blanks, or not there alone."""
    separators = scope.variable("IFS")
    if separators is None or separators.text == " \t\n" or UNRESOLVED in separators.text:
        return False
    return any(char in text for char in {*separators.text, " ", "\t", "\n"})
