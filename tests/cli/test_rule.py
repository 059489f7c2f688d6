"""``smlint rule``."""

from __future__ import annotations

import json

import pytest

from smlint import registry
from smlint.cli import main


def test_a_rule_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rule", "SM101"]) == 0
    page = capsys.readouterr().out
    assert page.startswith("# SM101 shell-form-entrypoint\n")
    assert "## Use instead" in page


def test_all_pages_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rule", "--all", "--format", "markdown"]) == 0
    pages = capsys.readouterr().out
    for code in registry.installed().codes:
        assert f"# {code} " in pages


def test_json_holds_every_rule_with_its_sections(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rule", "--all", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["version"] == 1
    assert [rule["code"] for rule in found["rules"]] == list(registry.installed().codes)
    (tini,) = [rule for rule in found["rules"] if rule["code"] == "SM103"]
    assert tini["level"] == {"training": "error", "processing": "info", "inference": "error"}
    assert tini["url"] == tini["references"][0]
    assert set(tini["sections"]) >= {"What it checks", "Example"}


def test_the_beginning_of_a_code_lists(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rule", "SM20"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line[:5] for line in lines] == [
        code for code in registry.installed().codes if code.startswith("SM20")
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(["tini-entrypiont"], "did you mean SM103"), (["--all", "SM101"], "--all means every rule")],
)
def test_mistakes_are_told(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rule", *arguments]) == 2
    assert message in capsys.readouterr().err
