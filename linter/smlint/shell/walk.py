"""Walks shell syntax in the order of execution and collects simple commands, with variables and ``cd`` followed.

Every branch is visited; where two ways meet again, only what both agree on is still known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from smlint.container import UNRESOLVED, Redirect, SimpleCommand, Word
from smlint.diagnostics import FileLocation, Location
from smlint.shell.arithmetic import assigned
from smlint.shell.parse import parse
from smlint.shell.source import Source
from smlint.shell.state import State, assigned_names, directory_after
from smlint.shell.syntax import (
    AndOr,
    Block,
    Case,
    Function,
    Group,
    If,
    Loop,
    LoopKind,
    Negated,
    Node,
    Opaque,
    Piece,
    Pipeline,
    Redirected,
    Redirection,
    Simple,
)
from smlint.shell.words import Parameters, Value, fields, heredoc, single

#: Commands that are reported at most, calls and loops counted as often as they run.
_MAX_COMMANDS: Final = 20_000
_MAX_STEPS: Final = 100_000
_MAX_LEVELS: Final = 90
_MAX_CALLS: Final = 8
_MAX_ROUNDS: Final = 64
#: Programs whose failure is an answer and no accident.
_QUESTIONS: Final = frozenset(
    ("[", "[[", "test", "grep", "egrep", "which", "command", "type", "id", "diff", "cmp", "false", "!")
)
_LEFT_EARLY: Final = re.compile(r"\b(?:break|continue)\b")
_LEAVES: Final = frozenset(("exit", "return", "exec", "break", "continue", "false"))


class Walk:
    """One text, walked once."""

    def __init__(
        self,
        source: str,
        *,
        lookup: Callable[[str], str | None],
        directory: str,
        locate: Callable[[int, int], Location],
        arguments: Sequence[str] | None = None,
    ) -> None:
        """``arguments`` are the positional parameters, none by default."""
        script = parse(source)
        self._source: Source = script.source
        self._body = script.body
        self._locate = locate
        self._state = State(lookup, directory, Parameters(tuple(Value(text) for text in arguments or ())))
        self._found: list[SimpleCommand] = []
        self._joined_by = ""
        self._functions: dict[str, Node] = {}
        self._calls = 0
        self._steps = 0
        self._levels = 0
        #: Numbers, in what :meth:`commands` gives, of the commands that may not be run although nothing fails.
        self.conditional: set[int] = set()
        self._conditions = 0
        # Whether the text fails where the statement at hand does.
        self._decides = True

    def commands(self) -> tuple[SimpleCommand, ...]:
        """The commands, in the order in which they run."""
        self._block(self._body)
        return tuple(self._found)

    def _block(self, block: Block) -> None:
        decides = self._decides
        for index, statement in enumerate(block):
            self._decides = decides and index == len(block) - 1
            if index:
                self._joined_by = statement.joined_by
            if statement.background:
                self._aside(statement.node)
            else:
                self._node(statement.node)
        self._decides = decides

    def _aside(self, node: Node) -> None:
        """Visit what runs in a process of its own: its assignments and ``cd`` end with it."""
        state = self._state
        self._state = state.copy()
        self._node(node)
        self._state = state

    def _node(self, node: Node) -> None:
        self._steps += 1
        if self._steps > _MAX_STEPS or len(self._found) > _MAX_COMMANDS or self._levels > _MAX_LEVELS:
            return
        self._levels += 1
        self._dispatch(node)
        self._levels -= 1

    def _dispatch(self, node: Node) -> None:
        match node:
            case Simple():
                self._simple(node)
            case Pipeline():
                decides = self._decides
                for index, part in enumerate(node.parts):
                    self._joined_by = "|" if index else self._joined_by
                    self._decides = decides and index == len(node.parts) - 1
                    self._aside(part)
                self._decides = decides
            case Negated():
                self._node(node.body)
            case AndOr():
                self._and_or(node)
            case Group():
                self._group(node)
            case Redirected():
                self._redirected(node)
            case If():
                self._if(node)
            case Case():
                self._ways([item.body for item in node.items], otherwise=True)
            case Loop():
                self._loop(node)
            case Opaque():
                self._state.forget(assigned(self._source.text[node.start : node.end]))
            case Function():
                self._functions[node.name] = node.body

    def _group(self, node: Group) -> None:
        state = self._state
        if node.subshell:
            self._state = state.copy()
        self._block(node.body)
        if node.subshell:
            self._state = state

    def _redirected(self, node: Redirected) -> None:
        first = len(self._found)
        redirects, _ = self._redirects(node.redirects)
        directory = self._state.directory
        self._node(node.body)
        # A redirection of a group holds for every command in it that has none of its own; the file is opened once.
        for at in range(first, len(self._found)):
            command = self._found[at]
            if command.directory != directory:
                redirects = tuple(_seen_from(directory, each) for each in redirects)
            self._found[at] = command._replace(redirects=(*command.redirects, *redirects))
            redirects = tuple(
                each._replace(operator=">>") if each.operator in (">", ">|") else each for each in redirects
            )

    def _and_or(self, node: AndOr) -> None:
        decides = self._decides
        self._decides = decides and all(operator == "&&" for operator, _ in node.rest)
        self._node(node.first)
        left = node.first
        asked = False
        for operator, right in node.rest:
            before = self._state.copy()
            self._joined_by = operator
            # Behind "||", either way was taken; behind a question that decides, "no" would have been a failure.
            asked = operator == "&&" and (asked or self._is_question(left))
            condition = operator == "||" or (asked and not self._decides)
            self._conditions += condition
            self._node(right)
            self._conditions -= condition
            if operator == "||" and self._leaves(right):
                self._state = before
            elif operator == "||" or self._is_question(left):
                self._state.join(before)
            left = right
        self._decides = decides

    def _is_question(self, node: Node) -> bool:
        if isinstance(node, Simple) and node.words:
            return self._source.text[node.words[0].start : node.words[0].end] in _QUESTIONS
        return isinstance(node, Negated | Opaque)

    def _leaves(self, node: Node) -> bool:
        while isinstance(node, Group) and node.body:
            node = node.body[-1].node
        if isinstance(node, Simple) and node.words:
            return self._source.text[node.words[0].start : node.words[0].end] in _LEAVES
        return False

    def _if(self, node: If) -> None:
        bodies: list[Block] = []
        for condition, body in node.branches:
            self._block(condition)
            self._joined_by = ";"
            bodies.append(body)
        self._ways([*bodies, *([] if node.otherwise is None else [node.otherwise])], node.otherwise is None)

    def _ways(self, bodies: Sequence[Block], otherwise: bool) -> None:
        """Visit alternatives, each from here; ``otherwise``: none of them may be taken."""
        start = self._state
        ends = [start] if otherwise else []
        self._conditions += 1
        for body in bodies:
            self._state = start.copy()
            self._joined_by = self._joined_by and ";"
            self._block(body)
            if not (body and self._leaves(body[-1].node)):
                ends.append(self._state)
        self._conditions -= 1
        self._state = ends[0].copy() if ends else start
        for end in ends[1:]:
            self._state.join(end)

    def _loop(self, node: Loop) -> None:
        decides, self._decides = self._decides, False
        values = self._loop_values(node) if node.kind is LoopKind.FOR else None
        if values is None:
            self._open_loop(node)
        else:
            left_early = _LEFT_EARLY.search(self._source.text, node.start, node.end) is not None
            self._conditions += left_early
            for value in values:
                self._state.assign(node.variable, value)
                self._block(node.body)
                self._joined_by = ";"
            self._conditions -= left_early
            if left_early:
                self._state.forget({node.variable, *assigned_names(node.body)})
        self._decides = decides

    def _open_loop(self, node: Loop) -> None:
        """Visit a loop of which nobody knows how often it is gone through."""
        # Whatever the body assigns may already have been assigned in an earlier round.
        self._state.forget(assigned_names(node.body))
        if node.variable:
            self._state.assign(node.variable, Value(UNRESOLVED))
        self._block(node.condition)
        self._joined_by = ";"
        before = self._state.copy()
        self._conditions += 1
        self._block(node.body)
        self._conditions -= 1
        self._state.join(before)

    def _loop_values(self, node: Loop) -> list[Value] | None:
        """What a ``for`` loop goes through; None when that is not known."""
        if node.words is None:
            values = list(self._state.parameters.values)
        else:
            for piece in node.words:
                self._substitutions(piece)
            values = [value for piece in node.words for value in fields(self._text(piece), self._state)]
        if len(values) > _MAX_ROUNDS or any(UNRESOLVED in v.text or "*" in v.text for v in values):
            return None
        return values

    def _text(self, piece: Piece) -> str:
        return self._source.text[piece.start : piece.end]

    def _place(self, start: int, end: int) -> Location:
        return self._locate(*self._source.span(start, end))

    def _substitutions(self, piece: Piece) -> None:
        for block in piece.substitutions:
            self._substitution(block)

    def _substitution(self, block: Block) -> None:
        state, joined_by = self._state, self._joined_by
        self._state = state.copy()
        self._joined_by = "$("
        self._block(block)
        self._state, self._joined_by = state, joined_by

    def _simple(self, node: Simple) -> None:
        for assignment in node.assignments:
            for block in assignment.substitutions:
                self._substitution(block)
        for piece in node.words:
            self._substitutions(piece)
        words = tuple(
            Word(value.text, place, _written(self._text(piece), place))
            for piece in node.words
            for place in (self._place(piece.start, piece.end),)
            for value in fields(self._text(piece), self._state)
        )
        redirects, stdin = self._redirects(node.redirects)
        assignments: list[tuple[str, Word]] = []
        kept = self._state.copy()
        for assignment in node.assignments:
            value = Value(UNRESOLVED)
            if assignment.value is not None:
                value = single(self._text(assignment.value), self._state)
            self._state.assign(assignment.name, value)
            assignments.append(
                (assignment.name, Word(value.text, self._place(assignment.start, assignment.end)))
            )
        if words:
            self._state = kept
        elif redirects:
            # ``> file`` does what ``: > file`` does.
            words = (Word(":", self._place(node.start, node.end)),)
        else:
            return
        directory = kept.directory
        location = self._place(node.start, node.end)
        joined_by = self._joined_by if self._found else ""
        command = SimpleCommand(words, tuple(assignments), redirects, directory, location, joined_by, stdin)
        self._joined_by = ";"
        called = self._functions.get(words[0].text)
        if called is not None and self._calls < _MAX_CALLS:
            self._call(called, command)
            return
        if self._conditions:
            self.conditional.add(len(self._found))
        self._found.append(command)
        directory_after(self._state, command.words)
        self._state.builtin([word.text for word in words])

    def _call(self, body: Node, command: SimpleCommand) -> None:
        self._calls += 1
        parameters, hidden = self._state.parameters, self._state.hidden
        self._state.parameters = Parameters(tuple(Value(word.text) for word in command.words[1:]))
        self._state.hidden = {}
        self._state.builtin(["local", *(f"{name}={value.text}" for name, value in command.assignments)])
        self._joined_by = command.joined_by
        self._node(body)
        self._state.parameters = parameters
        self._state.show(hidden)
        self._calls -= 1

    def _redirects(self, redirections: Sequence[Redirection]) -> tuple[tuple[Redirect, ...], str | None]:
        redirects: list[Redirect] = []
        stdin: str | None = None
        for each in redirections:
            if each.target is None:
                continue
            self._substitutions(each.target)
            text = single(self._text(each.target), self._state).text
            word = Word(text, self._place(each.target.start, each.target.end))
            redirects.append(Redirect(_operator(each), word))
            given = self._source.heredocs.get(each.at) if each.operator.startswith("<<") else None
            if given is not None:
                stdin = text + "\n" if given.operator == "<<<" else given.text
                if given.operator != "<<<" and not given.literal:
                    stdin = heredoc(given.text, self._state)
        return tuple(redirects), stdin


def _seen_from(directory: str, redirect: Redirect) -> Redirect:
    """``redirect``, which stands in ``directory``, as it is seen from another one."""
    target = redirect.target
    if target.text.startswith(("/", UNRESOLVED)):
        return redirect
    return redirect._replace(target=target._replace(text=f"{directory}/{target.text}"))


def _operator(redirection: Redirection) -> str:
    """``2>`` keeps its descriptor; ``1>`` and ``0<`` mean what ``>`` and ``<`` mean."""
    usual = "0" if redirection.operator.startswith("<") else "1"
    return (
        redirection.operator
        if redirection.descriptor == usual
        else redirection.descriptor + redirection.operator
    )


def _written(text: str, place: Location) -> str | None:
    """``text`` where ``place`` is just its size: the words of a quoted script have the place of the whole script."""
    if not isinstance(place, FileLocation) or place.line != place.end_line:
        return None
    return text if place.end_column - place.column == len(text) else None
