"""The requests that the documentation shows, and what a real engine runs for the flags that it says SageMaker runs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import pytest

from smlint.container import ABSENT, Command, Container, Fact, Form, Known, Overrides, Witness, Word
from smlint.diagnostics import ImageLocation
from smlint.launch import docker_command, effective_argv
from smlint.request import Request, parse, requests

if TYPE_CHECKING:
    import docker

    from tests.engine.images import Images

#: Prints its own argument vector, whatever name it is started by.
ECHO: Final = '#!/bin/bash\nprintf \'%s\\n\' "$0" "$@"\n'
PROGRAMS: Final = (
    "/usr/local/bin/train",
    "/usr/local/bin/program",
    "/usr/local/bin/python",
    "/usr/local/bin/python3",
    "/usr/local/bin/default",
)
#: Scripts that the examples name; as they print their vector too, a shell shows what it was given.
SCRIPTS: Final = (
    "/opt/program/train.sh",
    "/opt/ml/input/data/code/train.sh",
    "/processing_script.py",
    "/opt/program/train.py",
)
IMAGES: Final = {
    "entrypoint and command": (("program", "fixed"), ("default", "from-cmd")),
    "entrypoint": (("program",), ()),
    "command": ((), ("default", "from-cmd")),
    "nothing": ((), ()),
}


def training(**specification: object) -> dict[str, Any]:
    return {"TrainingJobName": "a", "AlgorithmSpecification": specification}


def processing(**specification: object) -> dict[str, Any]:
    return {"ProcessingJobName": "a", "AppSpecification": specification}


#: The founding documents' examples; with "both" where they give entrypoint and arguments apart.
REQUESTS: Final = {
    "nothing": training(),
    "bundled script": training(ContainerEntrypoint=["/bin/sh"], ContainerArguments=["/opt/program/train.sh"]),
    "python": training(ContainerEntrypoint=["python", "/opt/program/train.py"]),
    "script in a channel": training(
        ContainerEntrypoint=["/bin/sh"], ContainerArguments=["/opt/ml/input/data/code/train.sh"]
    ),
    "only entrypoint": training(ContainerEntrypoint=["program", "a"]),
    "only arguments": training(ContainerArguments=["program", "a b", "--c=d"]),
    "both": training(ContainerEntrypoint=["program", "a"], ContainerArguments=["b", "c d"]),
    "processing": processing(),
    "processing script": processing(
        ContainerEntrypoint=["python3", "-v", "/processing_script.py"],
        ContainerArguments=["data-format", "csv"],
    ),
    "processing entrypoint": processing(ContainerEntrypoint=["python3", "-v"]),
    "processing arguments": processing(ContainerArguments=["program", "data-format", "csv"]),
}


def request_of(body: object) -> Request:
    (request,) = requests(parse("job.json", json.dumps(body).encode()))
    return request


def known(words: Sequence[str]) -> Fact[Command]:
    place = ImageLocation("image")
    if not words:
        return ABSENT
    return Known(
        Command(Form.EXEC, tuple(Word(word, place) for word in words), " ".join(words), place), place
    )


def predicted(body: object, entrypoint: Sequence[str], cmd: Sequence[str]) -> tuple[str, ...] | None:
    request = request_of(body)
    overrides: Overrides = request.overrides
    argv = effective_argv(request.workload, known(entrypoint), known(cmd), overrides, ImageLocation("image"))
    return argv.value.texts if isinstance(argv, Known) else None


def flags(body: object) -> tuple[str | None, list[str]]:
    """What SageMaker's documentation writes behind ``docker run`` for a request: --entrypoint, and the words after IMAGE."""
    kind = "AlgorithmSpecification" if "TrainingJobName" in str(body) else "AppSpecification"
    assert isinstance(body, dict)
    entrypoint = body[kind].get("ContainerEntrypoint", [])
    arguments = body[kind].get("ContainerArguments", [])
    if entrypoint:
        return entrypoint[0], entrypoint[1:] + arguments
    if not arguments and kind == "AlgorithmSpecification":
        return None, ["train"]
    return None, arguments


def shown(argv: Sequence[str]) -> list[str]:
    """What the echoing programs print when they are started with ``argv``: a shell hides itself behind its script."""
    program, *rest = argv
    if program == "/bin/sh":
        return rest
    return [program if program.startswith("/") else f"/usr/local/bin/{program}", *rest]


def ran(engine: docker.DockerClient, reference: str, body: object) -> list[str] | None:
    """What the programs print under the documented flags; None where the engine has nothing to start."""
    import docker.errors

    override, words = flags(body)
    try:
        output = engine.containers.run(reference, words or None, entrypoint=override, remove=True)
    except docker.errors.APIError as error:
        if "no command" not in str(error).lower():
            raise
        return None
    return list(output.decode().splitlines())


@pytest.mark.engine
@pytest.mark.parametrize("name", REQUESTS)
@pytest.mark.parametrize("image", IMAGES)
def test_the_resolved_command_is_what_the_engine_runs(
    name: str, image: str, engine: docker.DockerClient, images: Images
) -> None:
    entrypoint, cmd = IMAGES[image]
    reference = images.make(
        "bash",
        files=dict.fromkeys((*PROGRAMS, *SCRIPTS), ECHO),
        entrypoint=entrypoint or None,
        cmd=cmd or None,
    )
    argv = predicted(REQUESTS[name], entrypoint, cmd)
    assert ran(engine, reference, REQUESTS[name]) == (shown(argv) if argv is not None else None)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("nothing", "docker run IMAGE train"),
        ("bundled script", "docker run --entrypoint /bin/sh IMAGE /opt/program/train.sh"),
        ("python", "docker run --entrypoint python IMAGE /opt/program/train.py"),
        ("script in a channel", "docker run --entrypoint /bin/sh IMAGE /opt/ml/input/data/code/train.sh"),
        ("only entrypoint", "docker run --entrypoint program IMAGE a"),
        ("only arguments", "docker run IMAGE program 'a b' --c=d"),
        ("both", "docker run --entrypoint program IMAGE a b 'c d'"),
        ("processing", "docker run IMAGE"),
        (
            "processing script",
            "docker run --entrypoint python3 IMAGE -v /processing_script.py data-format csv",
        ),
        ("processing entrypoint", "docker run --entrypoint python3 IMAGE -v"),
        ("processing arguments", "docker run IMAGE program data-format csv"),
    ],
)
def test_the_documented_command_line(name: str, line: str) -> None:
    request = request_of(REQUESTS[name])
    assert docker_command(request.workload, request.overrides) == line


def test_a_started_container_has_the_requests_command() -> None:
    request = request_of(REQUESTS["both"])
    image = Container(
        witness=Witness.IMAGE,
        name="image",
        anchor=ImageLocation("image"),
        evidence=request.alone().evidence,
        files=request.alone().files,
        entrypoint=known(["tini", "--", "program"]),
        cmd=known(["default"]),
    )
    started = request.start(image)
    assert isinstance(started.entrypoint, Known)
    assert started.entrypoint.value.words == ("program", "a", "b", "c d")
    assert started.cmd is ABSENT
    assert started.overrides == request.overrides
    assert image.overrides == Overrides()
    assert isinstance(image.cmd, Known)
