"""What ``smlint rule`` shows: the list of rules, and one rule's page."""

from __future__ import annotations

from collections.abc import Iterable

from smlint.documentation import documentation, level_text
from smlint.rule import Rule


def table(rules: Iterable[type[Rule]]) -> str:
    """One line per rule: code, name, level, what is wrong."""
    rows = [(rule.code, rule.name, level_text(rule), documentation(rule).summary) for rule in rules]
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    return "".join(
        f"{code:<{widths[0]}}  {name:<{widths[1]}}  {level}: {summary}\n"
        for code, name, level, summary in rows
    )
