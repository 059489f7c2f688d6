"""The documentation site: built without network, complete, and opened by a real browser."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from smlint import registry
from smlint.config import OPTIONS
from smlint.documentation import documentation

ROOT = Path(__file__).parent.parent.parent
#: What a browser would fetch on its own when it shows a page.
_FETCHED = {("script", "src"), ("link", "href"), ("img", "src"), ("iframe", "src")}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("mkdocs", reason="the extra docs is not installed")
    folder = tmp_path_factory.mktemp("site")
    # A proxy that answers nothing: the build must not ask for anything.
    environ = {**os.environ, "http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


class Links(HTMLParser):
    """The addresses in a page: those that are fetched, and those that can be followed."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.followed: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if (tag, name) in _FETCHED and value:
                self.fetched.append(value)
            elif (tag, name) == ("a", "href") and value:
                self.followed.append(value)


def pages(site: Path) -> Iterator[tuple[Path, Links]]:
    for path in site.rglob("*.html"):
        links = Links()
        links.feed(path.read_text(encoding="utf-8"))
        yield path, links


def text_of(page: Path) -> str:
    return re.sub(r"<[^>]+>", "", page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("code", registry.installed().codes)
def test_every_rule_has_its_page(site: Path, code: str) -> None:
    rule = registry.installed().load(code)
    page = (site / "rules" / f"{code}.html").read_text(encoding="utf-8")
    assert f"{code} {rule.name}" in page
    for link in documentation(rule).references:
        assert link.replace("&", "&amp;") in page
    assert f'href="{code}.html"' in (site / "rules" / "index.html").read_text(encoding="utf-8")


def test_every_setting_and_command_is_there(site: Path) -> None:
    configuration = text_of(site / "configuration.html")
    assert all(option.key in configuration for option in OPTIONS)
    assert "{{" not in configuration
    commands = text_of(site / "commands.html")
    assert "--unsafe-fixes" in commands
    assert "Usage: smlint rule" in commands


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    foreign = [
        (path.name, address)
        for path, links in pages(site)
        for address in links.fetched
        if re.match(r"(https?:)?//", address)
    ]
    assert foreign == []


def test_links_inside_the_site_lead_somewhere(site: Path) -> None:
    missing = [
        (path.name, address)
        for path, links in pages(site)
        for address in (each.partition("#")[0] for each in links.followed)
        if path.name != "404.html" and address and ":" not in address and not (path.parent / address).exists()
    ]
    assert missing == []


def test_a_browser_shows_a_rule(site: Path, tmp_path: Path) -> None:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        if os.environ.get("SMLINT_REQUIRE_ENGINE") == "1":
            pytest.fail("SMLINT_REQUIRE_ENGINE=1, but there is no chromium", pytrace=False)
        pytest.skip("there is no chromium")
    flags = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-dev-shm-usage",
        "--allow-file-access-from-files",
        f"--user-data-dir={tmp_path / 'profile'}",
    ]
    done = subprocess.run(
        [chromium, *flags, "--dump-dom", (site / "rules" / "SM101.html").as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    shown = Links()
    shown.feed(done.stdout)
    assert "<h1" in done.stdout
    assert "shell-form-entrypoint" in done.stdout
    assert any("docs.aws.amazon.com" in link for link in shown.followed)
