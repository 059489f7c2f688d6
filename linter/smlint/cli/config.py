"""``smlint config``: the settings in force, and where each of them comes from."""

from __future__ import annotations

import json
import os
from typing import Annotated

import typer

from smlint import config as settings_of
from smlint import registry
from smlint.cli import options
from smlint.config import ConfigError
from smlint.registry import BrokenPackError, UnknownRuleError


def config(
    path: Annotated[
        str,
        typer.Argument(metavar="[PATH]", help="The file or folder whose settings are shown; default: here."),
    ] = ".",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of TOML.")] = False,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of the configuration file.")
    ] = False,
    config: options.ConfigFile = None,
    isolated: options.Isolated = False,
) -> None:
    """Show the settings in force for a file, and where each of them comes from."""
    if schema:
        from smlint.config_schema import schema as schema_of_config

        typer.echo(json.dumps(schema_of_config(), indent=2))
        return
    from smlint.report import settings as shown

    try:
        known = registry.installed()
        found = settings_of.load(path, explicit=config, isolated=isolated, environ=os.environ, rules=known)
        enabled = sorted(known.enabled(found.select, found.ignore, found.extend_select))
        packs = [name for name, _ in registry.packs()]
    except (ConfigError, UnknownRuleError, BrokenPackError) as error:
        options.usage(str(error))
    draw = shown.document if as_json else shown.toml
    typer.echo(draw(found, packs, enabled), nl=False)
