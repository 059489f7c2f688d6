"""Which steps of a Dockerfile put the CUDA stub where the dynamic loader finds it before the driver.

The order is ldconfig's (glibc, elf/ldconfig.c): the files of /etc/ld.so.conf.d by name, then the loader's own folders. In
the folder into which the container runtime mounts the driver, ldconfig gives the driver its name back when the container
starts.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from smlint.container import ABSENT, PERHAPS_REMOVED, Container, Known, RunCommand, SimpleCommand
from smlint.diagnostics import Location
from smlint_rules.written import written_by

_FOLDER: Final = re.compile(r"(?m)^\s*(\S*/stubs)/?\s*$")
_PART: Final = re.compile(r"/etc/ld\.so\.conf\.d/([^/]+\.conf)$")
#: The part of Debian's and Ubuntu's configuration that names the driver's folder: what is named later is found later.
DRIVER: Final = "x86_64-linux-gnu.conf"
_STUB: Final = re.compile(r"/stubs/libcuda\.so(?:\.1)?$")
_LIBRARY: Final = "libcuda.so.1"
#: Before the driver's folder in the configuration of every distribution that has it there.
_FIRST: Final = "/usr/local/lib"


class Placed(NamedTuple):
    """A path that leads the loader to the stub, the folder of stubs behind it, and the word that says so."""

    path: str
    folder: str
    location: Location


def is_before_driver(part: str) -> bool:
    """Whether the part ``part`` of /etc/ld.so.conf.d is read before the one that names the driver's folder."""
    return part < DRIVER


def configured(container: Container) -> Iterator[Placed]:
    """Parts of the loader's configuration that name a folder of stubs and are still there at the end of the build."""
    hint = r"ld\.so\.conf"
    places = [(each.path, each.location) for each in written_by(container.evidence.run_commands(hint))]
    places += [(each.path, each.location) for each in container.evidence.placed_files(hint)]
    for path, location in dict(places).items():
        part = _PART.match(path)
        file = container.files.lookup(path) if part and is_before_driver(part[1]) else ABSENT
        if isinstance(file, Known) and file.value.content is not None:
            text = re.sub(r"#.*", "", file.value.content.decode("utf-8", "replace"))
            yield from (Placed(path, folder, location) for folder in _FOLDER.findall(text))


def linked(container: Container) -> Iterator[Placed]:
    """``libcuda.so.1`` as a name or copy of a stub, in a folder that the loader asks before the driver's."""
    search = container.variable("LD_LIBRARY_PATH")
    folders = {_FIRST, *(search.value.split(":") if isinstance(search, Known) else ())}
    for command in _commands(container.evidence.run_commands(r"/stubs/libcuda")):
        operands = [word for word in command.words[1:] if not word.text.startswith("-")]
        if len(operands) != 2 or not _STUB.search(operands[0].text):
            continue
        target = posixpath.normpath(posixpath.join(command.directory, operands[1].text))
        folder = posixpath.dirname(target)
        is_there = container.files.lookup(target) not in (ABSENT, PERHAPS_REMOVED)
        if posixpath.basename(target) == _LIBRARY and is_there and folder in folders:
            yield Placed(target, posixpath.dirname(operands[0].text), operands[1].location)


def _commands(runs: Sequence[RunCommand]) -> Iterator[SimpleCommand]:
    for run in runs:
        if run.copied is None:
            for command in run.inner:
                if command.words and posixpath.basename(command.words[0].text) in ("ln", "cp"):
                    yield command
