"""Reports read back by programs that are not ours, and judged by the formats' own schemas."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from smlint.diagnostics import Diagnostic, FileLocation, ImageLocation, Severity
from smlint.report import Report, render

junitparser = pytest.importorskip("junitparser", reason="it reads the JUnit report back")

HERE = Path(__file__).parent
_SPEC = importlib.util.spec_from_file_location("findings", HERE / "findings.py")
assert _SPEC is not None
assert _SPEC.loader is not None
_FINDINGS = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_FINDINGS)
REPORT: Report = _FINDINGS.REPORT


def reported(message: str, location: Any = None) -> Report:
    """A report of one finding with this message."""
    place = location or FileLocation("Dockerfile", 1, 1, 1, 5)
    finding = Diagnostic("SM101", "shell-form-entrypoint", Severity.ERROR, message, "", "", place)
    return Report((REPORT.outcomes[0]._replace(diagnostics=(finding,), suppressed=()),))


EMPTY = Report((REPORT.outcomes[0]._replace(diagnostics=(), suppressed=()),))


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


@pytest.mark.parametrize("name", ["junit", "checkstyle"])
def test_xml_survives_characters_that_xml_cannot_say(name: str) -> None:
    text = render(name, reported('bell \x07, escape \x1b, half a pair \ud83d, <tag> & "quote"'))
    root = ElementTree.fromstring(text.encode("utf-8"))
    said = [element.get("message") for element in root.iter() if element.get("message")]
    assert said == ['bell \ufffd, escape \ufffd, half a pair \ufffd, <tag> & "quote"']


CODE_QUALITY = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "minLength": 1},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path"],
                "properties": {"path": {"type": "string", "pattern": "^(?!\\./|/)."}},
                "anyOf": [
                    {
                        "required": ["lines"],
                        "properties": {
                            "lines": {
                                "required": ["begin"],
                                "properties": {"begin": {"type": "integer", "minimum": 1}},
                            }
                        },
                    },
                    {
                        "required": ["positions"],
                        "properties": {
                            "positions": {
                                "required": ["begin"],
                                "properties": {
                                    "begin": {
                                        "required": ["line"],
                                        "properties": {"line": {"type": "integer", "minimum": 1}},
                                    }
                                },
                            }
                        },
                    },
                ],
            },
        },
    },
}


def test_code_quality_has_what_gitlab_demands() -> None:
    """GitLab publishes no schema; this one says what its page on the Code Quality report format demands."""
    issues = json.loads(render("gitlab", REPORT))
    jsonschema.validate(issues, CODE_QUALITY)
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)


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
    assert unescaped(data) == message


def test_rdjson_counts_bytes() -> None:
    diagnostics = json.loads(render("rdjson", REPORT))["diagnostics"]
    found = diagnostics[1]["location"]["range"]
    line = _FINDINGS.DOCKERFILE.split("\n")[5].encode()
    assert line[found["start"]["column"] - 1 : found["end"]["column"] - 1].decode() == '"数据.py"'


def test_markdown_keeps_its_table_whatever_a_message_holds() -> None:
    text = render("markdown", reported("a | b `c | d` <b> *e*\nnext", ImageLocation("team/model:1")))
    (row,) = [line for line in text.splitlines() if "SM101" in line]
    assert len(re.findall(r"(?<!\\)\|", row)) == 5
    assert "\\<b\\>" in row


def test_jsonl_is_one_finding_per_line() -> None:
    lines = render("jsonl", REPORT).splitlines()
    assert [json.loads(line) for line in lines] == json.loads(render("json", REPORT))["diagnostics"]
