"""Every row of the resolution matrix, with an image that has ENTRYPOINT, CMD, both or neither."""

from __future__ import annotations

import pytest

from smlint.container import ABSENT, Command, Fact, Form, Known, Overrides, Unknown, Word
from smlint.diagnostics import FileLocation
from smlint.launch.matrix import Origin, docker_command, effective_argv
from smlint.workload import Workload

HERE = FileLocation("Dockerfile", 1, 1, 1, 5)
THERE = FileLocation("Dockerfile", 3, 1, 3, 9)


def words(*texts: str) -> tuple[Word, ...]:
    return tuple(Word(text, THERE) for text in texts)


def command(*texts: str) -> Fact[Command]:
    return Known(Command(Form.EXEC, words(*texts), " ".join(texts), THERE), THERE)


TRAINING, PROCESSING, INFERENCE = Workload.TRAINING, Workload.PROCESSING, Workload.INFERENCE
EP = command("prog", "-x")
CMD = command("default")
CE = words("ce", "file")
CA = words("a", "b c")


@pytest.mark.parametrize(
    ("workload", "entrypoint", "cmd", "ce", "ca", "expected"),
    [
        # training: CMD never takes part; the word is appended only when the request overrides nothing
        (TRAINING, EP, CMD, None, None, ["prog", "-x", "train"]),
        (TRAINING, EP, ABSENT, None, None, ["prog", "-x", "train"]),
        (TRAINING, ABSENT, CMD, None, None, ["train"]),
        (TRAINING, ABSENT, ABSENT, None, None, ["train"]),
        (TRAINING, EP, CMD, CE, None, ["ce", "file"]),
        (TRAINING, ABSENT, CMD, CE, None, ["ce", "file"]),
        (TRAINING, EP, CMD, None, CA, ["prog", "-x", "a", "b c"]),
        (TRAINING, ABSENT, CMD, None, CA, ["a", "b c"]),
        (TRAINING, EP, CMD, CE, CA, ["ce", "file", "a", "b c"]),
        (TRAINING, ABSENT, ABSENT, CE, CA, ["ce", "file", "a", "b c"]),
        # processing: CMD is honoured as long as nothing is overridden; no word is appended
        (PROCESSING, EP, CMD, None, None, ["prog", "-x", "default"]),
        (PROCESSING, EP, ABSENT, None, None, ["prog", "-x"]),
        (PROCESSING, ABSENT, CMD, None, None, ["default"]),
        (PROCESSING, ABSENT, ABSENT, None, None, None),
        (PROCESSING, EP, CMD, CE, None, ["ce", "file"]),
        (PROCESSING, EP, CMD, None, CA, ["prog", "-x", "a", "b c"]),
        (PROCESSING, ABSENT, CMD, None, CA, ["a", "b c"]),
        (PROCESSING, EP, CMD, CE, CA, ["ce", "file", "a", "b c"]),
        # inference: the request has no such fields
        (INFERENCE, EP, CMD, None, None, ["prog", "-x", "serve"]),
        (INFERENCE, ABSENT, CMD, None, None, ["serve"]),
        (INFERENCE, EP, CMD, CE, CA, ["prog", "-x", "serve"]),
        # ENTRYPOINT [] takes the inherited one away; an empty override is no override
        (TRAINING, command(), CMD, None, None, ["train"]),
        (TRAINING, EP, CMD, (), (), ["prog", "-x", "train"]),
    ],
)
def test_matrix(
    workload: Workload,
    entrypoint: Fact[Command],
    cmd: Fact[Command],
    ce: tuple[Word, ...] | None,
    ca: tuple[Word, ...] | None,
    expected: list[str] | None,
) -> None:
    found = effective_argv(workload, entrypoint, cmd, Overrides(ce, ca), HERE)
    if expected is None:
        assert found is ABSENT
    else:
        assert isinstance(found, Known)
        assert list(found.value.texts) == expected


UNSEEN: Fact[Command] = Unknown("the base image is not in view")


@pytest.mark.parametrize(
    ("workload", "entrypoint", "cmd", "ce", "known"),
    [
        (TRAINING, UNSEEN, CMD, None, False),
        (TRAINING, UNSEEN, UNSEEN, CE, True),
        (TRAINING, EP, UNSEEN, None, True),
        (PROCESSING, EP, UNSEEN, None, False),
        (PROCESSING, UNSEEN, CMD, None, False),
        (PROCESSING, UNSEEN, UNSEEN, CE, True),
        (INFERENCE, EP, UNSEEN, None, True),
        (INFERENCE, UNSEEN, ABSENT, CE, False),
    ],
)
def test_unknown_stays_unknown(
    workload: Workload,
    entrypoint: Fact[Command],
    cmd: Fact[Command],
    ce: tuple[Word, ...] | None,
    known: bool,
) -> None:
    found = effective_argv(workload, entrypoint, cmd, Overrides(ce), HERE)
    assert isinstance(found, Known if known else Unknown)


def test_origins_tell_the_platforms_words() -> None:
    found = effective_argv(TRAINING, EP, CMD, Overrides(), HERE)
    assert isinstance(found, Known)
    assert found.value.origins == (Origin.ENTRYPOINT, Origin.ENTRYPOINT, Origin.PLATFORM)
    assert found.value.passed == ("train",)
    assert found.location == THERE
    found = effective_argv(PROCESSING, EP, CMD, Overrides(None, CA), HERE)
    assert isinstance(found, Known)
    assert found.value.passed == ("a", "b c")


@pytest.mark.parametrize(
    ("workload", "overrides", "expected"),
    [
        (TRAINING, Overrides(), "docker run IMAGE train"),
        (INFERENCE, Overrides(CE, CA), "docker run IMAGE serve"),
        (PROCESSING, Overrides(), "docker run IMAGE"),
        (TRAINING, Overrides(None, CA), "docker run IMAGE a 'b c'"),
        (TRAINING, Overrides(CE), "docker run --entrypoint ce IMAGE file"),
        (PROCESSING, Overrides(CE, CA), "docker run --entrypoint ce IMAGE file a 'b c'"),
    ],
)
def test_docker_command(workload: Workload, overrides: Overrides, expected: str) -> None:
    assert docker_command(workload, overrides) == expected
