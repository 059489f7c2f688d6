"""The chain through inits, launchers, interpreters and files; shells have tests of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from smlint.container import UNRESOLVED, Container, Overrides, Word
from smlint.launch import Kind, Launch, Relation, resolve
from smlint.workload import Workload

from .conftest import ANCHOR

Make = Callable[..., Container]
ELF = b"\x7fELF\0\0"
PROGRAMS: dict[str, str | bytes] = {"/usr/bin/python": ELF, "/opt/program/prog": ELF}


def train(make: Make, *entrypoint: str, files: Mapping[str, str | bytes] | None = None) -> Launch:
    return resolve(make(*entrypoint, files={**PROGRAMS, **(files or {})}), Workload.TRAINING)


def shape(launch: Launch) -> list[str]:
    return [f"{hop.relation}: {hop.text}" for hop in launch.hops]


@pytest.mark.parametrize(
    ("entrypoint", "chain"),
    [
        (["/opt/program/prog"], ["PID 1: /opt/program/prog train"]),
        (["python", "train.py"], ["PID 1: python train.py train"]),
        (["tini", "--", "./prog"], ["PID 1: tini -- ./prog train", "child: ./prog train"]),
        (["env", "A=1", "./prog"], ["PID 1: env A=1 ./prog train", "replaces: ./prog train"]),
        (
            ["tini", "-g", "--", "conda", "run", "-n", "e", "python", "t.py"],
            [
                "PID 1: tini -g -- conda run -n e python t.py train",
                "child: conda run -n e python t.py train",
                "child: python t.py train",
            ],
        ),
        (
            ["torchrun", "--nproc_per_node", "2", "t.py"],
            ["PID 1: torchrun --nproc_per_node 2 t.py train", "child: python t.py train"],
        ),
        (
            ["python", "-m", "torch.distributed.run", "-m", "pkg"],
            ["PID 1: python -m torch.distributed.run -m pkg train", "child: python -m pkg train"],
        ),
        (["env", "-S", "A=1 ./prog -x"], ["PID 1: env A=1 ./prog -x train", "replaces: ./prog -x train"]),
    ],
)
def test_chain(container: Make, entrypoint: list[str], chain: list[str]) -> None:
    launch = train(container, *entrypoint)
    assert shape(launch) == chain
    assert launch.word_arrives.value is True


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("#!/usr/bin/python3", "/usr/bin/python3 ./start train"),
        ("#!/usr/bin/env python3", "python3 ./start train"),
        ("#!/usr/bin/env -S python3 -u", "python3 -u ./start train"),
        ("#! /usr/bin/perl -w", "/usr/bin/perl -w ./start train"),
        ("#!/usr/bin/env -S -i A=1 python3 -u", "python3 -u ./start train"),
    ],
)
def test_the_first_line_of_a_script(container: Make, line: str, words: str) -> None:
    launch = train(container, "./start", files={"/opt/program/start": f"{line}\n"})
    assert shape(launch) == [f"PID 1: {words}"]
    assert launch.pid1 is not None
    assert launch.pid1.kind is Kind.PROGRAM


@pytest.mark.parametrize(
    ("entrypoint", "sigterm"),
    [
        (["./prog"], True),
        (["tini", "--", "./prog"], True),
        (["conda", "run", "-n", "e", "./prog"], False),
        (["tini", "--", "conda", "run", "./prog"], False),
        (["my_init", "--", "./prog"], None),
        (["accelerate", "launch", "t.py"], None),
        (["make", "run"], None),
        (["$PROGRAM"], None),
        (["./not-there"], None),
    ],
)
def test_sigterm(container: Make, entrypoint: list[str], sigterm: bool | None) -> None:
    assert train(container, *entrypoint).sigterm_arrives.value is sigterm


def test_the_reason_names_the_place_of_the_loss(container: Make) -> None:
    launch = train(container, "tini", "--", "conda", "run", "python", "t.py")
    lost = [hop for hop in launch.hops if hop.sigterm.value is False]
    assert [hop.text for hop in lost] == ["python t.py train"]
    assert "conda run" in lost[0].sigterm.reason
    assert launch.pid1 is launch.hops[0]


def test_a_word_that_names_the_program_has_arrived(container: Make) -> None:
    scripts = {"/entry.sh": '#!/bin/sh\nexec "$@"\n', "/usr/bin/train": "#!/bin/sh\nexec /opt/program/prog\n"}
    launch = train(container, "/entry.sh", files=scripts)
    assert shape(launch)[1:] == ["replaces: /bin/sh /usr/bin/train", "replaces: /opt/program/prog"]
    assert launch.word_arrives.value is True


def test_who_is_pid1(container: Make) -> None:
    launch = train(container, "env", "A=1", "gosu", "user", "./prog")
    assert launch.pid1 is launch.hops[-1]
    assert [hop.relation for hop in launch.hops] == [Relation.PID1, Relation.REPLACES, Relation.REPLACES]


@pytest.mark.parametrize(
    ("entrypoint", "reason"),
    [
        (["tini", "--"], ""),
        (["python", "-"], "python reads its standard input"),
        (["timeout"], "timeout is given no program"),
        (["bash", "-s"], "the shell is given no command"),
        (["/opt/dir"], "/opt/dir is no file"),
    ],
)
def test_nothing_is_known_of_what_is_not_named(container: Make, entrypoint: list[str], reason: str) -> None:
    image = container(*entrypoint, files=PROGRAMS, directories=["/opt/dir"])
    launch = resolve(image, Workload.TRAINING)
    assert launch.sigterm_arrives.value is None
    assert reason in launch.hops[-1].unseen


@pytest.mark.parametrize("module", [["-m", UNRESOLVED], ["-mtrain"]])
def test_a_module_whose_name_is_not_resolved(container: Make, module: list[str]) -> None:
    launch = train(container, "python", *module, files={"/opt/program/train.py": ""})
    assert launch.hops[0].file is None


def test_what_cannot_be_seen_is_unknown(container: Make) -> None:
    unseen = container("/usr/bin/start", unseen=["/usr"])
    launch = resolve(unseen, Workload.TRAINING)
    assert launch.word_arrives.value is None
    assert launch.sigterm_arrives.value is None
    assert "not in view" in launch.hops[0].unseen


def test_a_request_takes_the_place_of_the_image(container: Make) -> None:
    words = tuple(Word(text, ANCHOR) for text in ("conda", "run", "./prog"))
    launch = resolve(container("./prog", files=PROGRAMS), Workload.TRAINING, Overrides(words))
    assert launch.command == "docker run --entrypoint conda IMAGE run ./prog"
    assert launch.word_arrives.value is True, "there is no word to lose"
    assert launch.sigterm_arrives.value is False


def test_the_result_is_kept(container: Make) -> None:
    image = container("./prog", files=PROGRAMS)
    assert resolve(image, Workload.TRAINING) is resolve(image, Workload.TRAINING)
    assert resolve(image, Workload.TRAINING) is not resolve(image, Workload.INFERENCE)


def test_an_interpreter_without_a_script(container: Make) -> None:
    launch = resolve(container("python", "-u", files=PROGRAMS), Workload.PROCESSING)
    assert launch.root is not None
    assert launch.root.unseen == "python reads its standard input"


def test_nothing_to_start(container: Make) -> None:
    launch = resolve(container(), Workload.PROCESSING)
    assert launch.root is None
    assert launch.sigterm_arrives.value is None


def test_a_chain_that_starts_itself_ends(container: Make) -> None:
    launch = train(container, *["env"] * 40, "./prog")
    assert len(launch.hops) <= 13
    assert launch.sigterm_arrives.value is None


@pytest.mark.parametrize(
    ("command", "sigterm"), [("start_server", None), ("python x.py", False), ("/opt/program/prog", False)]
)
def test_a_name_may_be_a_function_of_a_file_that_is_not_in_view(
    container: Make, command: str, sigterm: bool | None
) -> None:
    image = container(
        "bash", "e.sh", files={"/opt/program/e.sh": f"source /etc/lib.sh\n{command}\n"}, unseen=["/"]
    )
    assert resolve(image, Workload.TRAINING).sigterm_arrives.value is sigterm
