"""What launchers start that read it from a file of the container: npm's ``package.json``, supervisord's configuration.

Only what is certain is followed: one script, one program. What the launcher does to signals and exit codes is a row of
``launchers.toml`` as for any other.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from smlint.container import ABSENT, UNRESOLVED, Container, Fact, FileEntry, Known, Unknown, is_resolved
from smlint.diagnostics import FileLocation, Location
from smlint.launch.arrival import Argument, Arrival
from smlint.launch.executables import file_at, working_directory

#: ``npm start`` and its like are short for ``npm run start``.
_SHORT: Final = frozenset({"start", "stop", "restart", "test"})
_RUN: Final = frozenset({"run", "run-script", "rum", "urn"})
#: Options of npm that change nothing about what is run.
_QUIET: Final = frozenset({"-s", "--silent", "-q", "--quiet"})
_POSITIONAL: Final = re.compile(r"\$[@*#0-9]|\$\{[@*#!0-9]")
#: Where supervisord looks, in this order (supervisor/options.py); the first two are relative to its own place.
_CONFIGURATIONS: Final = (
    "supervisord.conf",
    "etc/supervisord.conf",
    "/etc/supervisord.conf",
    "/etc/supervisor/supervisord.conf",
)
_ENVIRONMENT: Final = re.compile(r"%\(ENV_(\w+)\)s")


class Declared(NamedTuple):
    """The next process as a file declares it."""

    argv: tuple[Argument, ...]
    #: The file, and the line from 1 that says it; 0 where that is not known.
    file: FileEntry
    line: int
    #: The argument vector as the process listing has it, where that differs from ``argv``.
    shown: tuple[str, ...] = ()
    #: The directory it is run in, where the file names one.
    directory: str = ""
    #: Whether SIGTERM goes to every process below.
    group: bool = False
    #: Why SIGTERM may not be what it gets; "" where it is.
    signal: str = ""
    #: Whether the platform's word is refused or lost before it.
    word_lost: str = ""


def declared(container: Container, arrival: Arrival) -> Declared | str:
    """What the launcher at ``arrival`` starts; else why that is not known, as a clause."""
    name = posixpath.basename(arrival.texts[0])
    return _READERS[name](container, arrival)


# --- npm -----------------------------------------------------------------------------------------------------------------


def _npm(container: Container, arrival: Arrival) -> Declared | str:
    found = _npm_script(arrival.texts)
    if isinstance(found, str):
        return found
    name, start = found
    entry = file_at(container, "package.json", arrival.directory)
    if not isinstance(entry, Known):
        return "package.json is not in view"
    settings = file_at(container, ".npmrc", arrival.directory)
    if isinstance(settings, Known) and b"shell" in (settings.value.content or b""):
        return ".npmrc chooses the shell"
    content = entry.value.content or b""
    scripts = _scripts(content)
    text = scripts.get(name)
    if not isinstance(text, str) or not text.strip():
        return f"package.json has no script {name}"
    if _POSITIONAL.search(text):
        return f"the script {name} looks at positional parameters"
    rest = arrival.argv[start:]
    if rest[:1] and rest[0].text == "--":
        rest = rest[1:]
    # npm writes the arguments, quoted, behind the text; "$@" says the same and keeps track of them.
    string = f'{text} "$@"' if rest else text
    words = (Argument("sh"), Argument("-c"), Argument(string), Argument("sh"), *rest)
    shown = shlex.join(argument.text for argument in rest)
    return Declared(
        words if rest else words[:3],
        entry.value,
        _line_of(content, f'"{name}"'),
        shown=("sh", "-c", f"{text} {shown}".rstrip()),
    )


def _npm_script(texts: tuple[str, ...]) -> tuple[str, int] | str:
    """The name of the script and the index of the first word behind it."""
    at = 1
    while at < len(texts) and texts[at] in _QUIET:
        at += 1
    command = texts[at] if at < len(texts) else ""
    if command in _RUN and at + 1 < len(texts):
        at += 1
        while at < len(texts) and texts[at] in _QUIET:
            at += 1
        command = texts[at] if at < len(texts) else ""
    elif command not in _SHORT or command == "restart":
        return "what npm runs is not understood"
    if not command or command.startswith("-") or not is_resolved(command):
        return "the name of npm's script is not resolved"
    behind = texts[at + 1 :]
    if any(word.startswith("-") for word in behind[: behind.index("--") if "--" in behind else None]):
        return "npm takes options that are not behind `--` for its own"
    return command, at + 1


def _scripts(content: bytes) -> Mapping[str, Any]:
    import json

    try:
        package = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    scripts = package.get("scripts") if isinstance(package, dict) else None
    return scripts if isinstance(scripts, dict) else {}


# --- supervisord ---------------------------------------------------------------------------------------------------------


def _supervisord(container: Container, arrival: Arrival) -> Declared | str:
    options = _options(arrival.texts[1:])
    if isinstance(options, str):
        return options
    found = _configuration(container, arrival, options.get("-c", ""))
    if not isinstance(found, Known):
        return "supervisord's configuration is not in view"
    content = found.value.content or b""
    section = _program(content, in_foreground="-n" in options)
    if isinstance(section, str):
        return section
    command = _expanded(container, section["command"])
    if command is None:
        return "the command in supervisord's configuration is not resolved"
    try:
        words = shlex.split(command)
    except ValueError:
        words = []
    if not words:
        return "the command in supervisord's configuration cannot be read"
    signal = section.get("stopsignal", "TERM").upper().removeprefix("SIG")
    return Declared(
        tuple(map(Argument, words)),
        found.value,
        _line_of(content, "command"),
        directory=section.get("directory", ""),
        group=section.get("stopasgroup", "").lower() in ("true", "yes", "on", "1"),
        signal="" if signal in ("TERM", "15") else f"supervisord sends SIG{signal} instead",
        word_lost="supervisord takes the program's arguments from its configuration",
    )


def _options(texts: tuple[str, ...]) -> dict[str, str] | str:
    """supervisord's command line: ``-c`` with its value, ``-n``."""
    found: dict[str, str] = {}
    at = 0
    while at < len(texts):
        word, _, value = texts[at].partition("=")
        if not word.startswith("-"):
            # Measured: "Error: positional arguments are not supported".
            return f"supervisord refuses the word {word.replace(UNRESOLVED, '…')} and ends at once"
        if word in ("-n", "--nodaemon"):
            found["-n"] = ""
        elif word in ("-c", "--configuration"):
            at += not value
            found["-c"] = value or "".join(texts[at : at + 1])
        else:
            return f"what `supervisord {word}` does is not known"
        at += 1
    return found


def _configuration(container: Container, arrival: Arrival, given: str) -> Fact[FileEntry]:
    if given:
        return file_at(container, given, arrival.directory)
    for path in _CONFIGURATIONS:
        found = file_at(container, path, arrival.directory)
        if found is not ABSENT:
            # What is not in view may be there, and the first one is read.
            break
    return found


def _program(content: bytes, *, in_foreground: bool) -> Mapping[str, str] | str:
    """The one program that a configuration starts."""
    import configparser

    parser = configparser.RawConfigParser(inline_comment_prefixes=(";", "#"), strict=False)
    try:
        parser.read_string(content.decode("utf-8", "replace"))
    except configparser.Error:
        return "supervisord's configuration cannot be read"
    sections = parser.sections()
    if not in_foreground and parser.get("supervisord", "nodaemon", fallback="false").lower() not in _YES:
        return "supervisord goes into the background without nodaemon=true, and the container ends"
    if any(name == "include" or name.startswith(("eventlistener:", "fcgi-program:")) for name in sections):
        return "supervisord's configuration names further files or kinds of programs"
    programs = [name for name in sections if name.startswith("program:")]
    if len(programs) != 1:
        return f"supervisord starts {len(programs) or 'no'} programs"
    section = dict(parser.items(programs[0]))
    if section.get("numprocs", "1") != "1" or section.get("autostart", "true").lower() not in _YES:
        return "supervisord does not start exactly one process"
    return section if section.get("command") else "supervisord's program has no command"


_YES: Final = ("true", "yes", "on", "1")


def _expanded(container: Container, command: str) -> str | None:
    """``%(ENV_NAME)s`` replaced; None where something cannot be."""
    unknown: list[str] = []

    def value(match: re.Match[str]) -> str:
        fact = container.variable(match[1])
        if isinstance(fact, Known) and is_resolved(fact.value):
            text: str = fact.value
            return text
        unknown.append(match[1])
        return ""

    text = _ENVIRONMENT.sub(value, command)
    return None if unknown or "%(" in text else text.replace("%%", "%")


_READERS: Final[Mapping[str, Callable[[Container, Arrival], Declared | str]]] = {
    "npm": _npm,
    "supervisord": _supervisord,
}


def _line_of(content: bytes, text: str) -> int:
    """The line, from 1, on which ``text`` stands first; 0 where it does not."""
    lines = content.decode("utf-8", "replace").splitlines()
    return next((number for number, line in enumerate(lines, 1) if line.lstrip().startswith(text)), 0)


def directory_of(container: Container, found: Declared, arrival: Arrival) -> Fact[str] | None:
    """The directory the declared process runs in."""
    if not found.directory:
        return arrival.directory
    here = arrival.directory or working_directory(container)
    directory = _expanded(container, found.directory)
    if directory is None:
        return Unknown("the directory in supervisord's configuration is not resolved")
    return Known(posixpath.join(here.value, directory), here.location) if isinstance(here, Known) else here


def location_of(found: Declared) -> Location:
    """Where the file says what is started."""
    if not found.file.context_path or not found.line:
        return found.file.location
    return FileLocation(found.file.context_path, found.line, 1, found.line, 1)
