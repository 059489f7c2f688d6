"""A stranger's rule pack, really installed: its rule is listed, explained, judged, configured and reported like ours."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PACK = HERE / "pack"
PAGE = HERE.parent / "docs" / "packs.md"
SMLINT = str(Path(sys.executable).parent / "smlint")
DOCKERFILE = 'FROM scratch\nENTRYPOINT ["/train"]\n'


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the pack in it, put there by pip."""
    pytest.importorskip("hatchling", reason="hatchling builds the pack")
    folder = tmp_path_factory.mktemp("site")
    source = tmp_path_factory.mktemp("source") / "pack"
    subprocess.run(["cp", "-R", str(PACK), str(source)], check=True)
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
    ]
    subprocess.run([*pip, "--target", str(folder), str(source)], check=True, capture_output=True)
    return folder


def smlint(site: Path, cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, "PYTHONPATH": str(site)}
    return subprocess.run(
        [SMLINT, *arguments], cwd=cwd, env=environ, capture_output=True, text=True, check=False
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    return tmp_path


def test_the_documentation_shows_the_pack_as_it_is() -> None:
    shown = dict(re.findall(r"````(?:toml|python)\n# (\S+)\n(.*?)````", PAGE.read_text(), re.DOTALL))
    files = {
        str(path.relative_to(PACK)): path.read_text()
        for path in PACK.rglob("*")
        if path.suffix in (".py", ".toml") and path.is_file()
    }
    assert shown == files


def test_its_rule_is_listed_and_explained(site: Path, project: Path) -> None:
    assert "ACME001" in smlint(site, project, "rule").stdout
    assert "# ACME001 maintainer-label" in smlint(site, project, "rule", "maintainer-label").stdout


def test_its_rule_finds_something(site: Path, project: Path) -> None:
    done = smlint(site, project, "--select", "ACME", "--format", "concise")
    assert done.stdout.startswith("Dockerfile:1:1: warning ACME001 the image does not say who maintains it")
    assert done.returncode == 1


def test_sarif_carries_its_documentation(site: Path, project: Path) -> None:
    done = smlint(site, project, "--select", "ACME001", "--format", "sarif")
    (run,) = json.loads(done.stdout)["runs"]
    (rule,) = run["tool"]["driver"]["rules"]
    assert rule["id"] == "ACME001"
    assert rule["shortDescription"]["text"] == "The image does not say who maintains it."
    assert rule["helpUri"] == "https://docs.docker.com/reference/dockerfile/#label"


def test_the_configuration_knows_it(site: Path, project: Path) -> None:
    (project / "smlint.toml").write_text('select = ["ACME"]\n[severity]\nmaintainer-label = "info"\n')
    shown = smlint(site, project, "config").stdout
    assert "# rule packs: sagemaker, acme" in shown
    assert "# rules that run: ACME001" in shown
    done = smlint(site, project, "--format", "concise")
    assert "info ACME001" in done.stdout
    assert done.returncode == 0


def test_it_can_be_ignored_in_a_comment(site: Path, project: Path) -> None:
    (project / "Dockerfile").write_text(f"# smlint ignore=ACME001 -- ours\n{DOCKERFILE}")
    done = smlint(site, project, "--select", "ACME,SM9", "--format", "concise")
    assert (done.stdout, done.returncode) == ("", 0)


def test_its_bugs_are_its_own(site: Path, project: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    subprocess.run(["cp", "-R", str(site), str(broken)], check=True)
    rule = broken / "smlint_acme" / "maintainer_label.py"
    rule.write_text(re.sub(r"        if container\..*", "        if [][1]:", rule.read_text()))
    found = smlint(broken, project)
    assert found.returncode == 3
    assert found.stderr.startswith("smlint: a bug in the rule pack smlint_acme (rule ACME001: IndexError: ")
    assert found.stderr.endswith("please report it to its authors with the output of --verbose\n")


def test_without_the_pack_its_code_is_unknown(project: Path) -> None:
    (project / "smlint.toml").write_text('select = ["ACME001"]\n')
    done = smlint(project, project)
    assert done.returncode == 2
    assert "no rule is called 'ACME001'" in done.stderr
