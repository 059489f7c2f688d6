"""Where an image's dynamic loader looks for libraries: ``/etc/ld.so.conf``, its parts, and LD_LIBRARY_PATH (ld.so(8))."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from smlint.container import Container, Known, PlacedFile

_FILES: Final = r"^/etc/ld\.so\.conf(?:\.d/.*\.conf)?$"
_COMMENT: Final = re.compile(r"#.*")


class LoaderFile(NamedTuple):
    """A file of the loader's configuration, comments left out."""

    placed: PlacedFile
    text: str


def loader_files(container: Container) -> Sequence[LoaderFile]:
    """The loader's configuration files in an image, as far as they can be seen."""
    if loader_files not in container.memo:
        container.memo[loader_files] = tuple(_read(container))
    found: Sequence[LoaderFile] = container.memo[loader_files]
    return found


def _read(container: Container) -> list[LoaderFile]:
    found = container.evidence.files_matching([_FILES], ["/etc/ld.so.conf", "/etc/ld.so.conf.d/"])
    files: list[LoaderFile] = []
    for placed in found.value if isinstance(found, Known) else ():
        file = container.files.lookup(placed.path)
        if isinstance(file, Known) and file.value.content is not None:
            text = file.value.content.decode("utf-8", "replace")
            files.append(LoaderFile(placed, _COMMENT.sub("", text)))
    return files


def loader_folders(container: Container) -> tuple[str, ...]:
    """Absolute folders that the configuration and LD_LIBRARY_PATH add to the loader's own, in that order."""
    lines = [line.strip() for file in loader_files(container) for line in file.text.splitlines()]
    path = container.variable("LD_LIBRARY_PATH")
    # An old spelling names the type of library behind the folder: /usr/lib=libc5.
    words = [
        word for line in lines if not line.startswith(("include", "hwcap")) for word in line.split("=")[:1]
    ]
    words += path.value.split(":") if isinstance(path, Known) else ()
    folders = (posixpath.normpath(word) for each in words for word in re.split(r"[\s,:]+", each))
    return tuple(dict.fromkeys(folder for folder in folders if folder.startswith("/")))
