"""Facts that age, as dated TOML tables beside the module that reads them."""

from __future__ import annotations

import os
from functools import cache
from typing import Any


def read_table(module_file: str, name: str) -> dict[str, Any]:
    """The table ``name`` from the folder of the module whose ``__file__`` is given.

    A plain file is opened: importlib.resources, which could also look into zip files, costs more than reading the
    table, and wheels are unpacked.
    """
    import tomllib

    return tomllib.loads(_text(module_file, name))


def mentions(module_file: str, name: str, keys: tuple[str, ...], word: str) -> bool:
    """Whether ``word`` stands in a list that begins and ends on the line of one of ``keys``.

    Parsing a table only to learn that it has no such row costs twenty times as much.
    """
    quoted = f'"{word}"'
    text = _text(module_file, name)
    if quoted not in text:
        return False
    return any(quoted in line and line.startswith(keys) for line in text.splitlines())


@cache
def _text(module_file: str, name: str) -> str:
    with open(os.path.join(os.path.dirname(module_file), name), encoding="utf-8") as file:
        return file.read()
