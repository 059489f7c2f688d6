"""What the instructions of a stage leave behind: the image config, and the steps that change the file system.

Nothing here looks at the build context or into RUN commands. The rules are those of BuildKit's
``frontend/dockerfile/dockerfile2llb/convert.go`` and of https://docs.docker.com/reference/dockerfile/.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from smlint.container import ABSENT, UNRESOLVED, Command, Fact, Form, Known, Unknown, Word
from smlint.diagnostics import Location
from smlint.dockerfile.expand import ExpansionError, Lookup, expand_words
from smlint.dockerfile.paths import join
from smlint.dockerfile.stages import Stage, assignments, expand_or_refuse, read_stages
from smlint.dockerfile.variables import Variables

if TYPE_CHECKING:
    from smlint.dockerfile.instructions import Dockerfile, Instruction
    from smlint.dockerfile.words import Argument

#: The shell of an image whose config names none (Linux).
DEFAULT_SHELL: Final = ("/bin/sh", "-c")
#: The PATH that BuildKit gives an image which sets none.
DEFAULT_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

#: Characters that variables may add to the words of one stage; what comes after is unknown. A file that each line makes
#: longer values in would else take memory with the square of its size.
_GROWTH_LIMIT: Final = 16 << 20
#: Bytes of a path on Linux (PATH_MAX): no directory can have a longer one.
_PATH_LIMIT: Final = 4096

_OPEN: Final = Unknown("it is made of a variable whose value is not known here")


class Step(NamedTuple):
    """A RUN, COPY, ADD or WORKDIR, and what holds when it is executed."""

    instruction: Instruction
    #: The stage that executes it; for ONBUILD that is not the one it is written in.
    stage: Stage
    lookup: Lookup
    #: The working directory (for WORKDIR: the new one); may hold UNRESOLVED.
    directory: str
    #: The SHELL in force; None where none is set in this file.
    shell: tuple[str, ...] | None


class Config:
    """The image config of a stage, so far."""

    def __init__(self, nothing: Fact[str]) -> None:
        """``nothing`` is what is known about everything before the first instruction: absent, or unknown."""
        unset = nothing if isinstance(nothing, Unknown) else ABSENT
        self.entrypoint: Fact[Command] = unset
        self.cmd: Fact[Command] = unset
        self.cmd_is_own = False
        self.shell: Fact[tuple[str, ...]] = unset
        self.environment: dict[str, Fact[str]] = {}
        self.workdir: Fact[str] = unset
        self.user: Fact[str] = unset
        self.stop_signal: Fact[str] = unset
        self.labels: dict[str, Fact[str]] = {}
        self.complete = unset is ABSENT
        self.environment_complete = self.labels_complete = self.complete
        self.volumes: list[Word] = []
        self.ports: list[Word] = []
        self.platform: Fact[str] = Unknown("it is that of the machine or of the build's --platform")

    def for_child(self) -> Config:
        """A copy that a stage built on this one may change."""
        child = copy.copy(self)
        child.environment = dict(self.environment)
        child.labels = dict(self.labels)
        child.volumes = list(self.volumes)
        child.ports = list(self.ports)
        child.cmd_is_own = False
        return child


class State(NamedTuple):
    """A stage after its last instruction."""

    stage: Stage
    config: Config
    variables: Variables
    directory: str
    steps: tuple[Step, ...]
    #: Instructions that ONBUILD keeps for the stages built on this one.
    triggers: tuple[Instruction, ...]


class Evaluation:
    """Evaluates the stages of one file, each when asked for and once."""

    def __init__(self, dockerfile: Dockerfile, path: str, arguments: Mapping[str, str]) -> None:
        """``path`` is what locations call the file; ``arguments`` are those of ``--build-arg``.

        Raises DockerfileSyntaxError.
        """
        self.stages = read_stages(dockerfile, arguments)
        self.path = path
        self._arguments = arguments
        self._escape = dockerfile.escape
        self._states: dict[int, State] = {}

    def state(self, stage: Stage) -> State:
        """The state of ``stage`` after its last instruction. Raises DockerfileSyntaxError."""
        for each in self.stages.ancestry(stage):
            if each.number not in self._states:
                parent = None if each.parent is None else self._states[each.parent]
                run = _Run(
                    each, parent, self.path, self.stages.global_arguments, self._arguments, self._escape
                )
                self._states[each.number] = run.state()
        return self._states[stage.number]

    def line(self, stage: Stage) -> list[State]:
        """The states of ``stage`` and of the stages it stands on, the oldest first."""
        self.state(stage)
        return [self._states[each.number] for each in self.stages.ancestry(stage)]


class _Run:
    """Goes through the instructions of one stage."""

    def __init__(
        self,
        stage: Stage,
        parent: State | None,
        path: str,
        global_arguments: Mapping[str, str],
        arguments: Mapping[str, str],
        escape: str,
    ) -> None:
        self._stage = stage
        self._path = path
        self._globals = global_arguments
        self._arguments = arguments
        self._escape = escape
        self._steps: list[Step] = []
        self._triggers: list[Instruction] = []
        self._inherited = () if parent is None else parent.triggers
        self._shell: tuple[str, ...] | None = None
        self._grown = 0
        if parent is None:
            self._start(stage)
        else:
            self._config = parent.config.for_child()
            self._variables = Variables(parent.variables.current(), complete=parent.variables.complete)
            self._directory = parent.directory
            if isinstance(self._config.shell, Known):
                self._shell = self._config.shell.value

    def _start(self, stage: Stage) -> None:
        scratch = stage.base == "scratch"
        shown = stage.base.replace(UNRESOLVED, "…")
        self._config = Config(ABSENT if scratch else Unknown(f"the base image {shown} may set it"))
        self._directory = "/" if scratch else UNRESOLVED
        self._variables = Variables({"PATH": DEFAULT_PATH} if scratch else {}, complete=scratch)
        if scratch:
            self._config.environment["PATH"] = Known(DEFAULT_PATH, self._whole(stage.origin))
        flag = stage.origin.flag("platform")
        if flag is not None and stage.platform is not None:
            location = stage.origin.location(self._path, flag.start, flag.end)
            self._config.platform = _fact(_platform(stage.platform), location)

    def state(self) -> State:
        """The state after the triggers of the stage below and the stage's own instructions."""
        for instruction in (*self._inherited, *self._stage.instructions):
            handler = _HANDLERS.get(instruction.keyword)
            if handler is not None:
                handler(self, instruction)
        triggers = tuple(self._triggers)
        return State(
            self._stage, self._config, self._variables, self._directory, tuple(self._steps), triggers
        )

    def _env(self, instruction: Instruction) -> None:
        for name, value, location in self._pairs(instruction):
            self._variables.set(name, value)
            if UNRESOLVED in name:
                self._config.environment_complete = False
            else:
                self._config.environment[name] = _fact(value, location)

    def _label(self, instruction: Instruction) -> None:
        for name, value, location in self._pairs(instruction):
            if UNRESOLVED in name:
                self._config.labels_complete = False
            else:
                self._config.labels[name] = _fact(value, location)

    def _pairs(self, instruction: Instruction) -> list[tuple[str, str, Location]]:
        """Keys and values, expanded with what held before the instruction."""
        arguments = instruction.arguments
        return [
            (
                self._expanded(key.text, instruction),
                self._expanded(value.text, instruction),
                instruction.location(self._path, key.start, value.end),
            )
            for key, value in zip(arguments[::2], arguments[1::2], strict=False)
        ]

    def _arg(self, instruction: Instruction) -> None:
        for name, _, default in assignments(instruction):
            value = self._argument(name, default, instruction)
            if value is not None:
                self._variables.set(name, value)

    def _argument(self, name: str, default: str | None, instruction: Instruction) -> str | None:
        if name in self._arguments:
            return self._arguments[name]
        if default is not None:
            return self._expanded(default, instruction)
        if name in self._globals:
            return self._globals[name]
        # Meant to be passed with --build-arg. An ENV of the same name keeps its value.
        return UNRESOLVED if self._variables.lookup(name) is None else None

    def _workdir(self, instruction: Instruction) -> None:
        for argument in instruction.arguments:
            written = self._expanded(argument.text, instruction)
            self._directory = join(self._directory, written) if written else self._directory
            if len(self._directory) > _PATH_LIMIT:
                self._directory = UNRESOLVED
            self._config.workdir = _fact(self._directory, self._at(instruction, argument))
            self._step(instruction)

    def _user(self, instruction: Instruction) -> None:
        for argument in instruction.arguments:
            self._config.user = _fact(
                self._expanded(argument.text, instruction), self._at(instruction, argument)
            )

    def _stop_signal(self, instruction: Instruction) -> None:
        for argument in instruction.arguments:
            text = self._expanded(argument.text, instruction)
            self._config.stop_signal = _fact(text, self._at(instruction, argument))

    def _volume(self, instruction: Instruction) -> None:
        for argument in instruction.arguments:
            text = self._expanded(argument.text, instruction)
            self._config.volumes.append(Word(text, self._at(instruction, argument)))

    def _expose(self, instruction: Instruction) -> None:
        for argument in instruction.arguments:
            try:
                words = expand_words(argument.text, self._variables.lookup, escape=self._escape)
            except ExpansionError:
                words = [UNRESOLVED]
            self._config.ports += [Word(word, self._at(instruction, argument)) for word in words]

    def _set_shell(self, instruction: Instruction) -> None:
        if instruction.exec_form:
            self._shell = instruction.exec_form
            self._config.shell = Known(self._shell, self._whole(instruction))

    def _entrypoint(self, instruction: Instruction) -> None:
        self._config.entrypoint = self._command(instruction)
        if not self._config.cmd_is_own:
            self._config.cmd = ABSENT

    def _cmd(self, instruction: Instruction) -> None:
        self._config.cmd = self._command(instruction)
        self._config.cmd_is_own = True

    def _command(self, instruction: Instruction) -> Known[Command]:
        whole = self._whole(instruction)
        text = instruction.value
        if instruction.exec_form is not None:
            form = Form.EXEC
            argv = [Word(item.text, self._at(instruction, item)) for item in instruction.arguments]
        else:
            form = Form.MALFORMED if instruction.looks_like_json else Form.SHELL
            here = instruction.location(self._path, 0, len(text))
            argv = [Word(word, here) for word in (*(self._shell or DEFAULT_SHELL), text)]
        pieces = tuple(self._pieces(instruction))
        return Known(Command(form, tuple(argv), text, whole, self._stage.label, pieces), whole)

    def _pieces(self, instruction: Instruction) -> Iterator[Word]:
        if instruction.start_line == instruction.end_line:
            return
        for start, end in instruction.by_line():
            yield Word(instruction.value[start:end], instruction.location(self._path, start, end))

    def _onbuild(self, instruction: Instruction) -> None:
        assert instruction.onbuild is not None, "parse() refuses ONBUILD without a trigger"
        self._triggers.append(instruction.onbuild)

    def _step(self, instruction: Instruction) -> None:
        lookup = self._variables.at(self._variables.version)
        self._steps.append(Step(instruction, self._stage, lookup, self._directory, self._shell))

    def _expanded(self, written: str, instruction: Instruction) -> str:
        text = expand_or_refuse(written, self._variables.lookup, instruction.start_line, self._escape)
        self._grown += max(len(text) - len(written), 0)
        return text if self._grown <= _GROWTH_LIMIT else UNRESOLVED

    def _at(self, instruction: Instruction, argument: Argument) -> Location:
        return instruction.location(self._path, argument.start, argument.end)

    def _whole(self, instruction: Instruction) -> Location:
        return instruction.location(self._path)


_HANDLERS: Final[Mapping[str, Callable[[_Run, Instruction], None]]] = {
    "ADD": _Run._step,
    "ARG": _Run._arg,
    "CMD": _Run._cmd,
    "COPY": _Run._step,
    "ENTRYPOINT": _Run._entrypoint,
    "ENV": _Run._env,
    "EXPOSE": _Run._expose,
    "LABEL": _Run._label,
    "ONBUILD": _Run._onbuild,
    "RUN": _Run._step,
    "SHELL": _Run._set_shell,
    "STOPSIGNAL": _Run._stop_signal,
    "USER": _Run._user,
    "VOLUME": _Run._volume,
    "WORKDIR": _Run._workdir,
}


def _fact(text: str, location: Location) -> Fact[str]:
    return _OPEN if text and not text.replace(UNRESOLVED, "") else Known(text, location)


def _platform(written: str) -> str:
    """``os/architecture[/variant]`` as containerd normalises it: ``x86_64`` is ``linux/amd64``."""
    if "/" not in written and UNRESOLVED in written:
        return UNRESOLVED
    os_name, slash, rest = written.lower().partition("/")
    if not slash:
        os_name, rest = ("linux", os_name) if os_name not in ("linux", "windows") else (os_name, UNRESOLVED)
    architecture, _, variant = rest.partition("/")
    architecture = {"x86_64": "amd64", "x86-64": "amd64", "aarch64": "arm64"}.get(architecture, architecture)
    if (architecture, variant) in (("arm64", "v8"), ("amd64", "v1")):
        variant = ""
    return "/".join(part for part in (os_name, architecture, variant) if part)
