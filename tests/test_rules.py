"""Every rule of the built-in pack keeps the habits of the house; its examples are executed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import smlint_rules
from smlint import registry
from smlint.cli import main
from smlint.container import Witness
from smlint.diagnostics import Severity
from smlint.documentation import Block, documentation
from smlint.rule import Heading, Rule

RULES = [rule for rule in registry.installed().rules() if rule.code in smlint_rules.RULES]
ROOT = Path(__file__).parent.parent
#: Whoever is cited must be one who decides: AWS, the vendor, the standard, or a thread of the project concerned.
SOURCES = (
    "https://docs.aws.amazon.com/",
    "https://docs.docker.com/",
    "https://docs.nvidia.com/",
    "https://pubs.opengroup.org/",
)


def reads_files(rule: type[Rule]) -> bool:
    """Whether the rule can be shown by files alone, without an image or an engine."""
    return bool(rule.witnesses & {Witness.DOCKERFILE, Witness.REQUEST})


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
class TestRule:
    def test_names(self, rule: type[Rule]) -> None:
        assert re.fullmatch(r"SM\d{3}", rule.code)
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", rule.name)
        assert isinstance(rule.level, Severity) or all(
            isinstance(level, Severity) for level in rule.level.values()
        )
        assert rule.witnesses

    def test_the_index_says_where_it_can_look(self, rule: type[Rule]) -> None:
        letters = {"D": Witness.DOCKERFILE, "I": Witness.IMAGE, "R": Witness.REQUEST, "L": Witness.LIVE}
        said = smlint_rules.RULES[rule.code].partition("[")[2].rstrip("]")
        assert {letters[letter] for letter in said} == rule.witnesses

    def test_documentation(self, rule: type[Rule]) -> None:
        page = documentation(rule)
        assert page.summary.endswith(".")
        assert any(link.startswith(SOURCES) for link in page.references)
        assert page.blocks(Heading.EXAMPLE)
        assert page.blocks(Heading.INSTEAD)

    def test_one_file_of_readable_length(self, rule: type[Rule]) -> None:
        path = Path(__import__(rule.__module__, fromlist=["x"]).__file__ or "")
        assert path.stem == rule.name.replace("-", "_")
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 260

    def test_has_fixtures(self, rule: type[Rule]) -> None:
        assert not reads_files(rule) or list(
            (ROOT / "fixtures").glob(f"{rule.code}-{rule.name}/*/expected.txt")
        )


def lint(blocks: tuple[Block, ...], folder: Path, capsys: pytest.CaptureFixture[str]) -> set[str]:
    for block in blocks:
        (folder / (block.file or "Dockerfile")).write_text(block.text, encoding="utf-8")
        if block.language == "sh":
            (folder / block.file).chmod(0o755)
    main(["lint", "Dockerfile", "--format", "concise", "--isolated"])
    printed = capsys.readouterr()
    assert printed.err == ""
    return {line.split()[2] for line in printed.out.splitlines()}


@pytest.mark.parametrize(
    "rule", [rule for rule in RULES if Witness.DOCKERFILE in rule.witnesses], ids=lambda rule: rule.code
)
class TestExamples:
    def test_the_example_raises_exactly_this_rule(
        self,
        rule: type[Rule],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.chdir(tmp_path)
        assert lint(documentation(rule).blocks(Heading.EXAMPLE), tmp_path, capsys) == {rule.code}

    def test_what_to_use_instead_is_silent(
        self,
        rule: type[Rule],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.chdir(tmp_path)
        assert lint(documentation(rule).blocks(Heading.INSTEAD), tmp_path, capsys) == set()
