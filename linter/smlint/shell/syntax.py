"""The shell's grammar as frozen values: what :mod:`smlint.shell.parse` reads and everything else walks.

Offsets are code points in the prepared text (:class:`smlint.shell.source.Source`). Nothing is expanded here.
"""

from __future__ import annotations

import enum
from typing import NamedTuple, TypeAlias


class Piece(NamedTuple):
    """A word as written, quotes and all, and the command substitutions inside it."""

    start: int
    end: int
    substitutions: tuple[Block, ...] = ()


class Assignment(NamedTuple):
    """``name=value``; ``value`` is None for arrays, subscripts and ``+=``."""

    name: str
    value: Piece | None
    start: int
    end: int
    substitutions: tuple[Block, ...] = ()
    #: The elements of ``name=(…)`` and ``name+=(…)``; None for everything else.
    elements: tuple[Piece, ...] | None = None
    appends: bool = False


class Redirection(NamedTuple):
    """``operator`` is as written, without the descriptor; for heredocs ``at`` is the key into ``Source.heredocs``."""

    operator: str
    descriptor: str
    target: Piece | None
    at: int


class Simple(NamedTuple):
    """A simple command, ``[ … ]`` and ``[[ … ]]`` included (the brackets are words)."""

    start: int
    end: int
    assignments: tuple[Assignment, ...]
    words: tuple[Piece, ...]
    redirects: tuple[Redirection, ...]


class Pipeline(NamedTuple):
    """Commands joined by ``|``."""

    start: int
    end: int
    parts: tuple[Node, ...]


class Negated(NamedTuple):
    """``! command``."""

    start: int
    end: int
    body: Node


class AndOr(NamedTuple):
    """``first && second || third …``: both operators have the same rank and are read from the left."""

    start: int
    end: int
    first: Node
    rest: tuple[tuple[str, Node], ...]


class Group(NamedTuple):
    """``{ …; }`` or, as a subshell, ``( … )``."""

    start: int
    end: int
    body: Block
    subshell: bool


class Redirected(NamedTuple):
    """A compound command with redirections."""

    start: int
    end: int
    body: Node
    redirects: tuple[Redirection, ...]


class If(NamedTuple):
    """``if``/``elif`` conditions with their bodies, and the body of ``else``."""

    start: int
    end: int
    branches: tuple[tuple[Block, Block], ...]
    otherwise: Block | None


class CaseItem(NamedTuple):
    """Patterns and what runs when one matches; ``end`` is ``;;``, ``;&`` or ``;;&``."""

    patterns: tuple[Piece, ...]
    body: Block
    end: str


class Case(NamedTuple):
    """``case word in … esac``."""

    start: int
    end: int
    word: Piece
    items: tuple[CaseItem, ...]


class LoopKind(enum.StrEnum):
    """What a loop repeats by."""

    WHILE = "while"
    UNTIL = "until"
    FOR = "for"
    SELECT = "select"
    #: ``for ((…))``
    ARITHMETIC = "arithmetic"


class Loop(NamedTuple):
    """A loop. ``words`` is None for ``for x`` without ``in`` and for loops that have no words."""

    start: int
    end: int
    kind: LoopKind
    condition: Block
    variable: str
    words: tuple[Piece, ...] | None
    body: Block


class Function(NamedTuple):
    """A function definition."""

    start: int
    end: int
    name: str
    body: Node


class Opaque(NamedTuple):
    """Something that was not understood: a syntax error, arithmetic, or nesting beyond the bound."""

    start: int
    end: int
    #: Whether commands may hide here: the shell would refuse the text, or it was not understood.
    is_error: bool


Node: TypeAlias = (
    Simple | Pipeline | Negated | AndOr | Group | Redirected | If | Case | Loop | Function | Opaque
)


class Statement(NamedTuple):
    """One entry of a list, and whether ``&`` follows it."""

    node: Node
    background: bool
    #: How it is joined to the one before: ``;``, ``&`` or a newline.
    joined_by: str = ";"


Block: TypeAlias = tuple[Statement, ...]


def bodies(node: Node) -> list[Block]:
    """The lists inside a compound command: conditions, bodies, what stands behind ``else``."""
    if isinstance(node, Group):
        return [node.body]
    if isinstance(node, If):
        return [block for branch in node.branches for block in branch] + [node.otherwise or ()]
    if isinstance(node, Case):
        return [item.body for item in node.items]
    return [node.condition, node.body] if isinstance(node, Loop) else []


def redirect_last(node: AndOr | Pipeline | Negated, redirects: tuple[Redirection, ...]) -> Node:
    """``node`` with redirections on its last command, to which they belong: tree-sitter puts them on the whole."""
    if isinstance(node, Negated):
        return node._replace(body=_redirected(node.body, redirects))
    if isinstance(node, Pipeline):
        return node._replace(parts=(*node.parts[:-1], _redirected(node.parts[-1], redirects)))
    operator, last = node.rest[-1]
    return node._replace(rest=(*node.rest[:-1], (operator, _redirected(last, redirects))))


def _redirected(node: Node, redirects: tuple[Redirection, ...]) -> Node:
    if isinstance(node, Simple):
        return node._replace(redirects=(*node.redirects, *redirects))
    return Redirected(node.start, node.end, node, redirects)
