"""The walk along the launch chain: from the effective argument vector, hop by hop, to the program.

Each process is recognised by its first word and, where the file is visible, by what the file holds; what stands in
shell text is left to :mod:`.shellruns`.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from smlint.container import (
    ABSENT,
    Absent,
    Command,
    Container,
    Fact,
    FileEntry,
    FileKind,
    Known,
    Overrides,
    Unknown,
    is_resolved,
)
from smlint.launch import programs, shells
from smlint.launch.arrival import Argument, Arrival, further
from smlint.launch.chain import YES, Answer, Hop, Kind, Launch, Relation
from smlint.launch.executables import file_at, find_program, shebang
from smlint.launch.matrix import PASSED, EffectiveArgv, docker_command, effective_argv
from smlint.launch.shells import implementation
from smlint.workload import Workload

if TYPE_CHECKING:
    from smlint.launch import launchers

#: A chain longer than this is not followed: it starts itself.
MAX_HOPS: Final = 12
#: Processes looked at in one walk, all ways together.
MAX_PROCESSES: Final = 128


def resolve(
    container: Container, workload: Workload, overrides: Overrides | None = None, *, by_name: bool = False
) -> Launch:
    """The chain that starts when SageMaker runs ``container`` for ``workload``.

    ``overrides`` defaults to those of the request that the container belongs to. ``by_name`` lets the name of a
    well-known base image say which shell its /bin/sh is; it costs reading a table, which rules do without. The result
    is kept in ``container.memo``, so that rules can ask for it as often as they like.
    """
    applied = container.overrides if overrides is None else overrides
    key = (resolve, workload, applied, by_name)
    found = container.memo.get(key)
    if found is None:
        found = container.memo[key] = _resolved(container, workload, applied, by_name)
    assert isinstance(found, Launch)
    return found


def started(
    container: Container, workload: Workload, overrides: Overrides | None = None
) -> Fact[EffectiveArgv]:
    """The argument vector that SageMaker starts; what it leads to is :func:`resolve`'s question."""
    applied = container.overrides if overrides is None else overrides
    key = (started, workload, applied)
    found: Fact[EffectiveArgv] | None = container.memo.get(key)
    if found is None:
        found = effective_argv(workload, _entrypoint(container), container.cmd, applied, container.anchor)
        container.memo[key] = found
    return found


def _resolved(container: Container, workload: Workload, overrides: Overrides, by_name: bool) -> Launch:
    argv = started(container, workload, overrides)
    root = None
    if isinstance(argv, Known):
        # A word that names the program itself, for want of an ENTRYPOINT, has arrived.
        has_word = bool(argv.value.passed) and argv.value.origins[0] not in PASSED
        root = _Walk(container, has_word=has_word, by_name=by_name).hop(_first(argv), 0)
    return Launch(workload, docker_command(workload, overrides), argv, root)


def _entrypoint(container: Container) -> Fact[Command]:
    """The ENTRYPOINT; absent also where the base image is known, by its name, to have none."""
    if not isinstance(container.entrypoint, Unknown) or container.base is None:
        return container.entrypoint
    from smlint.dockerfile.bases import base_knowledge

    known = base_knowledge(container.base.reference)
    return ABSENT if known is not None and known.entrypoint == () else container.entrypoint


def _first(argv: Known[EffectiveArgv]) -> Arrival:
    return Arrival(
        argv=tuple(
            Argument(word.text, origin in PASSED)
            for word, origin in zip(argv.value.words, argv.value.origins, strict=True)
        ),
        location=argv.location,
        relation=Relation.PID1,
        reason="",
        sigterm=YES,
        exit_code=YES,
    )


class _Walk:
    """Follows one container's chain."""

    def __init__(self, container: Container, *, has_word: bool, by_name: bool) -> None:
        self._container = container
        self._by_name = by_name
        self._processes = 0
        #: The scripts being read, from the first to the one at hand: one that starts itself is read once.
        self._reading: list[str] = []
        self._has_word = has_word

    def hop(self, arrival: Arrival, depth: int) -> Hop:
        """The process that ``arrival`` becomes, and all that follows it."""
        texts = arrival.texts
        self._processes += 1
        if self._processes > MAX_PROCESSES:
            return self._hop(arrival, Kind.PROGRAM, unseen="there are too many ways to follow")
        if depth >= MAX_HOPS:
            return self._hop(arrival, Kind.PROGRAM, unseen="the chain is too long to be followed")
        if not texts or not is_resolved(texts[0]):
            return self._hop(arrival, Kind.PROGRAM, unseen="the program's name is not resolved")
        arrival = _split_env(arrival)
        shell = shells.shell_call(arrival.texts)
        if shell is not None:
            return self._shell(arrival, shell, depth)
        if programs.is_python(texts[0]):
            return self._python(arrival, depth)
        # No launcher is called so, and the table need not be read.
        if not texts[0].endswith((".sh", ".py")):
            from smlint.launch import launchers

            launcher = launchers.split(arrival.texts)
            if launcher is not None and not self._is_of_the_context(arrival):
                return self._launcher(arrival, launcher, depth)
        return self._file(arrival, depth)

    def _hop(
        self,
        arrival: Arrival,
        kind: Kind,
        then: Sequence[Hop] = (),
        file: Fact[FileEntry] | None = None,
        unseen: str = "",
        operand: int = 0,
    ) -> Hop:
        return Hop(
            argv=arrival.texts,
            kind=kind,
            relation=arrival.relation,
            relation_reason=arrival.reason,
            location=arrival.location,
            line=arrival.line,
            word=self._word(arrival),
            sigterm=arrival.sigterm,
            exit_code=arrival.exit_code,
            file=file,
            operand=operand,
            unseen=unseen,
            condition=arrival.condition,
            exec_at=arrival.exec_at,
            piped=arrival.piped,
            cut_off=arrival.cut_off,
            then=tuple(then),
        )

    def _word(self, arrival: Arrival) -> Answer:
        if not self._has_word or arrival.word_used or any(argument.passed for argument in arrival.argv):
            return YES
        if arrival.word_unknown:
            return Answer(None, arrival.word_lost)
        return Answer(False, arrival.word_lost or "it is not passed on")

    def _launcher(self, arrival: Arrival, found: launchers.Split, depth: int) -> Hop:
        from smlint.launch import launchers

        launcher = found.launcher
        rest = arrival.argv[found.start :]
        name = launcher.names[0]
        if launcher.starts is launchers.Starts.DECLARED:
            return self._declared(arrival, found, depth)
        if launcher.starts is launchers.Starts.OWN:
            return self._hop(arrival, launcher.kind, unseen=f"what {name} starts is written elsewhere")
        if not rest:
            return self._hop(arrival, launcher.kind, unseen=f"{name} is given no program")
        if launcher.starts is launchers.Starts.SHELL:
            # The words behind the string become its parameters.
            user = launchers.user_of(arrival.texts[: found.start - 1])
            shell = found.shell or shells.login_shell(self._container, user)
            rest = (Argument(shell), Argument("-c"), *rest)
        elif launcher.starts is launchers.Starts.PYTHON:
            rest = (Argument("python"), *((Argument("-m"),) if found.module else ()), *rest)
        following = launchers.below(arrival, found, rest)
        if found.tells_group(arrival.texts):
            following = following._replace(group=name)
        return self._hop(arrival, launcher.kind, then=[self.hop(following, depth + 1)])

    def _declared(self, arrival: Arrival, split: launchers.Split, depth: int) -> Hop:
        """A launcher that reads from a file what it starts."""
        from smlint.launch import launchers
        from smlint.launch.declared import declared, directory_of, location_of

        kind = split.launcher.kind
        found = declared(self._container, arrival)
        if isinstance(found, str):
            return self._hop(arrival, kind, unseen=found)
        following = launchers.below(arrival, split, found.argv)._replace(
            location=location_of(found),
            directory=directory_of(self._container, found, arrival),
            word_lost=found.word_lost or arrival.word_lost,
            group=split.launcher.names[0] if found.group else arrival.group,
        )
        if found.signal:
            following = following._replace(sigterm=further(arrival.sigterm, None, found.signal))
        below = self.hop(following, depth + 1)
        if found.shown:
            below = below._replace(argv=found.shown)
        return self._hop(arrival, kind, then=[below])

    def _python(self, arrival: Arrival, depth: int) -> Hop:
        texts = arrival.texts
        call = programs.python_call(texts)
        if call.operand is None:
            reason = "" if call.how else "python reads its standard input"
            return self._hop(arrival, Kind.PROGRAM, unseen=reason)
        operand = texts[call.operand]
        if call.how == "-c":
            return self._hop(arrival, Kind.PROGRAM)
        if call.how == "-m":
            from smlint.launch import launchers

            as_module = arrival.argv[call.operand - 1 :]
            launcher = launchers.split([argument.text for argument in as_module])
            if launcher is not None:
                shifted = arrival._replace(argv=as_module)
                return self._launcher(shifted, launcher, depth)._replace(argv=texts)
            found = self._module(operand, arrival)
        else:
            found = file_at(self._container, operand, arrival.directory)
        return self._hop(arrival, Kind.PROGRAM, file=found, operand=call.operand)

    def _module(self, name: str, arrival: Arrival) -> Fact[FileEntry] | None:
        """The file of ``python -m name`` where it lies in the working directory; None when it comes from elsewhere."""
        if not is_resolved(name):
            return None
        path = name.replace(".", "/")
        for candidate in (f"{path}/__main__.py", f"{path}.py"):
            found = file_at(self._container, candidate, arrival.directory)
            if isinstance(found, Known):
                return found
        return None

    def _shell(self, arrival: Arrival, call: shells.ShellCall, depth: int) -> Hop:
        if call.operand is None:
            return self._hop(arrival, Kind.SHELL_STRING, unseen="the shell is given no command")
        if call.is_string:
            # A word of the platform's that is the string itself (`["bash", "-c"]`) is run, and has arrived.
            return self._text(arrival.reading(call.operand), call, None, depth)
        return self._text(arrival.reading(call.operand), call, self._script(arrival, call), depth)

    def _script(self, arrival: Arrival, call: shells.ShellCall) -> Fact[FileEntry]:
        """The script a shell is asked to run: a path, or, for bash, a name it also looks up on PATH."""
        assert call.operand is not None
        name = arrival.texts[call.operand]
        found = file_at(self._container, name, arrival.directory)
        if isinstance(found, Absent) and "/" not in name:
            return find_program(self._container, name)
        return found

    def _text(
        self, arrival: Arrival, call: shells.ShellCall, script: Fact[FileEntry] | None, depth: int
    ) -> Hop:
        kind = Kind.SHELL_STRING if script is None else Kind.SHELL_SCRIPT
        if script is not None and not isinstance(script, Known):
            why = script.reason if isinstance(script, Unknown) else "there is no such script"
            return self._hop(arrival, kind, file=script, unseen=why, operand=call.operand or 0)
        path = script.value.path if script else ""
        if path and path in self._reading:
            return self._hop(
                arrival, kind, file=script, unseen="the script starts itself", operand=call.operand or 0
            )
        # Reading shell text brings a parser along, which most entries do without.
        from smlint.launch.shellruns import shell_starts

        shell = implementation(self._container, arrival.texts[0], by_name=self._by_name)
        starts, unseen = shell_starts(self._container, arrival, call, script.value if script else None, shell)
        self._reading.append(path)
        then = [self.hop(start, depth + 1) for start in starts]
        self._reading.pop()
        return self._hop(
            arrival, kind, then=then, file=script, unseen=unseen, operand=(call.operand or 0) if script else 0
        )

    def _is_of_the_context(self, arrival: Arrival) -> bool:
        """Whether a launcher's name is that of a script which the build context brings: the script says what it does."""
        found = self._located(arrival, arrival.texts[0])
        if not isinstance(found, Known) or not found.value.context_path:
            return False
        return (found.value.content or b"").startswith(b"#!")

    def _file(self, arrival: Arrival, depth: int) -> Hop:
        """A program by its name: a known one, or whatever its file says it is."""
        name = arrival.texts[0]
        found = self._located(arrival, name)
        if isinstance(found, Known):
            return self._known_file(arrival, found, depth)
        if programs.is_known(posixpath.basename(name)):
            return self._hop(arrival, Kind.PROGRAM, file=found)
        why = found.reason if isinstance(found, Unknown) else "there is no such program"
        return self._hop(arrival, Kind.PROGRAM, file=found, unseen=why)

    def _located(self, arrival: Arrival, name: str) -> Fact[FileEntry]:
        if "/" in name:
            return file_at(self._container, name, arrival.directory)
        return find_program(self._container, name)

    def _known_file(self, arrival: Arrival, found: Known[FileEntry], depth: int) -> Hop:
        entry = found.value
        if entry.kind is not FileKind.FILE:
            return self._hop(arrival, Kind.PROGRAM, file=found, unseen=f"{entry.path} is no file")
        if entry.content is None:
            known = programs.is_known(posixpath.basename(entry.path))
            reason = "" if known else f"the content of {entry.path} is not visible"
            return self._hop(arrival, Kind.PROGRAM, file=found, unseen=reason)
        line = shebang(entry.content)
        if line is None:
            return self._hop(arrival, Kind.PROGRAM, file=found)
        name = arrival.argv[0].text
        # The kernel gives the interpreter the path it executed: with a directory when PATH was searched.
        script = name if "/" in name else entry.path
        argv = (*map(Argument, line.words), Argument(script), *arrival.argv[1:])
        # The platform's word has done its work when it is what was looked up.
        used = arrival.word_used or arrival.argv[0].passed
        interpreted = _split_env(arrival._replace(argv=argv, word_used=used), shebang=True)
        shell = shells.shell_call(interpreted.texts)
        if shell is not None:
            return self._text(interpreted, shell, found, depth)
        operand = len(interpreted.argv) - len(arrival.argv)
        return self._hop(interpreted, Kind.PROGRAM, file=found, operand=operand)


def _split_env(arrival: Arrival, *, shebang: bool = False) -> Arrival:
    """``env -S "A=1 prog -x" rest`` as the words that env makes of it; a ``#!/usr/bin/env`` line without its env."""
    texts = arrival.texts
    if posixpath.basename(texts[0]) != "env" or len(texts) < 2:
        return arrival
    argv = arrival.argv
    if texts[1].startswith(("-S", "--split-string")):
        string = texts[1].removeprefix("--split-string").removeprefix("-S").removeprefix("=")
        rest = argv[2:]
        if not string and rest:
            string, rest = rest[0].text, rest[1:]
        import shlex

        try:
            words = shlex.split(string)
        except ValueError:
            return arrival
        argv = (argv[0], *map(Argument, words), *rest)
    if shebang:
        start = 1
        while start < len(argv) and (argv[start].text.startswith("-") or "=" in argv[start].text):
            start += 1
        argv = argv[start:] or argv
    return arrival._replace(argv=argv)
