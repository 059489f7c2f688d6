"""Entry files that are no scripts, too large, wrong or endless: no crash, no hang, and nothing read outside the context."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from smlint.dockerfile import parse
from smlint.dockerfile.build import build_container
from smlint.launch import Launch, resolve
from smlint.workload import Workload

DOCKERFILE = """\
FROM debian:12
WORKDIR /opt/program
COPY . .
ENTRYPOINT ["bash", "entrypoint.sh"]
"""


def launch(folder: Path, text: str = DOCKERFILE) -> Launch:
    path = folder / "Dockerfile"
    path.write_text(text)
    container = build_container(parse(text), path=str(path), context=str(folder))
    return resolve(container, Workload.TRAINING, by_name=True)


@pytest.mark.parametrize(
    "content",
    [
        b"\x7fELF\x02\x01\x01\0" + bytes(range(256)) * 64,
        b"",
        b"\n\n# nothing\n",
        b'if then fi (((\npython "$@\n',
        b"\xff\xfe#\0!\0/\0b\0",
        b"while true; do\n",
        b"$(" * 5000,
        b"((((" * 5000 + b"python x",
        b". ./entrypoint.sh\n",
        b"f() { g; }\ng() { f; }\nf\n",
        b'exec bash entrypoint.sh "$@"\n',
        b'exec "$0" "$@"\n',
        b"eval eval eval eval $x\n",
        b"trap 'python x' TERM INT EXIT\nwait\n",
    ],
    ids=lambda content: repr(content[:24]),
)
def test_scripts_that_say_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "entrypoint.sh").write_bytes(content)
    found = launch(tmp_path)
    assert found.sigterm_arrives.value is not False


def test_a_script_of_20_megabytes(tmp_path: Path) -> None:
    (tmp_path / "entrypoint.sh").write_bytes(b"echo 1234567890\n" * (20 * 2**20 // 16) + b"python x\n")
    found = launch(tmp_path)
    assert found.sigterm_arrives.value is None
    assert found.root is not None
    assert found.root.unseen


def test_files_that_source_each_other(tmp_path: Path) -> None:
    (tmp_path / "entrypoint.sh").write_text(". ./a.sh\nexec python train.py\n")
    (tmp_path / "a.sh").write_text(". ./b.sh\n")
    (tmp_path / "b.sh").write_text(". ./a.sh\n")
    assert launch(tmp_path).sigterm_arrives.value is not False


def test_scripts_that_start_each_other(tmp_path: Path) -> None:
    (tmp_path / "entrypoint.sh").write_text("exec bash other.sh\n")
    (tmp_path / "other.sh").write_text("exec bash entrypoint.sh\n")
    found = launch(tmp_path)
    assert found.sigterm_arrives.value is None
    assert len(found.hops) < 20


def test_many_ways(tmp_path: Path) -> None:
    script = "".join(f'if [ -n "$A{number}" ]; then bash entrypoint.sh; fi\n' for number in range(12))
    (tmp_path / "entrypoint.sh").write_text(script)
    found = launch(tmp_path)
    assert sum(1 for _ in found.paths()) < 10_000


@pytest.mark.parametrize("target", ["entrypoint.sh", "loop", "/etc/passwd", "../outside.sh"])
def test_links_lead_nowhere(tmp_path: Path, target: str) -> None:
    (tmp_path / "outside.sh").write_text("python outside.py\n")
    context = tmp_path / "context"
    context.mkdir()
    os.symlink(target, context / "entrypoint.sh")
    os.symlink("entrypoint.sh", context / "loop")
    found = launch(context)
    assert found.sigterm_arrives.value is None
    assert not found.root or not found.root.then


def test_a_source_outside_the_context_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "outside.sh").write_text("python outside.py\n")
    context = tmp_path / "context"
    context.mkdir()
    found = launch(context, DOCKERFILE.replace("COPY . .", "COPY ../outside.sh entrypoint.sh"))
    assert found.sigterm_arrives.value is None
    assert found.root is not None
    assert not found.root.then


@pytest.mark.parametrize(
    "source", ["../outside/entrypoint.sh", "../outside/", "/outside/entrypoint.sh", "inside/entrypoint.sh"]
)
def test_a_pipe_outside_the_context_is_not_opened(tmp_path: Path, source: str) -> None:
    """Opening a named pipe that nobody writes to waits for ever: that this test ends says that nothing did."""
    outside = tmp_path / "outside"
    outside.mkdir()
    os.mkfifo(outside / "entrypoint.sh")
    context = tmp_path / "context"
    context.mkdir()
    os.symlink("../outside", context / "inside")
    os.symlink("../outside/entrypoint.sh", context / "entrypoint.sh")
    os.symlink("../outside/entrypoint.sh", context / ".dockerignore")
    found = launch(context, DOCKERFILE.replace("COPY . .", f"COPY {source} ./\nCOPY . ."))
    assert found.sigterm_arrives.value is None
    assert found.root is not None
    assert not found.root.then


def test_a_pipe_in_the_context_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "entrypoint.sh")
    assert launch(tmp_path).sigterm_arrives.value is None
