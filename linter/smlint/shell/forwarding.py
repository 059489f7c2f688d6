"""What a trap does with SIGTERM: does its handler tell the background jobs, wait for them, end the script?"""

from __future__ import annotations

import re
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
from smlint.shell.words import fields

_MAX_NODES: Final = 500
_TERM: Final = frozenset(("TERM", "15"))
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

    def reaches(self, job: int) -> Answer:
        """Whether the handler passes the signal on to a job."""
        if self.jobs is None or job in self.jobs:
            return Answer(None, f"the trap sends SIG{self.signal} instead") if self.signal else YES
        if self.unclear:
            return Answer(None, self.unclear)
        return Answer(False, "the trap does not pass the signal on to the program")


def forwarding(machine: Machine, texts: list[Script]) -> Forwarding:
    """What the trap for SIGTERM that stands at the end of a script does; ``texts`` hold the functions' bodies."""
    handler = machine.traps.get("TERM")
    if not handler:
        return Forwarding()
    script = parse(handler)
    reader = _Handler(machine, texts)
    reader.block(script.body, script)
    if not script.complete:
        reader.unclear = "the trap could not be read"
    jobs = None if reader.everyone else frozenset(reader.jobs)
    waits: bool | None = reader.waits
    if not waits and reader.unclear:
        waits = None
    return Forwarding(jobs, reader.unclear, reader.signal, waits, reader.exits)


class _Handler:
    def __init__(self, machine: Machine, texts: list[Script]) -> None:
        self._machine = machine
        self._texts = texts
        self._seen: set[str] = set()
        self._nodes = 0
        self.jobs: set[int] = set()
        self.everyone = False
        self.unclear = ""
        self.signal = ""
        self.waits = False
        self.exits = False

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
        values = [v for piece in node.words for v in fields(text[piece.start : piece.end], self._machine)]
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
        elif name in ("exit", "exec"):
            self.exits = True
        elif name not in _HARMLESS:
            self.unclear = self.unclear or f"the trap runs {words[0].replace(UNRESOLVED, '…')}"

    def _kill(self, words: list[str], written: str) -> None:
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
        targets = [word for word in words[at:] if word != "--"]
        signal = signal.upper().removeprefix("SIG")
        if signal == "0":
            return
        if signal not in _TERM and not (self.jobs or self.everyone):
            self.signal = signal
        for target in targets:
            self._target(target, written)

    def _target(self, target: str, written: str) -> None:
        named = jobs_named(target)
        if (
            target in ("0", "-1")
            or (target.startswith("-") and 0 in named)
            or "jobs -p" in written
            or "jobs -rp" in written
        ):
            self.everyone = True
        elif named:
            self.jobs |= named
        elif re.fullmatch(r"%[0-9]{1,3}", target):
            self.jobs.add(int(target[1:]))
        elif UNRESOLVED in target:
            self.unclear = self.unclear or "whom the trap tells is unknown"
