"""From a probe's record to diagnostics: asks every enabled live rule."""

from __future__ import annotations

from smlint.diagnostics import Diagnostic
from smlint.engine import Plan, blamed_on, diagnose, in_order
from smlint.probe.record import ProbeRecord
from smlint.rule import LiveRule


def diagnostics(record: ProbeRecord, plan: Plan) -> list[Diagnostic]:
    """What the live rules say about ``record``, sorted; the same sentence about two runs is said once."""
    found: dict[Diagnostic, None] = {}
    for rule in plan.registry.rules(code for code in plan.registry.codes if code in plan.enabled):
        if not issubclass(rule, LiveRule):
            continue
        with blamed_on(rule):
            for finding in rule().check(record):
                diagnostic = diagnose(rule, finding, plan, (record.workload,))
                if diagnostic is not None:
                    found[diagnostic] = None
    return in_order(found)
