"""Which file a program's name means, and what keeps the engine from starting it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from smlint.container import ABSENT, UNRESOLVED, Container, Known, Unknown
from smlint.diagnostics import FileLocation
from smlint.launch.executables import Trouble, can_start, find_program, shebang

Make = Callable[..., Container]
HERE = FileLocation("Dockerfile", 1, 1, 1, 2)
ELF = b"\x7fELF\0"


def test_names_are_looked_up_on_path(container: Make) -> None:
    image = container(files={"/usr/bin/prog": ELF, "/opt/program/prog": ELF})
    found = find_program(image, "prog")
    assert isinstance(found, Known)
    assert found.value.path == "/usr/bin/prog"
    assert find_program(image, "other") is ABSENT


def test_paths_are_seen_from_the_working_directory(container: Make) -> None:
    image = container(files={"/opt/program/bin/prog": ELF})
    found = find_program(image, "bin/prog")
    assert isinstance(found, Known)
    assert find_program(image, "./prog") is ABSENT


def test_a_directory_in_which_nothing_can_be_seen_hides_no_hit_further_on(container: Make) -> None:
    image = container(
        files={"/opt/bin/train": ELF},
        unseen=["/usr"],
        environment={"PATH": Known("/usr/bin:/opt/bin", HERE)},
    )
    assert isinstance(find_program(image, "train"), Known)
    assert isinstance(find_program(image, "serve"), Unknown)


def test_an_unresolved_working_directory_keeps_a_path_unknown(container: Make) -> None:
    image = container(files={"/opt/program/prog": ELF}, workdir=f"/opt/{UNRESOLVED}")
    assert isinstance(find_program(image, "./prog"), Unknown)
    assert isinstance(find_program(image, "/opt/program/prog"), Known)


def test_an_unknown_path_keeps_a_name_unknown(container: Make) -> None:
    image = container(environment_complete=False)
    assert isinstance(find_program(image, "train"), Unknown)
    assert isinstance(find_program(image, ""), Unknown)


@pytest.mark.parametrize(
    ("content", "mode", "trouble"),
    [
        (ELF, 0o755, None),
        (ELF, 0o644, Trouble.NOT_EXECUTABLE),
        ("#!/bin/sh\n", 0o755, None),
        ("#!/bin/sh -e\n", 0o755, None),
        ("#!/bin/sh\r\nexec x\r\n", 0o755, Trouble.CARRIAGE_RETURN),
        ("#!/bin/zsh\n", 0o755, Trouble.NO_INTERPRETER),
        ("#!/usr/bin/env python3\n", 0o755, Trouble.NO_INTERPRETER),
        ("#!/usr/bin/env -S A=1 sh -e\n", 0o755, None),
        ("echo hello\n", 0o755, Trouble.NO_SHEBANG),
        ("#!\necho hello\n", 0o755, Trouble.NO_SHEBANG),
        ("#! \r\n", 0o755, Trouble.CARRIAGE_RETURN),
        ("", 0o755, Trouble.EMPTY),
    ],
)
def test_what_can_be_started(
    container: Make, content: str | bytes, mode: int, trouble: Trouble | None
) -> None:
    files = {"/bin/sh": ELF, "/usr/bin/env": ELF, "/opt/program/start": content}
    image = container(files=files, modes={"/opt/program/start": mode})
    assert can_start(image, "./start").trouble is trouble


def test_what_is_missing_and_what_is_not_in_view(container: Make) -> None:
    assert can_start(container(), "./start").trouble is Trouble.MISSING
    assert can_start(container(directories=["/opt/program/start"]), "./start").trouble is Trouble.DIRECTORY
    unseen = can_start(container(unseen=["/opt"]), "./start")
    assert (unseen.trouble, unseen.certain) == (None, False)


def test_the_kernel_gives_the_rest_of_the_line_as_one_word() -> None:
    line = shebang(b"#! /usr/bin/env -S python -u\n")
    assert line is not None
    assert line.words == ("/usr/bin/env", "-S python -u")
    assert shebang(b"\x7fELF") is None


def elf(machine: int, data: int = 1) -> bytes:
    """The beginning of an executable; ``data`` is 2 for big-endian ones."""
    order = "little" if data == 1 else "big"
    return b"\x7fELF\x02" + bytes((data, 1)) + bytes(11) + machine.to_bytes(2, order)


@pytest.mark.parametrize(
    ("platform", "content", "built_for"),
    [
        ("linux/amd64", elf(183), "arm64"),
        ("linux/arm64/v8", elf(62), "amd64"),
        ("linux/amd64", elf(62), ""),
        ("linux/amd64", elf(3), ""),
        ("linux/arm64", elf(40), ""),
        ("linux/amd64", elf(22, data=2), ""),
        ("linux/s390x", elf(62), ""),
        ("linux/amd64", ELF, ""),
        (None, elf(183), ""),
    ],
)
def test_programs_for_other_architectures(
    container: Make, platform: str | None, content: bytes, built_for: str
) -> None:
    fact = ABSENT if platform is None else Known(platform, HERE)
    start = can_start(container(files={"/usr/bin/prog": content}, platform=fact), "prog")
    assert start.architecture == built_for
    assert (start.trouble is Trouble.OTHER_ARCHITECTURE) is bool(built_for)
