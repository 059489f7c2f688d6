"""What a shell starts: the string or script of a shell in the chain, read by :mod:`smlint.shell`, as the next processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smlint.container import Container, FileEntry
from smlint.launch.shells import ShellCall

if TYPE_CHECKING:
    from smlint.launch.walk import Arrival


def shell_starts(
    container: Container, arrival: Arrival, call: ShellCall, script: FileEntry | None
) -> tuple[list[Arrival], str]:
    """The processes a shell may become or start, one per way through its text, and what is not in view."""
    return [], "shell text is not read yet"
