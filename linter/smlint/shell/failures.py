"""What the failure of a command in shell text means for the rest of the text: which may fail, and which end it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from smlint.container import UNRESOLVED
from smlint.shell.syntax import AndOr, Group, Negated, Node, Opaque, Simple

#: Programs whose failure is an answer and no accident.
_QUESTIONS: Final = frozenset(
    ("[", "[[", "test", "grep", "egrep", "which", "command", "type", "id", "diff", "cmp", "false", "!")
)
#: Commands that do not fail, or only where nothing behind them could be done either.
_SUCCEEDS: Final = re.compile(
    r"(?::|cd|echo|export|mkdir\s+-p\w*|printf|rm\s+-\w*f\w*|set|true|umask|unset)(?![^\s;&|)])"
)
_LEAVES: Final = frozenset(("exit", "return", "exec", "break", "continue", "false"))


def is_question(node: Node, text: str) -> bool:
    """Whether ``node``, a part of ``text``, asks something."""
    if isinstance(node, Simple) and node.words:
        return _word(node, 0, text) in _QUESTIONS
    return isinstance(node, Negated | Opaque)


def may_fail(node: Node, text: str) -> bool:
    """Whether it is worth a thought that ``node`` fails."""
    if not isinstance(node, Simple):
        return True
    if not node.words:
        return any(assignment.substitutions for assignment in node.assignments)
    if any(
        each.target is not None and not text.startswith("/dev/", each.target.start) for each in node.redirects
    ):
        return True
    return _SUCCEEDS.match(text, node.words[0].start) is None


def leaves(node: Node, text: str) -> bool:
    """Whether what stands behind ``node`` is not gone on to."""
    node = _last(node)
    return isinstance(node, Simple) and bool(node.words) and _word(node, 0, text) in _LEAVES


def failing(node: AndOr, text: str, *, decides: bool, ends_by_exit: bool) -> list[bool]:
    """Of each part of ``node``, whether ``text`` fails where it does.

    ``decides``: where the whole list fails, ``text`` does. ``ends_by_exit``: where the list is left by ``exit``, also.
    """
    fails = [decides]
    for operator, right in reversed(node.rest):
        fails.append(fails[-1] if operator == "&&" else ends_by_exit and _gives_up(right, text))
    return fails[::-1]


def _gives_up(node: Node, text: str) -> bool:
    """Whether ``node``, behind ``||``, leaves with a failure: by ``exit 1``, or ``exit`` alone."""
    last = _last(node)
    if isinstance(node, Group) and node.subshell:
        return False
    if not isinstance(last, Simple) or not last.words or _word(last, 0, text) != "exit":
        return False
    return last is node if len(last.words) == 1 else not _may_be_zero(_word(last, 1, text))


def ends_well(words: Sequence[str], joined_by: str) -> bool:
    """Whether a command ends the shell, and not with a failure, which ends the build."""
    if words[0] == "exit":
        return _may_be_zero(words[1]) if len(words) > 1 else joined_by != "||"
    return words[0] == "exec" and len(words) > 1


def _may_be_zero(status: str) -> bool:
    """Whether ``exit status`` may say that all went well."""
    return UNRESOLVED in status or "$" in status or status.strip("0") == ""


def _last(node: Node) -> Node:
    while isinstance(node, Group) and node.body:
        node = node.body[-1].node
    return node


def _word(node: Simple, number: int, text: str) -> str:
    return text[node.words[number].start : node.words[number].end]
