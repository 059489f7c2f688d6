"""What a shell starts: the string or script of a shell in the chain, read by :mod:`smlint.shell`, as the next processes.

Here the shell's answers are tied to the container: which shell it is, which files it sources, where its lines stand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from smlint.container import UNRESOLVED, Container, Fact, FileEntry, Known, Unknown, is_resolved
from smlint.diagnostics import FileLocation, Location
from smlint.launch.arrival import Argument, Arrival, further
from smlint.launch.chain import Answer, Relation
from smlint.launch.executables import file_at, working_directory
from smlint.launch.launchers import table
from smlint.launch.programs import is_python, known_programs
from smlint.launch.shells import ShellCall, shell_name

if TYPE_CHECKING:
    from smlint.shell.flow import Flow, Path, Sourced, Started

#: What may stand between a command and the end of its branch, or of the script, when nothing is done there.
_NOTHING_MORE: Final = re.compile(r"(?:\s|#[^\n]*|;;?|\besac\b|\bfi\b|\})*")
_BRANCH_END: Final = re.compile(r";;|\belse\b|\belif\b")
_LAST_CLOSER: Final = re.compile(r"(?:\n|;)\s*(?:esac|fi)\b")
_TRAPS_TERM: Final = re.compile(r"\btrap\b[^\n]*\b(?:SIG)?(?:TERM|15)\b")
_TRAPS_EXIT: Final = re.compile(r"\btrap\b[^\n]*\s(?:EXIT|0)\b")
_JOB_CONTROL: Final = re.compile(r"\bset\b[^\n;]*(?:-[a-zA-Z]*m|\bmonitor\b)")
#: What may stand before a command on its line.
_BEFORE: Final = re.compile(r"(?:.*(?:&&|;|\bthen|\belse|\)|\{))?\s*(?:\w+=\S*\s+)*")


def shell_starts(
    container: Container, arrival: Arrival, call: ShellCall, script: FileEntry | None, shell: str | None
) -> tuple[list[Arrival], str]:
    """The processes a shell may become or start, one per way through its text, and what is not in view.

    ``shell`` is which one it is (``dash``, ``bash`` …), None for a ``sh`` of which that is not known.
    """
    from smlint.shell.flow import analyse

    text = _text(arrival, call, script)
    if text is None:
        return [], "the script cannot be read" if script else "the command string is not resolved"
    directory = arrival.directory or working_directory(container)
    unread: list[str] = []
    flow = analyse(
        text,
        dialect=shell or "sh",
        arguments=[argument.text for argument in arrival.argv[call.rest :]],
        lookup=_lookup(container),
        read_source=_sources(container, unread),
        is_command_string=call.is_string,
        options=call.options,
        directory=directory.value if isinstance(directory, Known) else UNRESOLVED,
        name=script.context_path if script else "",
    )
    passed = frozenset(
        number for number, argument in enumerate(arrival.argv[call.rest :], 1) if argument.passed
    )
    words = [argument.text for argument in arrival.argv[call.rest :] if argument.passed]
    lost = f'"{" ".join(words)}" is not passed on' if words else arrival.word_lost
    starts = [
        (_start(arrival._replace(word_lost=lost), path, passed, script, text, call), path)
        for path in flow.paths
    ]
    return [_doubted(start, path, unread) for start, path in starts], _unseen(flow)


def _doubted(start: Arrival, path: Path, unread: list[str]) -> Arrival:
    """What a sourced file that is not in view may change: it may hold functions and set traps."""
    if unread and path.command.how == "background" and path.trap is None:
        # Only a program in the background leaves the shell free to run a trap.
        reason = f"{unread[0]}, which is not in view, may set a trap"
        start = start._replace(sigterm=_unsure(start.sigterm, reason))
    # A name that is no known program may be a function.
    name = start.argv[0].text if start.argv else ""
    if not unread or start.relation is Relation.REPLACES or "/" in name or is_known(name):
        return start
    reason = f"{name} may be a function of {unread[0]}, which is not in view"
    return start._replace(
        relation=Relation.UNKNOWN,
        reason=reason,
        sigterm=_unsure(start.sigterm, reason),
        exit_code=_unsure(start.exit_code, reason),
        word_unknown=True,
        exec_at=None,
    )


def _unsure(answer: Answer, reason: str) -> Answer:
    return answer if answer.value is None else Answer(None, reason)


def _text(arrival: Arrival, call: ShellCall, script: FileEntry | None) -> str | None:
    if script is not None:
        content = script.content
        if content is None or b"\0" in content[:8192]:
            return None
        return content.decode("utf-8", "surrogateescape")
    text = arrival.texts[call.operand or 0]
    return text if is_resolved(text) else None


def is_known(name: str) -> bool:
    """Whether a name means a program that smlint knows, so that it is hardly a function's."""
    return is_python(name) or shell_name(name) is not None or name in known_programs() or name in table()


def _unseen(flow: Flow) -> str:
    if flow.unseen or flow.paths:
        return flow.unseen
    return "it starts no program"


def _lookup(container: Container) -> Callable[[str], str | None]:
    def value(name: str) -> str | None:
        fact = container.variable(name)
        return fact.value if isinstance(fact, Known) and is_resolved(fact.value) else None

    return value


def _sources(container: Container, unread: list[str]) -> Callable[[str, str], Sourced | None]:
    from smlint.shell.flow import Sourced

    def read(path: str, directory: str) -> Sourced | None:
        found = file_at(container, path, _directory(directory, container))
        if not isinstance(found, Known) or found.value.content is None:
            unread.append(path)
            return None
        entry = found.value
        return Sourced(entry.context_path or entry.path, entry.content.decode("utf-8", "replace"))

    return read


def _directory(text: str, container: Container) -> Fact[str]:
    if not is_resolved(text):
        return Unknown("the script's directory is not resolved")
    return Known(text, container.anchor)


def _start(
    arrival: Arrival, path: Path, passed: frozenset[int], script: FileEntry | None, text: str, call: ShellCall
) -> Arrival:
    command = path.command
    place = _place(arrival, command, script)
    argv = tuple(Argument(word.text, bool(word.used & passed)) for word in command.words)
    is_passed = path.passes_arguments
    return arrival._replace(
        argv=argv,
        location=place,
        line=command.location.line if script else 0,
        relation=_RELATIONS[path.replaces.value],
        reason=path.replaces.reason,
        sigterm=_sigterm(arrival, path, text, call.name),
        exit_code=further(arrival.exit_code, path.keeps_exit_code.value, path.keeps_exit_code.reason),
        word_lost=arrival.word_lost if is_passed.value is False else is_passed.reason,
        word_unknown=is_passed.value is None,
        condition=" and ".join(str(condition) for condition in path.conditions),
        directory=_directory_of(command, arrival),
        exec_at=_exec_at(path, script, text),
        piped=command.how == "piped",
        leads=_leads(arrival, path, has_jobs="m" in call.options or bool(_JOB_CONTROL.search(text))),
        cut_off=_cut_off(path),
    )


def _cut_off(path: Path) -> str:
    """Why a program that a trap has told of SIGTERM gets no time for it; "" where it does, or is not told."""
    if path.replaces.value is not False or path.forwards_signal.value is not True:
        return ""
    awaits = path.awaits_program
    return f"the container ends before the program has: {awaits.reason}" if awaits.value is False else ""


def _leads(arrival: Arrival, path: Path, *, has_jobs: bool) -> bool | None:
    """Whether the command leads a process group: a shell gives its children one only under job control."""
    if path.replaces.value is not False:
        return arrival.leads if path.replaces.value else None
    return None if has_jobs else False


#: Builtins that run text or files that could not be followed.
_RUNS_TEXT: Final = frozenset({"eval", ".", "source", "command", "builtin"})
_WITHOUT_EXEC: Final = {
    "piped": "part of a pipe",
    "background": "in the background",
    "subshell": "in a subshell",
}
_RELATIONS: Final = {True: Relation.REPLACES, False: Relation.CHILD, None: Relation.UNKNOWN}


def _directory_of(command: Started, arrival: Arrival) -> Fact[str]:
    if not is_resolved(command.directory):
        return Unknown("the directory it runs in is not resolved")
    return Known(command.directory, arrival.location)


def _place(arrival: Arrival, command: Started, script: FileEntry | None) -> Location:
    """Where the command stands: in a file that can be opened, else where the shell itself is started."""
    if command.location.path and (script is None or script.context_path):
        return command.location
    return script.location if script is not None else arrival.location


def _sigterm(arrival: Arrival, path: Path, text: str, shell: str) -> Answer:
    if path.replaces.value is True:
        return arrival.sigterm
    if path.command.texts[:1] and path.command.texts[0] in _RUNS_TEXT:
        return further(arrival.sigterm, None, f"what {path.command.texts[0]} runs is not known")
    forwards = path.forwards_signal
    if path.replaces.value is None:
        # It arrives either way, or nobody knows.
        return (
            arrival.sigterm
            if forwards.value is True
            else further(arrival.sigterm, None, path.replaces.reason)
        )
    if forwards.value is False and path.trap is None and _TRAPS_TERM.search(text):
        return further(arrival.sigterm, None, "a trap for SIGTERM is set and taken away again")
    if forwards.value is False and arrival.group:
        reason = f"{arrival.group} tells every process, and the container ends as soon as the shell does"
        return further(arrival.sigterm, None, reason)
    if forwards.value is False and path.trap is None:
        why = _WITHOUT_EXEC.get(path.command.how, "no exec")
        return further(arrival.sigterm, False, f"{why}: SIGTERM stops at {shell}")
    if forwards.value is True and path.awaits_program.value is not True:
        # Who is faster, the program's handler or the end of the container, is left to chance.
        return further(arrival.sigterm, None, _cut_off(path) or path.awaits_program.reason)
    return further(arrival.sigterm, forwards.value, forwards.reason)


def _exec_at(path: Path, script: FileEntry | None, text: str) -> Location | None:
    """Where ``exec`` can be written before the command, when nothing is left to do behind it."""
    command = path.command
    if script is None or not script.context_path or command.how != "foreground" or path.trap:
        return None
    if command.words[0].text == "time" or _TRAPS_EXIT.search(text):
        # bash's `time` is a word of its grammar, and there may be no program of that name; a trap for EXIT would be lost.
        return None
    place = command.words[0].location
    if place.path != script.context_path:
        return None
    lines = text.splitlines(keepends=True)
    before = lines[place.line - 1][: place.column - 1]
    if not _BEFORE.fullmatch(before):
        return None
    return place if _is_last(lines, command.location) else None


def _is_last(lines: Sequence[str], place: FileLocation) -> bool:
    """Whether the script does nothing more on the way on which the command stands."""
    behind = lines[place.end_line - 1][place.end_column - 1 :] + "".join(lines[place.end_line :])
    if _NOTHING_MORE.fullmatch(behind):
        return True
    end = _BRANCH_END.search(behind)
    if end is None or not _NOTHING_MORE.fullmatch(behind[: end.start()]):
        return False
    closers = list(_LAST_CLOSER.finditer(behind))
    return bool(closers) and bool(_NOTHING_MORE.fullmatch(behind[closers[-1].start() :]))
