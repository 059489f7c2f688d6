"""``smlint rule``: what a rule checks, why, and what to write instead."""

from __future__ import annotations

from typing import Annotated

import typer

from smlint import registry
from smlint.cli import options
from smlint.registry import BrokenPackError, UnknownRuleError


def rule(
    selector: Annotated[
        str | None,
        typer.Argument(metavar="[RULE]", help="A code, the beginning of one, or a name; default: all."),
    ] = None,
) -> None:
    """Explain a rule, or list the rules."""
    from smlint.documentation import markdown
    from smlint.report.rules import table

    try:
        known = registry.installed()
        codes = sorted(known.matching(selector or "ALL"))
        rules = list(known.rules(codes))
    except (UnknownRuleError, BrokenPackError) as error:
        options.usage(str(error))
    text = markdown(rules[0]) if len(rules) == 1 and selector else table(rules)
    typer.echo(text, nl=False)
