"""Names that decide what an argument vector means: shells, inits, the platform's words."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Sequence
from typing import Final

from smlint.diagnostics import Location, RequestLocation
from smlint.workload import Workload

SHELLS: Final = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh", "busybox"})
#: tini under all the names it is installed by; docker-init is tini as Docker ships it.
TINI: Final = frozenset({"tini", "tini-static", "docker-init"})
INITS: Final = TINI | {"dumb-init", "catatonit"}
#: Options of the inits that take the next word as their value.
_INIT_VALUES: Final = frozenset({"-p", "-e", "--rewrite", "-r"})


def program(word: str) -> str:
    """The name of a program without its folder; ``tini-amd64`` and its like are tini."""
    name = posixpath.basename(word)
    stem, _, machine = name.rpartition("-")
    return stem if machine in {"amd64", "arm64", "aarch64", "x86_64"} else name


def after_init(words: Sequence[str]) -> list[str]:
    """What an init is asked to run: the words behind its own options; empty when it is left to the platform."""
    rest = list(words[1:])
    while rest and rest[0].startswith("-"):
        word = rest.pop(0)
        if word == "--":
            break
        if word in _INIT_VALUES and rest:
            rest.pop(0)
    return rest


def entry_name(location: Location) -> str:
    """What the user types to name the program, judged by where it is named now."""
    return "ContainerEntrypoint" if isinstance(location, RequestLocation) else "ENTRYPOINT"


def entry(location: Location, array: str) -> str:
    """A whole entry point as the user types it there; ``array`` is a JSON array."""
    return (
        f'"ContainerEntrypoint": {array}' if isinstance(location, RequestLocation) else f"ENTRYPOINT {array}"
    )


def platform_words(workloads: Sequence[Workload]) -> str:
    """``train``, ``serve`` or both, as messages name them; "" when only processing is assumed."""
    return " or ".join(f"`{workload.word}`" for workload in workloads if workload.word)


def as_script(argv: Sequence[str], workloads: Sequence[Workload], instruction: str) -> str | None:
    """What to type for a program that refuses the platform's word; None for one that takes further words.

    ``instruction`` is what names the program now.
    """
    from smlint.launch.programs import refuses_words

    names = [workload.word for workload in workloads if workload.word]
    if not names or not refuses_words(argv):
        return None
    name = "serve" if "serve" in names else names[0]
    return (
        f"put a script called `{name}` that ends in `exec {shlex.join(argv)}` on PATH and delete {instruction}: "
        f"the program refuses the word `{name}`"
    )
