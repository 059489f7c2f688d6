"""What is said of a server that did not answer in time."""

from __future__ import annotations

from typing import cast

import pytest

from smlint.probe.ping import Pinger
from smlint.probe.ready import _nowhere_else
from smlint.probe.record import Ping

SILENT = Ping(None, "no answer within 2 s", 2.0, 3)
UNHEALTHY = Ping(500, "", 0.1, 4)


class Server:
    """Answers on 127.0.0.1 or not, and from outside what it is told to."""

    def __init__(self, on_loopback: bool | None, outside: Ping) -> None:
        self._on_loopback = on_loopback
        self._outside = outside

    def on_loopback(self) -> bool | None:
        return self._on_loopback

    def ask(self) -> Ping:
        return self._outside


@pytest.mark.parametrize(
    ("server", "last", "status", "on_loopback"),
    [
        (Server(True, SILENT), SILENT, None, True),
        # Busy at the last ping, awake at the next: that is no server on 127.0.0.1 alone.
        (Server(True, UNHEALTHY), SILENT, 500, True),
        (Server(True, SILENT), UNHEALTHY, 500, True),
        (Server(False, UNHEALTHY), SILENT, None, False),
        (Server(None, UNHEALTHY), SILENT, None, None),
    ],
)
def test_only_a_server_that_stays_silent_outside_is_on_loopback_alone(
    server: Server, last: Ping, status: int | None, on_loopback: bool | None
) -> None:
    found = _nowhere_else(cast(Pinger, server), last)
    assert (found.status, found.on_loopback) == (status, on_loopback)
