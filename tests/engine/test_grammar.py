"""What smlint refuses after parsing, against what an engine's builder refuses."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

import pytest

from smlint.dockerfile import DockerfileSyntaxError, parse

if TYPE_CHECKING:
    import docker

pytestmark = pytest.mark.engine

#: Instructions that every engine since 20.10 reads alike; flags, values and heredocs that came later are not among them.
INSTRUCTIONS = (
    "FOO a",
    "FROM",
    "FROM b AS c",
    "FROM b as C.d_e-f",
    "FROM b AS 1c",
    "FROM b AS",
    "FROM b c d",
    "FROM --platform=x b",
    "FROM --platform b",
    "RUN",
    "RUN --network=a b",
    "RUN --security=a b",
    "RUN --mont=type=cache a",
    "CMD",
    'CMD ["a", 1]',
    "CMD ['a']",
    "CMD --a b",
    "ENTRYPOINT []",
    "SHELL []",
    "SHELL a",
    'SHELL ["a"]',
    "COPY a",
    'COPY ["a"]',
    "COPY a b",
    "COPY --from=a b c",
    "COPY --from b c",
    "COPY --from=a --from=b c d",
    "COPY --user=a b c",
    "ADD --chown=a b c",
    "ADD a",
    "ENV",
    "ENV a",
    "ENV a b c",
    "ENV a=b c",
    "ENV =a",
    "LABEL a",
    "LABEL a=b",
    "LABEL =b",
    "ARG",
    "ARG a=b",
    "ARG =b",
    "EXPOSE",
    "EXPOSE 8080",
    "VOLUME",
    "VOLUME []",
    'VOLUME [""]',
    "VOLUME /a /b",
    "USER",
    "USER a b",
    "WORKDIR",
    "WORKDIR a b",
    "STOPSIGNAL",
    "STOPSIGNAL a",
    "MAINTAINER",
    "MAINTAINER a b",
    "ONBUILD",
    "ONBUILD RUN a",
    "ONBUILD ONBUILD RUN a",
    "ONBUILD FROM a",
    "ONBUILD MAINTAINER a",
    "HEALTHCHECK",
    "HEALTHCHECK NONE",
    "HEALTHCHECK NONE a",
    "HEALTHCHECK CMD",
    "HEALTHCHECK CMD a",
    "HEALTHCHECK cmd a",
    'HEALTHCHECK CMD ["a"]',
    "HEALTHCHECK a",
    "HEALTHCHECK --interval=1h2.5m3s CMD a",
    "HEALTHCHECK --interval=.5s CMD a",
    "HEALTHCHECK --interval=5 CMD a",
    "HEALTHCHECK --interval=999us CMD a",
    "HEALTHCHECK --interval=1000us CMD a",
    "HEALTHCHECK --interval=-1s CMD a",
    "HEALTHCHECK --interval=1d CMD a",
    "HEALTHCHECK --interval=3000000h CMD a",
    "HEALTHCHECK --interval= CMD a",
    "HEALTHCHECK --timeout=$X CMD a",
    "HEALTHCHECK --start-period=1m CMD a",
    "HEALTHCHECK --retries=3 CMD a",
    "HEALTHCHECK --retries=+3 CMD a",
    "HEALTHCHECK --retries=a CMD a",
    "HEALTHCHECK --retries=2147483648 CMD a",
    "HEALTHCHECK --every=1s CMD a",
)


def _engine_refuses(engine: docker.DockerClient, text: str) -> bool:
    """Whether the builder refuses ``text`` before it builds anything: only the empty first stage is asked for."""
    from docker.errors import APIError

    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        member = tarfile.TarInfo("Dockerfile")
        member.size = len(text.encode())
        tar.addfile(member, io.BytesIO(text.encode()))
    archive.seek(0)
    try:
        for _ in engine.api.build(fileobj=archive, custom_context=True, target="nothing", decode=True):
            pass
    except APIError as error:
        return error.is_client_error() and "failed to reach build target" not in str(error.explanation)
    return False


def _smlint_refuses(text: str) -> bool:
    try:
        parse(text)
    except DockerfileSyntaxError:
        return True
    return False


@pytest.mark.parametrize("instruction", INSTRUCTIONS)
def test_refuses_what_the_engine_refuses(instruction: str, engine: docker.DockerClient) -> None:
    text = f"FROM scratch AS nothing\nFROM scratch\n{instruction}\n"
    assert _smlint_refuses(text) == _engine_refuses(engine, text)


@pytest.mark.parametrize("text", ["RUN a\nFROM b\n", "ARG a\nFROM b\n", "# a\n", ""])
def test_refuses_whole_files_that_the_engine_refuses(text: str, engine: docker.DockerClient) -> None:
    assert _smlint_refuses(text) == _engine_refuses(engine, text)
