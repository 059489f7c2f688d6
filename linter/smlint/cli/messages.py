"""What commands say on standard error; without the option parser, which not every call needs."""

from __future__ import annotations

import sys
from typing import NoReturn


class UsageError(Exception):
    """The call cannot be obeyed: one line on standard error and the exit code for wrong usage."""


def complain(message: str) -> None:
    """One line on standard error."""
    from smlint.report.visible import visible

    if sys.stderr is not None:
        sys.stderr.write(f"smlint: {visible(message)}\n")


def usage(message: str) -> NoReturn:
    """End the call with one line on standard error and the exit code for wrong usage."""
    raise UsageError(message)
