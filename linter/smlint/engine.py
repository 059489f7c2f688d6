"""From a container to sorted diagnostics: rules, levels, order.

Reads no files and prints nothing; readers give it text or containers, reports take what it returns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from smlint.container import Container, Witness
from smlint.diagnostics import Diagnostic, ImageLocation, Severity
from smlint.registry import Registry
from smlint.rule import ContainerRule, Context, Finding, RequestRule, Rule, level_for
from smlint.workload import Workload

if TYPE_CHECKING:
    from types import TracebackType

    from smlint.probe.record import Probed
    from smlint.request import Request


class Plan(NamedTuple):
    """Which rules are judged, and at which level."""

    registry: Registry
    #: Codes that may be reported.
    enabled: frozenset[str]
    #: Levels that the user sets, by code; they replace the rule's own.
    severities: Mapping[str, Severity] = {}


class Subject(NamedTuple):
    """What was judged."""

    #: ``dockerfile``, ``image`` or ``request``.
    kind: str
    name: str
    workloads: tuple[Workload, ...]
    stage: str | None = None


class Outcome(NamedTuple):
    """All that is known about one subject after judging it."""

    subject: Subject
    diagnostics: tuple[Diagnostic, ...]
    suppressed: tuple[Diagnostic, ...] = ()
    #: Text of the files that locations point into, by path, where it is at hand.
    sources: Mapping[str, str] = {}
    #: What was seen of the subject while it ran.
    probes: tuple[Probed, ...] = ()


def diagnose(
    rule: type[Rule], finding: Finding, plan: Plan, workloads: Iterable[Workload]
) -> Diagnostic | None:
    """Make a diagnostic of a finding; None when its level holds for none of ``workloads`` or it is not enabled."""
    if rule.code not in plan.enabled:
        return None
    severity = level_for(rule.level if finding.level is None else finding.level, workloads)
    if severity is None:
        return None
    return Diagnostic(
        code=rule.code,
        name=rule.name,
        severity=plan.severities.get(rule.code, severity),
        message=finding.message,
        help=finding.help,
        url=finding.url or rule.url(),
        location=finding.location,
        related=finding.related,
        fix=finding.fix,
    )


class blamed_on:  # noqa: N801 - reads as a clause of its with statement
    """Notes in an exception which rule raised it, so that its author is told and nobody else."""

    __slots__ = ("_rule",)

    def __init__(self, rule: type[Rule]) -> None:
        self._rule = rule

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Exception):
            error.add_note(f"rule {self._rule.code} of {self._rule.__module__.partition('.')[0]}")


def judge(
    container: Container, plan: Plan, workloads: tuple[Workload, ...], request: Request | None = None
) -> list[Diagnostic]:
    """Run every enabled container rule that can speak about this witness; unsorted.

    ``request`` is the job request that starts ``container``, whose words are in force there already.
    """
    context = Context(workloads, request)
    found: dict[Diagnostic, None] = {}
    witnesses = [container.witness] if request is None else [container.witness, Witness.REQUEST]
    for rule in container_rules(plan, *witnesses):
        with blamed_on(rule):
            for finding in rule().check(container, context):
                diagnostic = diagnose(rule, finding, plan, workloads)
                if diagnostic is not None:
                    found[diagnostic] = None
    return list(found)


def judge_request(request: Request, container: Container | None, plan: Plan) -> list[Diagnostic]:
    """Run every enabled rule about requests; ``container`` is the image that the request starts; unsorted."""
    workloads = (request.workload,)
    found: dict[Diagnostic, None] = {}
    for rule in plan.registry.rules_for(Witness.REQUEST, plan.enabled):
        if not issubclass(rule, RequestRule):
            continue
        with blamed_on(rule):
            for finding in rule().check(request, container):
                diagnostic = diagnose(rule, finding, plan, workloads)
                if diagnostic is not None:
                    found[diagnostic] = None
    return list(found)


def container_rules(plan: Plan, *witnesses: Witness) -> tuple[type[ContainerRule], ...]:
    """The enabled rules about containers that one of the witnesses can answer."""
    return _container_rules(plan.registry, plan.enabled, witnesses)


@lru_cache(maxsize=16)
def _container_rules(
    registry: Registry, enabled: frozenset[str], witnesses: tuple[Witness, ...]
) -> tuple[type[ContainerRule], ...]:
    rules = (rule for witness in witnesses for rule in registry.rules_for(witness, enabled))
    return tuple(rule for rule in dict.fromkeys(rules) if issubclass(rule, ContainerRule))


def in_order(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Sorted by place and then by code, the order of every report."""
    return sorted(diagnostics, key=_order)


def _order(diagnostic: Diagnostic) -> tuple[str, int, int, str, str, str]:
    location = diagnostic.location
    if isinstance(location, ImageLocation):
        return (location.reference, 0, 0, location.path or "", diagnostic.code, diagnostic.message)
    return (location.path, location.line, location.column, "", diagnostic.code, diagnostic.message)
