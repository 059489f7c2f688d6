"""The resolution matrix: which argument vector SageMaker starts, for each workload, with and without overrides.

A pure function of the image's ENTRYPOINT and CMD and of the request's ContainerEntrypoint and ContainerArguments.
What the started process does with its arguments is the chain's business.
"""

from __future__ import annotations

import enum
from typing import Final, NamedTuple

from smlint.container import ABSENT, UNRESOLVED, Absent, Command, Fact, Known, Overrides, Unknown, Word
from smlint.diagnostics import Location
from smlint.workload import Workload


class Origin(enum.StrEnum):
    """Who supplies a word of the effective argument vector."""

    ENTRYPOINT = "ENTRYPOINT"
    CMD = "CMD"
    PLATFORM = "platform"
    CONTAINER_ENTRYPOINT = "ContainerEntrypoint"
    CONTAINER_ARGUMENTS = "ContainerArguments"


#: What the image's entrypoint is expected to hand on to the program.
PASSED: Final = frozenset({Origin.PLATFORM, Origin.CONTAINER_ARGUMENTS})


class EffectiveArgv(NamedTuple):
    """The words the engine starts, in order, and where each of them comes from."""

    words: tuple[Word, ...]
    origins: tuple[Origin, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        """The words as plain strings."""
        return tuple(word.text for word in self.words)

    @property
    def passed(self) -> tuple[str, ...]:
        """The platform's words (``train``, ``serve``, or ContainerArguments): they always stand last."""
        return tuple(
            word.text for word, origin in zip(self.words, self.origins, strict=True) if origin in PASSED
        )


def effective_argv(
    workload: Workload,
    entrypoint: Fact[Command],
    cmd: Fact[Command],
    overrides: Overrides,
    anchor: Location,
) -> Fact[EffectiveArgv]:
    """What is started for ``workload``; absent when the engine is given no word at all.

    ``anchor`` is where the platform's own word is said to stand. An ENTRYPOINT that is unknown makes the result
    unknown unless the request replaces it. Inference requests have no override fields, so ``overrides`` does not
    count for them. Source: the run-image pages of training, processing and hosting (contract C01-C06, C17-C23).
    """
    if workload is Workload.INFERENCE:
        overrides = Overrides()
    arguments = _arguments(workload, cmd, overrides, anchor)
    if overrides.entrypoint:
        return _joined(overrides.entrypoint, Origin.CONTAINER_ENTRYPOINT, arguments, anchor)
    if isinstance(entrypoint, Unknown):
        return Unknown(f"the image's ENTRYPOINT is unknown: {entrypoint.reason}")
    if isinstance(entrypoint, Absent):
        return _joined((), Origin.ENTRYPOINT, arguments, anchor)
    return _joined(entrypoint.value.argv, Origin.ENTRYPOINT, arguments, anchor)


_Arguments = tuple[tuple[Word, ...], Origin]


def _arguments(
    workload: Workload, cmd: Fact[Command], overrides: Overrides, anchor: Location
) -> _Arguments | Unknown:
    if overrides.arguments:
        return overrides.arguments, Origin.CONTAINER_ARGUMENTS
    if overrides.entrypoint:
        return (), Origin.CONTAINER_ARGUMENTS
    if workload.word is not None:
        return (Word(workload.word, anchor),), Origin.PLATFORM
    if isinstance(cmd, Unknown):
        return Unknown(f"the image's CMD is unknown: {cmd.reason}")
    return (cmd.value.argv if isinstance(cmd, Known) else ()), Origin.CMD


def _joined(
    program: tuple[Word, ...], origin: Origin, arguments: _Arguments | Unknown, anchor: Location
) -> Fact[EffectiveArgv]:
    if isinstance(arguments, Unknown):
        return arguments
    words, origin_of_words = arguments
    argv = program + words
    if not argv:
        return ABSENT
    origins = (origin,) * len(program) + (origin_of_words,) * len(words)
    return Known(EffectiveArgv(argv, origins), program[0].location if program else anchor)


def docker_command(workload: Workload, overrides: Overrides) -> str:
    """What SageMaker's documentation says it runs, with what the request overrides, as one line of shell.

    The engine's ``--entrypoint`` takes one word; further ones stand behind the image name, where they have the same
    effect.
    """
    import shlex

    if workload is Workload.INFERENCE:
        overrides = Overrides()
    head = ["docker", "run"]
    tail = [word.text for word in overrides.arguments or ()]
    if overrides.entrypoint:
        program, *rest = (word.text for word in overrides.entrypoint)
        head += ["--entrypoint", program]
        tail = rest + tail
    elif not tail and workload.word is not None:
        tail = [workload.word]
    return shlex.join([*head, "IMAGE", *tail]).replace(UNRESOLVED, "…")
