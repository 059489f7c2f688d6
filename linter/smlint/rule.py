"""What a rule is, how rule packs are found, and what a rule's documentation is made of.

A pack is a package named by an entry point of the group ``smlint.rules``; it exposes ``RULES``, a mapping from code to
``"module:Class"``, so that a rule's module is imported only when the rule is needed. The built-in pack is the first
member and looks exactly like a third party's.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple, TypeAlias

from smlint.container import Container, Witness
from smlint.diagnostics import Fix, Location, Related, Severity
from smlint.workload import Workload

if TYPE_CHECKING:
    from smlint.probe.record import ProbeRecord
    from smlint.request import Request

_LINK: Final = re.compile(r"https?://[^\s<>)\]]+")

#: A level for every workload, or for all of them. A workload that is missing from the mapping gives no finding.
Level: TypeAlias = Severity | Mapping[Workload, Severity]


class Heading(enum.StrEnum):
    """The headings of a rule's docstring, in their order."""

    CHECKS = "What it checks"
    WHY = "Why it matters on SageMaker"
    EXAMPLE = "Example"
    INSTEAD = "Use instead"
    REFERENCES = "References"


class Finding(NamedTuple):
    """What a rule yields; the engine adds code, name and documentation to make a Diagnostic of it."""

    location: Location
    #: One sentence: what is wrong and what happens on SageMaker.
    message: str
    #: One sentence: the exact thing to type.
    help: str
    related: tuple[Related, ...] = ()
    fix: Fix | None = None
    #: Where this finding is worth something else than the rule's own level.
    level: Level | None = None
    #: The page that fits it better than the first of the rule's references; "" where that one does.
    url: str = ""


class Context(NamedTuple):
    """What a rule may know besides the container."""

    #: The assumed workloads, at least one.
    workloads: tuple[Workload, ...]
    #: The job request that starts the container, where one was given.
    request: Request | None = None


class Rule:
    """Metadata of a rule. Its docstring is its documentation page.

    The docstring begins with one line that says what is wrong, followed by the headings of :data:`HEADINGS`.
    ``Example`` and ``Use instead`` hold code blocks that the tests execute.
    """

    code: ClassVar[str]
    name: ClassVar[str]
    #: The default level.
    level: ClassVar[Level]
    witnesses: ClassVar[frozenset[Witness]]

    @classmethod
    def url(cls) -> str:
        """The page that findings link to: the first one under References."""
        text = cls.__doc__ or ""
        found = _LINK.search(text, max(text.rfind(Heading.REFERENCES), 0))
        return found[0] if found else ""


class ContainerRule(Rule):
    """A rule about a container, whichever witness speaks of it."""

    def check(self, container: Container, context: Context) -> Iterator[Finding]:
        """Yield what is wrong with ``container``; return early where something is unknown."""
        raise NotImplementedError


class RequestRule(Rule):
    """A rule about a job request, alone or with the container it starts."""

    def check(self, request: Request, container: Container | None) -> Iterator[Finding]:
        """Yield what is wrong with ``request``; ``container`` is the image it names, where it was given."""
        raise NotImplementedError


class LiveRule(Rule):
    """A rule about what a probe saw."""

    def check(self, record: ProbeRecord) -> Iterator[Finding]:
        """Yield what is wrong with the container that was started and stopped."""
        raise NotImplementedError


class EngineRule(Rule):
    """A code that the engine or a reader raises itself (SM900 …); it exists for its documentation."""


def level_for(level: Level, workloads: Iterable[Workload]) -> Severity | None:
    """The highest severity of ``level`` among ``workloads``; None when it holds for none of them."""
    if isinstance(level, Severity):
        return level
    return max((level[workload] for workload in workloads if workload in level), default=None)
