"""Which file a program name means in a container, whether it can be executed, and what its first line says.

Looks the name up as execve and the C library's execvp do; whatever an external base image may hold stays unknown.
"""

from __future__ import annotations

import enum
import posixpath
from typing import Final, Literal, NamedTuple

from smlint.container import (
    ABSENT,
    UNRESOLVED,
    Absent,
    Container,
    Fact,
    FileEntry,
    FileKind,
    Known,
    Unknown,
    is_resolved,
)

#: What the engine sets when neither image nor request sets PATH (moby/buildkit, util/system/path.go).
DEFAULT_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def working_directory(container: Container) -> Fact[str]:
    """The directory the program starts in; an engine's default is the root."""
    workdir = container.workdir
    if isinstance(workdir, Absent):
        return Known("/", container.anchor)
    if isinstance(workdir, Known) and not is_resolved(workdir.value):
        return Unknown("WORKDIR is not resolved")
    return workdir


def absolute(container: Container, path: str, directory: Fact[str] | None = None) -> Fact[str]:
    """``path`` as an absolute one, seen from ``directory`` (default: the working directory)."""
    if not is_resolved(path):
        return Unknown("the path is not resolved")
    if path.startswith("/"):
        return Known(posixpath.normpath(path), container.anchor)
    base = working_directory(container) if directory is None else directory
    if not isinstance(base, Known):
        return base
    return Known(posixpath.normpath(posixpath.join(base.value, path)), base.location)


def file_at(container: Container, path: str, directory: Fact[str] | None = None) -> Fact[FileEntry]:
    """The file that ``path`` names for a process in ``directory`` (default: the working directory)."""
    place = absolute(container, path, directory)
    if (
        isinstance(place, Unknown)
        and directory is None
        and isinstance(container.workdir, Unknown)
        and is_resolved(path)
    ):
        # COPY knows the base image's working directory no better: what it put there is there.
        return container.files.lookup(f"{UNRESOLVED}/{path}")
    if not isinstance(place, Known):
        return Unknown(place.reason) if isinstance(place, Unknown) else ABSENT
    return container.files.lookup(place.value)


def find_program(container: Container, name: str) -> Fact[FileEntry]:
    """The file that is executed for ``name``: a path if it has a slash, else the first hit on PATH.

    A directory of PATH in which nothing can be seen does not hide a hit further on: what a Dockerfile puts on PATH by
    name is meant to be found. A file without execute bit is passed over, as execvp does, and given when there is no
    other.
    """
    key = (find_program, name)
    found: Fact[FileEntry] | None = container.memo.get(key)
    if found is None:
        found = container.memo[key] = _program(container, name)
    return found


def _program(container: Container, name: str) -> Fact[FileEntry]:
    if not is_resolved(name) or not name:
        return Unknown("the program's name is not resolved")
    if "/" in name:
        return file_at(container, name)
    inert: Known[FileEntry] | None = None
    path, complete = search_path(container)
    candidates, unseen = container.files.candidates(name, path)
    for directory in candidates:
        found = container.files.lookup(posixpath.join(directory, name))
        if isinstance(found, Known) and found.value.kind is not FileKind.DIRECTORY:
            if may_be_executed(found.value):
                return found
            inert = inert or found
        if isinstance(found, Unknown):
            unseen = unseen or found
    if inert is not None:
        return inert
    if unseen is None and not complete:
        return Unknown("PATH is not known")
    return unseen or ABSENT


def may_be_executed(entry: FileEntry) -> bool:
    """Whether a file has an execute bit, or its bits cannot be seen."""
    return entry.mode is None or bool(entry.mode & 0o111)


def search_path(container: Container) -> tuple[tuple[str, ...], bool]:
    """The absolute directories of PATH that are known, and whether these are all."""
    fact = container.variable("PATH")
    if isinstance(fact, Unknown):
        return tuple(DEFAULT_PATH.split(":")), False
    text = fact.value if isinstance(fact, Known) else DEFAULT_PATH
    parts = text.split(":")
    known = tuple(part for part in parts if part.startswith("/") and is_resolved(part))
    complete = len(known) == len([part for part in parts if part])
    if not complete:
        known += tuple(part for part in DEFAULT_PATH.split(":") if part not in known)
    return known, complete


class Shebang(NamedTuple):
    """The first line of a script: the interpreter and the words that stand between it and the script's name."""

    words: tuple[str, ...]
    #: The line ends in a carriage return, which the kernel takes for a part of the last word.
    carriage_return: bool


def shebang(content: bytes) -> Shebang | None:
    """The ``#!`` line of ``content``; the kernel gives everything after the interpreter as one word."""
    if not content.startswith(b"#!"):
        return None
    line = content[2:].split(b"\n", 1)[0][:512]
    carriage_return = line.endswith(b"\r")
    text = line.decode("utf-8", "replace").strip()
    interpreter, _, rest = text.partition(" ") if "\t" not in text else text.partition("\t")
    return Shebang((interpreter, rest.strip()) if rest.strip() else (interpreter,), carriage_return)


class Trouble(enum.StrEnum):
    """Why the engine cannot start a file."""

    MISSING = "missing"
    DIRECTORY = "directory"
    NOT_EXECUTABLE = "not executable"
    CARRIAGE_RETURN = "carriage return"
    NO_INTERPRETER = "no interpreter"
    NO_SHEBANG = "no shebang"
    EMPTY = "empty"
    BYTE_ORDER_MARK = "byte order mark"
    OTHER_ARCHITECTURE = "other architecture"


class Start(NamedTuple):
    """Whether a program can be started: ``trouble`` is None and ``certain`` False where nothing can be seen."""

    trouble: Trouble | None
    certain: bool
    entry: FileEntry | None = None
    #: The interpreter that is missing or holds the carriage return.
    interpreter: str = ""
    #: The architecture that the file is built for, where it is another one than the image's.
    architecture: str = ""


def can_start(container: Container, name: str) -> Start:
    """Whether the engine can execute ``name`` as the first word of its argument vector."""
    if isinstance(container.platform, Known) and container.platform.value.startswith("windows"):
        # Paths, suffixes and interpreters are others there; SM501 says that the image starts nowhere.
        return Start(None, certain=False)
    found = find_program(container, name)
    if isinstance(found, Unknown):
        return Start(None, certain=False)
    if isinstance(found, Absent):
        return Start(Trouble.MISSING, certain=True)
    entry = found.value
    if entry.kind is FileKind.DIRECTORY:
        return Start(Trouble.DIRECTORY, certain=True, entry=entry)
    if not may_be_executed(entry):
        return Start(Trouble.NOT_EXECUTABLE, certain=True, entry=entry)
    architecture = _other_architecture(container, entry)
    if architecture:
        return Start(Trouble.OTHER_ARCHITECTURE, certain=True, entry=entry, architecture=architecture)
    trouble, interpreter = _interpreter_trouble(container, entry)
    # What a compiled program runs on is known where the image's architecture is.
    seen = entry.content is not None and (
        not entry.content.startswith(_ELF) or isinstance(container.platform, Known)
    )
    certain = trouble is not None or (entry.mode is not None and seen)
    return Start(trouble, certain, entry, interpreter)


_ELF: Final = b"\x7fELF"
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
#: ``e_machine`` of an ELF header (elf.h) to the architecture's name in image configs.
_MACHINES: Final = {3: "386", 40: "arm", 62: "amd64", 183: "arm64", 243: "riscv64"}
#: A kernel of the first runs programs of the second, too.
_RUNS_TOO: Final = frozenset({("amd64", "386"), ("arm64", "arm")})


def _other_architecture(container: Container, entry: FileEntry) -> str:
    """The architecture of a program that the image's own cannot run; "" where it can, or where that is not known."""
    header, platform = entry.content or b"", container.platform
    if not header.startswith(_ELF) or len(header) < 20 or not isinstance(platform, Known):
        return ""
    order: Literal["big", "little"] = "big" if header[5] == 2 else "little"
    built_for = _MACHINES.get(int.from_bytes(header[18:20], order), "")
    image = platform.value.partition("/")[2].partition("/")[0]
    if not built_for or image not in _MACHINES.values() or (image, built_for) in _RUNS_TOO:
        return ""
    return built_for if built_for != image else ""


def _interpreter_trouble(container: Container, entry: FileEntry) -> tuple[Trouble | None, str]:
    if entry.content is None or entry.kind is not FileKind.FILE:
        return None, ""
    if not entry.content:
        return Trouble.EMPTY, ""
    line = shebang(entry.content)
    if entry.content.startswith(_BYTE_ORDER_MARK + b"#!"):
        return Trouble.BYTE_ORDER_MARK, ""
    if line is None or (line.words == ("",) and not line.carriage_return):
        # The kernel refuses a text file without a #! line, and the engine, unlike a shell, does not try sh.
        return (Trouble.NO_SHEBANG, "") if _looks_like_text(entry.content) else (None, "")
    if line.carriage_return:
        return Trouble.CARRIAGE_RETURN, line.words[-1]
    if isinstance(container.files.lookup(line.words[0]), Absent):
        return Trouble.NO_INTERPRETER, line.words[0]
    if len(line.words) > 1 and posixpath.basename(line.words[0]) == "env":
        name = _env_operand(line.words[1])
        if name and isinstance(find_program(container, name), Absent):
            return Trouble.NO_INTERPRETER, name
    return None, ""


def _env_operand(text: str) -> str:
    """The program that ``#!/usr/bin/env`` looks up."""
    if text.startswith(("-S", "--split-string=")):
        words = text.removeprefix("--split-string=").removeprefix("-S").split()
        return next((word for word in words if "=" not in word and not word.startswith("-")), "")
    # Without -S the whole rest of the line is one word.
    return text


def _looks_like_text(content: bytes) -> bool:
    return b"\0" not in content[:4096] and not content.startswith(_ELF)
