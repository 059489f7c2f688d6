"""``GET /ping`` on port 8080, asked from outside the container's loopback as the platform asks it.

The container sits on an internal network of its own, without a way out. Where its address can be reached from here
(an engine on this machine), it is asked directly; elsewhere (remote engines, Docker Desktop, docker-in-docker) a
program of the image asks it, inside, by its network address.
"""

from __future__ import annotations

import http.client
import time
from typing import Final, NamedTuple

from smlint.probe.live import LiveContainer
from smlint.probe.record import Ping

PORT: Final = 8080
#: Seconds an answer may take (contract C113).
PING_SECONDS: Final = 2.0
_LOOPBACK: Final = "127.0.0.1"

_PYTHON: Final = (
    "import http.client,sys\n"
    "c=http.client.HTTPConnection(sys.argv[1],8080,timeout=2)\n"
    "c.request('GET','/ping');print(c.getresponse().status)"
)
_BASH: Final = (
    'exec 3<>"/dev/tcp/$0/8080" && printf "GET /ping HTTP/1.0\\r\\nHost: $0\\r\\n\\r\\n" >&3 && '
    "read -t 2 -r _ status _ <&3 && echo $status"
)


class _Answer(NamedTuple):
    status: int | None
    problem: str
    #: Whether anything at that address answered at all, be it with a refusal.
    reached: bool


class Pinger:
    """Asks one container, and remembers which way works."""

    def __init__(self, container: LiveContainer) -> None:
        self._container = container
        self._address = container.address()
        self._inside: list[str] | None = None
        self._direct: bool | None = None
        self._tries = 0

    def ask(self) -> Ping:
        """One try."""
        self._tries += 1
        began = time.monotonic()
        answer = self._ask(self._address)
        return Ping(answer.status, answer.problem, time.monotonic() - began, self._tries)

    def on_loopback(self) -> bool | None:
        """Whether the server answers on 127.0.0.1 inside; None when no program of the image can ask."""
        answer = self._ask_inside(_LOOPBACK)
        return None if answer is None else answer.status is not None

    def _ask(self, address: str) -> _Answer:
        if not address:
            return _Answer(None, "the container has no network address", False)
        if self._direct is not False:
            answer = _get(address)
            if answer.reached:
                self._direct = True
                return answer
            if self._direct:
                return answer
            # Nothing at all came back: there may be no way from here to there.
            self._direct = False
        inside = self._ask_inside(address)
        if inside is None:
            return _Answer(
                None,
                "the engine's network cannot be reached from here and the image has no program that could ask",
                False,
            )
        return inside

    def _ask_inside(self, address: str) -> _Answer | None:
        if self._inside is None:
            self._inside = next((tool for tool in _TOOLS if self._works(tool)), [])
        if not self._inside:
            return None
        code, output = self._container.execute([*self._inside, *_operands(self._inside, address)])
        status = output.strip().splitlines()[-1] if output.strip() else ""
        if code == 0 and status.isdecimal() and int(status):
            return _Answer(int(status), "", True)
        return _Answer(None, "no answer", False)

    def _works(self, tool: list[str]) -> bool:
        return self._container.execute([tool[0], "--version"])[0] == 0


_TOOLS: Final = (
    ["python3", "-c", _PYTHON],
    ["python", "-c", _PYTHON],
    ["curl", "-s", "-o", "/dev/null", "-m", "2", "-w", "%{http_code}"],
    ["bash", "-c", _BASH],
)


def _operands(tool: list[str], address: str) -> list[str]:
    return [f"http://{address}:{PORT}/ping"] if tool[0] == "curl" else [address]


def _get(address: str) -> _Answer:
    connection = http.client.HTTPConnection(address, PORT, timeout=PING_SECONDS)
    reached = False
    try:
        connection.connect()
        reached = True
        connection.request("GET", "/ping")
        return _Answer(connection.getresponse().status, "", True)
    except ConnectionRefusedError:
        return _Answer(None, f"nothing listens on port {PORT}", True)
    except TimeoutError:
        return _Answer(None, f"no answer within {PING_SECONDS:.0f} s", reached)
    except (OSError, http.client.HTTPException) as error:
        return _Answer(None, str(error) or type(error).__name__, reached)
    finally:
        connection.close()
