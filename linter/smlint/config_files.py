"""Which file holds the settings for a folder, and the table in it that speaks of smlint."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, Final

#: Looked for in every folder, in this order, from the start folder up to the repository's root.
FILE_NAMES: Final = ("smlint.toml", ".smlint.toml", "pyproject.toml")


class ConfigError(Exception):
    """A setting that cannot be obeyed; the message is one line that says where it stands and what to write."""


def find(start: str, known: dict[str, str | None] | None = None) -> str | None:
    """The closest configuration file at or above ``start``, no higher than the repository's root.

    ``known`` remembers, by folder, what earlier calls found: many files share their folders.
    """
    known = {} if known is None else known
    found: str | None = None
    passed: list[str] = []
    for folder in _upwards(os.path.abspath(start)):
        if folder in known:
            found = known[folder]
            break
        passed.append(folder)
        found = _in_folder(folder)
        if found is not None:
            break
    known.update(dict.fromkeys(passed, found))
    return found


def _in_folder(folder: str) -> str | None:
    for name in FILE_NAMES:
        path = os.path.join(folder, name)
        if os.path.isfile(path) and (name != "pyproject.toml" or section_of(path) is not None):
            return path
    return None


def _upwards(folder: str) -> Iterator[str]:
    if not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    while True:
        yield folder
        parent = os.path.dirname(folder)
        if parent == folder or os.path.exists(os.path.join(folder, ".git")):
            return
        folder = parent


def section_of(path: str) -> dict[str, Any] | None:
    """What the file at ``path`` says about smlint; None for a pyproject.toml that says nothing."""
    try:
        with open(path, "rb") as file:
            content = file.read()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}") from error
    project = os.path.basename(path) == "pyproject.toml"
    if project and b"smlint" not in content:
        return None
    import tomllib

    try:
        table = tomllib.loads(content.decode("utf-8-sig"))
    except ValueError as error:
        # Not only TOMLDecodeError and UnicodeDecodeError: Python converts no number of more than 4,300 digits.
        raise ConfigError(f"{path} is not valid TOML: {error}") from error
    except RecursionError:
        raise ConfigError(f"{path} is nested deeper than any configuration") from None
    if not project:
        return table
    tool = table.get("tool", {})
    section = tool.get("smlint") if isinstance(tool, dict) else None
    if section is not None and not isinstance(section, dict):
        raise ConfigError(f"{path}: [tool.smlint] must be a table")
    return section
