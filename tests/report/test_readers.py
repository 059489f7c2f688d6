"""Reports read back by programs that are not ours, and judged by the formats' own schemas."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from smlint.diagnostics import (
    Applicability,
    Diagnostic,
    Edit,
    FileLocation,
    Fix,
    ImageLocation,
    Severity,
)
from smlint.report import Report, render
from smlint.report.visible import visible
from tests.report.findings import DOCKERFILE, EMPTY, REPORT, reported

junitparser = pytest.importorskip("junitparser", reason="it reads the JUnit report back")


def test_junit_is_read_by_junitparser(tmp_path: Path) -> None:
    (tmp_path / "junit.xml").write_text(render("junit", REPORT), encoding="utf-8")
    suites = junitparser.JUnitXml.fromfile(str(tmp_path / "junit.xml"))
    assert (suites.tests, suites.failures, suites.errors) == (6, 5, 0)
    first = next(iter(next(iter(suites))))
    (failure,) = first.result
    assert failure.message == "`cuda` brings the NVIDIA driver, 100% of it; SageMaker brings its own"
    assert failure.type == "error"


def test_a_clean_input_is_a_passed_test() -> None:
    suites = junitparser.JUnitXml.fromstring(render("junit", EMPTY).encode())
    assert (suites.tests, suites.failures) == (1, 0)


def test_what_cannot_be_read_is_a_test_in_error() -> None:
    report = EMPTY._replace(unread=("app/Dockerfile: it is a directory",))
    suites = junitparser.JUnitXml.fromstring(render("junit", report).encode())
    assert (suites.tests, suites.failures, suites.errors) == (2, 0, 1)
    (error,) = next(iter(list(suites)[1])).result
    assert error.message == "app/Dockerfile: it is a directory"


def test_an_input_that_cannot_be_read_is_an_annotation() -> None:
    report = EMPTY._replace(unread=("app/100%: it is a directory",))
    assert render("github", report) == "::error title=smlint::app/100%25: it is a directory\n"


@pytest.mark.parametrize("name", ["junit", "checkstyle"])
def test_xml_survives_characters_that_xml_cannot_say(name: str) -> None:
    text = render(name, reported('bell \x07, escape \x1b, half a pair \ud83d, <tag> & "quote"'))
    root = ElementTree.fromstring(text.encode("utf-8"))
    said = [element.get("message") for element in root.iter() if element.get("message")]
    assert said == [r'bell \x07, escape \x1b, half a pair \ud83d, <tag> & "quote"']


@pytest.fixture(scope="module")
def gitlab_cq() -> Any:
    """A package that reads and writes Code Quality reports; it holds the format's fields as typed dictionaries."""
    return pytest.importorskip("gitlab_cq", reason="it reads the Code Quality report back")


def code_quality_issues(gitlab_cq: Any, issues: object) -> list[Any]:
    """``issues`` where every field is as gitlab-cq's types have it; raises TypeCheckError."""
    from typeguard import CollectionCheckStrategy, check_type

    issue_type = gitlab_cq.GitLabCodeQuality.Issue
    strategy = CollectionCheckStrategy.ALL_ITEMS
    checked: list[Any] = check_type(issues, list[issue_type], collection_check_strategy=strategy)
    return checked


def test_code_quality_is_what_gitlab_cq_reads_and_merges(gitlab_cq: Any, tmp_path: Path) -> None:
    """It adds another linter's findings to ours and names every issue anew, which reads each location."""
    report = tmp_path / "gl-code-quality-report.json"
    report.write_text(render("gitlab", REPORT), encoding="utf-8")
    command = [sys.executable, "-m", "gitlab_cq", "--output", str(report), "--merge", "mypy"]
    line = {"file": "a.py", "line": 1, "column": 2, "message": "no", "hint": None, "code": "misc"}
    subprocess.run(command, input=json.dumps({**line, "severity": "error"}), text=True, check=True)
    merged = code_quality_issues(gitlab_cq, json.loads(report.read_text(encoding="utf-8")))
    assert merged[:-1] == json.loads(render("gitlab", REPORT))
    assert merged[-1]["location"]["path"] == "a.py"
    assert len({issue["fingerprint"] for issue in merged}) == len(merged)
    for issue in merged:
        gitlab_cq.GitLabCodeQuality.add_fingerprint(issue)
    assert len({issue["fingerprint"] for issue in merged}) == len(merged)


def test_gitlab_cq_would_see_a_wrong_report(gitlab_cq: Any) -> None:
    from typeguard import TypeCheckError

    for wrong in ({"severity": "error"}, {"location": {"path": "a", "lines": {"begin": 1}}}, {"level": 1}):
        issues = json.loads(render("gitlab", REPORT))
        issues[-1] |= wrong
        with pytest.raises(TypeCheckError):
            code_quality_issues(gitlab_cq, issues)


def test_code_quality_paths_are_of_the_repository() -> None:
    """GitLab's page on the format: a relative path without a leading ./, and whole lines from 1."""
    for issue in json.loads(render("gitlab", REPORT)):
        location = issue["location"]
        assert not location["path"].startswith(("/", "./"))
        first = location["lines"]["begin"] if "lines" in location else location["positions"]["begin"]["line"]
        assert first >= 1


def unescaped(text: str) -> str:
    """How the runner reads a command's data (actions/runner, ActionCommand)."""
    for code, character in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(code, character)
    return text


def test_a_workflow_command_stays_one_line_and_reads_back() -> None:
    message = "100%, a:b\nsecond::error::line\r%0A"
    text = render("github", reported(message, FileLocation("a,b:c%/Dockerfile", 1, 1, 1, 5)))
    assert text.count("\n") == 1
    command, _, data = text.rstrip("\n").removeprefix("::").partition("::")
    kind, _, properties = command.partition(" ")
    values = dict(each.split("=", 1) for each in properties.split(","))
    assert kind == "error"
    assert unescaped(values["file"]) == "a,b:c%/Dockerfile"
    assert unescaped(data) == visible(message)


def test_rdjson_counts_bytes() -> None:
    diagnostics = json.loads(render("rdjson", REPORT))["diagnostics"]
    found = diagnostics[1]["location"]["range"]
    line = DOCKERFILE.split("\n")[5].encode()
    assert line[found["start"]["column"] - 1 : found["end"]["column"] - 1].decode() == '"数据.py"'


def suggestions(source: str, *edits: Edit) -> list[dict[str, Any]]:
    """What reviewdog is offered for a finding in ``Dockerfile``."""
    place = FileLocation("Dockerfile", 2, 1, 4, 4)
    finding = Diagnostic(
        "SM101", "n", Severity.ERROR, "m", "", "", place, fix=Fix(Applicability.SAFE, "t", edits)
    )
    outcome = REPORT.outcomes[0]._replace(
        diagnostics=(finding,), suppressed=(), sources={"Dockerfile": source}
    )
    (found,) = json.loads(render("rdjson", Report((outcome,))))["diagnostics"]
    offered: list[dict[str, Any]] = found.get("suggestions", [])
    return offered


def test_rdjson_offers_a_fix_of_several_edits_as_one() -> None:
    (one,) = suggestions(
        "FROM é\nRUN é a \\\n # c\n b c\n",
        Edit("Dockerfile", 4, 2, 4, 3, "B"),
        Edit("Dockerfile", 2, 7, 2, 8, "A"),
    )
    assert one["text"] == "A \\\n # c\n B"
    assert one["range"] == {"start": {"line": 2, "column": 8}, "end": {"line": 4, "column": 3}}


def test_rdjson_suggests_nothing_for_another_file() -> None:
    """A suggestion has no path of its own: it would be made to the wrong file."""
    assert suggestions("FROM a\n\n\nabc\n", Edit("run.sh", 1, 1, 1, 1, "exec ")) == []


def test_rdjson_suggests_nothing_for_lines_that_cannot_be_had() -> None:
    edits = Edit("Dockerfile", 2, 1, 2, 2, "B"), Edit("Dockerfile", 5, 1, 5, 2, "A")
    assert suggestions("FROM a\nb\nc\n", *edits) == []


def test_markdown_keeps_its_table_whatever_a_message_holds() -> None:
    text = render("markdown", reported("a | b `c | d` <b> *e*\nnext", ImageLocation("team/model:1")))
    (row,) = [line for line in text.splitlines() if "SM101" in line]
    assert len(re.findall(r"(?<!\\)\|", row)) == 5
    assert "\\<b\\>" in row


def test_jsonl_is_one_finding_per_line() -> None:
    lines = render("jsonl", REPORT).splitlines()
    assert [json.loads(line) for line in lines] == json.loads(render("json", REPORT))["diagnostics"]
