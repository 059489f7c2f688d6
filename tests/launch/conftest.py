"""Containers made of dictionaries: what a test says about an image is all there is to know about it."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from smlint.container import (
    ABSENT,
    Command,
    Container,
    Fact,
    FileEntry,
    FileKind,
    Form,
    Known,
    PlacedFile,
    RunCommand,
    Unknown,
    Witness,
    Word,
)
from smlint.diagnostics import FileLocation

ANCHOR = FileLocation("Dockerfile", 1, 1, 1, 12)
ENTRY = FileLocation("Dockerfile", 9, 1, 9, 30)


class FakeFiles:
    """Files by absolute path; what is not named is absent, or unknown below ``unseen`` directories."""

    def __init__(
        self,
        files: Mapping[str, str | bytes],
        modes: Mapping[str, int],
        unseen: Sequence[str],
        links: Mapping[str, str],
        directories: Sequence[str],
    ) -> None:
        self._files = files
        self._directories = directories
        self._links = links
        self._modes = modes
        self._unseen = unseen

    def candidates(self, name: str, directories: Sequence[str]) -> tuple[Sequence[str], Unknown | None]:
        return directories, None

    def lookup(self, path: str) -> Fact[FileEntry]:
        path = posixpath.normpath(path)
        path = self._links.get(path, path)
        if path in self._files:
            content = self._files[path]
            data = content.encode() if isinstance(content, str) else content
            location = FileLocation(posixpath.basename(path), 1, 1, 1, 1)
            return Known(
                FileEntry(
                    path=path,
                    kind=FileKind.FILE,
                    location=location,
                    mode=self._modes.get(path, 0o755),
                    size=len(data),
                    content=data,
                    context_path=posixpath.basename(path),
                ),
                location,
            )
        if path in self._directories:
            return Known(FileEntry(path=path, kind=FileKind.DIRECTORY, location=ANCHOR), ANCHOR)
        if any(path.startswith(prefix) for prefix in self._unseen):
            return Unknown("the base image is not in view")
        return ABSENT


class FakeEvidence:
    """No RUN lines, no COPY, no packages."""

    def run_commands(self, hint: str) -> Sequence[RunCommand]:
        return ()

    def placed_files(self, hint: str = "") -> Sequence[PlacedFile]:
        return ()

    def files_matching(self, patterns: object) -> Fact[Sequence[PlacedFile]]:
        return Unknown("not looked at")

    def installed_packages(self) -> Any:
        return Unknown("not looked at")


def make(
    *entrypoint: str,
    cmd: Sequence[str] = (),
    files: Mapping[str, str | bytes] | None = None,
    modes: Mapping[str, int] | None = None,
    unseen: Sequence[str] = (),
    links: Mapping[str, str] | None = None,
    directories: Sequence[str] = (),
    workdir: str = "/opt/program",
    form: Form = Form.EXEC,
    **more: Any,
) -> Container:
    """A container whose ENTRYPOINT is ``entrypoint`` (none if empty) and whose file system is ``files``."""
    return Container(
        witness=Witness.DOCKERFILE,
        name="Dockerfile",
        anchor=ANCHOR,
        evidence=FakeEvidence(),
        files=FakeFiles(files or {}, modes or {}, unseen, links or {}, directories),
        entrypoint=_command(entrypoint, form) if entrypoint else ABSENT,
        cmd=_command(cmd, Form.EXEC) if cmd else ABSENT,
        workdir=Known(workdir, ANCHOR),
        **more,
    )


def _command(words: Sequence[str], form: Form) -> Fact[Command]:
    argv = tuple(Word(text, ENTRY) for text in words)
    return Known(Command(form, argv, " ".join(words), ENTRY), ENTRY)


@pytest.fixture
def container() -> Callable[..., Container]:
    return make
