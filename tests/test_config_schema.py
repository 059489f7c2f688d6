"""The published schema of the configuration, held against the reader."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from smlint.config import EXTEND, OPTIONS, ConfigError, load
from smlint.config_schema import schema

PUBLISHED = Path(__file__).parent.parent / "smlint.schema.json"

GOOD = [
    "",
    'workload = "processing"\n',
    'workload = ["training", "inference"]\n',
    'stage = "sagemaker"\nfail-level = "info"\nformat = "sarif"\n',
    'select = "ALL"\nignore = ["SM1", "tini-entrypoint"]\nextend-select = []\n',
    'exclude = ["/vendor/"]\ncontext = "."\nbaseline = "known.json"\n',
    '[severity]\nSM101 = "info"\n[build-args]\nA = ""\n',
    '[per-file-ignores]\n"*.cpu" = "SM3"\n[per-file-workload]\n"a/**" = ["inference"]\n',
]
BAD = [
    'workloads = "processing"\n',
    'workload = "x"\n',
    "workload = 1\n",
    'stage = ""\n',
    'fail-level = "high"\n',
    'format = "yaml"\n',
    "select = [1]\n",
    'select = [""]\n',
    'severity = "error"\n',
    '[severity]\nSM101 = "off"\n',
    "[build-args]\nA = 1\n",
    '[per-file-workload]\n"a" = "x"\n',
    "extend = 1\n",
]


def accepted(text: str, folder: Path) -> bool:
    (folder / "smlint.toml").write_text(text)
    try:
        load(str(folder), environ={})
    except ConfigError:
        return False
    return True


def valid(value: Any) -> bool:
    return jsonschema.Draft202012Validator(schema()).is_valid(value)


def test_the_published_schema_is_the_one_of_this_version() -> None:
    """``smlint config --schema > smlint.schema.json`` writes it anew."""
    assert json.loads(PUBLISHED.read_text()) == schema()


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())


def test_every_key_is_in_it_with_its_documentation() -> None:
    properties = schema()["properties"]
    assert set(properties) == {option.key for option in OPTIONS} | {EXTEND}
    assert all(each["description"].endswith(".") for each in properties.values())


@pytest.mark.parametrize("text", GOOD)
def test_reader_and_schema_accept(text: str, tmp_path: Path) -> None:
    assert accepted(text, tmp_path)
    assert valid(tomllib.loads(text))


@pytest.mark.parametrize("text", BAD)
def test_reader_and_schema_refuse(text: str, tmp_path: Path) -> None:
    assert not accepted(text, tmp_path)
    assert not valid(tomllib.loads(text))
