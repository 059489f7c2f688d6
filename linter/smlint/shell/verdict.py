"""From the ends of a script to answers: which program it is for, whether the signal and the exit code get through."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from smlint.container import UNRESOLVED
from smlint.shell.forwarding import Forwarding
from smlint.shell.machine import Event, Machine, Status, Wait
from smlint.shell.outcome import YES, Answer, Argument, Condition, Flow, How, Path
from smlint.shell.tail import is_hindered
from smlint.shell.words import ALL, SOME

_MAX_PATHS: Final = 32
#: Beyond it, paths that differ in the program's arguments alone become one.
_MANY_PATHS: Final = 6
_REASONS: Final = {
    How.BACKGROUND: "it is started in the background",
    How.PIPED: "it is a part of a pipeline",
    How.SUBSHELL: "it runs in a subshell",
}


#: Shells whose implicit ``exec`` was measured; ``sh`` is one of them.
_EXAMINED: Final = frozenset(("dash", "bash", "busybox", "sh"))


class Shell(NamedTuple):
    """What has to be known of the shell: which one it is, and the numbers of the words it was given (None: unknown)."""

    dialect: str
    arguments: frozenset[int] | None


def flow(
    machines: Sequence[Machine], shell: Shell, unseen: str, handler: Callable[[Machine, str], Forwarding]
) -> Flow:
    """What the ends of all ways amount to."""
    chosen = [(machine, _program(machine, anything=False)) for machine in machines]
    if all(at is None for _, at in chosen):
        chosen = [(machine, _program(machine, anything=True)) for machine in machines]
    if any(at is not None and not _gives_up(machine, at) for machine, at in chosen):
        chosen = [(m, None if at is not None and _gives_up(m, at) else at) for m, at in chosen]
    ways: dict[object, list[tuple[Machine, int]]] = {}
    for machine, at in chosen:
        if at is not None:
            event = machine.events[at]
            ways.setdefault((event.started, event.in_loop), []).append((machine, at))
    _drop_accidents(ways)
    paths = [_path(group, shell, handler) for group in ways.values()]
    may_end = any(
        at is None and machine.status.value is not False and False not in machine.assumed.values()
        for machine, at in chosen
    )
    if len(paths) > _MANY_PATHS:
        paths = _summed_up(paths)
    if len(paths) > _MAX_PATHS:
        unseen = unseen or "there are too many ways through it"
    return Flow(tuple(paths[:_MAX_PATHS]), unseen, may_end)


def _summed_up(paths: Sequence[Path]) -> list[Path]:
    found: dict[object, Path] = {}
    for path in paths:
        answers = (path.replaces.value, path.forwards_signal.value, path.passes_arguments.value)
        key = (path.command.location, path.command.how, path.keeps_exit_code.value, path.trap, *answers)
        found[key] = _one_of(found[key], path) if key in found else path
    return list(found.values())


def _one_of(one: Path, other: Path) -> Path:
    """One path for two: the words that both begin with, and something unknown behind them."""
    words: list[Argument] = []
    for left, right in zip(one.command.words, other.command.words, strict=False):
        if left != right:
            break
        words.append(left)
    if len(words) < max(len(one.command.words), len(other.command.words)):
        rest = one.command.words[len(words) :] + other.command.words[len(words) :]
        used: frozenset[int] = frozenset().union(*(word.used for word in rest))
        words.append(Argument(UNRESOLVED, rest[0].location, used))
    return one._replace(
        command=one.command._replace(words=tuple(words)),
        conditions=_common([one.conditions, other.conditions]),
        is_idle=one.is_idle and other.is_idle,
    )


def _drop_accidents(ways: dict[object, list[tuple[Machine, int]]]) -> None:
    """A command that only ends a way because it failed there is no program when other ways go on behind it."""
    passed = {
        event.started for group in ways.values() for machine, at in group for event in machine.events[:at]
    }
    for key, group in list(ways.items()):
        started = group[0][0].events[group[0][1]].started
        if started in passed and all(machine.assumed.get(at) is False for machine, at in group):
            del ways[key]


def _gives_up(machine: Machine, at: int) -> bool:
    """Whether the way ends early though the program did not fail: with ``exit 1``, or for ``set -e``."""
    if machine.stopped != "exit" or machine.assumed.get(at) is False:
        return False
    origins = machine.status.origins
    if not origins:
        return machine.status.value is False
    return at not in origins and all(machine.assumed.get(origin) is False for origin in origins)


def _program(machine: Machine, *, anything: bool) -> int | None:
    """The index of the event that the script is for; with ``anything``, housekeeping counts as well."""
    events = machine.events
    if not events:
        return None
    last = len(events) - 1
    if machine.stopped == "exec" and events[last].started.how is How.EXEC:
        return last
    substantial = [
        at for at, event in enumerate(events) if not (event.is_trivial or event.is_idle or event.is_asked)
    ]
    failed = next((at for at in substantial if machine.assumed.get(at) is False), None)
    if failed is not None:
        # What follows a failure only handles it.
        return failed
    waited = [at for at in substantial if events[at].job is not None and _is_waited_for(machine, at)]
    foreground = [at for at in substantial if events[at].job is None]
    if waited and (not foreground or foreground[-1] < waited[-1]):
        return waited[-1]
    for candidates in (foreground, substantial):
        if candidates:
            return candidates[-1]
    for wanted in (
        [at for at, event in enumerate(events) if event.is_idle and not event.is_trivial],
        [at for at, event in enumerate(events) if not event.is_trivial],
        range(len(events)) if anything else [],
    ):
        if wanted:
            return wanted[-1]
    return None


def _is_waited_for(machine: Machine, at: int) -> bool:
    return bool(_waits_for(machine, at))


def _path(
    ways: Sequence[tuple[Machine, int]], shell: Shell, handler: Callable[[Machine, str], Forwarding]
) -> Path:
    machine, at = next(((m, a) for m, a in ways if m.assumed.get(a) is not False), ways[0])
    event = machine.events[at]
    replaces = _agree([_replaces(m.events[a], shell) for m, a in ways])
    trap = _trap_in_force(machine, at)
    told = handler(machine, trap or "")
    background = tuple(
        e.started for i, e in enumerate(machine.events) if e.job is not None and i != at and not e.is_trivial
    )
    forwards = _forwards(event, replaces, trap, told, machine, at)
    if trap is None and forwards.value is False and event.job is not None and machine.traps.get("EXIT"):
        # bash runs the trap for EXIT also when SIGTERM ends it; dash and BusyBox do not.
        told = handler(machine, machine.traps["EXIT"])._replace(exits=True)
        forwards = _at_exit(event.job, forwards, told, shell)
    return Path(
        command=event.started,
        replaces=replaces,
        forwards_signal=forwards,
        awaits_program=_awaits(replaces, told, ways),
        passes_arguments=_agree([_passes(m.events[a], shell) for m, a in ways]),
        keeps_exit_code=_keeps(ways, replaces),
        earlier=tuple(e.started for e in machine.events[:at] if not e.is_trivial and e.job is None),
        background=background,
        trap=trap,
        conditions=_common([m.conditions for m, _ in ways]),
        is_idle=event.is_idle,
        is_repeated=event.in_loop and machine.stopped == "loop",
    )


def _agree(answers: Sequence[Answer]) -> Answer:
    if all(answer.value == answers[0].value for answer in answers):
        return answers[0]
    return Answer(None, "it depends on the way the script takes")


def _common(many: Sequence[tuple[Condition, ...]]) -> tuple[Condition, ...]:
    first = many[0]
    return tuple(condition for condition in first if all(condition in other for other in many[1:]))


def _replaces(event: Event, shell: Shell) -> Answer:
    how = event.started.how
    if how is How.EXEC:
        return YES
    if how in _REASONS and not (how is How.SUBSHELL and event.is_tail):
        return Answer(False, _REASONS[how])
    if shell.dialect not in _EXAMINED:
        return Answer(None, f"{shell.dialect} was not examined")
    if not event.is_tail or is_hindered(shell.dialect, event.traps, was_trapped=event.was_trapped):
        why = "a trap is set" if event.is_tail else "it is started without exec"
        return Answer(False, why)
    if shell.dialect == "sh":
        return Answer(None, "it depends on which shell runs it")
    return Answer(True, f"{shell.dialect} runs the last command of a -c string in its own process")


def _passes(event: Event, shell: Shell) -> Answer:
    words = event.started.words
    used: frozenset[int] = frozenset().union(*(word.used for word in words))
    if shell.arguments is not None:
        if not shell.arguments or used >= shell.arguments:
            return YES
        if used & shell.arguments and SOME not in used:
            return Answer(False, "not all of the arguments are passed on")
    elif ALL in used:
        return YES
    elif used - {SOME}:
        return Answer(None, "some of the arguments are passed on")
    if SOME in used or ALL in used:
        return Answer(None, "what is passed on comes from a command")
    return Answer(False, "the script does not pass its arguments on")


def _forwards(
    event: Event, replaces: Answer, trap: str | None, told: Forwarding, machine: Machine, at: int
) -> Answer:
    if replaces.value is not False:
        return YES if replaces.value else Answer(None, replaces.reason)
    if trap is None:
        return Answer(False, "the shell has no trap for SIGTERM, so it passes nothing on")
    if not trap:
        return Answer(False, "the script ignores SIGTERM, and so does every program that it starts")
    if event.job is None:
        return Answer(False, "the shell runs its trap only after the program in the foreground has ended")
    if not _is_waited_for(machine, at) and machine.stopped != "loop":
        foreground = [e for e in machine.events[at + 1 :] if e.job is None]
        if not foreground:
            return Answer(False, "the shell does not wait for the program")
        if foreground[-1].is_idle:
            return Answer(False, "the shell runs its trap only after the program in the foreground has ended")
        last = foreground[-1].started.texts[0].replace(UNRESOLVED, "…")
        return Answer(
            None, f"the shell runs its trap only after {last} has ended, and waits for nothing else"
        )
    reached = told.reaches(event.job)
    if reached.value is False and not told.exits and _tells_later(machine, at):
        return YES
    return reached


def _tells_later(machine: Machine, at: int) -> bool:
    """Whether the script itself tells the job, once the trap has ended its wait for it."""
    waits, job = _waits_for(machine, at), machine.events[at].job
    return bool(waits) and job in machine.told and job not in waits[0].told


def _trap_in_force(machine: Machine, at: int) -> str | None:
    """The trap for SIGTERM that holds while the shell waits for a job for the first time."""
    waits = _waits_for(machine, at)
    return waits[0].trap if waits else machine.traps.get("TERM")


def _waits_for(machine: Machine, at: int) -> list[Wait]:
    job = machine.events[at].job
    return [
        wait
        for wait in machine.waits
        if job is not None and wait.after > at and (wait.jobs is None or job in wait.jobs)
    ]


def _at_exit(job: int, forwards: Answer, told: Forwarding, shell: Shell) -> Answer:
    if shell.dialect == "bash":
        return told.reaches(job)
    if shell.dialect in ("dash", "busybox") or told.reaches(job).value is False:
        return forwards
    return Answer(None, "whether SIGTERM runs the trap for EXIT depends on which shell runs it")


def _awaits(replaces: Answer, told: Forwarding, ways: Sequence[tuple[Machine, int]]) -> Answer:
    if replaces.value is not False:
        return replaces._replace(reason="" if replaces.value else replaces.reason)
    machine, at = ways[0]
    if machine.events[at].job is None:
        return YES
    if told.itself == "trap" and not told.exits:
        return Answer(
            False, "the trap signals the shell itself and so starts again, until the shell dies of it"
        )
    if told.itself and (told.waits or len(_waits_for(machine, at)) > 1):
        return Answer(None, "the trap signals the shell as well, which only process 1 outlives")
    if told.waits:
        return YES
    if told.waits is None:
        return Answer(None, "what the trap does is unknown")
    if told.exits:
        return Answer(False, "the trap ends the script at once")
    # To be interrupted by a signal is a failure of wait: the ways on which all goes well are not taken then.
    interrupted = [way for way in ways if way[0].assumed.get(way[1]) is not True] or ways
    return _agree([_waits_again(machine, at) for machine, at in interrupted])


def _waits_again(machine: Machine, at: int) -> Answer:
    waits = _waits_for(machine, at)
    if len(waits) > 1 or any(wait.is_repeated for wait in waits) or machine.stopped == "loop":
        return YES
    return Answer(False, "wait returns when the signal comes, and nothing waits a second time")


def _keeps(ways: Sequence[tuple[Machine, int]], replaces: Answer) -> Answer:
    if replaces.value:
        return YES
    last = [(machine, _last_try(machine, at)) for machine, at in ways]
    answers = [_keeps_on(machine, at) for machine, at in last if machine.assumed.get(at) is not True]
    if not answers:
        return Answer(None, "what happens when the program fails is not in view")
    for wanted in (False, None):
        for answer in answers:
            if answer.value is wanted:
                return answer
    return YES


def _last_try(machine: Machine, at: int) -> int:
    """The last time that a program which failed in a loop is started there again."""
    place = machine.events[at].started.location
    tries = [
        again for again in range(at, len(machine.events)) if machine.events[again].started.location == place
    ]
    return tries[-1] if machine.assumed.get(at) is False else at


def _keeps_on(machine: Machine, at: int) -> Answer:
    if machine.stopped == "loop":
        return Answer(None, "the program runs in a loop")
    status: Status = machine.status
    if at in status.origins and status.is_negated:
        return Answer(False, "! turns a failure into success")
    if at in status.origins or status.value is False:
        return YES
    if status.origins and all(machine.assumed.get(origin) is False for origin in status.origins):
        # It ends because something else fails.
        return YES
    if at in machine.doubted:
        return Answer(None, "it depends on which exit code the program returns")
    if status.value is True:
        return Answer(False, "the script ends with success whatever the program returns")
    if status.origins:
        other = machine.events[max(status.origins)].started.texts[0]
        return Answer(False, f"the script ends with the exit code of {other}")
    return Answer(None, "the exit code of the script is unknown")
