"""Selectors, packs and what goes wrong with either."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from smlint import registry
from smlint.container import Witness
from smlint.diagnostics import Severity
from smlint.registry import BrokenPackError, Registry, UnknownRuleError
from smlint.rule import EngineRule


class ShellForm(EngineRule):
    code = "SM101"
    name = "shell-form-entrypoint"
    level = Severity.ERROR


class Tini(EngineRule):
    code = "SM103"
    name = "tini-entrypoint"
    level = Severity.ERROR


class Driver(EngineRule):
    code = "SM301"
    name = "nvidia-driver"
    level = Severity.ERROR
    witnesses = frozenset({Witness.DOCKERFILE})


@pytest.fixture
def rules() -> Registry:
    return Registry({rule.code: f"{__name__}:{rule.__name__}" for rule in (Driver, ShellForm, Tini)})


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, __name__, sys.modules[ShellForm.__module__])


@pytest.mark.parametrize(
    ("selector", "codes"),
    [
        ("SM101", {"SM101"}),
        ("sm10", {"SM101", "SM103"}),
        ("SM", {"SM101", "SM103", "SM301"}),
        ("ALL", {"SM101", "SM103", "SM301"}),
        ("tini-entrypoint", {"SM103"}),
    ],
)
def test_what_a_selector_means(rules: Registry, selector: str, codes: set[str]) -> None:
    assert rules.matching(selector) == codes


@pytest.mark.parametrize(
    ("selector", "nearest"),
    [("SM10l", "SM101"), ("tini-entrypiont", "SM103"), ("SM1011", "SM101"), ("zebra", None), ("", None)],
)
def test_an_unknown_selector_names_the_nearest_rule(
    rules: Registry, selector: str, nearest: str | None
) -> None:
    with pytest.raises(UnknownRuleError) as caught:
        rules.matching(selector)
    assert (caught.value.nearest or "").startswith(nearest or "")
    assert bool(caught.value.nearest) == bool(nearest)


@pytest.mark.parametrize(
    ("select", "ignore", "extend", "codes"),
    [
        ([], [], [], {"SM101", "SM103", "SM301"}),
        (["SM1"], [], [], {"SM101", "SM103"}),
        (["SM1"], ["SM103"], [], {"SM101"}),
        (["SM103"], ["SM1"], [], {"SM103"}),
        (["SM103"], ["SM103"], [], set()),
        (["SM3"], [], ["tini-entrypoint"], {"SM103", "SM301"}),
        ([], ["ALL"], ["SM101"], {"SM101"}),
    ],
)
def test_the_narrower_selector_wins(
    rules: Registry, select: list[str], ignore: list[str], extend: list[str], codes: set[str]
) -> None:
    assert rules.enabled(select, ignore, extend) == codes


def test_a_rule_that_cannot_be_imported_is_named() -> None:
    with pytest.raises(BrokenPackError, match="SM999 cannot be loaded from nowhere:Rule"):
        Registry({"SM999": "nowhere:Rule"}).load("SM999")


def _distribution(folder: Path, name: str, module: str, body: str) -> None:
    (folder / f"{name}-1.0.dist-info").mkdir(parents=True)
    points = (
        f"[console_scripts]\nx = y:z\n\n[smlint.rules]\n# the pack\n{name} = {module}\n\n[other]\na = b\n"
    )
    (folder / f"{name}-1.0.dist-info" / "entry_points.txt").write_text(points)
    (folder / f"{module}.py").write_text(body)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(tmp_path)
    registry.installed.cache_clear()
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    return tmp_path


def test_a_third_party_pack_joins_the_built_in_one(site: Path) -> None:
    _distribution(
        site, "house", "house_rules", "RULES = {'HS001': 'house_rules:R'}\nclass R: code = 'HS001'\n"
    )
    assert "HS001" in registry.installed().codes
    assert registry.installed().load("HS001").code == "HS001"


def test_a_pack_without_rules_is_named(site: Path) -> None:
    _distribution(site, "empty", "empty_rules", "")
    with pytest.raises(BrokenPackError, match="'empty'"):
        registry.installed()


@pytest.mark.parametrize(
    "body",
    [
        "1 / 0",
        "raise SystemError",
        "RULES = ['HS001']",
        "RULES = {1: 'a:B'}",
        "RULES = {'HS001': None}",
        "x =",
    ],
)
def test_a_pack_that_is_broken_in_any_way_is_named(body: str, site: Path) -> None:
    _distribution(site, "broken", "broken_rules", body)
    with pytest.raises(BrokenPackError, match=r"^rule pack 'broken' \(broken_rules\) cannot be loaded: "):
        registry.installed()


@pytest.mark.parametrize(
    "body", ["1 / 0", "class R: pass", "class R: code = 'HS002'", "class S: code = 'HS001'"]
)
def test_a_rule_that_is_broken_in_any_way_is_named(body: str, site: Path) -> None:
    _distribution(site, "house", "house_rules", "RULES = {'HS001': 'house_rule:R'}")
    (site / "house_rule.py").write_text(body)
    with pytest.raises(BrokenPackError, match=r"^rule HS001 cannot be loaded from house_rule:R: "):
        registry.installed().load("HS001")


def test_the_packs_are_those_of_the_standard_library(site: Path) -> None:
    from importlib.metadata import entry_points

    _distribution(site, "house", "house_rules", "RULES = {}\n")
    ours = set(registry.packs())
    assert ours == {(point.name, point.value) for point in entry_points(group=registry.GROUP)}
    assert ("sagemaker", "smlint_rules") in ours


def test_packs_are_found_in_zip_files_too(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import zipfile

    archive = site / "packs.zip"
    with zipfile.ZipFile(archive, "w") as stored:
        stored.writestr("house-1.0.dist-info/METADATA", "Name: house\nVersion: 1.0\n")
        stored.writestr("house-1.0.dist-info/entry_points.txt", "[smlint.rules]\nhouse = house_rules\n")
    monkeypatch.setattr(sys, "path", [*sys.path, str(archive), str(site / "nowhere")])
    assert ("house", "house_rules") in registry.packs()


def test_a_distribution_without_entry_points_has_no_packs(site: Path) -> None:
    (site / "bare-1.0.dist-info").mkdir()
    (site / "other-1.0.dist-info").mkdir()
    (site / "other-1.0.dist-info" / "entry_points.txt").write_text("[console_scripts]\nx = y:z\n")
    assert not {"bare", "other", "x"} & {name for name, _ in registry.packs()}


def test_two_packs_cannot_bring_one_code(site: Path) -> None:
    _distribution(site, "house", "house_rules", "RULES = {'HS001': 'house_rules:R'}\n")
    _distribution(site, "twin", "twin_rules", "RULES = {'HS001': 'twin_rules:R'}\n")
    with pytest.raises(BrokenPackError, match="HS001, which another pack has already"):
        registry.installed()


def test_no_pack_at_all_says_how_to_get_one(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "packs", list)
    with pytest.raises(BrokenPackError, match="pip install --force-reinstall smlint"):
        registry.installed()


def test_a_rule_without_letters_is_asked_where_it_can_look(rules: Registry) -> None:
    for witness, codes in ((Witness.DOCKERFILE, ["SM301"]), (Witness.IMAGE, [])):
        found = rules.rules_for(witness, frozenset({"SM301"}))
        assert [rule.code for rule in found] == codes
