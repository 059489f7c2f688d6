"""Every case under fixtures/: the findings of its files, as the concise format prints them.

A case is a folder with an ``expected.txt``; ``args.txt`` beside it holds further arguments, one per line, and
``help.txt``, where what to type is worth a test, the help of each finding. Adding one touches no Python:
``SMLINT_UPDATE_FIXTURES=1 pytest tests/test_fixtures.py`` writes what is expected; read the diff.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from smlint.cli import main

FIXTURES = Path(__file__).parent.parent / "fixtures"
CASES = sorted(path for path in FIXTURES.glob("SM*/*") if path.is_dir())


def arguments(case: Path) -> list[str]:
    given = case / "args.txt"
    words = given.read_text(encoding="utf-8").splitlines() if given.exists() else []
    command = words.pop(0) if words and words[0] in {"lint", "job"} else "lint"
    inputs = [] if command == "job" else ["Dockerfile"]
    return [command, *inputs, *words, "--format", "concise", "--isolated"]


#: Cases with an image.json are run by tests/image/test_rules_on_images.py.
FILES = [case for case in CASES if not (case / "image.json").exists()]


@pytest.mark.parametrize("case", FILES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_a_case_gives_what_it_expects(
    case: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(case)
    code = main(arguments(case))
    printed = capsys.readouterr()
    assert printed.err == ""
    expected = case / "expected.txt"
    if os.environ.get("SMLINT_UPDATE_FIXTURES"):
        expected.write_text(printed.out, encoding="utf-8")
    assert printed.out == expected.read_text(encoding="utf-8")
    assert code == (1 if any(f": {level} SM" in printed.out for level in ("error", "warning")) else 0)


@pytest.mark.parametrize(
    "case",
    [case for case in FILES if (case / "help.txt").exists()],
    ids=lambda case: f"{case.parent.name}/{case.name}",
)
def test_a_case_gives_the_help_it_expects(
    case: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(case)
    main([*arguments(case), "--format", "jsonl"])
    helps = [
        f"{finding['code']} {finding['help']}"
        for finding in map(json.loads, capsys.readouterr().out.splitlines())
    ]
    assert helps == (case / "help.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("folder", sorted({case.parent for case in CASES}), ids=lambda folder: folder.name)
def test_every_rule_has_good_bad_and_unknown_cases(folder: Path) -> None:
    kinds = {path.name.partition("-")[0] for path in folder.iterdir()}
    assert kinds >= {"ok", "bad", "unknown"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_a_case_shows_what_its_name_says(case: Path) -> None:
    """A bad case raises its rule, the others do not raise it above info."""
    code = case.parent.name.partition("-")[0]
    lines = [
        line
        for line in (case / "expected.txt").read_text(encoding="utf-8").splitlines()
        if f" {code} " in line
    ]
    if case.name.startswith("bad"):
        assert lines
    else:
        assert not [line for line in lines if f": info {code} " not in line]
