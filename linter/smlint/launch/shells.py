"""Shells as launchers: which words of their command line are options, a ``-c`` string or a script, and which shell it is.

What the string or script does is read by :mod:`smlint.shell`; here only the shell's own words are taken apart.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import Final, NamedTuple

from smlint.container import Container, Known, Unknown

#: Names of shells, and the implementation behind each; ``sh`` is whatever the image links it to.
_IMPLEMENTATIONS: Final = {
    "sh": "",
    "bash": "bash",
    "rbash": "bash",
    "dash": "dash",
    "ash": "busybox",
    "busybox": "busybox",
    "zsh": "zsh",
    "ksh": "ksh",
    "mksh": "mksh",
}
#: What ``su`` starts where neither its options nor ``/etc/passwd`` say which shell it is.
USERS_SHELL: Final = "-sh"
#: Options of one letter that take a word of their own.
_TAKES_WORD: Final = frozenset("oO")
_LONG_WITH_WORD: Final = frozenset({"--rcfile", "--init-file"})


class ShellCall(NamedTuple):
    """The command line of a shell, taken apart."""

    #: ``sh``, ``bash`` … as called.
    name: str
    #: Index of the word that holds the commands (after ``-c``) or names the script; None for an interactive shell
    #: or one that reads its standard input.
    operand: int | None
    #: Whether the operand is a ``-c`` string.
    is_string: bool
    #: Index of the first word behind the operand: ``$0`` of a string, ``$1`` of a script.
    rest: int
    #: Options set on the command line: ``e``, ``x``, ``m``, ``l`` … and names of ``-o``.
    options: frozenset[str]
    #: Whether the options were understood.
    clear: bool = True


def shell_name(program: str) -> str | None:
    """The shell that a program name means, without its directory; None when it is no shell."""
    name = program.rpartition("/")[2].lstrip("-")
    return name if name in _IMPLEMENTATIONS else None


def shell_call(argv: Sequence[str]) -> ShellCall | None:
    """Take a shell's command line apart; None when ``argv`` starts no shell."""
    name = shell_name(argv[0]) if argv else None
    if name is None:
        return None
    start = 1
    if name == "busybox":
        if len(argv) < 2 or argv[1] not in ("sh", "ash", "hush"):
            return None
        start = 2
    options: set[str] = set()
    string = False
    index = start
    clear = True
    while index < len(argv):
        word = argv[index]
        if word in ("--", "-"):
            index += 1
            break
        if word.startswith("--"):
            options.add(word[2:])
            index += 2 if word in _LONG_WITH_WORD else 1
            continue
        if len(word) < 2 or word[0] not in "-+":
            break
        letters = word[1:]
        clear = clear and letters.isalnum()
        index += 1
        for letter in letters:
            if letter in _TAKES_WORD:
                if index < len(argv):
                    _switch(options, word[0], argv[index])
                index += 1
            elif letter == "c" and word[0] == "-":
                string = True
            else:
                _switch(options, word[0], letter)
    if index >= len(argv) or "s" in options:
        return ShellCall(name, None, string, min(index, len(argv)), frozenset(options), clear)
    return ShellCall(name, index, string, index + 1, frozenset(options), clear)


def _switch(options: set[str], sign: str, option: str) -> None:
    if sign == "-":
        options.add(option)
    else:
        options.discard(option)


def implementation(container: Container, program: str, *, by_name: bool) -> str | None:
    """Which shell runs: ``dash``, ``bash``, ``busybox`` …; None when ``program`` is a ``sh`` whose image is not known.

    ``by_name``: whether the name of a well-known base image is asked.
    """
    name = shell_name(program) or ""
    known = _IMPLEMENTATIONS.get(name)
    if known:
        return known
    if program == USERS_SHELL:
        return None
    path = program if program.startswith("/") else "/bin/sh"
    found = container.files.lookup(path)
    if isinstance(found, Known):
        target = posixpath.basename(found.value.path)
        behind = _IMPLEMENTATIONS.get(target)
        if behind:
            return behind
    return _by_base(container) if by_name and isinstance(found, Unknown) else None


def login_shell(container: Container, user: str) -> str:
    """The shell that ``/etc/passwd`` gives to a user; :data:`USERS_SHELL` where that is not in view."""
    found = container.files.lookup("/etc/passwd")
    if isinstance(found, Known) and found.value.content is not None:
        for line in found.value.content.decode("utf-8", "replace").splitlines():
            entry: list[str] = line.split(":")
            if entry[0] == user and len(entry) == 7 and entry[6]:
                return entry[6]
    return USERS_SHELL


#: Programs that put something else at /bin/sh.
_RELINKS: Final = frozenset(
    {"ln", "mv", "cp", "rm", "dpkg-divert", "dpkg-reconfigure", "update-alternatives"}
)


def _by_base(container: Container) -> str | None:
    """What the base image, by its name, is known to have at /bin/sh, unless a RUN meddles with it."""
    from smlint.dockerfile.bases import base_knowledge

    if container.base is None:
        return None
    known = base_knowledge(container.base.reference)
    if known is None or known.bin_sh not in ("dash", "bash", "busybox"):
        return None
    for run in container.evidence.run_commands(r"/bin/sh\b|\bdash\b"):
        words = run.command.words
        if words and posixpath.basename(words[0].text) in _RELINKS:
            return None
    return known.bin_sh
