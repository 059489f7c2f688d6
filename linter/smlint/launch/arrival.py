"""What reaches a process on its way along the chain, before it is known which process it is."""

from __future__ import annotations

from typing import NamedTuple

from smlint.container import Fact
from smlint.diagnostics import Location
from smlint.launch.chain import Answer, Relation


class Argument(NamedTuple):
    """One word on its way along the chain."""

    text: str
    #: Whether the platform supplied it (``train``, ``serve``, ContainerArguments).
    passed: bool = False


class Arrival(NamedTuple):
    """A process about to be recognised: its words, and what reached it."""

    argv: tuple[Argument, ...]
    location: Location
    relation: Relation
    reason: str
    sigterm: Answer
    exit_code: Answer
    #: Why the platform's word is not among the arguments, where it is not.
    word_lost: str = ""
    #: Whether the platform's word has been used on the way, as the name of a script: it has arrived.
    word_used: bool = False
    #: Whether it is unknown that the word is missing.
    word_unknown: bool = False
    condition: str = ""
    #: The line of the script that starts it; 0 where no script does.
    line: int = 0
    #: Where ``exec`` would make the process take its parent's place.
    exec_at: Location | None = None
    #: Whether a script starts it as a part of a pipeline.
    piped: bool = False
    #: The init that tells every process below of SIGTERM, not its child alone; "" where there is none.
    group: str = ""
    #: The directory it runs in, where that is not the container's own.
    directory: Fact[str] | None = None
    #: Whether it leads a process group; None where that is not known.
    leads: bool | None = True
    #: Why the process, told of SIGTERM, is killed before it can do anything about it; "" where it is not.
    cut_off: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """The words as plain strings."""
        return tuple(argument.text for argument in self.argv)

    def reading(self, operand: int) -> Arrival:
        """The same, once the word at ``operand`` has been taken for a script's name."""
        taken = self.argv[operand].passed and not any(
            argument.passed for argument in self.argv[operand + 1 :]
        )
        return self._replace(word_used=True) if taken else self


def further(so_far: Answer, passes: bool | None, reason: str) -> Answer:
    """What is true one process further on: a loss stays a loss, and doubt stays doubt."""
    if so_far.value is False or passes is True:
        return so_far
    if passes is False:
        return Answer(False, reason)
    return so_far if so_far.value is None else Answer(None, reason)
