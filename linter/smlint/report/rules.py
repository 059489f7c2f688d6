"""What ``smlint rule`` shows: the list of rules, and one rule's page."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from smlint.documentation import documentation, level_text, markdown
from smlint.rule import Rule, level_for
from smlint.workload import Workload


def table(rules: Iterable[type[Rule]]) -> str:
    """One line per rule: code, name, level, what is wrong."""
    rows = [(rule.code, rule.name, level_text(rule), documentation(rule).summary) for rule in rules]
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    return "".join(
        f"{code:<{widths[0]}}  {name:<{widths[1]}}  {level}: {summary}\n"
        for code, name, level, summary in rows
    )


def pages(rules: Iterable[type[Rule]]) -> str:
    """The rules' pages in Markdown, one after the other."""
    return "\n".join(markdown(rule) for rule in rules)


def document(rules: Iterable[type[Rule]]) -> str:
    """The rules as JSON: ``{"version": 1, "rules": [{"code", "name", "summary", "level", …}]}``."""
    values = {"version": 1, "rules": [_values(rule) for rule in rules]}
    return json.dumps(values, indent=2, ensure_ascii=False) + "\n"


def _values(rule: type[Rule]) -> dict[str, Any]:
    page = documentation(rule)
    return {
        "code": rule.code,
        "name": rule.name,
        "summary": page.summary,
        "level": {
            workload: found.label for workload in Workload if (found := level_for(rule.level, [workload]))
        },
        "witnesses": sorted(rule.witnesses),
        "url": rule.url(),
        "references": list(page.references),
        "sections": page.sections,
    }
