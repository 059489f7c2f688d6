"""``smlint rule``: what a rule checks, why, and what to write instead."""

from __future__ import annotations

import enum
from typing import Annotated

import typer

from smlint import registry
from smlint.cli import completion, options
from smlint.registry import BrokenPackError, UnknownRuleError


class Format(enum.StrEnum):
    """What a page or a list is printed as."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"


def rule(
    selector: Annotated[
        str | None,
        typer.Argument(
            metavar="[RULE]",
            help="A code, the beginning of one, or a name; default: all.",
            autocompletion=completion.rules,
        ),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Print the pages of all rules instead of the list.")
    ] = False,
    format: Annotated[
        Format,
        typer.Option("--format", "-f", help="text: a page, or one line per rule; markdown: pages; json."),
    ] = Format.TEXT,
) -> None:
    """Explain a rule, or list the rules."""
    from smlint.report import rules as shown

    if every and selector:
        options.usage("--all means every rule; leave out RULE or --all")
    try:
        known = registry.installed()
        rules = list(known.rules(sorted(known.matching(selector or "ALL"))))
    except (UnknownRuleError, BrokenPackError) as error:
        options.usage(str(error))
    if format is Format.JSON:
        text = shown.document(rules)
    elif every or format is Format.MARKDOWN or (len(rules) == 1 and selector):
        text = shown.pages(rules)
    else:
        text = shown.table(rules)
    typer.echo(text, nl=False)
