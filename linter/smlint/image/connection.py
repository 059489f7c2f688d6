"""Finds the container engine that the docker command would talk to: DOCKER_HOST, contexts, the default and Podman sockets.

The docker SDK's own ``from_env`` reads no contexts. Nothing is asked of the engine here beyond whether it answers.
"""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from smlint.image.reference import ImageError

if TYPE_CHECKING:
    import docker

#: Seconds for one answer of the engine.
TIMEOUT: Final = 60

_DEFAULT_SOCKET: Final = "/var/run/docker.sock"


class NoEngineError(ImageError):
    """No container engine answers."""


def connect(environment: Mapping[str, str] | None = None) -> docker.DockerClient:
    """A client of the engine in force, which has answered once; close it. Raises :class:`NoEngineError`."""
    import docker.errors
    import requests

    environment = os.environ if environment is None else environment
    where = _where(environment)
    try:
        settings = _settings(environment)
        _knock(settings.get("base_url") or "")
        client = _client(settings)
    except NoEngineError:
        raise
    except (docker.errors.DockerException, requests.RequestException, OSError) as error:
        raise NoEngineError(
            f"no container engine answers at {where} ({_reason(error)}); start it, set DOCKER_HOST, "
            "or name an archive (docker-archive:FILE) or a registry image (docker://REF)"
        ) from None
    if settings.get("base_url", "").startswith(("unix://", "http+unix://")):
        # A socket has no proxy and no netrc entry; looking them up takes longer than the engine's answer.
        client.api.trust_env = False
    return client


def _client(settings: Mapping[str, Any]) -> docker.DockerClient:
    import docker

    class Api(docker.APIClient):
        """The SDK's, which would take REQUESTS_CA_BUNDLE for the authority behind an engine's certificate."""

        def merge_environment_settings(
            self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any
        ) -> Any:
            told = self.verify if verify is None else verify
            return super().merge_environment_settings(url, proxies, stream, told, cert)

    client = docker.DockerClient.__new__(docker.DockerClient)
    client.api = Api(version="auto", timeout=TIMEOUT, **settings)
    return client


def _reason(error: BaseException) -> str:
    text = innermost(error)
    if "paramiko" in text:
        return "ssh:// needs one more package: pip install 'smlint[ssh]'"
    if "HTTP request to an HTTPS server" in text:
        return "it speaks TLS only: set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH"
    if "client_cert" in text:
        return "DOCKER_CERT_PATH leads to no folder with ca.pem, cert.pem and key.pem"
    return text


def _where(environment: Mapping[str, str]) -> str:
    """The engine in force, in words."""
    if environment.get("DOCKER_HOST"):
        return f"DOCKER_HOST={environment['DOCKER_HOST']}"
    context = _context(environment)
    return f"context {context}" if context else _socket(environment) or "the default pipe"


def _settings(environment: Mapping[str, str]) -> dict[str, Any]:
    """The engine in force, as arguments of the client; the order is the docker command's own."""
    host, context = environment.get("DOCKER_HOST"), _context(environment)
    if host:
        return _of_environment(host, environment)
    if context:
        return _of_context(context)
    path = _socket(environment)
    return {"base_url": f"unix://{path}"} if path else {}


def _context(environment: Mapping[str, str]) -> str | None:
    name = environment.get("DOCKER_CONTEXT") or _current_context(environment)
    return None if name == "default" else name


def _socket(environment: Mapping[str, str]) -> str | None:
    """The first socket there is, or the default one; None on Windows, where there are none."""
    found = next(filter(_is_socket, _sockets(environment)), None)
    return found or (None if os.name == "nt" else _DEFAULT_SOCKET)


def _knock(url: str) -> None:
    """Try a socket before the SDK does, which would leave it open when nobody answers. Raises OSError."""
    path = url.removeprefix("unix://").removeprefix("http+unix://")
    if path == url:
        return
    with socket.socket(socket.AF_UNIX) as tried:
        tried.connect(path)


def _of_environment(host: str, environment: Mapping[str, str]) -> dict[str, Any]:
    from docker.utils import kwargs_from_env

    return {**kwargs_from_env(environment=dict(environment)), **_ssh(host)}


def _of_context(name: str) -> dict[str, Any]:
    from docker.context import ContextAPI

    try:
        context = ContextAPI.get_context(name)
    except Exception as error:
        # The SDK raises just that for a damaged file, and whatever comes of a file of another shape.
        raise NoEngineError(
            f"the docker context {name} cannot be read ({innermost(error)}); "
            f"`docker context inspect {name}` shows it, `docker context use default` leaves it"
        ) from None
    if context is None or not context.Host:
        raise NoEngineError(f"there is no docker context {name}; `docker context ls` lists them")
    return {"base_url": context.Host, "tls": context.TLSConfig or False, **_ssh(context.Host)}


def _ssh(host: str) -> dict[str, Any]:
    # The ssh command knows the user's configuration and agent; the SDK's own client would need paramiko.
    return {"use_ssh_client": True} if host.startswith("ssh://") else {}


def _current_context(environment: Mapping[str, str]) -> str | None:
    import json

    folder = environment.get("DOCKER_CONFIG") or os.path.join(os.path.expanduser("~"), ".docker")
    try:
        with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
            settings = json.load(file)
    except (OSError, ValueError):
        return None
    name = settings.get("currentContext") if isinstance(settings, dict) else None
    return name if isinstance(name, str) else None


def _sockets(environment: Mapping[str, str]) -> Iterator[str]:
    yield _DEFAULT_SOCKET
    runtime = environment.get("XDG_RUNTIME_DIR")
    if runtime:
        yield os.path.join(runtime, "docker.sock")
        yield os.path.join(runtime, "podman", "podman.sock")
    yield "/run/podman/podman.sock"


def _is_socket(path: str) -> bool:
    try:
        return stat.S_ISSOCK(os.stat(path).st_mode)
    except OSError:
        return False


def innermost(error: BaseException) -> str:
    """The innermost cause in one line: requests and the SDK wrap each other's errors."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror
        nested = next((arg for arg in cause.args if isinstance(arg, BaseException)), None)
        cause = cause.__cause__ or cause.__context__ or nested
    return " ".join(str(error).split())[:200]
