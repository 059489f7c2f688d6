"""The examples in the documentation of the rules about requests, executed."""

from __future__ import annotations

from pathlib import Path

import pytest

from smlint import registry
from smlint.cli import main
from smlint.documentation import Block, documentation
from smlint.rule import Heading, RequestRule, Rule

RULES = [rule for rule in registry.installed().rules() if issubclass(rule, RequestRule)]


def findings(blocks: tuple[Block, ...], folder: Path, capsys: pytest.CaptureFixture[str]) -> set[str]:
    arguments = ["--format", "concise", "--isolated"]
    for block in blocks:
        name = "Dockerfile" if block.language == "dockerfile" else f"job.{block.language}"
        (folder / name).write_text(block.text, encoding="utf-8")
        arguments += ["--dockerfile", name] if name == "Dockerfile" else [name]
    main(["job", *arguments])
    printed = capsys.readouterr()
    assert printed.err == ""
    return {line.split()[2] for line in printed.out.splitlines()}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
class TestExamples:
    def test_the_example_raises_exactly_this_rule(
        self,
        rule: type[Rule],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.chdir(tmp_path)
        assert findings(documentation(rule).blocks(Heading.EXAMPLE), tmp_path, capsys) == {rule.code}

    def test_what_to_use_instead_is_silent(
        self,
        rule: type[Rule],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.chdir(tmp_path)
        assert findings(documentation(rule).blocks(Heading.INSTEAD), tmp_path, capsys) == set()
