"""The Dockerfile reader on input that nobody would write: typed errors only, and work that grows as the input does."""

from __future__ import annotations

import os
import socket
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smlint.dockerfile import DockerfileSyntaxError, UnreadableInputError, decode, parse, read
from smlint.dockerfile.source import MAX_SIZE
from tests.conformance.__main__ import dockerfiles_below
from tests.work import growth

ROOT = Path(__file__).parents[2]
REAL = [
    raw
    for folder in ("fixtures", "tests")
    for path in dockerfiles_below(str(ROOT / folder))
    for raw in (Path(path).read_bytes(),)
] or [b"FROM a\nRUN b \\\n  c\n"]


def check(raw: bytes) -> None:
    """Read ``raw`` and touch everything that is computed late."""
    try:
        dockerfile = parse(decode(raw))
    except (DockerfileSyntaxError, UnreadableInputError):
        return
    for instruction in dockerfile.instructions:
        for argument in instruction.arguments:
            place = instruction.location("f", argument.start, argument.end)
            assert 1 <= place.line <= place.end_line <= len(dockerfile.lines)
        assert instruction.text
    assert all(1 <= comment.line <= len(dockerfile.lines) for comment in dockerfile.comments)


@settings(max_examples=400, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes(raw: bytes) -> None:
    check(raw)


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=300))
def test_any_text(text: str) -> None:
    check(text.encode("utf-8", "surrogatepass"))


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from(REAL),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 40), st.binary(max_size=8)), min_size=1, max_size=5),
)
def test_mutated_dockerfiles(raw: bytes, edits: list[tuple[float, int, bytes]]) -> None:
    for where, removed, added in edits:
        place = int(where * len(raw))
        raw = raw[:place] + added + raw[place + removed :]
    check(raw)


def test_reads_what_is_written(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_bytes("\ufeffFROM é\r\n".encode())
    assert read(str(path)) == "\ufeffFROM é\r\n"
    (tmp_path / "link").symlink_to("Dockerfile")
    assert parse(read(str(tmp_path / "link"))).instructions[0].value == "é"


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


UNREADABLE: dict[str, tuple[Callable[[Path], object], str]] = {
    "not there": (lambda path: None, "It cannot be read: No such file or directory."),
    "directory": (Path.mkdir, "It is a directory, not a file."),
    "dangling link": (lambda path: path.symlink_to("nowhere"), "It is a link to a file that does not exist."),
    "link to itself": (
        lambda path: path.symlink_to(path),
        "It cannot be read: Too many levels of symbolic links.",
    ),
    "FIFO": (os.mkfifo, "It is a FIFO, not a file."),
    "socket": (_socket, "It cannot be read: No such device or address."),
    "device": (lambda path: path.symlink_to("/dev/zero"), "It is a device, not a file."),
    "not UTF-8": (
        lambda path: path.write_bytes(b"FROM a\n# caf\xe9\n"),
        "Line 2 is not UTF-8 (byte 0xe9); save it as UTF-8.",
    ),
    "UTF-16": (
        lambda path: path.write_bytes("FROM a\n".encode("utf-16-le")),
        "Line 1 holds a NUL byte: it is binary, or text in another encoding than UTF-8.",
    ),
    "large": (
        lambda path: path.write_bytes(b"#" * (50 << 20)),
        "It is larger than 16 MiB, the most that BuildKit takes.",
    ),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_unreadable_input_is_one_clear_sentence(case: str, tmp_path: Path) -> None:
    make, message = UNREADABLE[case]
    path = tmp_path / "Dockerfile"
    make(path)
    with pytest.raises(UnreadableInputError) as caught:
        read(str(path))
    assert str(caught.value) == message


def test_a_path_with_a_nul_is_no_path() -> None:
    with pytest.raises(UnreadableInputError, match="embedded null byte"):
        read("a\0b")


def test_a_large_file_takes_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    with open(path, "wb") as file:
        file.truncate(500 << 20)
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableInputError):
            read(str(path))
        assert tracemalloc.get_traced_memory()[1] < 3 * MAX_SIZE
    finally:
        tracemalloc.stop()


def test_a_line_of_ten_megabytes_is_refused_at_its_line() -> None:
    with pytest.raises(DockerfileSyntaxError, match="65535 bytes") as caught:
        parse("FROM a\nRUN " + "x" * 10_000_000 + "\n")
    assert caught.value.line == 2


DEEP = {
    "ONBUILD": "ONBUILD " * 5_000 + "RUN b",
    "JSON": "CMD " + "[" * 30_000,
    "closed JSON": "CMD " + "[" * 30_000 + "]" * 30_000,
    "substitutions": "RUN <<A " + "${X:-" * 10_000 + "}" * 10_000,
    "substitutions in a path": 'COPY ["a", "<<' + "${X:-" * 5_000 + "}" * 5_000 + '"]',
    "pattern substitutions": "RUN <<A " + "${X/" * 10_000,
}


@pytest.mark.parametrize("line", DEEP.values(), ids=DEEP.keys())
def test_nesting_ends_in_a_value_or_a_typed_error(line: str) -> None:
    check(f"FROM a\n{line}\n".encode())


#: Each makes a Dockerfile whose size is proportional to its argument. Lines stay below what BuildKit allows.
SHAPES: dict[str, Callable[[int], str]] = {
    "instructions": lambda n: "FROM a\n" + "RUN b c\n" * n,
    "continued lines": lambda n: "FROM a\nRUN b" + " \\\n  c" * n,
    "continued ENV": lambda n: "FROM a\nENV a=b" + " \\\n  c='d e'" * n,
    "continued COPY": lambda n: "FROM a\nCOPY a" + " \\\n  b" * n,
    "continued JSON": lambda n: 'FROM a\nCMD ["a"' + ', \\\n  "b"' * n + "]",
    "comments in a continuation": lambda n: "FROM a\nRUN b \\\n" + "# c\n" * n + "d",
    "heredocs": lambda n: "FROM a\n" + "RUN <<E\nb\nE\n" * n,
    "heredocs in one instruction": lambda n: "FROM a\nRUN" + " <<E" * n + "\nE" * n + "\n",
    "heredoc body": lambda n: "FROM a\nRUN <<E\n" + "b c\n" * n + "E\n",
    "heredoc behind a long command": lambda n: (
        "FROM a\nRUN b" + " \\\n c $X \"d\" 'e' ${Y}" * n + " <<E\nE\n"
    ),
    "quotes": lambda n: "FROM a\nENV a=" + '"\'" \\\n' * n + "\n",
    "backslashes": lambda n: "FROM a\nRUN b" + "\\ \\\\c \\\n" * n + "\n",
    "blanks": lambda n: "FROM a\nRUN b" + "        \\\n" * n + "c\n",
    "flags": lambda n: "FROM a\nRUN" + " --mount=type=tmpfs,target=/x \\\n" * n + " b\n",
    "numbers": lambda n: "FROM a\nCMD [" + "12345678\\\n" * n + "]\n",
    "wide characters": lambda n: "FROM é\n" + "RUN é\u2003世 \\\n 😀\n" * n,
    "wide flags": lambda n: "FROM a\nCOPY" + " --exclude=é \\\n" * n + " b c\n",
}


def _read(text: str) -> Callable[[], object]:
    def run() -> None:
        try:
            dockerfile = parse(text)
        except DockerfileSyntaxError:
            return
        for instruction in dockerfile.instructions:
            for argument in instruction.arguments:
                instruction.location("f", argument.start, argument.end)

    return run


@pytest.mark.parametrize("shape", SHAPES)
def test_work_grows_as_the_file_does(shape: str) -> None:
    assert growth(lambda size: _read(SHAPES[shape](size)), 1_000) < 2.4


@pytest.mark.parametrize("shape", SHAPES)
def test_memory_grows_as_the_file_does(shape: str) -> None:
    def peak(size: int) -> int:
        read = _read(SHAPES[shape](size))
        tracemalloc.start()
        try:
            read()
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    assert peak(4_000) < 3 * peak(2_000)
