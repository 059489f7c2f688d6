"""What a run means: pure functions from the record to verdicts. The live rules put them into words.

Masks *explain* and the signal *proves*: a verdict about a lost signal needs a container that outlived it.
"""

from __future__ import annotations

import enum
import re
from typing import Final, NamedTuple

from smlint.launch.programs import refuses_words
from smlint.probe.record import Hearing, Phase, ProbeRecord, Process, Run, Snapshot
from smlint.probe.signals import Signal

#: Base names of programs whose job is to be PID 1 and to pass signals on.
INITS: Final = frozenset(
    {"docker-init", "tini", "tini-static", "dumb-init", "catatonit", "podman-init", "init"}
)
SHELLS: Final = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh", "busybox"})

#: The part of the budget after which a stop is slow: 100 of 120 s, 25 of 30 s.
SLOW_PART: Final = 5 / 6


class Verdict(enum.StrEnum):
    """How one run ended, as seen from the platform's contract."""

    #: The engine could not start the container.
    NOT_STARTED = "not started"
    #: It ended before the signal was sent.
    GONE = "gone before the signal"
    NEVER_READY = "never ready"
    #: It outlived the signal: the program has no handler, ignores the signal, or blocks it and never takes it.
    DROPPED = "signal dropped"
    #: It outlived the signal: a process below has a handler and was not told.
    NOT_FORWARDED = "signal not forwarded"
    #: It took the signal and was not over at the end of the grace period.
    KILLED = "killed after the grace period"
    #: It ended at once by the signal's default action, behind an init, with nothing saved.
    CUT_OFF = "cut off"
    SLOW = "slow"
    STOPPED = "stopped"


#: Verdicts that say nothing about the stop.
INCONCLUSIVE: Final = frozenset({Verdict.NOT_STARTED, Verdict.GONE, Verdict.NEVER_READY})


class Judgement(NamedTuple):
    """A verdict, the process it is about, and the process that was not told."""

    verdict: Verdict
    #: The program that SageMaker's signal is meant for: PID 1, or what the init started.
    program: Process | None = None
    #: A process below ``program`` that has a handler.
    unheard: Process | None = None


def is_init(process: Process) -> bool:
    """Whether the process is an init that passes signals on to its child."""
    return process.name in INITS


def program_of(snapshot: Snapshot) -> Process | None:
    """PID 1, or behind inits the first process that is none."""
    process = snapshot.pid1
    while process is not None and is_init(process):
        children = snapshot.children(process.pid)
        if not children:
            break
        process = children[0]
    return process


def unheard_of(snapshot: Snapshot, program: Process, signal: Signal) -> Process | None:
    """The first process below ``program`` that has a handler for ``signal``."""
    below = {program.pid}
    for process in snapshot.processes:
        if process.ppid in below:
            below.add(process.pid)
            if process.hearing(signal) in (Hearing.CATCHES, Hearing.AWAITS):
                return process
    return None


def must_drop(snapshot: Snapshot, signal: Signal, init: bool, hearing: Hearing | None = None) -> bool:
    """Whether the kernel has to drop ``signal``: PID 1 with the default action, or a program that ignores it.

    False where the masks or wait channels are hidden. ``init`` says that PID 1 is the engine's init, ``hearing`` what
    more than this snapshot says of the program.
    """
    program = program_of(snapshot)
    if program is None:
        return False
    hearing = hearing or program.hearing(signal)
    is_first = program == snapshot.pid1 and not init
    return hearing is Hearing.IGNORES or (hearing is Hearing.DEFAULT and is_first)


def hearing_of(run: Run, program: Process) -> Hearing:
    """What ``program`` does with the signal, by all looks at it since the container was ready.

    One look may fall into a moment in which the process is awake, and so in none of the kernel's waits.
    """
    looks = [
        process.hearing(run.signal)
        for snapshot in run.snapshots
        if snapshot.phase is not Phase.STARTING
        for process in snapshot.processes
        if process.pid == program.pid and _settings(process) == _settings(program)
    ]
    found = program.hearing(run.signal)
    if found in (Hearing.DEFAULT, Hearing.UNKNOWN):
        return next((known for known in (Hearing.AWAITS, Hearing.DEFAULT) if known in looks), found)
    return found


def _settings(process: Process) -> tuple[int, ...] | None:
    """The masks that the process itself sets; a waited-for signal leaves them when it is taken."""
    return process.masks[:3] if process.masks is not None else None


def judge(run: Run) -> Judgement:
    """The verdict on one run."""
    before = run.last_before_signal
    program = program_of(before) if before else None
    if run.start_error:
        return Judgement(Verdict.NOT_STARTED)
    if run.signal_at is None:
        gone = run.ended_at is not None and run.kill_at is None
        return Judgement(Verdict.GONE if gone else Verdict.NEVER_READY, program)
    if before is None or program is None:
        return Judgement(Verdict.KILLED if run.kill_at is not None else _in_time(run))
    unheard = unheard_of(before, program, run.signal)
    if run.kill_at is not None:
        return Judgement(_outlived(run, before, program, unheard), program, unheard)
    if _was_cut_off(run, before, program):
        return Judgement(Verdict.CUT_OFF, program, unheard)
    return Judgement(_in_time(run), program, unheard)


def _in_time(run: Run) -> Verdict:
    seconds = run.seconds_to_stop or 0.0
    return Verdict.SLOW if seconds > run.grace * SLOW_PART else Verdict.STOPPED


def _outlived(run: Run, before: Snapshot, program: Process, unheard: Process | None) -> Verdict:
    hearing = hearing_of(run, program)
    if must_drop(before, run.signal, run.init, hearing) or _never_took(run, program):
        return Verdict.NOT_FORWARDED if unheard else Verdict.DROPPED
    # A shell runs its trap only when its foreground child has ended; nobody has told the child.
    if unheard and hearing is Hearing.CATCHES and program.name in SHELLS:
        return Verdict.NOT_FORWARDED
    return Verdict.KILLED


def _never_took(run: Run, program: Process) -> bool:
    """Whether the signal was still pending when the container was last seen."""
    last = next((s for s in reversed(run.snapshots) if s.phase is Phase.STOPPING), None)
    found = next((p for p in last.processes if p.pid == program.pid), None) if last else None
    return found is not None and found.masks is not None and bool(found.masks.pending & run.signal.bit)


def _was_cut_off(run: Run, before: Snapshot, program: Process) -> bool:
    behind_init = run.init or program != before.pid1
    return (
        behind_init
        and run.exit_code == run.signal.exit_code
        and hearing_of(run, program) is Hearing.DEFAULT
        and not run.saved
    )


#: A reference to a positional parameter in a ``sh -c`` string.
_PARAMETER: Final = re.compile(r"\$(?:[@*0-9]|\{[@*0-9])")


def lost_words(record: ProbeRecord) -> Process | None:
    """The program that never saw the platform's words, when that is proven; None otherwise.

    Proven means: the engine was given ``sh -c STRING train``, the string uses no parameter, and no process but such
    shells was ever seen with the words at its end. A script that gets the words and starts something else with other
    arguments has seen them, and a server that would refuse the words has lost nothing.
    """
    if not record.passed or not shell_string(record.argv):
        return None
    words = " ".join(record.passed)
    seen = [process for run in record.runs for snapshot in run.snapshots for process in snapshot.processes]
    programs = [process for process in seen if not _carries_string(process)]
    if not programs or any(f"{process.args} ".endswith(f" {words} ") for process in programs):
        return None
    if any(refuses_words(process.args.split()) for process in programs):
        return None
    return programs[-1]


def shell_string(argv: tuple[str, ...]) -> str | None:
    """The string of a leading ``sh -c STRING`` that uses no parameters; None for anything else."""
    names = [word.rsplit("/", 1)[-1] for word in argv]
    start = next(
        (index for index, name in enumerate(names) if name not in INITS and name not in ("--", "-g")), 0
    )
    if names[start : start + 1] == ["busybox"]:
        start += 1
    if start >= len(argv) or names[start] not in SHELLS:
        return None
    for index in range(start + 1, len(argv) - 1):
        word = argv[index]
        if not word.startswith("-"):
            return None
        if not word.startswith("--") and "c" in word:
            text = argv[index + 1]
            return None if _PARAMETER.search(text) else text
    return None


#: The ``-c`` among a shell's arguments, alone or with other letters.
_STRING_OPTION: Final = re.compile(r"\s-[a-z]*c\s")


def _carries_string(process: Process) -> bool:
    """Whether it is a shell that was given the words behind its string, or an init in front of one."""
    return is_init(process) or (process.name in SHELLS and _STRING_OPTION.search(process.args) is not None)


def wrote_read_only(run: Run) -> str | None:
    """The log line that tells of a refused write to the model directory; None when there is none."""
    for line in (*run.log_tail, *run.log_after):
        if "/opt/ml/model" in line and ("Read-only file system" in line or "EROFS" in line):
            return line
    return None
