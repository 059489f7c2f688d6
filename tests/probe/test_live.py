"""Where the log goes on after a mark, and how the end of a container is noticed."""

from __future__ import annotations

from typing import Any, cast

import docker.errors
import pytest
import requests

from smlint.probe.live import LiveContainer, overlap
from tests.probe.processes import PATIENCE


@pytest.mark.parametrize(
    ("earlier", "later", "expected"),
    [
        ([], [], 0),
        ([], [b"1"], 0),
        ([b"1"], [b"1"], 1),
        ([b"1"], [b"1", b"2"], 1),
        ([b"1", b"2", b"3"], [b"3", b"4", b"5"], 1),
        ([b"1", b"2", b"3"], [b"2", b"3", b"4"], 2),
        ([b"1", b"2"], [b"8", b"9"], 0),
        ([b"1", b"1"], [b"1", b"1", b"1"], 2),
    ],
)
def test_overlap(earlier: list[bytes], later: list[bytes], expected: int) -> None:
    assert overlap(earlier, later) == expected


class Engine:
    """Starts one container; every wait for its end fails with the next error, or comes back."""

    base_url = ""

    def __init__(self, waits: list[Exception | None], running: list[bool | Exception]) -> None:
        self.waits = waits
        self.running = running
        self.timeout = 60

    def start(self, container: str) -> None:
        pass

    def inspect_container(self, container: str) -> dict[str, Any]:
        state = self.running.pop(0) if self.running else False
        if isinstance(state, Exception):
            raise state
        return {"State": {"Pid": 7, "Running": state}}

    def wait(self, container: str, condition: str) -> None:
        error = self.waits.pop(0)
        if error is not None:
            raise error

    def kill(self, container: str, number: int) -> None:
        error = self.waits.pop(0)
        if error is not None:
            raise error


CUT = requests.exceptions.ConnectionError("Connection aborted")


def refusal(status: int, explanation: str) -> docker.errors.APIError:
    response = requests.Response()
    response.status_code = status
    return docker.errors.APIError("refused", response, explanation)


@pytest.mark.parametrize(
    ("waits", "running"),
    [
        ([None], []),
        ([CUT], [False]),
        ([refusal(404, "No such container")], [refusal(404, "No such container")]),
        ([CUT], [CUT]),
        # A proxy cut the silent connection while the container went on: its end must still be noticed.
        ([CUT, CUT, None], [True, True]),
    ],
    ids=["comes back", "ended meanwhile", "removed", "engine gone", "connection cut"],
)
def test_the_end_is_noticed(waits: list[Exception | None], running: list[bool | Exception]) -> None:
    engine = Engine(list(waits), [True, *running])
    container = LiveContainer(cast(Any, engine), "c")
    assert container.start() == ""
    assert container.wait(PATIENCE)
    assert container.ended_at is not None
    assert engine.waits == []


@pytest.mark.parametrize(
    "error", [refusal(404, "No such container"), refusal(409, "busy"), refusal(500, "c is not running")]
)
def test_no_signal_reaches_what_has_ended(error: Exception) -> None:
    assert not LiveContainer(cast(Any, Engine([error], [])), "c").kill(15)
    assert LiveContainer(cast(Any, Engine([None], [])), "c").kill(15)


def test_a_signal_that_the_engine_refuses_is_an_error() -> None:
    with pytest.raises(docker.errors.APIError):
        LiveContainer(cast(Any, Engine([refusal(500, "permission denied")], [])), "c").kill(15)
