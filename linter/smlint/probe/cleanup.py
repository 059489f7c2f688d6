"""Resources of probes on the engine: labelled when they are made, removed when the probe ends however it ends, and
swept by a later run where an earlier one was killed.

Labels: ``io.smlint.probe`` (the probe's id), ``io.smlint.probe.owner`` (the process), ``io.smlint.probe.until`` (the
moment, in seconds since the epoch, after which the resource is nobody's any more).
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from smlint.probe import owner

if TYPE_CHECKING:
    from docker import APIClient

LABEL: Final = "io.smlint.probe"
OWNER_LABEL: Final = f"{LABEL}.owner"
UNTIL_LABEL: Final = f"{LABEL}.until"

#: Seconds added to a probe's longest life before its resources are nobody's: clocks differ between machines.
_MARGIN: Final = 3600
#: How often a removal is tried, and the seconds by which each pause between two tries is longer than the one before.
_ATTEMPTS: Final = 20
_PAUSE: Final = 0.05


class Swept(NamedTuple):
    """What a sweep did: ids of probes whose resources are gone, and of those that may belong to a living one."""

    removed: tuple[str, ...]
    #: Probe id to the reason why it was left alone.
    kept: tuple[tuple[str, str], ...]


class Custody:
    """Owns all resources of one probe; leaving the ``with`` block removes them, whatever happened inside.

    Removal goes by label and not by a list of what was made, so that a resource whose creation was answered too late
    is found as well.
    """

    def __init__(self, api: APIClient, longest: float) -> None:
        """``longest`` is the most seconds that the probe may take."""
        self.id = secrets.token_hex(6)
        self.labels: dict[str, str] = {
            LABEL: self.id,
            OWNER_LABEL: str(owner.current()),
            UNTIL_LABEL: str(int(time.time() + longest + _MARGIN)),
        }
        self._api = api

    def __enter__(self) -> Custody:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        remove(self._api, self.id)


def remove(api: APIClient, probe_id: str) -> None:
    """Remove the containers, networks and volumes of a probe, in this order since each may hold the next."""
    chosen = {"label": f"{LABEL}={probe_id}"}
    for container in api.containers(all=True, filters=chosen):
        _forgiving(api.remove_container, container["Id"], v=True, force=True)
    for network in api.networks(filters=chosen):
        _forgiving(api.remove_network, network["Id"])
    for volume in api.volumes(filters=chosen)["Volumes"] or ():
        _forgiving(api.remove_volume, volume["Name"])


def _forgiving(call: Any, *arguments: Any, **options: Any) -> None:
    """Another sweep may be at work on the same resource: it being gone, or going, is what is wanted."""
    import docker.errors

    attempt = 0
    while True:
        try:
            call(*arguments, **options)
        except docker.errors.NotFound:
            return
        except docker.errors.APIError as error:
            # 409: a removal is in progress, or a container that is just going still holds the volume or network.
            # 500: the same, as some versions of the engines say it.
            attempt += 1
            if error.status_code not in (409, 500, 403) or attempt == _ATTEMPTS:
                raise
            time.sleep(_PAUSE * attempt)
        else:
            return


def sweep(api: APIClient) -> Swept:
    """Remove what probes left that were killed; never what a living one owns or may own."""
    removed: list[str] = []
    kept: list[tuple[str, str]] = []
    for probe_id, labels in _found(api).items():
        reason = _alive(labels)
        if reason is None:
            remove(api, probe_id)
            removed.append(probe_id)
        else:
            kept.append((probe_id, reason))
    return Swept(tuple(removed), tuple(kept))


def _found(api: APIClient) -> dict[str, dict[str, str]]:
    return {labels[LABEL]: labels for labels in _labels(api) if LABEL in labels}


def _labels(api: APIClient) -> Iterator[dict[str, str]]:
    chosen = {"label": LABEL}
    for resources in (
        api.containers(all=True, filters=chosen),
        api.networks(filters=chosen),
        api.volumes(filters=chosen)["Volumes"] or (),
    ):
        for resource in resources:
            yield resource.get("Labels") or {}


def _alive(labels: dict[str, str]) -> str | None:
    """Why the resource must be left alone; None when it is nobody's."""
    known = owner.parse(labels.get(OWNER_LABEL, ""))
    dead = owner.is_dead(known) if known is not None else None
    if dead:
        return None
    if dead is False:
        return f"its process {known.pid if known else '?'} is running"
    until = labels.get(UNTIL_LABEL, "")
    if until.isdecimal() and time.time() <= int(until):
        moment = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(int(until)))
        return f"it may belong to a run on another machine or in another container, until {moment}"
    return None
