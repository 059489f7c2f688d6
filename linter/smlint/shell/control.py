"""Compound commands: pipelines, lists, groups, ``if`` and ``case``. Loops are in :mod:`.loops`.

Where a condition is not decided, both ways are taken, and each remembers what it assumes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from smlint.container import UNRESOLVED
from smlint.shell import arithmetic, asked, tests
from smlint.shell.machine import FAILURE, SUCCESS, UNDECIDED, Machine, Status, visible
from smlint.shell.outcome import Condition, How
from smlint.shell.syntax import AndOr, Block, Case, Group, If, Negated, Node, Piece, Pipeline, Simple
from smlint.shell.transform import matches
from smlint.shell.words import UNKNOWN, Value, fields, pattern, single

if TYPE_CHECKING:
    from smlint.shell.execute import Executor

_MAX_CONDITION: Final = 80
_ASSIGNMENT: Final = re.compile(r"[A-Za-z_]\w*\+?=")


def pipeline(executor: Executor, node: Pipeline, machine: Machine) -> list[Machine]:
    here = [machine]
    outer, machine.piped = machine.piped, SUCCESS
    for part in node.parts:
        following: list[Machine] = []
        for each in here:
            for end in executor.node(part, each.enter_subshell(How.PIPED)):
                after = each.leave_subshell(end)
                after.piped = _of_both(each.piped, end.status)
                following.append(after)
        here = executor.bounded(following)
    for each in here:
        if "pipefail" in each.options:
            each.status = each.piped
        each.piped = outer
    return executor.checked_all(here)


def _of_both(one: Status, other: Status) -> Status:
    """With pipefail, the status of ``one | other``."""
    if one.value is True or other.value is False:
        return other
    if other.value is True or one.value is False:
        return one
    is_theirs = one.origins and other.origins and not one.is_negated and not other.is_negated
    return Status(None, one.origins | other.origins) if is_theirs else UNDECIDED


def negated(executor: Executor, node: Negated, machine: Machine) -> list[Machine]:
    machine.tested += 1
    ends = executor.node(node.body, machine)
    for end in ends:
        end.tested -= 1
        if end.stopped:
            # ``exit`` ends the script with the code that it says.
            continue
        value, _, is_negated, _ = end.status
        end.status = end.status._replace(
            value=None if value is None else not value, is_negated=not is_negated
        )
    return ends


def and_or(executor: Executor, node: AndOr, machine: Machine) -> list[Machine]:
    operands = [("", node.first), *node.rest]
    running, done = [machine], list[Machine]()
    operators = [operator for operator, _ in operands]
    for index, (operator, operand) in enumerate(operands):
        last = index == len(operands) - 1
        # Behind a failure in ``a && b && c`` nothing is left to decide.
        settles = all(each == operator for each in operators[index:])
        following: list[Machine] = []
        for each in running:
            if not operator:
                following += _operand(executor, operand, each, last)
                continue
            for truth, way in _decide(executor, each, operands[index - 1][1]):
                if truth is (operator == "&&"):
                    following += _operand(executor, operand, way, last)
                else:
                    (done if settles else following).append(way)
        running = [each for each in following if not each.stopped]
        done += [each for each in following if each.stopped]
        running = executor.bounded(running)
    return running + done


def _operand(executor: Executor, node: Node, machine: Machine, last: bool) -> list[Machine]:
    machine.tested += not last
    ends = executor.node(node, machine)
    for end in ends:
        end.tested -= not last
    return ends


def _decide(
    executor: Executor, machine: Machine, node: Node, is_question: bool = False
) -> list[tuple[bool, Machine]]:
    """Go on both ways where the status of ``node`` is not known."""
    if machine.stopped:
        return [(True, machine)]
    status = machine.status
    if status.value is not None and status.otherwise is None:
        return [(status.value, machine)]
    ways: list[tuple[bool, Machine]] = []
    for truth in (True, False):
        way = machine.copy()
        way.status = SUCCESS if truth else FAILURE
        if status.origins:
            worked = truth is not status.is_negated
            way.assume(status.origins, worked)
            if not truth and not worked:
                way.status = Status(False, status.origins)
        is_granted = status.otherwise is not None and truth is not status.is_negated
        if status.otherwise is not None and not is_granted:
            way.directory = status.otherwise
        if (is_question or not status.origins) and not is_granted:
            _assume(executor, way, node, truth)
        ways.append((truth, way))
    return ways


def _assume(executor: Executor, machine: Machine, node: Node, truth: bool) -> None:
    if isinstance(node, AndOr):
        node = node.rest[-1][1]
    if isinstance(node, Negated):
        node, truth = node.body, not truth
    text = " ".join(executor.text(Piece(node.start, node.end)).split())
    if len(text) > _MAX_CONDITION:
        text = text[: _MAX_CONDITION - 1] + "…"
    machine.conditions = (*machine.conditions, Condition(text, truth, executor.place(node.start, node.end)))


def declared(word: str, machine: Machine, *, brace: bool) -> list[Value]:
    """What a word of ``export`` or its like becomes: an assignment is not split, as it is not on its own."""
    return [single(word, machine)] if _ASSIGNMENT.match(word) else fields(word, machine, brace=brace)


def condition(executor: Executor, node: Simple, machine: Machine) -> Status:
    words = [executor.text(piece) for piece in node.words[1:-1]]
    if len(words) in (3, 4) and words[-2] in asked.OPERATORS:
        found = asked.of_exit_code([single(word, machine).text for word in words], machine)
        if found is not None:
            return found
    texts: list[str] = []

    def expand(word: str) -> str:
        texts.append(single(word, machine).text)
        return visible(texts[-1])

    value = tests.condition(words, expand, lambda word: visible(pattern(word, machine).text))
    if value is None:
        machine.doubt(texts)
    return Status(value)


def calculation(text: str, machine: Machine) -> Status:
    """The status of ``((…))``, and of what is not understood."""
    if not (text.startswith("((") and text.endswith("))")) or "$(" in text or "`" in text:
        return UNDECIDED
    changed = arithmetic.assigned(text)
    for name in changed:
        machine.variables[name] = UNKNOWN
    if changed:
        return UNDECIDED

    def value(name: str) -> str | None:
        found = machine.variable(name)
        return "0" if found is None else visible(found.text)

    expanded = single(text[2:-2], machine).text
    words = [found.text if (found := machine.variables.get(word)) else word for word in expanded.split()]
    status = asked.of_exit_code(words if len(words) > 1 else [*words, "!=", "0"], machine)
    if status is not None:
        return status
    number = arithmetic.evaluate(visible(expanded), value)
    if number is None:
        machine.doubt(words)
    return UNDECIDED if number is None else SUCCESS if number else FAILURE


def at_exit(executor: Executor, machine: Machine) -> Machine:
    """The exit code after the trap for EXIT, which may say another one; what it starts is not of interest."""
    trap = machine.traps.get("EXIT")
    if not trap or machine.stopped not in ("", "exit"):
        return machine
    probe, unseen = machine.copy(), executor.unseen
    probe.stopped, probe.ended = "", machine.status
    del probe.traps["EXIT"]
    ends = executor.evaluate(trap, executor.place(0, 0), probe)
    executor.unseen = unseen
    statuses = {end.status if end.stopped == "exit" else machine.status for end in ends}
    status = statuses.pop() if len(statuses) == 1 else UNDECIDED
    if UNRESOLVED in trap or any(origin >= len(machine.events) for origin in status.origins):
        status = UNDECIDED
    machine.status = status
    return machine


def group(executor: Executor, node: Group, machine: Machine) -> list[Machine]:
    if not node.subshell:
        return executor.block(node.body, machine)
    ends = []
    for end in executor.block(node.body, machine.enter_subshell(How.SUBSHELL)):
        after = machine.leave_subshell(at_exit(executor, end))
        after.levels = machine.levels
        ends.append(after)
    return executor.checked_all(ends)


def conditional(executor: Executor, node: If, machine: Machine) -> list[Machine]:
    pending, done = [machine], list[Machine]()
    for condition, body in node.branches:
        asked: list[Machine] = []
        for each in pending:
            asked += tested(executor, condition, each)
        pending = []
        for each in asked:
            if each.stopped:
                done.append(each)
                continue
            for truth, way in (
                _decide(executor, each, condition[-1].node, True) if condition else [(True, each)]
            ):
                if truth:
                    done += executor.block(body, way)
                else:
                    pending.append(way)
        pending = executor.bounded(pending)
    for each in pending:
        if node.otherwise is not None:
            done += executor.block(node.otherwise, each)
            continue
        each.status = SUCCESS
        done.append(each)
    return done


def tested(executor: Executor, block: Block, machine: Machine) -> list[Machine]:
    machine.tested += 1
    machine.asked += 1
    ends = executor.block(block, machine)
    for end in ends:
        end.tested -= 1
        end.asked -= 1
    return ends


def case(executor: Executor, node: Case, machine: Machine) -> list[Machine]:
    given = single(executor.text(node.word), machine).text
    word = visible(given)
    pending, done, falling = [machine], list[Machine](), list[Machine]()
    for item in node.items:
        entering, rest = falling, []
        falling = []
        for each in pending:
            results = [matches(word, visible(pattern(executor.text(p), each).text)) for p in item.patterns]
            holds = True if True in results else None if None in results else False
            if holds is None:
                each.doubt((given,))
            if holds is not True:
                way = each.copy()
                if holds is None:
                    _assume_case(executor, way, node, item.patterns, False)
                rest.append(way)
            if holds is not False:
                if holds is None:
                    _assume_case(executor, each, node, item.patterns, True)
                entering.append(each)
        for each in entering:
            if not item.body:
                each.status = SUCCESS
            ends = executor.block(item.body, each)
            running = [end for end in ends if not end.stopped]
            done += [end for end in ends if end.stopped]
            if item.end == ";&":
                falling += running
            elif item.end == ";;&":
                rest += running
            else:
                done += running
        pending = executor.bounded(rest)
    for each in pending:
        each.status = SUCCESS
    return [*done, *falling, *pending]


def _assume_case(
    executor: Executor, machine: Machine, node: Case, patterns: Sequence[Piece], holds: bool
) -> None:
    text = f"{executor.text(node.word)} in {'|'.join(executor.text(p) for p in patterns)}"
    if not patterns or (not holds and len(machine.conditions) > 0 and machine.conditions[-1].text == text):
        return
    place = executor.place(patterns[0].start, patterns[-1].end)
    machine.conditions = (*machine.conditions, Condition(text, holds, place))
