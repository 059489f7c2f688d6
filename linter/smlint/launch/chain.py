"""The launch chain as values: hops from PID 1 to the program, and what arrives at each of them.

A chain is a tree only where a shell script may go several ways; otherwise it is a line. :func:`smlint.launch.resolve`
makes it; nothing here reads files or knows a launcher.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import Final, NamedTuple

from smlint.container import UNRESOLVED, Fact, FileEntry, Known
from smlint.diagnostics import Location
from smlint.launch.matrix import EffectiveArgv
from smlint.workload import Workload


class Answer(NamedTuple):
    """Yes (True), no (False) or unknown (None), and why; ``reason`` is a clause without capital or full stop."""

    value: bool | None
    reason: str = ""


YES: Final = Answer(True)


class Kind(enum.StrEnum):
    """What a process of the chain is for."""

    INIT = "init"
    #: A shell with a ``-c`` string.
    SHELL_STRING = "shell string"
    #: A shell (or an executable file with a shell's shebang) that runs a script.
    SHELL_SCRIPT = "shell script"
    #: A program whose job is to start another one: ``conda run``, ``torchrun``, ``gosu`` …
    LAUNCHER = "launcher"
    PROGRAM = "program"


class Relation(enum.StrEnum):
    """How a process comes from the one above it."""

    PID1 = "PID 1"
    #: Takes the place of the process above, and with it its process id.
    REPLACES = "replaces"
    CHILD = "child"
    UNKNOWN = "unknown"


class Hop(NamedTuple):
    """One process of the chain.

    ``word``, ``sigterm`` and ``exit_code`` speak of the way as a whole, from the platform to this process (and back):
    the first hop at which one of them turns to *no* is where the thing is lost, and its reason says how.
    """

    #: What runs, in the process listing's words; parts may be UNRESOLVED.
    argv: tuple[str, ...]
    kind: Kind
    relation: Relation
    #: Why ``relation`` is what it is, where that is worth saying.
    relation_reason: str
    #: The words that start this process: in the Dockerfile, a script, the image's config or the request.
    location: Location
    #: The line of the script at which it is started, from 1; 0 where it is not started by a script.
    line: int
    #: Whether the platform's word (or ContainerArguments) is among the arguments; yes where there is none to get.
    word: Answer
    #: Whether SIGTERM, sent to PID 1, is delivered to this process.
    sigterm: Answer
    #: Whether the container ends with this process's exit code.
    exit_code: Answer
    #: The file that decides what this process does: a shell's or an interpreter's script, or the program itself.
    #: None where there is no such file: a ``-c`` string, a module.
    file: Fact[FileEntry] | None = None
    #: Which word of ``argv`` names :attr:`file`; 0 is the program itself.
    operand: int = 0
    #: Why what this process does or starts is not in view; "" where it is.
    unseen: str = ""
    #: The condition under which a script goes this way, as written; "" when it always does.
    condition: str = ""
    #: Where the word ``exec`` would make this process take its parent's place, in a script of the build context.
    exec_at: Location | None = None
    #: Whether a script starts it as a part of a pipeline, where ``exec`` changes nothing.
    piped: bool = False
    #: Why the process, told of SIGTERM by the one above, is killed before it can do anything about it: that one does
    #: not wait for it. "" where it does, or where it does not tell it.
    cut_off: str = ""
    #: What comes next; several are alternatives.
    then: tuple[Hop, ...] = ()

    @property
    def source(self) -> FileEntry | None:
        """:attr:`file`, where it is known."""
        entry: FileEntry | None = self.file.value if isinstance(self.file, Known) else None
        return entry

    @property
    def text(self) -> str:
        """The arguments in one line, unresolved parts as ``…``."""
        return " ".join(_shown(word) for word in self.argv).replace(UNRESOLVED, "…")


def _shown(word: str) -> str:
    if not word or any(character in word for character in " \t\n"):
        return "'" + word.replace("\n", "; ") + "'"
    return word


class Launch(NamedTuple):
    """What happens when SageMaker starts a container for one workload."""

    workload: Workload
    #: ``docker run IMAGE train`` and its like.
    command: str
    argv: Fact[EffectiveArgv]
    #: PID 1 and what follows; None when ``argv`` is not known.
    root: Hop | None

    def paths(self) -> Iterator[tuple[Hop, ...]]:
        """Every way through the chain, each from PID 1 to its program."""
        if self.root is not None:
            yield from _paths(self.root)

    @property
    def hops(self) -> tuple[Hop, ...]:
        """The hops that every way has in common; the whole chain unless a script may go several ways."""
        found: list[Hop] = []
        hop = self.root
        while hop is not None:
            found.append(hop)
            hop = hop.then[0] if len(hop.then) == 1 else None
        return tuple(found)

    @property
    def programs(self) -> tuple[Hop, ...]:
        """The last hop of every way."""
        return tuple(path[-1] for path in self.paths())

    @property
    def pid1(self) -> Hop | None:
        """The process that has id 1 once everything runs; None where that depends or is unknown."""
        settled = {_pid1(path) for path in self.paths()}
        return settled.pop() if len(settled) == 1 else None

    @property
    def word_arrives(self) -> Answer:
        """Whether the program gets the platform's word (or ContainerArguments)."""
        return self._agreed("word")

    @property
    def sigterm_arrives(self) -> Answer:
        """Whether SIGTERM is delivered to the program; what it does about it is its own business."""
        return self._agreed("sigterm")

    @property
    def exit_code_kept(self) -> Answer:
        """Whether the container ends with the program's exit code."""
        return self._agreed("exit_code")

    def _agreed(self, what: str) -> Answer:
        """What the ends of all ways say; a way that is not in view keeps them from agreeing."""
        answers = []
        for path in self.paths():
            answers.append(_at_end(path[-1], getattr(path[-1], what)))
            answers += [Answer(None, hop.unseen) for hop in path[:-1] if hop.unseen]
        return _agreed(answers)


def _paths(hop: Hop) -> Iterator[tuple[Hop, ...]]:
    if not hop.then:
        yield (hop,)
    for following in hop.then:
        for rest in _paths(following):
            yield (hop, *rest)


def _pid1(path: tuple[Hop, ...]) -> Hop | None:
    found = path[0]
    for hop in path[1:]:
        if hop.relation is Relation.UNKNOWN:
            return None
        if hop.relation is not Relation.REPLACES:
            break
        found = hop
    return found


def _at_end(last: Hop, answer: Answer) -> Answer:
    """What is true of the last process that can be seen; beyond it only a loss is certain."""
    if last.unseen and answer.value is not False:
        return Answer(None, last.unseen)
    return answer


def _agreed(answers: list[Answer]) -> Answer:
    if not answers:
        return Answer(None, "the chain is unknown")
    if all(answer.value == answers[0].value for answer in answers):
        return answers[0]
    return Answer(None, "it depends on the way the script takes")
