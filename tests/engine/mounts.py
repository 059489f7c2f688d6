"""Mounts that Podman and Buildah leave below a folder of the tests, which keep it from being removed."""

from __future__ import annotations

import subprocess
from pathlib import Path


def unmount_below(folder: Path) -> None:
    """Undo every mount below ``folder``, the youngest first; raises CalledProcessError where one is still in use."""
    for place in reversed(_below(folder)):
        subprocess.run(["umount", place], check=True, capture_output=True)


def _below(folder: Path) -> list[str]:
    """Mount points in the order they were made, as mountinfo(5) lists them."""
    lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()
    places = [line.split(" ")[4].encode().decode("unicode_escape") for line in lines]
    return [place for place in places if place.startswith(f"{folder.resolve()}/")]
