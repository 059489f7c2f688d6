"""One container of a probe: made, started, watched, signalled, read. Every call is bounded in time and memory.

What to do when is the business of ``run``.
"""

from __future__ import annotations

import copy
import re
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from smlint.probe import volumes
from smlint.probe.observe import Observer
from smlint.probe.plan import Directory, ProbeError
from smlint.probe.record import Listing, Phase, Snapshot

if TYPE_CHECKING:
    from docker import APIClient

#: Seconds that one look at the process list may take.
_TOP_TIMEOUT: Final = 5
#: Seconds after which the end is waited for again when the engine broke off the wait.
_WAIT_AGAIN: Final = 0.2
#: The engine keeps at most this much of the log, so that a flood does not fill its disk.
LOG_LIMITS: Final = {"max-size": "8m", "max-file": "2"}
TAIL_LINES: Final = 50
_LONGEST_LINE: Final = 400
#: Engines cut lines at 16 KiB, so that the last ones are not longer together than this many bytes.
_LONGEST_ANSWER: Final = 1 << 20


class LiveContainer:
    """A container on the engine. Times are seconds since its start, taken from this machine's monotonic clock."""

    def __init__(self, api: APIClient, container: str) -> None:
        self.id = container
        self._api = api
        self._began = 0.0
        self._observer: Observer | None = None
        self._over = threading.Event()
        self._ended_at: float | None = None
        self._stamps: list[tuple[Directory, tuple[str, ...]]] = []

    @property
    def ended_at(self) -> float | None:
        """When the container ended; None while it runs."""
        return self._ended_at

    def now(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._began

    def start(self) -> str:
        """Start it; the engine's words when it could not be started, else ""."""
        import docker.errors

        self._began = time.monotonic()
        try:
            self._api.start(self.id)
        except docker.errors.APIError as error:
            self._ended_at = self.now()
            self._over.set()
            return str(error.explanation or error)
        # The moment that counts is when the program begins, which is when the call comes back.
        self._began = time.monotonic()
        first = int(self._api.inspect_container(self.id)["State"].get("Pid") or 1)
        watcher = copy.copy(self._api)
        watcher.timeout = _TOP_TIMEOUT
        self._observer = Observer(watcher, self.id, first)
        threading.Thread(target=self._await_end, daemon=True, name="smlint-wait").start()
        return ""

    def _await_end(self) -> None:
        import docker.errors
        import requests

        while True:
            try:
                self._api.wait(self.id, condition="not-running")
                break
            except (docker.errors.APIError, requests.RequestException):
                # Removed while it was waited for, or the engine went away; or a proxy before a far engine has closed a
                # connection that was silent for long.
                if not self._runs():
                    break
                self._over.wait(_WAIT_AGAIN)
        self._ended_at = self.now()
        self._over.set()

    def _runs(self) -> bool:
        import docker.errors
        import requests

        try:
            return bool(self._api.inspect_container(self.id)["State"]["Running"])
        except (docker.errors.APIError, requests.RequestException):
            return False

    def wait(self, seconds: float) -> bool:
        """Wait for the end, at most so long; whether it has come."""
        return self._over.wait(max(0.0, seconds))

    def snapshot(self, phase: Phase) -> Snapshot | None:
        """The process tree now; None when there is none any more or the engine does not answer in time."""
        if self._observer is None or self._over.is_set():
            return None
        return self._observer.snapshot(self.now(), phase)

    def kill(self, number: int) -> bool:
        """Send a signal to PID 1; False when the container has ended already."""
        import docker.errors

        try:
            self._api.kill(self.id, number)
        except docker.errors.APIError as error:
            if error.status_code in (404, 409) or "not running" in str(error.explanation):
                return False
            raise
        return True

    def state(self) -> Mapping[str, Any]:
        """The engine's own account of the container's state."""
        found: Mapping[str, Any] = self._api.inspect_container(self.id)["State"]
        return found

    def address(self) -> str:
        """The container's address on its network; "" when it has none."""
        networks = self._api.inspect_container(self.id)["NetworkSettings"].get("Networks") or {}
        return next((str(network["IPAddress"]) for network in networks.values() if network["IPAddress"]), "")

    def execute(self, command: list[str]) -> tuple[int | None, str]:
        """Run a command inside; its exit code (None when it could not be started) and the beginning of its output."""
        import docker.errors

        try:
            made = self._api.exec_create(self.id, command)
            output = self._api.exec_start(made["Id"])
            code = self._api.exec_inspect(made["Id"])["ExitCode"]
        except docker.errors.APIError:
            return None, ""
        text = output[:4096].decode(errors="replace") if isinstance(output, bytes) else ""
        return code, text

    def listing(self, roots: tuple[str, ...]) -> Listing:
        """The files below ``roots``."""
        untouched = {
            directory.target
            for directory, stamps in self._stamps
            if stamps and stamps == volumes.stamps(self._api, self.id, directory)
        }
        return volumes.listing(self._api, self.id, [root for root in roots if root not in untouched])

    def remember(self, directories: tuple[Directory, ...]) -> None:
        """Note how the directories look before anything runs."""
        self._stamps = [
            (directory, volumes.stamps(self._api, self.id, directory))
            for directory in directories
            if not directory.read_only
        ]

    def log_tail(self) -> tuple[str, ...]:
        """The last lines of the log."""
        return tuple(_shown(_unstamped(line)) for line in self._log())

    def log_mark(self) -> list[bytes]:
        """The last lines so far, to be given to :meth:`log_since`."""
        return self._log()

    def log_since(self, mark: list[bytes]) -> tuple[str, ...]:
        """The last lines of those that have come after ``mark``.

        Where they begin is found by comparing lines with their time stamps, since the engine's clock need not be this
        machine's, and Podman's stamps are whole seconds.
        """
        lines = self._log()
        return tuple(_shown(_unstamped(line)) for line in lines[overlap(mark, lines) :])

    def await_line(self, pattern: re.Pattern[str]) -> threading.Event:
        """An event that is set once a line of the log matches; every line counts, also in a flood."""
        found = threading.Event()
        threading.Thread(
            target=self._search, args=(pattern, found), daemon=True, name="smlint-ready-log"
        ).start()
        return found

    def _search(self, pattern: re.Pattern[str], found: threading.Event) -> None:
        import docker.errors
        import requests

        rest = b""
        try:
            stream = self._api.logs(self.id, stream=True, follow=True)
        except docker.errors.APIError:
            return
        try:
            for chunk in stream:
                *lines, rest = (rest + chunk).split(b"\n")
                if any(pattern.search(line.decode(errors="replace")) for line in (*lines, rest)):
                    found.set()
                    return
                rest = rest[-_LONGEST_LINE:]
        except (docker.errors.APIError, requests.RequestException, OSError):
            # The container has gone, and its log with it.
            return
        finally:
            # The stream's own close leaves the response's file open.
            getattr(stream, "_response", stream).close()

    def _log(self) -> list[bytes]:
        """The last lines with their time stamps, of the last megabyte at most."""
        import docker.errors

        try:
            text: bytes = self._api.logs(self.id, timestamps=True, tail=TAIL_LINES)
        except docker.errors.APIError:
            # Dead before it lived: there is no log to read.
            return []
        return text[-_LONGEST_ANSWER:].splitlines()


def overlap(earlier: list[bytes], later: list[bytes]) -> int:
    """How many lines at the beginning of ``later`` are the end of ``earlier``."""
    for count in range(min(len(earlier), len(later)), 0, -1):
        if earlier[-count:] == later[:count]:
            return count
    return 0


def _unstamped(line: bytes) -> bytes:
    return line.partition(b" ")[2]


def _shown(line: bytes) -> str:
    text = "".join(
        c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line.decode(errors="replace")
    )
    return text if len(text) <= _LONGEST_LINE else text[: _LONGEST_LINE - 1] + "…"


def create(
    api: APIClient,
    image: str,
    *,
    labels: Mapping[str, str],
    directories: tuple[Directory, ...],
    **options: Any,
) -> LiveContainer:
    """A container with its volumes made and filled; raises ProbeError when the engine refuses.

    ``options`` go to the engine's create call; its ``host_config`` is a mapping of the call that makes one.
    """
    import docker.errors
    from docker.types import Mount

    host = dict(options.pop("host_config", {}))
    host["mounts"] = mounts = []
    for number, directory in enumerate(directories):
        name = f"smlint-probe-{labels['io.smlint.probe']}-{time.monotonic_ns():x}-{number}"
        api.create_volume(name, labels=dict(labels))
        if directory.read_only:
            _fill_apart(api, image, labels, name, directory)
        # Without no_copy the engine fills a new volume with what the image has there; the platform covers it.
        mounts.append(Mount(directory.target, name, read_only=directory.read_only, no_copy=True))
    try:
        made = api.create_container(
            image, labels=dict(labels), host_config=api.create_host_config(**host), **options
        )
    except docker.errors.APIError as error:
        raise ProbeError(f"the engine cannot make a container of {image}: {error.explanation}") from error
    for directory in directories:
        if not directory.read_only and not volumes.is_empty(directory):
            api.put_archive(made["Id"], directory.target, volumes.archive(directory))
    container = LiveContainer(api, made["Id"])
    container.remember(directories)
    return container


def _fill_apart(
    api: APIClient, image: str, labels: Mapping[str, str], volume: str, directory: Directory
) -> None:
    """Fill a volume that the container itself may only read, through a second container that never runs."""
    from docker.types import Mount

    host = api.create_host_config(mounts=[Mount(directory.target, volume, no_copy=True)], network_mode="none")
    made = api.create_container(image, ["-"], labels=dict(labels), host_config=host)
    api.put_archive(made["Id"], directory.target, volumes.archive(directory))
    api.remove_container(made["Id"], v=True)
