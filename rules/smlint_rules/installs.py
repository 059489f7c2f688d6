"""What a command installs: package names on the command lines of apt, dnf, zypper and their relatives."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from smlint.container import SimpleCommand, Word, is_resolved


class Installed(NamedTuple):
    """A package that a command installs: its family (``deb``, ``rpm``), its bare name, the word that names it."""

    system: str
    name: str
    word: Word
    #: Whether it comes without what it depends on.
    alone: bool = False


_SYSTEMS: Final = {
    **dict.fromkeys(("apt", "apt-get", "aptitude"), "deb"),
    **dict.fromkeys(("yum", "dnf", "dnf5", "microdnf", "tdnf", "zypper"), "rpm"),
    **dict.fromkeys(("dpkg", "rpm"), "file"),
}
_INSTALLING: Final = {
    "deb": frozenset({"install", "reinstall"}),
    "rpm": frozenset(
        {"install", "in", "reinstall", "localinstall", "install-n", "install-na", "groupinstall"}
    ),
}
_REMOVING: Final = frozenset({"remove", "purge", "autoremove", "autopurge", "erase"})
_SWEEPING: Final = frozenset({"autoremove", "autopurge", "--auto-remove", "--autoremove"})
#: Options that take the next word as their value.
_WITH_VALUE: Final = frozenset(
    {
        "-t",
        "--target-release",
        "--default-release",
        "-o",
        "--option",
        "-c",
        "--config-file",
        "-a",
        "--host-architecture",
    }
    | {
        "--repo",
        "--repoid",
        "--enablerepo",
        "--disablerepo",
        "--installroot",
        "--releasever",
        "--setopt",
        "-x",
    }
    | {"--exclude", "-p", "--plus-repo", "-r", "--from", "-R", "--root", "-D", "--reposd-dir", "--type"}
)
#: Options with which nothing is installed.
_ONLY_LOOKS: Final = frozenset(
    {
        "-s",
        "--simulate",
        "--dry-run",
        "--just-print",
        "--no-act",
        "--recon",
        "-d",
        "--download-only",
        "--downloadonly",
    }
    | {"--print-uris", "--assumeno", "-D"}
)


#: Options of rpm and dpkg that leave out what a package depends on.
_ALONE: Final = frozenset({"--nodeps", "--force-depends", "--force-all"})


def installed_by(command: SimpleCommand) -> Iterator[Installed]:
    """The packages that a command installs; names that are not wholly known are left out."""
    program = posixpath.basename(command.words[0].text)
    system = _SYSTEMS.get(program)
    rest = command.words[1:]
    if system is None or any(word.text in _ONLY_LOOKS for word in rest):
        return
    if system == "file":
        yield from _from_files(program, rest)
        return
    operands = list(_operands(rest))
    if operands and operands[0].text == "module":
        operands = operands[1:]
    if not operands or operands[0].text not in _INSTALLING[system]:
        return
    for word in operands[1:]:
        if is_resolved(word.text) and not (system == "deb" and word.text.endswith("-")):
            yield Installed(system, _bare(word.text, system), word)


def last_removals(commands: Sequence[SimpleCommand]) -> Mapping[str, int]:
    """By package, the number of the last of ``commands`` that removes it with all that came along.

    dnf removes so by itself, apt only if it is told to, there and then or later.
    """
    removals: dict[str, int] = {}
    is_swept = False
    for number, command in reversed(tuple(enumerate(commands))):
        system = _SYSTEMS.get(posixpath.basename(command.words[0].text), "")
        texts = [word.text for word in command.words[1:]]
        if (
            system not in ("deb", "rpm")
            or not _REMOVING.intersection(texts)
            or _ONLY_LOOKS.intersection(texts)
        ):
            continue
        is_swept = is_swept or (system == "deb" and bool(_SWEEPING.intersection(texts)))
        if system == "rpm" or is_swept:
            for text in texts:
                removals.setdefault(text, number)
    return removals


def _from_files(program: str, rest: Sequence[Word]) -> Iterator[Installed]:
    system = "deb" if program == "dpkg" else "rpm"
    flags = [word.text for word in rest if word.text.startswith("-")]
    installs = {"-i", "--install", "--unpack"} if system == "deb" else {"--install", "--upgrade", "--force"}
    if not any(
        flag in installs or (system == "rpm" and re.match(r"-[a-zA-Z]*[iUF]", flag)) for flag in flags
    ):
        return
    alone = any(flag in _ALONE for flag in flags)
    for word in rest:
        if not word.text.startswith("-") and is_resolved(word.text):
            yield Installed(system, _bare(word.text, system), word, alone)


def _operands(words: Sequence[Word]) -> Iterator[Word]:
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word.text.startswith("-"):
            skip = word.text in _WITH_VALUE
        else:
            yield word


def _bare(text: str, system: str) -> str:
    """``libcuda1=535.1-1``, ``libcuda1:amd64``, ``libcuda1/stable``, ``./libcuda1_535_amd64.deb`` to ``libcuda1``."""
    if text.endswith((".deb", ".rpm")):
        name = posixpath.basename(text)
        return name.partition("_")[0].removesuffix(".deb") if system == "deb" else name.removesuffix(".rpm")
    if system == "deb":
        return re.split(r"[=/:]", text.removesuffix("+"))[0]
    return re.split(r"[=<>]", text.lstrip("@"))[0].strip()
