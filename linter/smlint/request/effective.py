"""A container as a request starts it: its command replaced, its environment completed, the platform's mounts in place.

Rules about containers need not know of requests: an ENTRYPOINT that is replaced is not there any more.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from typing import Final

from smlint.container import (
    ABSENT,
    Command,
    Container,
    Fact,
    FileEntry,
    Files,
    Form,
    InstalledPackage,
    Known,
    NoFiles,
    PlacedFile,
    RunCommand,
    Unknown,
    Witness,
    Word,
)
from smlint.request.model import Kind, Request
from smlint.workload import Workload

#: What the platform mounts when the job starts; what the image has there says nothing about what the program finds.
_MOUNTS: Final = {
    Workload.TRAINING: ("/opt/ml/input/", "/opt/ml/checkpoints/"),
    Workload.PROCESSING: ("/opt/ml/processing/", "/opt/ml/config/"),
    Workload.INFERENCE: (),
}

#: Transform jobs take values of 10,240 characters, everything else less.
_LONGEST_VALUE: Final = 16 * 1024


def started(container: Container, request: Request) -> Container:
    """A copy of ``container`` with what ``request`` puts in the place of the image's own."""
    overrides = request.overrides
    effective = copy.copy(container)
    effective.memo = {}
    effective.overrides = overrides
    effective.files = _Mounted(container.files, _MOUNTS[request.workload])
    effective.environment = {**container.environment, **_environment(request)}
    if overrides.entrypoint:
        # All that the engine is given: `/bin/sh` with the script behind it is no bare shell.
        effective.entrypoint = _command(overrides.entrypoint + (overrides.arguments or ()))
        effective.other_entries = ()
    if overrides.entrypoint or overrides.arguments:
        # ContainerArguments stand in `overrides`: a CMD is what an image brings.
        effective.cmd = ABSENT
    return effective


def alone(request: Request) -> Container:
    """What a request says of its container when the image is not at hand."""
    unseen = Unknown("the image was not given")
    container = Container(
        witness=Witness.REQUEST,
        name=request.body.document.path,
        anchor=request.body.location,
        evidence=_NoEvidence(),
        files=NoFiles(unseen.reason),
        entrypoint=unseen,
        cmd=unseen,
        shell=unseen,
        environment_complete=False,
        workdir=unseen,
        user=unseen,
        stop_signal=unseen,
        labels_complete=False,
        platform=unseen,
    )
    return started(container, request)


def _command(words: tuple[Word, ...]) -> Known[Command]:
    text = " ".join(word.text for word in words)
    return Known(Command(Form.EXEC, words, text, words[0].location), words[0].location)


def _environment(request: Request) -> dict[str, Fact[str]]:
    definitions = {
        Kind.TRAINING_JOB: request.trainings,
        Kind.TUNING_JOB: request.trainings,
        Kind.MODEL: request.containers,
    }.get(request.kind, (request.body,))
    return {
        member.key: _bounded(member.value.text())
        for definition in definitions
        for member in definition.members("Environment")
    }


def _bounded(value: Fact[str]) -> Fact[str]:
    if isinstance(value, Known) and len(value.value) > _LONGEST_VALUE:
        return Unknown("it is longer than the API takes")
    return value


class _Mounted:
    """A file system over which the platform mounts directories that nobody has seen."""

    def __init__(self, files: Files, mounts: tuple[str, ...]) -> None:
        self._files = files
        self._mounts = mounts

    def lookup(self, path: str) -> Fact[FileEntry]:
        """The image's file, unless the platform mounts something over it."""
        if f"{path}/".startswith(self._mounts):
            return Unknown("SageMaker mounts it when the job starts")
        return self._files.lookup(path)

    def candidates(self, name: str, directories: Sequence[str]) -> tuple[Sequence[str], Unknown | None]:
        """Those of the image, where nothing is mounted over one of ``directories``."""
        if any(f"{directory}/".startswith(self._mounts) for directory in directories):
            return directories, None
        return self._files.candidates(name, directories)


class _NoEvidence:
    """Nothing is known of how an image was made that was not given."""

    def run_commands(self, hint: str) -> Sequence[RunCommand]:
        """None."""
        return ()

    def placed_files(self, hint: str = "") -> Sequence[PlacedFile]:
        """None."""
        return ()

    def files_matching(
        self, patterns: Iterable[str], under: Iterable[str] = ()
    ) -> Fact[Sequence[PlacedFile]]:
        """Unknown."""
        return Unknown("the image was not given")

    def installed_packages(self) -> Fact[Sequence[InstalledPackage]]:
        """Unknown."""
        return Unknown("the image was not given")
