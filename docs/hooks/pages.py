"""Pages that mkdocs makes while it builds: one per rule from its docstring, the settings, the commands' own help.

They are not stored, so they cannot be stale.
"""

from __future__ import annotations

import contextlib
import io
import os
from collections.abc import Iterator
from typing import NamedTuple

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from smlint import registry
from smlint.cli import COMMANDS, main
from smlint.config import OPTIONS
from smlint.documentation import documentation, level_text, markdown, witness_text
from smlint.report import FORMATS
from smlint.rule import Rule


class Page(NamedTuple):
    """A generated page: its path below the docs folder, and its Markdown."""

    path: str
    text: str


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages (mkdocs calls this)."""
    for page in pages():
        files.append(File.generated(config, page.path, content=page.text))
    return files


def pages() -> Iterator[Page]:
    """All generated pages."""
    rules = list(registry.installed().rules())
    yield Page("rules/index.md", _index(rules))
    for rule in rules:
        yield Page(f"rules/{rule.code}.md", markdown(rule))
    yield Page("configuration.md", _configuration())
    yield Page("commands.md", _commands())


def _index(rules: list[type[Rule]]) -> str:
    rows = [
        f"| [{rule.code}]({rule.code}.md) | {rule.name} | {level_text(rule)} | {witness_text(rule)} "
        f"| {_cell(documentation(rule).summary)} |"
        for rule in rules
    ]
    head = [
        "# Rules",
        "",
        "| code | name | level | seen in | in one line |",
        "| --- | --- | --- | --- | --- |",
    ]
    tail = ["", "`smlint rule CODE` prints the same pages in a terminal."]
    return "\n".join([*head, *rows, *tail]) + "\n"


def _configuration() -> str:
    here = os.path.dirname(__file__)
    with open(os.path.join(here, "configuration.md"), encoding="utf-8") as file:
        text = file.read()
    rows = [
        f"| `{option.key}` | {f'`{option.variable}`' if option.variable else ''} | {_cell(option.doc)} |"
        for option in OPTIONS
    ]
    table = "\n".join(["| key | environment | what it says |", "| --- | --- | --- |", *rows])
    return text.replace("{{ settings }}", table).replace(
        "{{ formats }}", ", ".join(f"`{name}`" for name in FORMATS)
    )


def _commands() -> str:
    parts = ["# Commands", _help()]
    for name in COMMANDS:
        parts += [f"## smlint {name}", _help(name)]
    return "\n\n".join(parts) + "\n"


def _help(*command: str) -> str:
    """What ``smlint COMMAND --help`` prints."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        main([*command, "--help"])
    return f"```text\n{said.getvalue().strip()}\n```"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
