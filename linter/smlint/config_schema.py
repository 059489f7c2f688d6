"""The JSON Schema of the configuration file, made from the same table that :mod:`smlint.config` reads by.

``smlint.schema.json`` at the repository's root is its published copy.
"""

from __future__ import annotations

from typing import Any, Final

from smlint import config
from smlint.config import FORMATS, OPTIONS, Option
from smlint.diagnostics import Severity
from smlint.workload import Workload

_TEXT: Final = {"type": "string", "minLength": 1}
_TEXTS: Final = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}
_WORKLOAD: Final = {"enum": [str(workload) for workload in Workload]}
_WORKLOADS: Final = {"anyOf": [_WORKLOAD, {"type": "array", "items": _WORKLOAD}]}
_SEVERITY: Final = {"enum": [severity.label for severity in Severity]}

#: What a reader of :mod:`smlint.config` accepts.
_VALUES: Final[dict[str, dict[str, Any]]] = {
    "workload": _WORKLOADS,
    "stage": _TEXT,
    "select": _TEXTS,
    "extend-select": _TEXTS,
    "ignore": _TEXTS,
    "severity": {"type": "object", "additionalProperties": _SEVERITY},
    "fail-level": _SEVERITY,
    "format": {"enum": list(FORMATS)},
    "exclude": _TEXTS,
    "build-args": {"type": "object", "additionalProperties": {"type": "string"}},
    "context": _TEXT,
    "baseline": _TEXT,
    "per-file-ignores": {"type": "object", "additionalProperties": _TEXTS},
    "per-file-workload": {"type": "object", "additionalProperties": _WORKLOADS},
}


def schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of ``smlint.toml`` and of ``[tool.smlint]`` in ``pyproject.toml``."""
    properties = {option.key: _property(option) for option in OPTIONS}
    extend = "Another configuration file, under this one, relative to this file; several in order."
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://github.com/smlint/smlint/raw/main/smlint.schema.json",
        "title": "smlint configuration",
        "description": "smlint.toml, .smlint.toml, or [tool.smlint] in pyproject.toml.",
        "type": "object",
        "additionalProperties": False,
        "properties": {config.EXTEND: {"description": extend, **_TEXTS}, **properties},
    }


def _property(option: Option) -> dict[str, Any]:
    return {"description": option.doc, **_VALUES[option.key]}
