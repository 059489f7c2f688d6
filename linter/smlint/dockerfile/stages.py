"""The stages of a Dockerfile: which one is judged, which one stands on which, what ``--from`` names.

Only FROM lines and the ARGs before them are evaluated here; what a stage's instructions do is :mod:`.state`'s.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from smlint.container import UNRESOLVED
from smlint.dockerfile.errors import DockerfileSyntaxError, shown
from smlint.dockerfile.expand import ExpansionError, Lookup, RequiredVariableError, expand

if TYPE_CHECKING:
    from smlint.dockerfile.instructions import Dockerfile, Instruction
    from smlint.dockerfile.words import Argument

#: Arguments that BuildKit sets before the first FROM; their values depend on the machine and on ``--platform``.
PLATFORM_ARGUMENTS: Final = (
    "BUILDPLATFORM",
    "BUILDOS",
    "BUILDOSVERSION",
    "BUILDARCH",
    "BUILDVARIANT",
    "TARGETPLATFORM",
    "TARGETOS",
    "TARGETOSVERSION",
    "TARGETARCH",
    "TARGETVARIANT",
    "TARGETSTAGE",
)
_SAGEMAKER_STAGE: Final = re.compile(r"(?:.*[-_])?sagemaker")


class UnknownStageError(ValueError):
    """The stage asked for does not exist; the text names the one that was probably meant."""


class Stage(NamedTuple):
    """One FROM and what follows it."""

    #: Position in the file, from 0.
    number: int
    #: Lower case, as BuildKit knows it; None where the FROM has no AS.
    name: str | None
    origin: Instruction
    #: The image after FROM, variables expanded; may hold UNRESOLVED.
    base: str
    #: Number of the earlier stage that ``base`` names; None for an image.
    parent: int | None
    #: The value of ``--platform``, expanded.
    platform: str | None
    instructions: tuple[Instruction, ...]

    @property
    def label(self) -> str:
        """What ``--target`` and ``--stage`` take: the name, or the number."""
        return self.name or str(self.number)


class Stages(NamedTuple):
    """All stages of a file."""

    stages: tuple[Stage, ...]
    #: Values of the ARGs before the first FROM, and of the platform arguments.
    global_arguments: Mapping[str, str]
    #: Indexes of the stages that bear a name, ascending; two may bear the same one.
    names: Mapping[str, list[int]]

    def ancestry(self, stage: Stage) -> list[Stage]:
        """``stage`` and the stages it stands on, the oldest first."""
        line = [stage]
        while line[-1].parent is not None:
            line.append(self.stages[line[-1].parent])
        return line[::-1]

    def named(self, reference: str, before: int) -> Stage | None:
        """The stage before number ``before`` that ``COPY --from`` means by ``reference``; None for an image."""
        if reference.isascii() and reference.isdigit():
            number = int(reference) if len(reference) < 8 else before
            return self.stages[number] if number < before else None
        indexes = self.names.get(reference.lower(), [])
        return next((self.stages[index] for index in reversed(indexes) if index < before), None)

    def choose(self, requested: str | None = None) -> Stage:
        """The stage to judge.

        ``requested`` is a name or a number. Without it: the one stage named ``sagemaker`` or with that as its last
        part, or else the last stage, which is what ``docker build`` gives. Raises UnknownStageError.
        """
        if requested is not None:
            return self._requested(requested)
        meant = [stage for stage in self.stages if stage.name and _SAGEMAKER_STAGE.fullmatch(stage.name)]
        return meant[0] if len(meant) == 1 else self.stages[-1]

    def _requested(self, requested: str) -> Stage:
        found = self.named(requested, len(self.stages))
        if found is not None:
            return found
        import difflib

        nearest = difflib.get_close_matches(requested.lower(), self.names, n=1, cutoff=0.5)
        if nearest:
            hint = f"did you mean {nearest[0]!r}?"
        elif self.names:
            hint = f"the stages are {', '.join(self.names)}"
        else:
            many = f"its {len(self.stages)} stages have" if len(self.stages) > 1 else "its one stage has"
            hint = f"{many} no name; --stage takes numbers too, counted from 0"
        raise UnknownStageError(f"there is no stage {requested!r}: {hint}")


def read_stages(dockerfile: Dockerfile, build_arguments: Mapping[str, str]) -> Stages:
    """Cut ``dockerfile`` into stages. Raises DockerfileSyntaxError where BuildKit would refuse a FROM or ARG."""
    escape = dockerfile.escape
    arguments = {name: build_arguments.get(name, UNRESOLVED) for name in PLATFORM_ARGUMENTS}
    stages: list[Stage] = []
    names: dict[str, list[int]] = {}
    body: list[Instruction] = []
    for instruction in dockerfile.instructions:
        if instruction.keyword == "FROM":
            if stages:
                stages[-1] = stages[-1]._replace(instructions=tuple(body))
            body = []
            stage = _stage(instruction, len(stages), names, arguments.get, escape)
            stages.append(stage)
            if stage.name:
                names.setdefault(stage.name, []).append(stage.number)
        elif stages:
            body.append(instruction)
        else:
            # Nothing but ARG may stand before the first FROM.
            arguments.update(_global_arguments(instruction, arguments, build_arguments, escape))
    stages[-1] = stages[-1]._replace(instructions=tuple(body))
    return Stages(tuple(stages), arguments, names)


def assignments(instruction: Instruction) -> Iterator[tuple[str, Argument, str | None]]:
    """Names and default values of an ARG instruction, unexpanded, each with the whole word."""
    for argument in instruction.arguments:
        name, equals, value = argument.text.partition("=")
        yield name, argument, value if equals else None


def expand_or_refuse(text: str, lookup: Lookup, line: int, escape: str) -> str:
    """``text`` expanded; UNRESOLVED where the build needs a variable that smlint was not given.

    Raises DockerfileSyntaxError for what BuildKit refuses whatever the variables are.
    """
    try:
        return expand(text, lookup, escape=escape)
    except RequiredVariableError:
        return UNRESOLVED
    except ExpansionError as error:
        raise DockerfileSyntaxError(line, f"{shown(text)} cannot be expanded: {error}") from error


def _global_arguments(
    instruction: Instruction, known: Mapping[str, str], given: Mapping[str, str], escape: str
) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, _, default in assignments(instruction):
        if name in given:
            found[name] = given[name]
        elif default is not None:
            found[name] = expand_or_refuse(
                default, lambda asked: found.get(asked, known.get(asked)), instruction.start_line, escape
            )
        elif name not in known:
            # Declared to be passed with --build-arg; what it will be is anyone's guess.
            found[name] = UNRESOLVED
    return found


def _stage(
    instruction: Instruction, number: int, names: Mapping[str, list[int]], lookup: Lookup, escape: str
) -> Stage:
    words = [argument.text for argument in instruction.arguments]
    line = instruction.start_line
    # A base that expands to nothing fails to build: a --build-arg is missing here that the real build has.
    base = expand_or_refuse(words[0], lookup, line, escape) or UNRESOLVED if words else UNRESOLVED
    flag = instruction.flag("platform")
    platform = flag.value if flag is not None else None
    named_so = names.get(base.lower())
    return Stage(
        number=number,
        name=words[2].lower() if len(words) == 3 and words[1].lower() == "as" else None,
        origin=instruction,
        base=base,
        parent=named_so[-1] if named_so else None,
        platform=None if platform is None else expand_or_refuse(platform, lookup, line, escape),
        instructions=(),
    )
