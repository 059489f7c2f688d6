"""Facts that age, as dated TOML tables beside the module that reads them."""

from __future__ import annotations

import os
from typing import Any


def read_table(module_file: str, name: str) -> dict[str, Any]:
    """The table ``name`` from the folder of the module whose ``__file__`` is given.

    A plain file is opened: importlib.resources, which could also look into zip files, costs more than reading the
    table, and wheels are unpacked.
    """
    import tomllib

    with open(os.path.join(os.path.dirname(module_file), name), "rb") as file:
        return tomllib.load(file)
