"""The config that smlint predicts beside the one that an engine builds.

The engine's own (classic) builder is used: it works everywhere, and knows all that is compared here. What only BuildKit
knows, such as pattern substitutions, is left to the tables.
"""

from __future__ import annotations

import io
import random
import re
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from smlint.container import Container, Known, is_resolved
from smlint.dockerfile import DockerfileSyntaxError, parse
from smlint.dockerfile.build import build_container
from smlint.dockerfile.paths import normalise

if TYPE_CHECKING:
    import docker

pytestmark = pytest.mark.engine

FILES = {
    "entrypoint resets an inherited CMD": 'FROM scratch AS a\nCMD ["c"]\nFROM a\nENTRYPOINT ["e"]\n',
    "entrypoint keeps a CMD of its own stage": 'FROM scratch\nCMD ["c"]\nENTRYPOINT ["e"]\n',
    "empty entrypoint": 'FROM scratch AS a\nENTRYPOINT ["e"]\nCMD ["c"]\nFROM a\nENTRYPOINT []\n',
    "cmd keeps an inherited entrypoint": 'FROM scratch AS a\nENTRYPOINT ["e"]\nFROM a\nCMD c d\n',
    "shell form under SHELL": 'FROM scratch AS a\nSHELL ["bash", "-lc"]\nFROM a\nENTRYPOINT run it\n',
    "default shell": "FROM scratch\nCMD run  'it' $NOW\n",
    "onbuild": 'FROM scratch AS a\nONBUILD ENV A=$B\nONBUILD CMD ["x"]\nENV B=1\nFROM a AS b\nFROM b\nENV C=$A\n',
    "arguments": "ARG G=g\nFROM scratch\nARG G\nARG L=l$G\nARG E=1\nENV E=2 X=$G$L\nENV Y=$E Z=$UNSET\n",
    "one ENV sees what was before it": "FROM scratch\nENV A=1\nENV A=2 B=$A\nENV C=$A\n",
    "old spelling": "FROM scratch\nENV A one  two 'three'\nLABEL l a  b\n",
    "workdir": "FROM scratch\nENV D=x\nWORKDIR a\nWORKDIR ${D}/y\nWORKDIR ../z\n",
    "absolute workdir": "FROM scratch\nWORKDIR /a\nWORKDIR /b/c/\n",
    "the rest": 'FROM scratch\nENV P=80\nUSER a:b\nSTOPSIGNAL SIGINT\nEXPOSE $P 90/udp\nVOLUME ["/v", "/w"]\nVOLUME /x /y\n',
    "inherited": "FROM scratch AS a\nUSER u\nSTOPSIGNAL 9\nLABEL k=1 l=2\nFROM a\nLABEL k=3\n",
    "escape": "# escape=`\nFROM scratch\nENV A=C:\\x B=`$A\nENV C=$A\n",
    "malformed exec form": "FROM scratch\nENTRYPOINT ['a', 'b']\n",
    "stage names": "FROM scratch AS Base\nUSER one\nFROM scratch\nUSER two\nFROM base\n",
}


def built(engine: docker.DockerClient, text: str) -> dict[str, Any]:
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):
        image, _ = engine.images.build(fileobj=io.BytesIO(text.encode()), rm=True, forcerm=True)
    try:
        config: dict[str, Any] = image.attrs["Config"]
        return config
    finally:
        engine.images.remove(image.id, force=True)


def predicted(container: Container) -> dict[str, Any]:
    def value(fact: object) -> Any:
        return fact.value if isinstance(fact, Known) else None

    entrypoint, cmd = value(container.entrypoint), value(container.cmd)
    return {
        "Env": {name: value(fact) for name, fact in container.environment.items()},
        "Labels": {name: value(fact) for name, fact in container.labels.items()},
        "Entrypoint": list(entrypoint.words) if entrypoint else [],
        "Cmd": list(cmd.words) if cmd else [],
        "WorkingDir": value(container.workdir) or "",
        "User": value(container.user) or "",
        "StopSignal": value(container.stop_signal) or "",
        "Shell": list(value(container.shell) or ()),
        "Volumes": sorted(word.text for word in container.volumes),
        "ExposedPorts": sorted(
            word.text if "/" in word.text else f"{word.text}/tcp" for word in container.ports
        ),
    }


def real(config: dict[str, Any]) -> dict[str, Any]:
    return {
        "Env": dict(entry.split("=", 1) for entry in config["Env"] or ()),
        "Labels": config.get("Labels") or {},
        "Entrypoint": config.get("Entrypoint") or [],
        "Cmd": config.get("Cmd") or [],
        "WorkingDir": normalise(config["WorkingDir"]) if config.get("WorkingDir") else "",
        "User": config.get("User") or "",
        "StopSignal": config.get("StopSignal") or "",
        "Shell": config.get("Shell") or [],
        "Volumes": sorted(config.get("Volumes") or {}),
        "ExposedPorts": sorted(config.get("ExposedPorts") or {}),
    }


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
def test_config(engine: docker.DockerClient, text: str) -> None:
    assert predicted(build_container(parse(text), path="Dockerfile")) == real(built(engine, text))


def words(seed: int) -> Iterator[str]:
    """Words that smlint expands to something known, without what only BuildKit knows (``${A-b}``)."""
    chosen = random.Random(seed)
    while True:
        word = "".join(chosen.choices("ab$${}'\"\\:-+_A", k=chosen.randrange(1, 14)))
        if re.search(r"\$\{\w*[-+]|\\$", word):
            continue
        text = f"FROM scratch\nENV A=1 B='x y' a= ab='q\"'\nLABEL w={word}\n"
        try:
            container = build_container(parse(text), path="Dockerfile")
        except DockerfileSyntaxError:
            continue
        fact = container.labels.get("w")
        if len(container.labels) == 1 and isinstance(fact, Known) and is_resolved(fact.value):
            yield word


@pytest.mark.parametrize("seed", range(6))
def test_expansion(engine: docker.DockerClient, seed: int) -> None:
    chosen = [word for word, _ in zip(words(seed), range(80), strict=False)]
    labels = " ".join(f"w{number}={word}" for number, word in enumerate(chosen))
    text = f"FROM scratch\nENV A=1 B='x y' a= ab='q\"'\nLABEL {labels}\n"
    labels_built = real(built(engine, text))["Labels"]
    labels_predicted = predicted(build_container(parse(text), path="Dockerfile"))["Labels"]
    assert {f"{n}: {word}": labels_predicted[f"w{n}"] for n, word in enumerate(chosen)} == {
        f"{n}: {word}": labels_built[f"w{n}"] for n, word in enumerate(chosen)
    }
