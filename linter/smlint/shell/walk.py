"""Walks shell syntax in the order of execution and collects simple commands, with variables and ``cd`` followed.

Every branch is visited; where two ways meet again, only what both agree on is still known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from smlint.container import UNRESOLVED, Redirect, SimpleCommand, Word
from smlint.diagnostics import Location
from smlint.shell.arithmetic import assigned
from smlint.shell.failures import ends_well, failing, is_question, leaves, may_fail
from smlint.shell.parse import parse
from smlint.shell.reported import as_written, operator_of, redirected
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
    Statement,
)
from smlint.shell.words import Parameters, Value, fields, heredoc, single
from smlint.shell.wrappers import is_at_exit

#: Commands that are reported at most, calls and loops counted as often as they run.
_MAX_COMMANDS: Final = 20_000
_MAX_STEPS: Final = 100_000
_MAX_LEVELS: Final = 90
_MAX_CALLS: Final = 8
_MAX_ROUNDS: Final = 64
_LEFT_EARLY: Final = re.compile(r"\b(?:break|continue)\b")
_RETURNS: Final = re.compile(r"\breturn\b")


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
        errexit: bool = False,
    ) -> None:
        """``arguments`` are the positional parameters, none by default; ``errexit``: the shell is given ``-e``."""
        script = parse(source)
        self._source: Source = script.source
        self._body = script.body
        self._locate = locate
        self._state = State(lookup, directory, Parameters(tuple(Value(text) for text in arguments or ())))
        self._state.errexit = errexit
        self._found: list[SimpleCommand] = []
        self._joined_by = ""
        self._functions: dict[str, Node] = {}
        self._calls = 0
        self._steps = 0
        self._levels = 0
        #: Numbers, in what :meth:`commands` gives, of the commands that may not be run although nothing fails.
        self.conditional: set[int] = set()
        #: Numbers of those that may fail and the text goes on, or is said to have succeeded.
        self.tolerated: set[int] = set()
        self._conditions = 0
        # Whether the text fails where the statement at hand does.
        self._decides = True
        # Conditions and the like around the statement at hand, in which nothing ends by "set -e".
        self._asked = 0
        # Processes around the statement at hand, in which "exit" does not end the text.
        self._inner = 0
        # Whether the text fails where "set -e" ends the process at hand.
        self._heard = True
        self._left = self._perhaps_left = False
        self._at_exit: list[SimpleCommand] = []

    def commands(self) -> tuple[SimpleCommand, ...]:
        """The commands, in the order in which they run."""
        self._block(self._body)
        for command in self._at_exit:
            self.conditional.add(len(self._found))
            self._found.append(command)
        return tuple(self._found)

    def _block(self, block: Block) -> None:
        decides = self._decides
        for index, statement in enumerate(block):
            self._decides = decides and index == len(block) - 1
            if index:
                self._joined_by = statement.joined_by
            if statement.background:
                self._decides = False
                self._aside(partial(self._node, statement.node), is_heard=False)
            else:
                self._node(statement.node)
        self._decides = decides

    def _aside(self, visit: Callable[[], None], *, is_heard: bool = True) -> None:
        """Visit what runs in a process of its own: its assignments, ``cd`` and ``exit`` end with it."""
        state, left, perhaps_left, heard = self._state, self._left, self._perhaps_left, self._heard
        self._state = state.copy()
        self._heard = is_heard and self._is_noticed()
        self._inner += 1
        visit()
        self._inner -= 1
        self._state, self._left, self._perhaps_left, self._heard = state, left, perhaps_left, heard

    def _is_noticed(self) -> bool:
        """Whether the text fails where the command at hand does."""
        return self._decides or (self._heard and self._state.errexit and not self._asked)

    def _asking(self, block: Block) -> None:
        """Visit a condition."""
        decides, self._decides = self._decides, False
        self._asked += 1
        self._block(block)
        self._asked -= 1
        self._decides = decides

    def _node(self, node: Node) -> None:
        if self._left:
            return
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
                self._pipeline(node)
            case Negated():
                self._asking((Statement(node.body, background=False),))
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

    def _pipeline(self, node: Pipeline) -> None:
        decides = self._decides
        for index, part in enumerate(node.parts):
            is_last = index == len(node.parts) - 1
            self._joined_by = "|" if index else self._joined_by
            self._decides = decides and is_last
            self._aside(partial(self._node, part), is_heard=is_last)
        self._decides = decides

    def _group(self, node: Group) -> None:
        if node.subshell:
            self._aside(partial(self._block, node.body))
        else:
            self._block(node.body)

    def _redirected(self, node: Redirected) -> None:
        first = len(self._found)
        redirects, _ = self._redirects(node.redirects)
        directory = self._state.directory
        self._node(node.body)
        self._found[first:] = redirected(self._found[first:], redirects, directory)

    def _and_or(self, node: AndOr) -> None:
        decides, asked, text = self._decides, self._asked, self._source.text
        fails = failing(node, text, decides=decides, ends_by_exit=decides or not self._inner)
        start = self._state.directory
        self._decides, self._asked = fails[0], asked + 1
        self._node(node.first)
        left = node.first
        unsure = False
        for number, (operator, right) in enumerate(node.rest, start=1):
            before = self._state.copy()
            if operator == "||" and before.directory != start:
                # Perhaps it was "cd" that failed; behind the list, that it did not.
                self._state.directory = UNRESOLVED
            self._joined_by = operator
            self._decides, self._asked = fails[number], asked + (number < len(node.rest))
            # Behind "||", either way was taken; behind what decides, a failure would have been one of the text.
            unsure = operator == "&&" and (unsure or may_fail(left, text))
            condition = operator == "||" or (unsure and not fails[number - 1])
            self._conditions += condition
            self._node(right)
            self._conditions -= condition
            if operator == "||" and leaves(right, text):
                self._state = before
            elif operator == "||" or is_question(left, text):
                if self._state.directory == UNRESOLVED:
                    self._state.directory = before.directory
                self._state.join(before)
            left = right
        self._decides, self._asked = decides, asked

    def _if(self, node: If) -> None:
        bodies: list[Block] = []
        for condition, body in node.branches:
            self._asking(condition)
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
            if not (body and leaves(body[-1].node, self._source.text)):
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
        self._asking(node.condition)
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
        joined_by, self._joined_by = self._joined_by, "$("
        self._aside(partial(self._asking, block))
        self._joined_by = joined_by

    def _simple(self, node: Simple) -> None:
        for assignment in node.assignments:
            for block in assignment.substitutions:
                self._substitution(block)
        for piece in node.words:
            self._substitutions(piece)
        words = tuple(
            Word(value.text, place, as_written(self._text(piece), place))
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
        texts = [word.text for word in words]
        self._report(command, texts)
        directory_after(self._state, command.words)
        self._state.builtin(texts)

    def _report(self, command: SimpleCommand, words: Sequence[str]) -> None:
        if words[0] == "trap" and is_at_exit(words):
            self._at_exit.append(command)
            return
        if self._conditions or self._perhaps_left:
            self.conditional.add(len(self._found))
        if not self._is_noticed():
            self.tolerated.add(len(self._found))
            # In a process of its own, "set -e" ends only that.
            self._perhaps_left |= self._state.errexit and not self._asked
        self._found.append(command)
        if words[0] in ("exec", "exit") and ends_well(words, command.joined_by):
            self._left = not self._conditions
            self._perhaps_left = True

    def _call(self, body: Node, command: SimpleCommand) -> None:
        self._calls += 1
        parameters, hidden = self._state.parameters, self._state.hidden
        self._state.parameters = Parameters(tuple(Value(word.text) for word in command.words[1:]))
        self._state.hidden = {}
        self._state.builtin(["local", *(f"{name}={value.text}" for name, value in command.assignments)])
        self._joined_by = command.joined_by
        # What stands behind "return" in its body may not be reached.
        returns = _RETURNS.search(self._source.text, body.start, body.end) is not None
        self._conditions += returns
        self._node(body)
        self._conditions -= returns
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
            written, place = self._text(each.target), self._place(each.target.start, each.target.end)
            text = single(written, self._state).text
            word = Word(text, place, as_written(written, place))
            redirects.append(Redirect(operator_of(each), word))
            given = self._source.heredocs.get(each.at) if each.operator.startswith("<<") else None
            if given is not None:
                stdin = text + "\n" if given.operator == "<<<" else given.text
                if given.operator != "<<<" and not given.literal:
                    stdin = heredoc(given.text, self._state)
        return tuple(redirects), stdin
