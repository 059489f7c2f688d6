"""What a trap does with SIGTERM: does its handler tell the background jobs, wait for them, end the script?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from smlint.container import UNRESOLVED
from smlint.shell.machine import Machine, jobs_named
from smlint.shell.outcome import YES, Answer
from smlint.shell.parse import Script, parse
from smlint.shell.syntax import (
    AndOr,
    Block,
    Function,
    Negated,
    Node,
    Opaque,
    Pipeline,
    Redirected,
    Simple,
    bodies,
)
from smlint.shell.values import UnsetError
from smlint.shell.words import fields

_MAX_NODES: Final = 500
#: What SIGTERM is called.
TERM: Final = frozenset(("TERM", "15"))
#: Commands that certainly tell nobody.
_HARMLESS: Final = frozenset(
    ("echo", "printf", "exit", "return", "true", ":", "sleep", "rm", "date", "logger", "cp", "mv", "aws", "touch", "cat",
     "trap", "set", "export", "local", "[", "[[", "test", "sync", "mkdir", "tee", "shift", "unset", "cd", "false")
)  # fmt: skip


class Forwarding(NamedTuple):
    """What the handler of SIGTERM does."""

    #: Jobs that get SIGTERM from it; None means every process of the group or every job.
    jobs: frozenset[int] | None = frozenset()
    #: Why it may tell more than ``jobs``; "" when it does not.
    unclear: str = ""
    #: The signal that is sent instead of SIGTERM; "" when it is SIGTERM.
    signal: str = ""
    #: Whether it waits for the jobs after telling them.
    waits: bool | None = False
    exits: bool = False
    #: What the shell does about being signalled by its own trap: "trap" (it starts again), "default", "" (it is not).
    itself: str = ""

    def reaches(self, job: int) -> Answer:
        """Whether the handler passes the signal on to a job."""
        if self.jobs is None or job in self.jobs:
            return Answer(None, f"the trap sends SIG{self.signal} instead") if self.signal else YES
        if self.unclear:
            return Answer(None, self.unclear)
        return Answer(False, "the trap does not pass the signal on to the program")


def killed(words: Sequence[str]) -> tuple[str, list[str]]:
    """The signal that ``kill`` with ``words`` sends, without ``SIG``, and to whom."""
    signal = "TERM"
    at = 0
    while at < len(words):
        word = words[at]
        if word in ("-s", "-n") and at + 1 < len(words):
            signal, at = words[at + 1], at + 1
        elif word == "--" or not re.fullmatch(r"-[A-Za-z0-9]+", word) or (at and word[1:].isdigit()):
            break
        else:
            signal = word[1:].removeprefix("s") if word[1:2] == "s" else word[1:]
        at += 1
    return signal.upper().removeprefix("SIG"), [word for word in words[at:] if word != "--"]


def forwarding(machine: Machine, texts: list[Script], trap: str, dialect: str) -> Forwarding:
    """What ``trap``, set for SIGTERM or for EXIT, does; ``machine`` is the shell at the end of the script.

    ``texts`` hold the functions' bodies; ``dialect`` is the shell, ``sh`` where it is not known which.
    """
    if not trap:
        return Forwarding()
    reader = _Handler(machine, texts, dialect)
    reader.read(trap)
    at_exit = machine.traps.get("EXIT")
    if reader.exits and at_exit and at_exit != trap:
        reader.read(at_exit)
    jobs = None if reader.everyone else frozenset(reader.jobs)
    waits: bool | None = reader.waits
    if not waits and reader.unclear:
        waits = None
    return Forwarding(jobs, reader.unclear, reader.signal, waits, reader.exits, reader.itself)


class _Handler:
    def __init__(self, machine: Machine, texts: list[Script], dialect: str) -> None:
        self._machine = machine
        self._texts = texts
        self._dialect = dialect
        self._seen: set[str] = set()
        self._nodes = 0
        self.jobs: set[int] = set()
        self.everyone = False
        self.unclear = ""
        self.signal = ""
        self.waits = False
        self.exits = False
        self.itself = ""
        self._on_signal = "trap"

    def read(self, trap: str) -> None:
        script = parse(trap)
        self.block(script.body, script)
        if not script.complete:
            self.unclear = "the trap could not be read"

    def block(self, block: Block, script: Script) -> None:
        for statement in block:
            self._node(statement.node, script)

    def _node(self, node: Node, script: Script) -> None:
        self._nodes += 1
        if self._nodes > _MAX_NODES or isinstance(node, Opaque):
            self.unclear = self.unclear or "the trap could not be read"
        elif isinstance(node, Simple):
            self._simple(node, script)
        elif isinstance(node, Pipeline):
            for part in node.parts:
                self._node(part, script)
        elif isinstance(node, Negated | Redirected):
            self._node(node.body, script)
        elif isinstance(node, AndOr):
            self._node(node.first, script)
            for _, right in node.rest:
                self._node(right, script)
        elif not isinstance(node, Function):
            for body in bodies(node):
                self.block(body, script)

    def _simple(self, node: Simple, script: Script) -> None:
        text = script.source.text
        try:
            values = [v for piece in node.words for v in fields(text[piece.start : piece.end], self._machine)]
        except UnsetError:
            self.unclear = self.unclear or "the trap names what is not set"
            return
        words = [value.text for value in values]
        written = " ".join(text[piece.start : piece.end] for piece in node.words)
        if not words:
            return
        name = words[0].rpartition("/")[2]
        function = self._machine.functions.get(words[0])
        if function is not None:
            if words[0] not in self._seen and function[1] < len(self._texts):
                self._seen.add(words[0])
                self._node(function[0], self._texts[function[1]])
        elif name == "kill":
            self._kill(words[1:], written)
        elif name in ("pkill", "killall"):
            self.unclear = self.unclear or f"the trap tells processes by name ({name})"
        elif name == "wait":
            self.waits = True
        elif name == "trap" and len(words) > 2:
            self._on_signal = {"-": "default", "": ""}.get(words[1], "trap")
        elif name in ("exit", "exec"):
            self.exits = True
        elif name not in _HARMLESS:
            self.unclear = self.unclear or f"the trap runs {words[0].replace(UNRESOLVED, '…')}"

    def _kill(self, words: list[str], written: str) -> None:
        signal, targets = killed(words)
        if signal == "0":
            return
        if signal not in TERM and not (self.jobs or self.everyone):
            self.signal = signal
        for target in targets:
            self._target(target, written)

    def _target(self, target: str, written: str) -> None:
        named = jobs_named(target)
        if target in ("0", "-1") or (target.startswith("-") and 0 in named):
            self.everyone = True
            self.itself = self._on_signal
        elif "jobs -p" in written or "jobs -rp" in written:
            # dash has no jobs in a command substitution.
            self._unless_dash("the jobs", everyone=True)
        elif named:
            self.jobs |= named
        elif re.fullmatch(r"%[0-9]{1,3}", target):
            self._unless_dash(target, job=int(target[1:]))
        elif UNRESOLVED in target:
            self.unclear = self.unclear or "whom the trap tells is unknown"

    def _unless_dash(self, what: str, *, everyone: bool = False, job: int = 0) -> None:
        """A way to name jobs that dash, in a script, does not know; ``sh`` may be dash."""
        if self._dialect == "sh":
            self.unclear = self.unclear or f"whether the trap can tell {what} depends on which shell runs it"
        elif self._dialect != "dash":
            self.everyone = self.everyone or everyone
            self.jobs |= {job} - {0}
