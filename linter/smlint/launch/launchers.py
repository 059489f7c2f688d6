"""Programs whose job is to start another one: which words are the next program, and what reaches it.

The knowledge is data, ``launchers.toml``, one row with a source per launcher; this module reads it and splits argument
vectors by it. Shells and Python are no launchers here: what they start stands in text, not in words.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from smlint.launch.arrival import Argument, Arrival, further
from smlint.launch.chain import Kind, Relation
from smlint.tables import mentions, read_table

_TABLE: Final = "launchers.toml"
#: The keys of a row that say what it is about; each list stands on one line.
_NAMES: Final = ("names", "modules")


class Starts(enum.StrEnum):
    """What a launcher's remaining words are."""

    #: The next program and its arguments.
    ARGV = "argv"
    #: A Python script and its arguments.
    PYTHON = "python"
    #: The value of ``-c`` is a shell string.
    SHELL = "shell"
    #: A file in the container says what it starts: ``package.json``, ``supervisord.conf``.
    DECLARED = "declared"
    #: What it starts is written down elsewhere, out of view.
    OWN = "own"


class Launcher(NamedTuple):
    """One row of the table."""

    names: tuple[str, ...]
    kind: Kind
    starts: Starts
    #: Whether the next program takes the launcher's place; otherwise it is a child.
    replaces: bool
    #: Whether SIGTERM is passed on to the child; None where no source says.
    forwards: bool | None
    #: Whether a failure of the program is a failure of the launcher; None where no source says.
    exit_code: bool | None
    subcommand: str
    modules: tuple[str, ...]
    values: frozenset[str]
    operands: int
    assignments: bool
    #: Options with which SIGTERM goes to the whole process group; after ``!``, options without which it does.
    group: tuple[str, ...]
    #: Options with which the row says nothing.
    unless: frozenset[str]
    #: Whether it starts a child only where it leads a process group, and becomes the program elsewhere.
    forks_as_leader: bool
    note: str
    source: str


class Split(NamedTuple):
    """An argument vector taken apart: the launcher, and where the program's words begin."""

    launcher: Launcher
    #: Index of the first word of the program; equal to the length when there is none.
    start: int
    #: Whether the program's words are a Python module (``-m``) rather than a file.
    module: bool = False
    #: The shell that runs the string of a ``-c``, as given; "" where it is the user's own.
    shell: str = ""
    #: The option that makes what the table says void; "" where there is none.
    void: str = ""

    def tells_group(self, argv: Sequence[str]) -> bool:
        """Whether SIGTERM goes to every process below, so that one behind a shell hears it as well."""
        given = set(argv[1 : self.start])
        options = self.launcher.group
        if options[:1] == ("!",):
            return not given.intersection(options)
        return bool(given.intersection(options))


@cache
def table() -> Mapping[str, Launcher]:
    """All launchers by name and by ``-m`` module (written ``-m name``)."""
    rows = [_launcher(row) for row in read_table(__file__, _TABLE)["launcher"]]
    found = {name: row for row in rows for name in row.names}
    found.update({f"-m {module}": row for row in rows for module in row.modules})
    return found


def _launcher(row: Mapping[str, Any]) -> Launcher:
    return Launcher(
        names=tuple(row["names"]),
        kind=Kind(row["kind"]),
        starts=Starts(row["starts"]),
        replaces=row["replaces"],
        forwards=True if row["replaces"] else row.get("forwards"),
        exit_code=True if row["replaces"] else row.get("exit-code"),
        subcommand=row.get("subcommand", ""),
        modules=tuple(row.get("modules", ())),
        values=frozenset(row.get("values", ())),
        operands=row.get("operands", 0),
        assignments=row.get("assignments", False),
        group=tuple(row.get("group", ())),
        unless=frozenset(row.get("unless", ())),
        forks_as_leader=row.get("forks-as-leader", False),
        note=row.get("note", ""),
        source=row["source"],
    )


def split(argv: Sequence[str]) -> Split | None:
    """What the table says about ``argv``; None when its first word is no known launcher.

    ``python -m module`` is looked up by its module, with ``argv`` beginning at ``-m``.
    """
    if not argv:
        return None
    by_module = argv[0] == "-m" and len(argv) > 1
    name = f"-m {argv[1]}" if by_module else argv[0].rpartition("/")[2]
    if not mentions(__file__, _TABLE, _NAMES, name.removeprefix("-m ")):
        return None
    launcher = table().get(name)
    if launcher is None:
        return None
    start = 2 if by_module else 1
    if launcher.subcommand:
        found_at = _after_subcommand(launcher, argv, start)
        if found_at is None:
            # `python -m accelerate.commands.launch script.py` has no word for the subcommand.
            return _after_options(launcher, argv, start) if by_module else None
        start = found_at
    if launcher.starts in (Starts.OWN, Starts.DECLARED):
        return Split(launcher, len(argv))
    if launcher.starts is Starts.SHELL:
        return _shell_option(launcher, argv)
    found = _after_options(launcher, argv, start)
    return found._replace(void=_void(launcher, argv[1 : found.start]))


def _void(launcher: Launcher, options: Sequence[str]) -> str:
    return next((word for word in options if word.partition("=")[0] in launcher.unless), "")


def _after_subcommand(launcher: Launcher, argv: Sequence[str], start: int) -> int | None:
    while start < len(argv) and argv[start].startswith("-"):
        start += _width(launcher, argv[start])
    if start < len(argv) and argv[start] == launcher.subcommand:
        return start + 1
    return None


_MODULE_OPTIONS: Final = frozenset({"-m", "--module"})
_NO_PYTHON: Final = frozenset({"--no_python", "--no-python"})


def _after_options(launcher: Launcher, argv: Sequence[str], start: int) -> Split:
    operands, module = launcher.operands, False
    python = launcher.starts is Starts.PYTHON
    while start < len(argv):
        word = argv[start]
        if word == "--":
            start += 1
            break
        if python and word in _NO_PYTHON:
            launcher = launcher._replace(starts=Starts.ARGV)
        module = module or (python and word in _MODULE_OPTIONS)
        if word.startswith("-") and word != "-":
            start += 1 if module and word in _MODULE_OPTIONS else _width(launcher, word)
        elif launcher.assignments and "=" in word:
            start += 1
        elif operands:
            operands -= 1
            start += 1
        else:
            break
    return Split(launcher, min(start, len(argv)), module)


def _width(launcher: Launcher, word: str) -> int:
    """How many words an option takes."""
    return 2 if word in launcher.values else 1


def _shell_option(launcher: Launcher, argv: Sequence[str]) -> Split:
    """``su user -c STRING``: the program is what STRING starts; without ``-c`` it is a login shell."""
    shell = ""
    for index, word in enumerate(argv[1:], 1):
        option, _, value = word.partition("=")
        if option in ("-s", "--shell"):
            shell = value or "".join(argv[index + 1 : index + 2])
        if word in ("-c", "--command") and index + 1 < len(argv):
            return Split(launcher, index + 1, shell=shell)
        if word in ("-u", "--user") and index + 2 < len(argv):
            # runuser -u USER [--] PROGRAM … starts the program without a shell.
            start = index + 3 if argv[index + 2] == "--" else index + 2
            return Split(launcher._replace(starts=Starts.ARGV), start)
    return Split(launcher, len(argv))


def user_of(argv: Sequence[str]) -> str:
    """Whose shell ``su`` starts: its first operand, by default root; ``argv`` ends before the string of ``-c``."""
    values = {"-c", "--command", "-s", "--shell", "-g", "--group", "-G", "--supp-group", "-w", "-C"}
    at = 1
    while at < len(argv):
        word = argv[at]
        if word != "-" and not word.startswith("-"):
            return word
        at += 2 if word in values else 1
    return "root"


def below(arrival: Arrival, found: Split, rest: tuple[Argument, ...]) -> Arrival:
    """What reaches the program that a launcher starts with the words ``rest``."""
    launcher = found.launcher
    name = launcher.names[0]
    if launcher.subcommand:
        name += f" {launcher.subcommand}"
    following = arrival._replace(argv=rest, condition="", exec_at=None, piped=False, cut_off="", line=0)
    doubt = f"what {name} does with {found.void} is not known" if found.void else ""
    if launcher.forks_as_leader and arrival.leads is None:
        doubt = f"{name} becomes the program unless it leads a process group"
    if doubt:
        return following._replace(
            relation=Relation.UNKNOWN,
            reason=doubt,
            sigterm=further(arrival.sigterm, None, doubt),
            exit_code=further(arrival.exit_code, None, doubt),
            leads=None,
        )
    if launcher.replaces or (launcher.forks_as_leader and arrival.leads is False):
        return following._replace(relation=Relation.REPLACES, reason=f"{name} becomes the program")
    forwards = launcher.forwards
    note = launcher.note or f"whether {name} passes SIGTERM on is not documented"
    if forwards is False and arrival.group:
        forwards = None
        note = f"{arrival.group} tells every process, and the container ends as soon as {name} does"
    return following._replace(
        relation=Relation.CHILD,
        reason=f"{name} waits for it",
        sigterm=further(arrival.sigterm, forwards, note),
        exit_code=further(
            arrival.exit_code, launcher.exit_code, f"{name} does not say how the program ended"
        ),
        # The inits give their child a process group of its own; of other launchers that is not known.
        leads=launcher.kind is Kind.INIT or None,
    )
