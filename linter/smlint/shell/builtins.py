"""Builtins that change where a script goes or what it knows: ``exec``, ``exit``, ``trap``, ``shift``, ``wait`` …"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

from smlint.container import UNRESOLVED, Word
from smlint.shell.arithmetic import assigned
from smlint.shell.forwarding import TERM, killed
from smlint.shell.machine import (
    FAILED,
    FAILURE,
    SUCCESS,
    UNDECIDED,
    Machine,
    Status,
    jobs_named,
    origins_named,
)
from smlint.shell.outcome import How
from smlint.shell.state import directory_after
from smlint.shell.syntax import Piece, Simple
from smlint.shell.words import MAX_FIELDS, SOME, UNKNOWN, Parameters, Value

if TYPE_CHECKING:
    from smlint.shell.execute import Executor

Words: TypeAlias = list[tuple[Value, Piece]]
Builtin: TypeAlias = "Callable[[Executor, Simple, Words, Machine], list[Machine]]"

_ASSIGNMENT: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\+?)=(.*)", re.DOTALL)
_PLAIN_WORD: Final = re.compile(r"[\w@%+=:,./-]+")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DESCRIPTOR: Final = re.compile(r"\{[A-Za-z_]\w*\}")
_LETTERS: Final = re.compile(r"[+-][a-zA-Z]+")


def _exec(executor: Executor, node: Simple, words: Words, machine: Machine) -> list[Machine]:
    at = 1
    while at < len(words) and re.fullmatch(r"-[cla]+|--", words[at][0].text):
        at += 2 if words[at][0].text.endswith("a") else 1
    # ``exec {fd}>file`` gives the new descriptor's number to a variable.
    while at < len(words) and node.redirects and _DESCRIPTOR.fullmatch(words[at][0].text):
        words = [*words[:at], *words[at + 1 :]]
    if at >= len(words):
        # Nothing but redirections, which hold for the rest of the script.
        machine.status = SUCCESS
        return [machine]
    how = How.EXEC if machine.subshells == 0 else machine.how
    machine = executor.start(node, words[at:], machine, how)
    machine.stopped = "exec"
    return [machine]


def _exit(executor: Executor, node: Simple, words: Words, machine: Machine) -> list[Machine]:
    if len(words) > 1:
        machine.status = _given_status(words[1][0].text)
    elif machine.ended is not None:
        machine.status = machine.ended
    machine.stopped = "exit"
    return [machine]


def _return(executor: Executor, node: Simple, words: Words, machine: Machine) -> list[Machine]:
    if len(words) > 1:
        machine.status = _given_status(words[1][0].text)
    machine.stopped = "return" if machine.calls else "exit"
    return [machine]


def _given_status(text: str) -> Status:
    origins = origins_named(text)
    if origins is not None:
        return Status(None, origins)
    if text == FAILED:
        return FAILURE
    if text.isascii() and text.isdigit():
        return SUCCESS if int(text[:9]) % 256 == 0 else FAILURE
    return UNDECIDED


def _break(executor: Executor, node: Simple, words: Words, machine: Machine) -> list[Machine]:
    machine.stopped = words[0][0].text
    machine.status = SUCCESS
    return [machine]


def _set(executor: Executor, node: Simple, words: Words, machine: Machine) -> list[Machine]:
    machine.status = SUCCESS
    at = 1
    while at < len(words):
        text = words[at][0].text
        if text == "--":
            machine.parameters = _positional(words[at + 1 :])
            return [machine]
        if not _LETTERS.fullmatch(text):
            if text not in ("-", "+"):
                machine.parameters = _positional(words[at:])
            return [machine]
        names = list(text[1:].replace("o", ""))
        if "o" in text and at + 1 < len(words):
            at += 1
            names.append(
                {"errexit": "e", "xtrace": "x", "nounset": "u"}.get(words[at][0].text, words[at][0].text)
            )
        options = frozenset(names)
        machine.options = machine.options | options if text[0] == "-" else machine.options - options
        at += 1
    return [machine]


def _positional(words: Words) -> Parameters:
    if len(words) > MAX_FIELDS:
        return Parameters((), rest=1)
    return Parameters(tuple(value for value, _ in words))


def _shift(executor: Executor, node: Simple, words: Words, machine: Machine) -> list[Machine]:
    count = words[1][0].text if len(words) > 1 else "1"
    machine.status = SUCCESS
    values, rest = machine.parameters
    if not count.isascii() or not count.isdigit() or len(count) > 6:
        machine.parameters = Parameters((), rest=1)
        return [machine]
    number = int(count)
    if number <= len(values):
        machine.parameters = Parameters(values[number:], rest)
    elif rest is None:
        machine.status = FAILURE
        if executor.dialect == "dash":
            # An error of a special builtin ends dash, tested or not.
            machine.stopped = "exit"
    else:
        machine.parameters = Parameters((), rest + number - len(values))
    return [machine]


def _trap(executor: Executor, node: Simple, words: Words, machine: Machine) -> list[Machine]:
    machine.status = SUCCESS
    texts = [value.text for value, _ in words[1:] if value.text != "--"]
    if len(texts) < 2 or texts[0] in ("-l", "-p"):
        return [machine]
    for name in texts[1:]:
        if executor.dialect == "dash" and name.startswith("SIG"):
            # dash knows signals without the SIG alone: "bad trap".
            machine.status = FAILURE
            return [machine]
        signal = _SIGNALS.get(name, name.upper().removeprefix("SIG"))
        if texts[0] == "-":
            machine.traps.pop(signal, None)
        else:
            machine.traps[signal] = texts[0]
            machine.was_trapped = machine.was_trapped or bool(texts[0])
    return [machine]


_SIGNALS: Final = {"15": "TERM", "2": "INT", "1": "HUP", "3": "QUIT", "0": "EXIT", "10": "USR1", "12": "USR2"}


def _wait(executor: Executor, node: Simple, words: Words, machine: Machine) -> list[Machine]:
    operands = [value.text for value, _ in words[1:] if value.text != "-f"]
    if not operands:
        executor.wait(None, machine)
        machine.status = SUCCESS
    elif operands[0] == "-n" and executor.dialect == "dash":
        machine.status = FAILURE
    elif operands[0] == "-n":
        executor.wait(None, machine)
        machine.status = _any_of(machine.outcomes)
    else:
        named = jobs_named(operands[-1]) or _by_percent(operands[-1], machine)
        unclear = UNRESOLVED in operands[-1] or not named
        # Bash that is called sh has forgotten a job once it was waited for; dash and bash itself have not.
        again = any(wait.jobs is not None and named <= wait.jobs for wait in machine.waits)
        executor.wait(None if unclear else named, machine)
        known = [machine.outcomes[job - 1] for job in named if 0 < job <= len(machine.jobs)]
        machine.status = UNDECIDED if again and named else _any_of(known)
        if machine.status == UNDECIDED:
            machine.doubted = machine.doubted.union(
                *(machine.jobs[job - 1] for job in named if 0 < job <= len(machine.jobs))
            )
    return [machine]


def _any_of(outcomes: Sequence[Status]) -> Status:
    """The status of one of several jobs, whichever it is."""
    if len(outcomes) == 1:
        return outcomes[0]
    if any(outcome.value is not None or outcome.is_negated for outcome in outcomes):
        return UNDECIDED
    return Status(None, frozenset().union(*(outcome.origins for outcome in outcomes)))


def _kill(executor: Executor, node: Simple, words: Words, machine: Machine) -> list[Machine]:
    texts = [value.text for value, _ in words[1:]]
    signal, targets = killed(texts)
    named: frozenset[int] = frozenset().union(*(jobs_named(target) for target in targets)) - {0}
    if signal in TERM:
        machine.told |= named
    if signal == "0" and named and executor.questions:
        executor.wait(named, machine)
    machine.status = SUCCESS if signal != "0" else UNDECIDED
    return [machine]


def _by_percent(text: str, machine: Machine) -> frozenset[int]:
    if re.fullmatch(r"%[0-9]{1,3}", text):
        return frozenset((int(text[1:]),))
    return frozenset((len(machine.jobs),)) if text in ("%%", "%+") else frozenset()


def _cd(executor: Executor, node: Simple, words: Words, machine: Machine) -> list[Machine]:
    here = _Directory(machine)
    place = executor.place(node.start, node.end)
    directory_after(here, [Word(value.text, place) for value, _ in words])
    machine.status = (
        SUCCESS if here.directory == machine.directory else Status(True, otherwise=machine.directory)
    )
    machine.directory, machine.directories, machine.previous = here.directory, here.directories, here.previous
    machine.variables["OLDPWD"] = Value(here.previous)
    return [machine]


class _Directory:
    """What ``directory_after`` needs of a shell."""

    def __init__(self, machine: Machine) -> None:
        self.directory = machine.directory
        self.directories = machine.directories
        self.previous = machine.previous
        self.variable = machine.variable


def _declare(executor: Executor, node: Simple, words: Words, machine: Machine) -> list[Machine]:
    machine.status = SUCCESS
    options = "".join(value.text for value, _ in words[1:] if value.text[:1] in ("-", "+"))
    own = words[0][0].text == "local" or (words[0][0].text in ("declare", "typeset") and "g" not in options)
    own = own and machine.hidden is not None
    for value, _ in words[1:]:
        match = _ASSIGNMENT.fullmatch(value.text)
        name = value.text if match is None else match.group(1)
        if own and _NAME.fullmatch(name):
            machine.hide(name)
            if match is None:
                _bare_local(executor, name, machine)
        if match is None:
            continue
        _, added, text = match.groups()
        before = machine.variable(name) if added else None
        if set(options) & set("iluc"):
            # What is assigned is calculated, or written in other letters.
            plain = "i" in options and text.isdigit()
            machine.variables[name] = Value(text if plain else UNRESOLVED, value.used)
        elif "n" in options:
            machine.variables[name] = Value(UNRESOLVED, value.used)
        elif text.startswith("(") and text.endswith(")"):
            machine.variables[name] = Value(UNRESOLVED, value.used)
            if not added:
                machine.arrays[name] = None
        else:
            machine.variables[name] = Value((before.text if before else "") + text, value.used)
    if "A" not in options:
        # Arrays, whose elements are words of their own.
        for assignment in node.assignments:
            executor.assign(assignment, machine)
    return [machine]


def _bare_local(executor: Executor, name: str, machine: Machine) -> None:
    """``local name``: unset, but in dash what it was outside."""
    before = machine.variable(name)
    if executor.dialect == "dash" or before is None:
        return
    if executor.dialect in ("bash", "busybox"):
        machine.variables[name] = None
        machine.arrays[name] = ()
    else:
        machine.variables[name] = Value(UNRESOLVED, before.used)
        machine.arrays[name] = None


def _unset(executor: Executor, node: Simple, words: Words, machine: Machine) -> list[Machine]:
    machine.status = SUCCESS
    for value, _ in words[1:]:
        element = value.text.partition("[")
        if element[1]:
            machine.arrays[element[0]] = None
            continue
        machine.variables[value.text] = None
        machine.arrays.pop(value.text, None)
        machine.functions.pop(value.text, None)
    return [machine]


def _read(executor: Executor, node: Simple, words: Words, machine: Machine) -> list[Machine]:
    for value, _ in words[1:]:
        if re.fullmatch(r"[A-Za-z_]\w*", value.text):
            machine.variables[value.text] = Value(UNRESOLVED)
            machine.arrays[value.text] = None
    machine.status = UNDECIDED
    return [machine]


def _let(executor: Executor, node: Simple, words: Words, machine: Machine) -> list[Machine]:
    for name in assigned(" ".join(value.text for value, _ in words[1:])):
        machine.assign(name, UNKNOWN)
    machine.status = UNDECIDED
    return [machine]


def _getopts(executor: Executor, node: Simple, words: Words, machine: Machine) -> list[Machine]:
    index = machine.variables.get("OPTIND")
    number = int(index.text) if index is not None and index.text.isdigit() and len(index.text) < 5 else 0
    first = machine.parameters.get(number or 1) if index is None or number else Value(UNRESOLVED)
    if len(words) == 3 and (first is None or (UNRESOLVED not in first.text and first.text[:1] != "-")):
        # No option, or no more of them.
        machine.variables[words[2][0].text] = Value(UNRESOLVED)
        machine.variables["OPTIND"] = Value(str(number or 1))
        machine.status = FAILURE
        return [machine]
    used = frozenset((SOME,)) if machine.parameters.all_from(1) else frozenset[int]()
    for name in [words[2][0].text] if len(words) > 2 else []:
        machine.variables[name] = Value(UNRESOLVED)
    machine.variables["OPTARG"] = Value(UNRESOLVED, used)
    machine.variables["OPTIND"] = Value(UNRESOLVED)
    machine.status = UNDECIDED
    return [machine]


def _printf(executor: Executor, node: Simple, words: Words, machine: Machine) -> list[Machine]:
    if len(words) > 2 and words[1][0].text == "-v":
        used: frozenset[int] = frozenset().union(*(value.used for value, _ in words))
        machine.variables[words[2][0].text] = Value(UNRESOLVED, used)
    machine.status = SUCCESS
    return [machine]


def _eval(executor: Executor, node: Simple, words: Words, machine: Machine) -> list[Machine]:
    operands = words[1:]
    if not operands:
        machine.status = SUCCESS
        return [machine]
    if all(_PLAIN_WORD.fullmatch(value.text) for value, _ in operands) and "=" not in operands[0][0].text:
        machine.calls += 1
        ends = executor.command(node, operands, machine)
        for end in ends:
            end.calls -= 1
        return ends
    text = " ".join(value.text for value, _ in operands)
    if UNRESOLVED in text or "\0" in text:
        # The first word may be anything, a builtin included, but most likely it is the program.
        return [executor.start(node, operands, machine, machine.how)]
    used: frozenset[int] = frozenset().union(*(value.used for value, _ in operands))
    return executor.evaluate(text, executor.place(node.start, node.end), machine, used)


def _source(executor: Executor, node: Simple, words: Words, machine: Machine) -> list[Machine]:
    if len(words) < 2:
        return [machine]
    return executor.source(words[1][0].text, [value for value, _ in words[2:]], machine)


#: Builtins whose words may be assignments.
DECLARATIONS: Final = frozenset(("export", "declare", "typeset", "local", "readonly"))
BUILTINS: Final[dict[str, Builtin]] = {
    "exec": _exec,
    "exit": _exit,
    "return": _return,
    "break": _break,
    "continue": _break,
    "set": _set,
    "shift": _shift,
    "trap": _trap,
    "wait": _wait,
    "kill": _kill,
    "cd": _cd,
    "pushd": _cd,
    "popd": _cd,
    "export": _declare,
    "declare": _declare,
    "typeset": _declare,
    "local": _declare,
    "readonly": _declare,
    "unset": _unset,
    "read": _read,
    "mapfile": _read,
    "readarray": _read,
    "let": _let,
    "getopts": _getopts,
    "printf": _printf,
    "eval": _eval,
    "source": _source,
    ".": _source,
}
