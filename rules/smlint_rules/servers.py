"""What a server's command line says about where it listens: address and port, by program."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from smlint.container import ABSENT, Container, Known, is_resolved
from smlint.diagnostics import Location
from smlint.launch import Hop, Kind, resolve
from smlint.workload import Workload

#: The port that SageMaker asks.
PORT: Final = 8080
_PROXIES: Final = re.compile(
    r"\b(?:nginx|haproxy|envoy|caddy|traefik|httpd|apache2|apachectl|multi-model-server)\b"
)
#: A command in the background, at the end of its line; and a server that Python runs.
_JOB: Final = re.compile(r"^([^#\n]*?[^&>|#\n])&[ \t]*(?:$|#)", re.MULTILINE)
_PYTHON_SERVER: Final = re.compile(
    r"\b(?:uvicorn|gunicorn|hypercorn|flask|fastapi|waitress|vllm|http\.server)\b"
)


class _Server(NamedTuple):
    """Options that set the address, and the program's own defaults (None: not known, or all addresses)."""

    host: tuple[str, ...] = ()
    port: tuple[str, ...] = ()
    #: Options whose value is ``host:port``, ``:port`` or a port alone.
    bind: tuple[str, ...] = ()
    default_host: str | None = None
    default_port: int | None = None
    #: The word behind the program without which it is no server: ``flask run``, ``vllm serve``.
    subcommand: str = ""


#: Defaults as the programs' own references give them.
_SERVERS: Final = {
    "uvicorn": _Server(("--host",), ("--port",), default_host="127.0.0.1", default_port=8000),
    "gunicorn": _Server(bind=("--bind", "-b"), default_host="127.0.0.1", default_port=8000),
    "hypercorn": _Server(bind=("--bind", "-b"), default_host="127.0.0.1", default_port=8000),
    "flask": _Server(("--host", "-h"), ("--port", "-p"), (), "127.0.0.1", 5000, "run"),
    "fastapi": _Server(("--host",), ("--port",), (), "0.0.0.0", 8000, "run"),
    "waitress-serve": _Server(("--host",), ("--port",), ("--listen",), "0.0.0.0", 8080),
    "vllm": _Server(("--host",), ("--port",), (), None, 8000, "serve"),
    "vllm.entrypoints.openai.api_server": _Server(("--host",), ("--port",), default_port=8000),
    "http.server": _Server(("--bind", "-b"), (), default_port=8000),
}
#: Variables from which a program takes what its command line does not say.
_VARIABLES: Final = {
    "uvicorn": ("UVICORN_HOST", "UVICORN_PORT"),
    "gunicorn": ("GUNICORN_CMD_ARGS", "PORT"),
    "flask": ("FLASK_RUN_HOST", "FLASK_RUN_PORT"),
    "vllm": ("VLLM_PORT",),
}


class Listening(NamedTuple):
    """Where a server of the chain listens; None where the command line leaves it open."""

    program: str
    host: str | None
    port: int | None
    #: The words say so, as opposed to the program's default.
    is_host_written: bool
    is_port_written: bool
    location: Location


def listening(container: Container) -> Iterator[Listening]:
    """The servers among the programs that ``serve`` ends in; none when a proxy stands in front or words are unknown."""
    launch = resolve(container, Workload.INFERENCE)
    if any(_is_proxied(hop) or _may_start_proxy(hop) for hop in launch.hops):
        return
    for hop in launch.programs:
        found = _listening(hop)
        if found is None:
            continue
        is_complete = found.is_host_written and found.is_port_written
        if is_complete or not _is_configured_elsewhere(container, launch.hops, found.program):
            yield found


def _is_configured_elsewhere(container: Container, hops: Sequence[Hop], program: str) -> bool:
    """Whether a variable or gunicorn's own settings file may say what the command line leaves out."""
    for name in _VARIABLES.get(program, ()):
        if isinstance(container.variable(name), Known):
            return True
        # A script may export it, or set it in front of the program.
        if any(re.search(rf"\b{name}\b", _text(hop)) for hop in hops):
            return True
    if program != "gunicorn":
        return False
    workdir = container.workdir.value if isinstance(container.workdir, Known) else "/"
    return container.files.lookup(posixpath.join(workdir, "gunicorn.conf.py")) is not ABSENT


def _is_proxied(hop: Hop) -> bool:
    return bool(_PROXIES.search(_text(hop)))


def _may_start_proxy(hop: Hop) -> bool:
    """Whether a script leaves something running beside the server: nobody says what."""
    return any(
        match[1].split()[0].rpartition("/")[2] not in _SERVERS and not _PYTHON_SERVER.search(match[1])
        for match in _JOB.finditer(_text(hop))
        if match[1].strip()
    )


def _text(hop: Hop) -> str:
    """What is run, with the script that it is."""
    script = hop.file.value.content if isinstance(hop.file, Known) and hop.kind is Kind.SHELL_SCRIPT else None
    return " ".join(hop.argv) + "\n" + (script or b"").decode("utf-8", "replace")


def _listening(hop: Hop) -> Listening | None:
    name, rest = _program(hop.argv)
    server = _SERVERS.get(name)
    if server is None or not all(is_resolved(word) and "$" not in word for word in rest):
        return None
    if server.subcommand:
        rest = _behind_options(rest)
        if not rest or rest[0] != server.subcommand:
            return None
        rest = rest[1:]
    # A settings file may say anything.
    if any(word.split("=")[0] in ("-c", "--config", "--env-file", "--uds", "--fd") for word in rest):
        return None
    host, port = _value(rest, server.host), _value(rest, server.port)
    bound = list(_values(rest, server.bind))
    if bound:
        # Each opens a socket of its own; the one that SageMaker asks counts.
        bind = next((each for each in bound if each.endswith(f":{PORT}")), bound[-1])
        if bind.startswith("unix:") or "/" in bind:
            return None
        address, _, number = bind.rpartition(":")
        host, port = (address or None, number) if ":" in bind or bind.isdigit() else (bind, None)
        host = host or "0.0.0.0"
    if name == "http.server":
        port = next((word for word in rest if word.isdigit()), port)
    return Listening(
        name,
        host if host is not None else server.default_host,
        int(port)
        if port is not None and port.isdigit()
        else (None if port is not None else server.default_port),
        host is not None,
        port is not None,
        hop.location,
    )


def _behind_options(words: Sequence[str]) -> Sequence[str]:
    """The subcommand and what follows: flask takes options of its own in front of it."""
    words = list(words)
    while words and words[0].startswith("-") and words[0] not in ("-e", "--env-file"):
        takes_value = words[0] in ("--app", "-A")
        del words[: 2 if takes_value else 1]
    return words


def _program(argv: Sequence[str]) -> tuple[str, Sequence[str]]:
    """The server's name and its arguments; ``python -m uvicorn`` is uvicorn."""
    name = posixpath.basename(argv[0])
    if re.fullmatch(r"python[\d.]*", name):
        words = list(argv[1:])
        while words and words[0] in ("-u", "-O", "-B", "-s", "-E", "-I"):
            words.pop(0)
        if len(words) > 1 and words[0] == "-m":
            return words[1], words[2:]
        # A console script run by its interpreter.
        if words and posixpath.basename(words[0]) in _SERVERS:
            return posixpath.basename(words[0]), words[1:]
    return name, argv[1:]


def _value(words: Sequence[str], options: Sequence[str]) -> str | None:
    """The last value of any of ``options``."""
    return next(reversed(list(_values(words, options))), None)


def _values(words: Sequence[str], options: Sequence[str]) -> Iterator[str]:
    """The values of all ``options``, written ``--port 1``, ``--port=1`` or ``-p1``."""
    for position, word in enumerate(words):
        for option in options:
            if word == option:
                yield from words[position + 1 : position + 2]
            elif word.startswith(f"{option}="):
                yield word.partition("=")[2]
            elif len(option) == 2 and word.startswith(option) and not word.startswith("--"):
                yield word[2:]
