"""Starts one container per case and notes what really happens: who is PID 1, what the program gets, how it all ends.

The program prints its arguments and its signals and never ends by itself. Waiting is polling for what it prints; that
a signal did *not* arrive is known when two later ones, sent to the program itself one after the other, have: supervisord
passes SIGTERM on only when it wakes up, which the answer to the first one makes it do.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    import docker
    from docker.models.containers import Container as Running

PROGRAM: Final = """#!/usr/bin/python3
import os, signal, sys, time

def told(number, frame):
    print("told", signal.Signals(number).name, flush=True)
    if number == signal.SIGUSR2:
        os._exit(5)

for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2):
    signal.signal(number, told)
print("started", os.getpid(), *sys.argv[1:], flush=True)
while True:
    signal.pause()
"""
#: Longer than anything here takes, shorter than a hanging test is worth.
PATIENCE: Final = 30.0
_STARTED: Final = r"(?m)^started (\d+)(.*)\n"
LABEL: Final = "io.smlint.test"


class Observed(NamedTuple):
    """What one container did."""

    #: Whether the program is process 1.
    is_pid1: bool
    #: Command line of process 1.
    pid1: str
    #: Whether the program got ``train``.
    word: bool
    #: Whether SIGTERM, sent to process 1, was delivered to the program.
    sigterm: bool
    #: Whether the container ended with the program's exit code; None when it ended before the program could.
    exit_code: bool | None
    log: str


class NeverCameError(AssertionError):
    """What was waited for did not come."""


def observe(
    engine: docker.DockerClient,
    image: str,
    argv: Sequence[str],
    *,
    init: bool = False,
    ends_twice: bool = False,
) -> Observed:
    """Run ``argv`` (whose last word stands for the platform's) in ``image`` until its program ends.

    ``ends_twice``: start it once more for its exit code, without the SIGTERM that changes it.
    """
    seen = _run(engine, image, argv, init=init, stopped=True)
    if not ends_twice or not seen.pid1:
        return seen
    return seen._replace(exit_code=_run(engine, image, argv, init=init, stopped=False).exit_code)


def _run(
    engine: docker.DockerClient, image: str, argv: Sequence[str], *, init: bool, stopped: bool
) -> Observed:
    container = engine.containers.create(
        image,
        entrypoint=[argv[0]],
        command=list(argv[1:]),
        init=init,
        network_disabled=True,
        working_dir="/opt/program",
        labels={LABEL: "1"},
    )
    try:
        return _observed(container, stopped=stopped)
    finally:
        container.remove(force=True)


def _observed(container: Running, *, stopped: bool) -> Observed:
    container.start()
    log = _until(container, _STARTED)
    started = re.search(_STARTED, log)
    if started is None:
        return Observed(False, "", False, False, None, log)
    pid = started[1]
    pid1 = _command_line(container)
    if stopped:
        container.kill("SIGTERM")
    told = _tell(container, "-USR1", pid)
    log = _until(container, "told SIGUSR1") if told else _log(container)
    code = None
    if "told SIGUSR1" in log:
        # Its answer says nothing: the container may be gone before it comes.
        _tell(container, "-USR2", pid)
        log = _until(container, "told SIGUSR2")
        if "told SIGUSR2" in log:
            code = container.wait(timeout=PATIENCE)["StatusCode"]
    log = _log(container)
    return Observed(
        is_pid1=pid == "1",
        pid1=pid1,
        word="train" in started[2].split(),
        sigterm="told SIGTERM" in log,
        exit_code=None if code is None else code == 5,
        log=log,
    )


def _command_line(container: Running) -> str:
    """That of process 1; a busy engine may lose what a command prints that ends at once."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        shown = container.exec_run(["cat", "/proc/1/cmdline"]).output.decode().replace("\0", " ").strip()
        if shown:
            return str(shown)
        time.sleep(0.02)
    raise NeverCameError(f"process 1 shows no command line within {PATIENCE} s")


def _tell(container: Running, signal: str, pid: str) -> bool:
    """Whether a signal could be sent to the program; not when the container has ended."""
    import docker.errors

    try:
        return bool(container.exec_run(["kill", signal, pid]).exit_code == 0)
    except docker.errors.APIError:
        return False


def _until(container: Running, pattern: str) -> str:
    """The log as soon as ``pattern`` is found in it or nothing more can come."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        log = _log(container)
        if re.search(pattern, log):
            return log
        container.reload()
        if container.status == "exited":
            return _log(container)
        time.sleep(0.02)
    raise NeverCameError(f"{pattern!r} within {PATIENCE} s in: {_log(container)}")


def _log(container: Running) -> str:
    return str(container.logs().decode("utf-8", "replace"))
