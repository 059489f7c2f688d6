"""Images for one test each, built by the engine's own builder on top of a base.

The tag is made from everything that goes in: the same call gives the same reference, also in the next run, at the
cost of a look-up when the engine has it. Nothing here starts a container.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import docker

from tests.engine import bases

REPOSITORY: Final = "smlint-test"
#: On every image of the tests, so that ``docker image prune --all --filter label=io.smlint.test`` takes them away.
LABEL: Final = "io.smlint.test"


class File(NamedTuple):
    """A file whose permission bits matter."""

    content: str | bytes
    mode: int


class Symlink(NamedTuple):
    """A symbolic link."""

    target: str


#: Text that begins with ``#!`` becomes executable.
Content = str | bytes | File | Symlink


class Recipe(NamedTuple):
    """What follows FROM in a Dockerfile, and the build context that it needs."""

    instructions: str
    context: Mapping[str, Content]


def on_top(
    files: Mapping[str, Content],
    *,
    entrypoint: Sequence[str] | str | None = None,
    cmd: Sequence[str] | str | None = None,
    config: Sequence[str] = (),
) -> Recipe:
    """What puts ``files`` (by absolute path) and a config on top of a base; see :meth:`Images.make`."""
    lines = ["COPY rootfs /"] if files else []
    lines += config
    lines += [_instruction("ENTRYPOINT", entrypoint)] if entrypoint is not None else []
    lines += [_instruction("CMD", cmd)] if cmd is not None else []
    context = {f"rootfs/{path.lstrip('/')}": content for path, content in files.items()}
    return Recipe("".join(f"{line}\n" for line in lines), context)


def mode_of(content: Content) -> int:
    """The permission bits of a file: text that begins with ``#!`` is executable."""
    if isinstance(content, File):
        return content.mode
    data = content.encode() if isinstance(content, str) else content
    return 0o755 if isinstance(data, bytes) and data.startswith(b"#!") else 0o644


class Images:
    """Builds images on one engine.

    Bases by name: ``dash``, ``bash`` and ``busybox`` are the same Debian packages (python3, bash, dash, busybox,
    coreutils, procps, tini, dumb-init, util-linux) with that program as ``/bin/sh``; ``nginx`` is ``dash`` with nginx;
    ``launchers`` is ``dash`` with sudo, gosu, supervisord and other programs that start programs, root allowed everything.
    None of them has an ENTRYPOINT, a CMD or an environment.
    """

    def __init__(self, client: docker.DockerClient) -> None:
        self._client = client
        self._bases: dict[str, str] = {}

    def base(self, name: str) -> str:
        """The reference of a base image."""
        if name not in self._bases:
            self._bases[name] = self._make_base(name)
        return self._bases[name]

    def make(
        self,
        base: str = "dash",
        files: Mapping[str, Content] | None = None,
        *,
        entrypoint: Sequence[str] | str | None = None,
        cmd: Sequence[str] | str | None = None,
        config: Sequence[str] = (),
    ) -> str:
        """The reference of an image: a base, ``files`` by absolute path, and its config.

        A list is the exec form, a string the shell form. ``config`` holds further instructions as they stand in a
        Dockerfile: ``STOPSIGNAL SIGQUIT``, ``USER 1000``, ``ENV A=b``.
        """
        recipe = on_top(files or {}, entrypoint=entrypoint, cmd=cmd, config=config)
        return self.build(f"FROM {self.base(base)}\n{recipe.instructions}", recipe.context)

    def build(self, dockerfile: str, context: Mapping[str, Content] | None = None) -> str:
        """The reference of the image that ``dockerfile`` gives; paths of ``context`` are relative to the context."""
        # The label stands last: it must not take part in what the tests look at before it.
        text = f'{dockerfile.rstrip()}\nLABEL {LABEL}="1"\n'
        archive = _tar({**(context or {}), "Dockerfile": File(text, 0o644)})
        reference = f"{REPOSITORY}:{hashlib.sha256(archive).hexdigest()[:16]}"
        if self._client.images.list(name=reference):
            return reference
        # The plain build call is the classic builder, which needs no BuildKit session.
        log = self._client.api.build(
            fileobj=io.BytesIO(archive),
            custom_context=True,
            tag=reference,
            # Its cache takes two files that differ only in a link's target for the same one.
            nocache=True,
            rm=True,
            forcerm=True,
            decode=True,
        )
        for event in log:
            if "error" in event:
                raise RuntimeError(f"{event['error']}\n{text}")
        return reference

    def _make_base(self, name: str) -> str:
        if name == "nginx":
            return bases.debian(self._client, bases.NGINX_PACKAGES)
        if name == "launchers":
            return self._launchers()
        if name == "dash":
            return bases.debian(self._client)
        if name in ("bash", "busybox"):
            return self.make("dash", {"/bin/sh": Symlink(name)})
        raise LookupError(f"no base image is called {name}")

    def _launchers(self) -> str:
        files: dict[str, Content] = {f"/etc/pam.d/{name}": _PAM for name in _PAM_SERVICES}
        files["/etc/sudoers"] = File("root ALL=(ALL:ALL) NOPASSWD: ALL\n", 0o440)
        recipe = on_top(files)
        base = bases.debian(self._client, bases.LAUNCHER_PACKAGES)
        return self.build(f"FROM {base}\n{recipe.instructions}", recipe.context)


#: What pam-auth-update and the administrator would have written.
_PAM: Final = (
    "auth sufficient pam_permit.so\naccount sufficient pam_permit.so\nsession optional pam_permit.so\n"
)
_PAM_SERVICES: Final = ("other", "su", "su-l", "sudo", "sudo-i", "runuser", "runuser-l")


def _instruction(keyword: str, command: Sequence[str] | str) -> str:
    return f"{keyword} {command}" if isinstance(command, str) else f"{keyword} {json.dumps(list(command))}"


def _tar(files: Mapping[str, Content]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path, content in files.items():
            entry = tarfile.TarInfo(path)
            if isinstance(content, Symlink):
                entry.type, entry.linkname = tarfile.SYMTYPE, content.target
                archive.addfile(entry)
                continue
            text = content.content if isinstance(content, File) else content
            data = text.encode() if isinstance(text, str) else text
            entry.size = len(data)
            entry.mode = mode_of(content)
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()
