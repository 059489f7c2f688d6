"""What an engine may answer, from one that is made up: refusals are one line, limits are said, nothing is asked twice."""

from __future__ import annotations

import base64
import hashlib
import http.server
import json
import os
import posixpath
import signal
import socket
import subprocess
import sys
import urllib.parse
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from smlint import registry as rules
from smlint.cli import main
from smlint.container import FileKind
from smlint.engine import Plan
from smlint.image import connection, daemon
from smlint.image.connection import NoEngineError, connect
from smlint.image.daemon import DaemonImage, open_daemon
from smlint.image.lint import lint_images
from smlint.image.open import Options
from smlint.image.reference import parse_reference
from smlint.workload import DEFAULT_WORKLOADS
from tests.image import services, tars
from tests.image.tars import Entry

DIRECTORY: Final = 1 << 31
SYMLINK: Final = 1 << 27


class Engine:
    """Files of an image, and what the engine answers besides."""

    def __init__(self) -> None:
        self.address = ""
        #: Path to Go file mode, size and link.
        self.nodes: dict[str, tuple[int, int, str]] = {}
        #: Path to the tar stream that is sent for it.
        self.archives: dict[str, bytes] = {}
        #: Header that says what a path is, instead of what is in ``nodes``; with its status.
        self.stat: tuple[int, str | None] | None = None
        self.created: tuple[int, dict[str, str]] = (201, {"Id": "c"})
        self.size = 1 << 40
        self.asked: list[str] = []
        #: Told of every question before it is answered.
        self.overheard: Callable[[str], object] = str

    def add(self, folder: str, *entries: Entry) -> None:
        """A folder with files, whose parents are there too."""
        while folder != "/":
            self.archives.setdefault(folder, tars.layer(*entries))
            self.nodes[folder] = (DIRECTORY | 0o755, 0, "")
            folder = posixpath.dirname(folder)

    def answer(self, method: str, path: str, asked_for: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body."""
        self.asked.append(f"{method} {posixpath.basename(path)} {asked_for}".strip())
        self.overheard(self.asked[-1])
        if method == "DELETE":
            return 204, {}, b""
        if path == "/version":
            return 200, {}, b'{"ApiVersion": "1.41", "Version": "24.0"}'
        if path.endswith("/history"):
            return 200, {}, b"[]"
        if path.endswith("/containers/create"):
            return self.created[0], {}, json.dumps(self.created[1]).encode()
        if path.endswith("/json"):
            image = {"Id": "sha256:1", "Os": "linux", "Architecture": "amd64", "Size": self.size}
            return 200, {}, json.dumps({**image, "Config": {"Entrypoint": ["/train"]}, "RootFS": {}}).encode()
        if method == "HEAD":
            return *self._stat(asked_for), b""
        content = self.archives.get(asked_for)
        return (500, {}, b"no") if content is None else (200, {}, content)

    def _stat(self, path: str) -> tuple[int, dict[str, str]]:
        if self.stat is not None:
            status, header = self.stat
            return status, {} if header is None else {"X-Docker-Container-Path-Stat": header}
        if path not in self.nodes:
            return 404, {}
        mode, size, link = self.nodes[path]
        told = json.dumps({"name": path, "mode": mode, "size": size, "linkTarget": link})
        return 200, {"X-Docker-Container-Path-Stat": base64.b64encode(told.encode()).decode()}

    @contextmanager
    def image(self) -> Iterator[DaemonImage]:
        """The image, opened; afterwards its container must be removed if there was one."""
        with closing(open_daemon(parse_reference("docker-daemon:app:1"), None)) as source:
            yield source
        made = self.created[0] == 201 and "POST create" in self.asked
        assert self.asked.count("DELETE c") == made

    def failure(self) -> str:
        """The one line in which judging the image ends."""
        known = rules.installed()
        plan = Plan(known, frozenset(known.codes))
        found = lint_images(["docker-daemon:app:1"], Options(), plan, DEFAULT_WORKLOADS)
        assert found.outcomes == ()
        (failure,) = found.failures
        assert "\n" not in failure
        assert failure.startswith("docker-daemon:app:1: ")
        return failure.removeprefix("docker-daemon:app:1: ")


@pytest.fixture
def engine_of(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    engine = Engine()

    class Handler(http.server.BaseHTTPRequestHandler):
        """The part of the engine's API that images are read through."""

        def parse_request(self) -> bool:
            """Answer as the engine is told to, whatever the method."""
            if not super().parse_request():
                return False
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            url = urllib.parse.urlsplit(self.path)
            path = urllib.parse.parse_qs(url.query).get("path", [""])[0]
            status, headers, body = engine.answer(self.command, url.path, path)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
            return False

        def log_message(self, format: str, *args: object) -> None:
            """Silent."""

    with services.http_server(Handler) as engine.address:
        monkeypatch.setenv("DOCKER_HOST", f"tcp://{engine.address}")
        yield engine


def encoded(value: Any) -> str:
    return base64.b64encode(json.dumps(value).encode()).decode()


@pytest.mark.parametrize(
    ("stat", "words"),
    [
        ((500, None), "the engine does not say what it is (status 500)"),
        ((200, None), "the engine does not say what it is (status 200)"),
        ((200, "*"), "the engine's answer cannot be read"),
        ((200, encoded({"size": 1})), "the engine's answer cannot be read"),
        ((200, encoded([])), "the engine's answer cannot be read"),
        ((200, encoded({"mode": None, "size": 1})), "the engine's answer cannot be read"),
    ],
)
def test_a_path_about_which_the_engine_says_nothing(
    engine_of: Engine, stat: tuple[int, str | None], words: str
) -> None:
    engine_of.stat = stat
    path, _, message = engine_of.failure().partition(": ")
    assert path.startswith("/")
    assert message == words
    assert engine_of.asked[-1] == "DELETE c"


def test_a_file_that_the_engine_does_not_send(engine_of: Engine) -> None:
    engine_of.nodes["/train"] = (0o755, 100, "")
    assert engine_of.failure() == "/train: the engine does not send it (status 500)"


def test_a_container_that_cannot_be_made(engine_of: Engine) -> None:
    engine_of.created = (500, {"message": "no space left\non device"})
    assert engine_of.failure() == "sha256:1: the engine failed: no space left on device"


@pytest.mark.skipif(os.name != "posix", reason="Windows ends a process without telling it")
@pytest.mark.parametrize("question", ["POST create", "HEAD archive /train"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_call_leaves_no_container(
    engine_of: Engine, number: signal.Signals, question: str, tmp_path: Path
) -> None:
    """The signal comes while the engine is at work, and its answer after it."""
    started: Future[subprocess.Popen[str]] = Future()

    def interrupt(asked: str) -> None:
        if asked == question:
            started.result().send_signal(number)

    engine_of.overheard = interrupt
    with subprocess.Popen(
        [sys.executable, "-m", "smlint", "image", "docker-daemon:app:1", "--isolated"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
    ) as call:
        started.set_result(call)
        assert call.communicate(timeout=60) == ("", "")
    assert call.returncode == 128 + number
    assert engine_of.asked[-1] == "DELETE c"


def test_a_file_of_which_nothing_is_sent_has_no_content(engine_of: Engine) -> None:
    engine_of.nodes["/train"] = (0o755, 100, "")
    engine_of.archives["/train"] = bytes(1024)
    with engine_of.image() as source:
        assert source.files.read("/train", 100) is None


def test_only_files_have_contents(engine_of: Engine) -> None:
    engine_of.add("/opt/ml")
    with engine_of.image() as source:
        assert source.files.read("/opt/ml", 100) is None
        assert source.files.read("/nowhere", 100) is None
        assert source.files.read("/opt/ml/../nowhere", 100) is None


@pytest.mark.parametrize("links", [{"/a": "b", "/b": "a"}, {"/a": "a"}, {"/a": "/a/a"}])
def test_link_loops_lead_nowhere(engine_of: Engine, links: dict[str, str]) -> None:
    engine_of.nodes.update({path: (SYMLINK | 0o777, 0, target) for path, target in links.items()})
    with engine_of.image() as source:
        assert source.files.stat("/a") is None
        assert source.files.stat("/a/b/c") is None


def test_a_folder_is_sent_once(engine_of: Engine) -> None:
    entries = Entry("model/weights", b"w"), Entry("model/deep/config.json", b"{}")
    engine_of.add("/opt/ml/model", *entries)
    with engine_of.image() as source:
        for _ in range(2):
            found = source.files.search(["^/opt/ml/model/"], ["/opt/ml/model/"])
            assert [node.path for node in found.nodes] == [
                "/opt/ml/model/deep/config.json",
                "/opt/ml/model/weights",
            ]
            assert found.incomplete == {}
        # What was listed to the end needs no further question, nor does what it says is not there.
        assert source.files.read("/opt/ml/model/weights", 10) == b"w"
        assert source.files.stat("/opt/ml/model/none") is None
    assert engine_of.asked.count("GET archive /opt/ml/model") == 1
    assert "HEAD archive /opt/ml/model/none" not in engine_of.asked


def test_a_small_image_of_too_many_files_is_asked_for_by_place(
    engine_of: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon, "LIST_ENTRIES", 3)
    engine_of.size = 1000
    engine_of.add("/opt/ml/model", Entry("model/weights", b"w"))
    engine_of.archives["/"] = tars.layer(*(Entry(f"file{number}") for number in range(9)))
    with engine_of.image() as source:
        for _ in range(2):
            found = source.files.search(["^/opt/ml/model/", "libcuda"], ["/opt/ml/model/"])
            assert [(node.path, node.kind) for node in found.nodes] == [
                ("/opt/ml/model/weights", FileKind.FILE)
            ]
            assert list(found.incomplete) == ["folders that no rule names, where a driver may lie as well"]
    assert engine_of.asked.count("GET archive /") == 1


def test_what_was_not_looked_at_can_be_left_unsaid(
    engine_of: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["image", "--isolated", "--format", "concise", "docker-daemon:app:1"]
    main(arguments)
    assert " SM903 " in capsys.readouterr().out
    main([*arguments, "--ignore", "SM903"])
    assert "SM903" not in capsys.readouterr().out


class TestSockets:
    """Without DOCKER_HOST and contexts: Docker's socket, then those of rootless engines, then Podman's."""

    @pytest.fixture(autouse=True)
    def no_docker(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(connection, "_DEFAULT_SOCKET", str(tmp_path / "none.sock"))

    @pytest.mark.parametrize("names", [["docker.sock", "podman/podman.sock"], ["podman/podman.sock"]])
    def test_the_first_one_that_is_there_is_knocked_at(self, tmp_path: Path, names: list[str]) -> None:
        (tmp_path / "podman").mkdir()
        for name in names:
            # One that is bound and not listened at: what a killed engine leaves.
            with socket.socket(socket.AF_UNIX) as left:
                left.bind(str(tmp_path / name))
        environment = {"XDG_RUNTIME_DIR": str(tmp_path), "DOCKER_CONFIG": str(tmp_path)}
        with pytest.raises(NoEngineError) as raised:
            connect(environment)
        assert f"answers at {tmp_path / names[0]} (Connection refused)" in str(raised.value)

    @pytest.mark.parametrize("environment", [{}, {"XDG_RUNTIME_DIR": "/nowhere"}])
    def test_the_last_one_is_podmans_of_the_machine(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
    ) -> None:
        machine = "/run/podman/podman.sock"
        monkeypatch.setattr(connection, "_is_socket", machine.__eq__)

        def nobody(url: str) -> None:
            raise ConnectionRefusedError(111, f"nobody at {url}")

        monkeypatch.setattr(connection, "_knock", nobody)
        with pytest.raises(NoEngineError, match=f"answers at {machine} .nobody at unix://{machine}."):
            connect({**environment, "DOCKER_CONFIG": str(tmp_path)})

    def test_a_file_is_no_socket(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "docker.sock").touch()
        monkeypatch.setattr(connection, "_sockets", lambda _: iter([str(tmp_path / "docker.sock")]))
        with pytest.raises(NoEngineError, match=r"none\.sock \(No such file or directory\)"):
            connect({"DOCKER_CONFIG": str(tmp_path)})


@pytest.mark.parametrize("content", ["", "[]", "{", '{"currentContext": 1}'])
def test_a_broken_configuration_of_docker_names_no_context(tmp_path: Path, content: str) -> None:
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(NoEngineError, match="DOCKER_HOST=unix:///nowhere"):
        connect({"DOCKER_CONFIG": str(tmp_path), "DOCKER_HOST": "unix:///nowhere"})


@pytest.mark.parametrize(
    "content", ["{", "{}", "[]", '{"Endpoints": []}', '{"Name": "far", "Endpoints": {"docker": 1}}']
)
def test_a_context_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str) -> None:
    (tmp_path / "config.json").write_text("{}")
    meta = tmp_path / "contexts" / "meta" / hashlib.sha256(b"far").hexdigest()
    meta.mkdir(parents=True)
    (meta / "meta.json").write_text(content)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    with pytest.raises(NoEngineError) as raised:
        connect({"DOCKER_CONFIG": str(tmp_path), "DOCKER_CONTEXT": "far"})
    assert str(raised.value).startswith("the docker context far cannot be read (")
    assert "\n" not in str(raised.value)
