"""What smlint says: severities, places, findings and fixes, all of them frozen values.

Lines and columns are 1-based everywhere, columns count Unicode code points, and ends are exclusive columns.
Nothing here knows how a finding is made or how it is printed.
"""

from __future__ import annotations

import enum
from typing import NamedTuple, TypeAlias


class Severity(enum.IntEnum):
    """How bad a finding is; higher is worse, so that ``max`` gives the worst."""

    INFO = 1
    WARNING = 2
    ERROR = 3

    @property
    def label(self) -> str:
        """The name users type and read: ``error``, ``warning``, ``info``."""
        return self.name.lower()


class FileLocation(NamedTuple):
    """A span in a text file: a Dockerfile, an entry script, a file of the build context."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int


class ImageLocation(NamedTuple):
    """A place in a built image: its config (``path`` is None) or a file, with the layer that brought it."""

    reference: str
    path: str | None = None
    layer: str | None = None
    created_by: str | None = None


class RequestLocation(NamedTuple):
    """A value in a job request: JSON pointer (RFC 6901) and where it stands in the file."""

    path: str
    pointer: str
    line: int
    column: int
    end_line: int
    end_column: int


Location: TypeAlias = FileLocation | ImageLocation | RequestLocation


class Related(NamedTuple):
    """A second place that explains a finding, with a label saying what happens there."""

    message: str
    location: Location


class Applicability(enum.StrEnum):
    """Whether a fix may be applied unasked."""

    SAFE = "safe"
    UNSAFE = "unsafe"


class Edit(NamedTuple):
    """Replace the span of a file by ``text``; an empty span inserts, an empty text deletes."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int
    text: str


class Fix(NamedTuple):
    """A set of edits that belong together and take a finding away."""

    applicability: Applicability
    title: str
    edits: tuple[Edit, ...]


class Diagnostic(NamedTuple):
    """One finding, complete: what reports print and what exit codes are made from."""

    code: str
    name: str
    severity: Severity
    message: str
    help: str
    url: str
    location: Location
    related: tuple[Related, ...] = ()
    fix: Fix | None = None
