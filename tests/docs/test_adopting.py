"""The page "adopt it in five minutes", done word by word in a repository with an old Dockerfile."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "adopting.md"


class Block(NamedTuple):
    """A fenced block of the page."""

    language: str
    text: str


def blocks() -> Iterator[Block]:
    for language, text in re.findall(r"^```(\w+)\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL):
        yield Block(language, text)


class Repository:
    """An old repository, and what its owner does there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sh("git init --quiet")
        shutil.copy(ROOT / "fixtures" / "readme" / "Dockerfile", folder)

    def sh(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run commands as somebody does who types them: one that finds something does not end the session."""
        environ = {
            name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "SMLINT_"))
        }
        environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environ['PATH']}"
        return subprocess.run(
            ["bash", "-c", script], cwd=self.folder, env=environ, capture_output=True, text=True, check=False
        )

    def do(self, block: Block) -> None:
        """Obey the page. What it says to install is what the tests run with."""
        if block.language == "toml":
            with (self.folder / "smlint.toml").open("a") as file:
                file.write(block.text)
        elif block.language == "sh":
            done = self.sh(block.text.replace("pip install smlint\n", ""))
            assert done.returncode in (0, 1), done.stderr
            assert "Traceback" not in done.stderr
        elif block.language == "dockerfile":
            with (self.folder / "Dockerfile").open("a") as file:
                file.write(block.text)
        else:
            assert block.language == "yaml"
            (hook,) = yaml.safe_load(block.text)["repos"][0]["hooks"]
            offered = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
            assert hook["id"] in {each["id"] for each in offered}


def test_the_page_leads_to_a_quiet_repository_that_hears_what_is_new(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    assert repository.sh("smlint").returncode == 1
    for block in blocks():
        repository.do(block)
    quiet = repository.sh("smlint --fail-level info")
    assert (quiet.returncode, quiet.stderr) == (0, ""), quiet.stdout
    assert re.fullmatch(r"No findings in Dockerfile \(\d+ suppressed\)\.\n", quiet.stdout)
    assert "smlint-baseline.json" in repository.sh("git diff --cached --name-only").stdout
    assert "cuda-toolkit-12-4" in (tmp_path / "Dockerfile").read_text()

    with (tmp_path / "Dockerfile").open("a") as file:
        file.write("STOPSIGNAL SIGINT\n")
    loud = repository.sh("smlint --format concise")
    assert loud.returncode == 1
    assert [line.split()[2] for line in loud.stdout.splitlines()] == ["SM112"]


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "docs/evidence.md"])
def test_links_of_pages_outside_the_site_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text()
    for address in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, anchor = address.partition("#")
        if re.match(r"[a-z]+:", address):
            continue
        target = (ROOT / page).parent / path
        assert target.exists(), address
        if anchor:
            titles = re.findall(r"^#+ (.*)$", target.read_text(), re.MULTILINE)
            slugs = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}
            assert anchor in slugs, address
