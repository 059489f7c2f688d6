"""From settings to a plan: which rules are judged, and at which level."""

from __future__ import annotations

from collections.abc import Iterable

from smlint.config import Settings
from smlint.engine import Plan
from smlint.registry import Registry


def make_plan(settings: Settings, ignored: Iterable[str], registry: Registry) -> Plan:
    """The plan that ``settings`` ask for, without the rules that ``ignored`` names."""
    enabled = registry.enabled(settings.select, settings.ignore, settings.extend_select)
    for selector in ignored:
        enabled -= registry.matching(selector)
    severities = {
        code: severity
        for selector, severity in settings.severity.items()
        for code in registry.matching(selector)
    }
    return Plan(registry, enabled, severities)
