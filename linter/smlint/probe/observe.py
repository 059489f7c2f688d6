"""The process tree of a running container, with its signal masks, through the engine's *top* call.

The Docker engine runs ``ps`` on its own side and keeps the lines of the container's processes; ids are those of the
engine's machine. Podman runs ``ps`` inside the container when it does not know the columns, so that ids are the
container's and ``ps`` sees itself; where the image has no ``ps``, its own columns are asked for, which hold no masks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from smlint.probe.record import Masks, Phase, Process, Snapshot

if TYPE_CHECKING:
    from docker import APIClient

#: ``args`` stands last: it is the only column that may hold blanks.
_COLUMNS: Final = "pid,ppid,stat,caught,ignored,blocked,pending,wchan:32,args"
_FULL: Final = f"-eo {_COLUMNS}"
#: What Podman's own process list knows.
_PODMAN: Final = "pid,ppid,state,args"

#: Processes kept per snapshot; a fork bomb shall not fill the record.
KEPT: Final = 200


class Observer:
    """Takes snapshots of one container; remembers which columns the engine understands."""

    def __init__(self, api: APIClient, container: str, first: int) -> None:
        """``api`` should have a short timeout of its own: *top* may hang on a machine in trouble.

        ``first`` is the id that the engine gives the container's PID 1.
        """
        self._api = api
        self._container = container
        self._first = first
        self._columns = [_FULL, _PODMAN]

    def snapshot(self, at: float, phase: Phase) -> Snapshot | None:
        """The tree now; None when the container is gone or the engine does not answer in time."""
        import docker.errors
        import requests

        while self._columns:
            try:
                answer = self._api.top(self._container, ps_args=self._columns[0])
            except docker.errors.APIError as error:
                if error.status_code in (404, 409) or _is_over(error):
                    return None
                self._columns.pop(0)
            except requests.exceptions.JSONDecodeError:
                # Podman in an image without ps: an error half-way through an answer that had begun well.
                self._columns.pop(0)
            except requests.RequestException:
                return None
            else:
                return tree(parse(answer), at, phase, self._first)
        return None


def _is_over(error: Any) -> bool:
    """Whether the engine refused because nothing runs any more, which Docker says with status 500."""
    text = str(error.explanation or "").lower()
    return "not running" in text or "is not in running state" in text or "can only be done on running" in text


def parse(answer: Any) -> list[Process]:
    """The processes of a *top* answer: ``{"Titles": [...], "Processes": [[...], ...]}``."""
    titles = [str(title).upper() for title in answer.get("Titles") or ()]
    found: list[Process] = []
    for row in answer.get("Processes") or ():
        process = _process(dict(zip(*_split(titles, row), strict=False)))
        if process is not None:
            found.append(process)
    return found


def _split(titles: list[str], row: list[str]) -> tuple[list[str], list[str]]:
    """Titles and cells; Podman hands over the lines of ``ps`` as they are."""
    if len(titles) != 1 or len(row) != 1:
        return titles, row
    names = titles[0].split()
    return names, row[0].split(maxsplit=len(names) - 1)


def _process(row: dict[str, str]) -> Process | None:
    try:
        pid, ppid = int(row["PID"]), int(row["PPID"])
    except (KeyError, ValueError):
        return None
    args = row.get("COMMAND", "")
    if _COLUMNS in args and args.startswith("ps "):
        # The observer itself, where the engine runs it inside.
        return None
    return Process(
        pid=pid,
        ppid=ppid,
        args=args,
        state=(row.get("STAT") or row.get("STATE") or "")[:1],
        masks=_masks(row),
        wait_channel=_wait_channel(row),
    )


def _wait_channel(row: dict[str, str]) -> str | None:
    """The kernel function waited in; None where a sleeping process shows none, so that the kernel must be hiding it."""
    shown = row.get("WCHAN", "")
    if shown not in ("", "-", "0", "?"):
        return shown
    return None if row.get("STAT", "S").startswith(("S", "D")) else ""


def _masks(row: dict[str, str]) -> Masks | None:
    try:
        caught, ignored, blocked, pending = (
            int(row[title], 16) for title in ("CAUGHT", "IGNORED", "BLOCKED", "PENDING")
        )
    except (KeyError, ValueError):
        return None
    return Masks(caught, ignored, blocked, pending)


def tree(processes: Sequence[Process], at: float, phase: Phase, first: int = 1) -> Snapshot:
    """The processes in tree order, zombies left out; ``first`` is the id that the engine gives PID 1.

    Children stand in the order of their start, an orphan that PID 1 has taken over behind PID 1's own: ids below the
    parent's have been given after the machine had used up the largest one.
    """
    living = {process.pid: process for process in processes if process.state != "Z"}
    children: dict[int, list[Process]] = {}
    roots: list[Process] = []
    for process in sorted(living.values(), key=lambda process: (process.pid < process.ppid, process.pid)):
        if process.ppid in living and process.ppid != process.pid:
            children.setdefault(process.ppid, []).append(process)
        else:
            roots.append(process)
    roots.sort(key=lambda process: process.pid not in (1, first))
    order: list[Process] = []
    stack = roots[::-1]
    while stack:
        process = stack.pop()
        order.append(process)
        stack += reversed(children.get(process.pid, ()))
    return Snapshot(at, phase, tuple(order[:KEPT]), max(0, len(order) - KEPT))
