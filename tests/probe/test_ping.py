"""``GET /ping``: which way it is asked, and what is made of the answers."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from smlint.probe import ping
from smlint.probe.ping import Pinger
from tests.probe.containers import Scripted

HERE = "127.0.0.1"
#: The kernel refuses a connection to it at once, without a packet: there is no way from here to there.
NOWHERE = "255.255.255.255"
NO_WAY = "the engine's network cannot be reached from here and the image has no program that could ask"

Behaviour = Callable[[socket.socket], object]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Behaviour], None]]:
    """Starts a server on the port that is pinged; it does to every connection what it is told to."""
    with contextlib.ExitStack() as stack:

        def start(behave: Behaviour) -> None:
            listener = stack.enter_context(socket.create_server((HERE, 0)))
            monkeypatch.setattr(ping, "PORT", listener.getsockname()[1])

            def run() -> None:
                with contextlib.suppress(OSError):
                    while True:
                        connection, _ = listener.accept()
                        with connection:
                            connection.recv(4096)
                            behave(connection)

            thread = threading.Thread(target=run)
            thread.start()
            stack.callback(thread.join)
            stack.callback(listener.shutdown, socket.SHUT_RDWR)

        yield start


def says(text: str) -> Behaviour:
    return lambda connection: connection.sendall(text.encode())


def test_a_server_that_answers(serve: Callable[[Behaviour], None]) -> None:
    serve(says("HTTP/1.0 503 Busy\r\n\r\n"))
    container = Scripted(address=HERE)
    pinger = Pinger(container.live())
    found = pinger.ask()
    assert (found.status, found.problem, found.ok) == (503, "", False)
    assert pinger.ask().tries == 2
    assert container.executed == []


@pytest.mark.parametrize(
    ("behave", "problem"),
    [
        (lambda connection: None, "Remote end closed connection without response"),
        (says("who is there?\r\n"), "who is there?"),
    ],
    ids=["hangs up", "speaks no HTTP"],
)
def test_a_server_that_breaks_off_was_reached(
    serve: Callable[[Behaviour], None], behave: Behaviour, problem: str
) -> None:
    # It must not be taken for a network that cannot be reached, which would have the image's programs ask in vain.
    serve(behave)
    container = Scripted(address=HERE)
    found = Pinger(container.live()).ask()
    assert found.status is None
    assert problem in found.problem
    assert container.executed == []


def test_a_server_that_does_not_answer_in_time(
    serve: Callable[[Behaviour], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked_again = threading.Event()
    monkeypatch.setattr(ping, "PING_SECONDS", 0.1)
    serve(lambda connection: asked_again.wait(30))
    try:
        found = Pinger(Scripted(address=HERE).live()).ask()
    finally:
        asked_again.set()
    assert (found.status, found.problem) == (None, "no answer within 0 s")


def test_a_server_that_fails_once_it_has_answered_is_asked_the_same_way(
    serve: Callable[[Behaviour], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(says("HTTP/1.0 200 OK\r\n\r\n"))
    container = Scripted(address=HERE)
    pinger = Pinger(container.live())
    assert pinger.ask().ok
    # Its network is gone, as when the container is about to end.
    monkeypatch.setattr(pinger, "_address", NOWHERE)
    assert pinger.ask().status is None
    assert container.executed == []


def test_nothing_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server((HERE, 0)) as closed:
        monkeypatch.setattr(ping, "PORT", closed.getsockname()[1])
    found = Pinger(Scripted(address=HERE).live()).ask()
    assert found.problem == f"nothing listens on port {ping.PORT}"


def curl(output: str, code: int = 0) -> Callable[[list[str]], tuple[int | None, str]]:
    """An image's curl: there, and with this answer to a ping."""
    return lambda command: (0, "curl 8") if "--version" in command else (code, output)


def test_an_address_that_cannot_be_reached_is_asked_from_inside() -> None:
    container = Scripted(address=NOWHERE, programs={"curl": curl("200")})
    pinger = Pinger(container.live())
    assert pinger.ask().ok
    assert container.executed[-1][-1] == f"http://{NOWHERE}:8080/ping"
    looked_for = len(container.executed)
    assert pinger.ask().ok
    assert len(container.executed) == looked_for + 1


@pytest.mark.parametrize(
    "program", [curl("000", 7), curl(""), curl("Traceback\n")], ids=["refused", "silent", "crashed"]
)
def test_no_answer_inside(program: Callable[[list[str]], tuple[int | None, str]]) -> None:
    pinger = Pinger(Scripted(address=NOWHERE, programs={"curl": program}).live())
    found = pinger.ask()
    assert (found.status, found.problem) == (None, "no answer")
    assert pinger.on_loopback() is False


def test_python_is_given_the_bare_address() -> None:
    container = Scripted(
        address=NOWHERE,
        programs={"python3": lambda command: (0, "Python 3" if "--version" in command else "200\n")},
    )
    assert Pinger(container.live()).ask().ok
    assert container.executed[-1][-1] == NOWHERE


def test_nobody_can_ask() -> None:
    pinger = Pinger(Scripted(address=NOWHERE).live())
    assert pinger.ask().problem == NO_WAY
    assert pinger.on_loopback() is None


def test_a_container_without_an_address_is_not_asked() -> None:
    container = Scripted()
    assert Pinger(container.live()).ask().problem == "the container has no network address"
    assert container.executed == []
