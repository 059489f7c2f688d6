"""The exit codes, promised to users; the table in the documentation is made from this enum."""

from __future__ import annotations

import enum


class ExitCode(enum.IntEnum):
    """What a call of smlint says to the shell. Of several inputs the worst wins."""

    #: Nothing at or above the fail level.
    CLEAN = 0
    #: At least one finding at or above the fail level.
    FINDINGS = 1
    #: Wrong usage, bad configuration, an input that cannot be read, an engine that cannot be reached.
    USAGE = 2
    #: A bug in smlint.
    BUG = 3
