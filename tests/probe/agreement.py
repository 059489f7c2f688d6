"""What is predicted of a container, what was observed of it, in the same words: the questions that can be compared.

An answer of None is *unknown*: it neither agrees nor disagrees.
"""

from __future__ import annotations

import copy
from typing import Final, NamedTuple

from smlint.container import Container, Known, Overrides, Witness, Word
from smlint.diagnostics import Severity
from smlint.engine import Plan, judge
from smlint.launch import Hop, Launch, resolve
from smlint.launch.executables import can_start
from smlint.launch.programs import is_python
from smlint.launch.python_program import handles
from smlint.probe.judge import Verdict, hearing_of
from smlint.probe.judge import judge as judge_run
from smlint.probe.plan import ProbePlan
from smlint.probe.record import Hearing, ProbeRecord, Process, Run, Snapshot
from smlint.probe.signals import SIGINT
from smlint.registry import installed

#: Rules whose finding says that the program is not there when the platform starts the image.
CANNOT_START: Final = frozenset({"SM108", "SM109", "SM110", "SM204", "SM501"})
#: Exit codes by which a shell, and the engine, say that there is no such program.
NO_PROGRAM: Final = (126, 127)


class Answers(NamedTuple):
    """One witness's answers about one container; the fields' names are the table's headings."""

    #: Whether the platform's command starts the program.
    starts: bool | None = None
    #: The base name of the process with id 1.
    pid1: str | None = None
    #: Whether the program gets the platform's word.
    word: bool | None = None
    #: Whether SIGTERM, sent to PID 1, is delivered to the program.
    sigterm: bool | None = None
    #: Whether the program has a handler for it.
    handler: bool | None = None


def disagreements(said: Answers, seen: Answers) -> list[str]:
    """In what a prediction and an observation differ, in words."""
    return [
        f"{question}: predicted {getattr(said, question)}, seen {getattr(seen, question)}"
        for question in Answers._fields
        if agrees(said, seen, question) is False
    ]


def agrees(said: Answers, seen: Answers, question: str) -> bool | None:
    """Whether both give the same answer; None where one of them does not answer."""
    expected, found = getattr(said, question), getattr(seen, question)
    return None if expected is None or found is None else bool(expected == found)


def predicted(container: Container, plan: ProbePlan) -> Answers:
    """What smlint says of ``container`` when it is started as ``plan`` says, without starting it."""
    launched = copy.copy(container)
    launched.overrides = Overrides(
        _words(plan.entrypoint, container) or None, _words(plan.arguments, container) or None
    )
    launch = resolve(launched, plan.workload, launched.overrides, by_name=True)
    starts = _can_start(launched, plan, launch)
    if starts is False:
        return Answers(starts=False)
    handlers = {_has_handler(container, hop) for hop in launch.programs}
    return Answers(
        starts=starts,
        pid1=_base_name(launch.pid1.argv[0]) if launch.pid1 is not None else None,
        word=launch.word_arrives.value,
        sigterm=launch.sigterm_arrives.value,
        handler=handlers.pop() if len(handlers) == 1 else None,
    )


def _can_start(container: Container, plan: ProbePlan, launch: Launch) -> bool | None:
    """What the rules say, and where they are silent, whether every program is there and can be executed."""
    found = judge(container, Plan(installed(), CANNOT_START), (plan.workload,))
    if any(diagnostic.severity >= Severity.WARNING for diagnostic in found):
        return False
    starts = [can_start(container, hop.argv[0]) for hop in launch.programs]
    if any(start.trouble is not None for start in starts):
        return False
    if container.witness is Witness.IMAGE:
        # A large program is not read, but it is seen to be there.
        decided = all(start.entry is not None for start in starts)
    else:
        decided = all(start.certain for start in starts)
    return True if starts and decided else None


def _words(texts: tuple[str, ...], container: Container) -> tuple[Word, ...]:
    return tuple(Word(text, container.anchor) for text in texts)


def _has_handler(container: Container, program: Hop) -> bool | None:
    if not is_python(program.argv[0]) or not isinstance(program.file, Known):
        return None
    return handles(container, program.file.value, frozenset({"SIGTERM"})).value


def observed(record: ProbeRecord, launch: Launch) -> Answers:
    """What the runs without an init showed; ``launch`` says which process is meant by *the program*."""
    run = next((run for run in record.runs if not run.init and run.signal != SIGINT), record.runs[0])
    before = run.last_before_signal
    if before is None or not before.processes:
        return Answers(starts=_started(run))
    program = _program(before, launch)
    return Answers(
        starts=_started(run),
        pid1=before.processes[0].name if run.signal_at is not None else None,
        word=_has_word(program, record),
        sigterm=_delivered(run, program),
        handler=_hears(run, program),
    )


def _started(run: Run) -> bool | None:
    if judge_run(run).verdict is Verdict.NOT_STARTED or run.exit_code in NO_PROGRAM:
        return False
    return not (run.control is not None and run.control.survived)


def _program(snapshot: Snapshot, launch: Launch) -> Process | None:
    texts = {" ".join(hop.argv) for hop in launch.programs}
    return next((process for process in snapshot.processes if process.args in texts), None)


def _has_word(program: Process | None, record: ProbeRecord) -> bool | None:
    if program is None or not record.passed:
        return None
    return f"{program.args} ".endswith(f" {' '.join(record.passed)} ")


def _delivered(run: Run, program: Process | None) -> bool | None:
    """A signal that is sent to a process reaches it; one that it should be handed shows by the end of the run."""
    if run.signal_at is None or program is None:
        return None
    found = judge_run(run)
    if program == found.program:
        return True
    if found.verdict is Verdict.CUT_OFF:
        # Killed along with its parent: whether it had been told before is not to be seen.
        return None
    return found.verdict in (Verdict.STOPPED, Verdict.SLOW)


def _hears(run: Run, program: Process | None) -> bool | None:
    if run.signal_at is None or program is None:
        return None
    hearing = hearing_of(run, program)
    if hearing is Hearing.BLOCKS:
        # Somebody took it, or nobody did.
        return judge_run(run).verdict in (Verdict.STOPPED, Verdict.SLOW)
    return None if hearing is Hearing.UNKNOWN else hearing in (Hearing.CATCHES, Hearing.AWAITS)


def _base_name(path: str) -> str:
    return path.rpartition("/")[2]
