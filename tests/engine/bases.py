"""Base images for the tests, made from Debian packages by mmdebstrap and kept on the engine between runs.

A base carries a tag made from its recipe, so that a changed recipe gives a new image and an unchanged one costs a
look-up. What lies on top of a base is built in ``images``.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Sequence
from typing import IO, Final

import docker

SUITE: Final = "bookworm"
PACKAGES: Final = (
    "base-files",
    "bash",
    "busybox-static",
    "coreutils",
    "dash",
    "dumb-init",
    "grep",
    "procps",
    "python3",
    "sed",
    "tini",
    "util-linux",
)
NGINX_PACKAGES: Final = (*PACKAGES, "nginx-light")
#: Programs that start other programs.
LAUNCHER_PACKAGES: Final = (
    *PACKAGES,
    "catatonit",
    "daemontools",
    "dpkg",
    "eatmydata",
    "expect",
    "gosu",
    "libpam-modules",
    "login",
    "numactl",
    "runit",
    "sudo",
    "supervisor",
    "time",
)

#: Raise it when the code below changes what a base holds.
RECIPE: Final = 1
REPOSITORY: Final = "smlint-test-base"

#: Weight without use for the tests.
LEFT_OUT: Final = (
    "./usr/share/doc/",
    "./usr/share/man/",
    "./usr/share/locale/",
    "./usr/share/info/",
    "./usr/share/perl",
    "./usr/bin/perl",
    "./usr/lib/x86_64-linux-gnu/perl",
    "./usr/lib/x86_64-linux-gnu/libperl",
    "./usr/lib/aarch64-linux-gnu/perl",
    "./usr/lib/aarch64-linux-gnu/libperl",
)

#: The packages are extracted, not configured: what a maintainer script would have written stands here.
ADDED: Final = {
    "./etc/passwd": b"root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n",
    "./etc/group": b"root:x:0:\nwww-data:x:33:\nnogroup:x:65534:\n",
}


def missing_tools() -> str | None:
    """Why no base can be made here, or None."""
    if shutil.which("mmdebstrap") is None:
        return "mmdebstrap is not installed (apt-get install mmdebstrap)"
    return None


def debian(client: docker.DockerClient, packages: Sequence[str] = PACKAGES) -> str:
    """The reference of an image that holds ``packages`` of Debian and has an empty config; made when it is not there."""
    recipe = repr((SUITE, packages, RECIPE, LEFT_OUT, ADDED))
    reference = f"{REPOSITORY}:{hashlib.sha256(recipe.encode()).hexdigest()[:16]}"
    if not client.images.list(name=reference):
        with tempfile.TemporaryDirectory(prefix="smlint-test-base-") as folder:
            _import(client, reference, _bootstrap(folder, packages))
    return reference


def _bootstrap(folder: str, packages: Sequence[str]) -> str:
    bare = os.path.join(folder, "bare.tar")
    # "extract" unpacks the packages and runs nothing of them: seconds instead of a minute, and no root needed.
    command = ["mmdebstrap", "--quiet", "--variant=extract", f"--include={','.join(packages)}", SUITE, bare]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    slim = os.path.join(folder, "slim.tar")
    with tarfile.open(bare) as source, tarfile.open(slim, "w") as target:
        for member in source:
            if member.name.startswith("./dev/") or f"{member.name}/".startswith(LEFT_OUT):
                continue
            target.addfile(member, _content(source, member))
        for name, content in ADDED.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            target.addfile(entry, io.BytesIO(content))
    return slim


def _content(source: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes] | None:
    return source.extractfile(member) if member.isreg() else None


def _import(client: docker.DockerClient, reference: str, path: str) -> None:
    repository, tag = reference.rsplit(":", 1)
    with open(path, "rb") as archive:
        client.api.import_image_from_data(archive, repository=repository, tag=tag)
    if not client.images.list(name=reference):
        raise RuntimeError(f"the engine did not take {reference} from {path}")
