"""What ``smlint config`` shows: the settings in force as TOML that could be pasted into a file, each with its origin."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from typing import Any

from smlint.config import OPTIONS, PathPattern, Settings
from smlint.diagnostics import Severity


def toml(settings: Settings, packs: Iterable[str], codes: Iterable[str]) -> str:
    """One line per setting, with its origin as a comment; tables and the enabled rules come last."""
    lines: list[str] = []
    tables: list[str] = []
    for option in OPTIONS:
        value = plain(getattr(settings, option.field))
        origin = settings.origin(option.field)
        if isinstance(value, dict):
            tables += ["", f"[{option.key}]  # {origin}"]
            tables += [
                f"{json.dumps(key, ensure_ascii=False)} = {_value(each)}" for key, each in value.items()
            ]
        elif value is None:
            lines.append(f"# {option.key} is not set")
        else:
            lines.append(f"{option.key} = {_value(value)}  # {origin}")
    file = settings.file or "none found"
    enabled = " ".join(codes)
    footer = ["", f"# rule packs: {', '.join(packs)}", f"# rules that run: {enabled or 'none'}"]
    return "\n".join([f"# configuration file: {file}", *lines, *tables, *footer]) + "\n"


def document(settings: Settings, packs: Iterable[str], codes: Iterable[str]) -> str:
    """The same as JSON: each setting with ``value`` and ``origin``."""
    found = {
        option.key: {
            "value": plain(getattr(settings, option.field)),
            "origin": settings.origin(option.field),
        }
        for option in OPTIONS
    }
    values = {
        "version": 1,
        "file": settings.file,
        "settings": found,
        "packs": list(packs),
        "rules": list(codes),
    }
    return json.dumps(values, indent=2, ensure_ascii=False) + "\n"


def plain(value: Any) -> Any:
    """A setting as TOML and JSON say it."""
    if isinstance(value, PathPattern):
        return value.pattern if value.folder == os.getcwd() else f"{value.folder}: {value.pattern}"
    if isinstance(value, Severity):
        return value.label
    if isinstance(value, tuple):
        return [plain(each) for each in value]
    if isinstance(value, Mapping):
        return {plain(key): plain(each) for key, each in value.items()}
    return value


def _value(value: Any) -> str:
    """JSON strings and arrays of them are TOML as well."""
    return json.dumps(value, ensure_ascii=False)
