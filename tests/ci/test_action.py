"""The GitHub Action and the GitLab CI template: judged by linters of their kind, and their scripts really run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from smlint.config import load

ROOT = Path(__file__).parent.parent.parent
ACTION = ROOT / "action.yml"
TEMPLATE = ROOT / "templates" / "smlint.gitlab-ci.yml"
SCRIPTS = Path(sys.executable).parent
BAD = "FROM python:3.12\nENTRYPOINT python train.py\n"
GOOD = 'FROM python:3.12\nENTRYPOINT ["python", "train.py"]\n'


def tool(*command: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a program of the test environment."""
    if not (SCRIPTS / command[0]).exists():
        pytest.skip(f"{command[0]} is not installed")
    return subprocess.run(
        [str(SCRIPTS / command[0]), *command[1:]], capture_output=True, text=True, cwd=cwd, check=False
    )


def workflow(folder: Path, **inputs: str) -> None:
    """A repository that holds the action and a workflow which uses it."""
    (folder / ".github" / "workflows").mkdir(parents=True)
    (folder / ".git").mkdir()
    shutil.copy(ACTION, folder)
    steps: list[dict[str, Any]] = [
        {"uses": "./", "id": "smlint", "with": inputs},
        {"run": 'echo "$CODE"', "env": {"CODE": "${{ steps.smlint.outputs.exit-code }}"}},
    ]
    job = {"runs-on": "ubuntu-latest", "steps": steps}
    text = yaml.safe_dump({"name": "lint", "on": "push", "permissions": {}, "jobs": {"lint": job}})
    (folder / ".github" / "workflows" / "lint.yml").write_text(text)


def test_actionlint_accepts_a_workflow_that_uses_the_action(tmp_path: Path) -> None:
    workflow(tmp_path, paths="docker/", arguments="--workload training", fail="false")
    done = tool("actionlint", "-no-color", "-shellcheck=", "-pyflakes=", cwd=tmp_path)
    assert (done.stdout, done.returncode) == ("", 0)


def test_actionlint_knows_the_inputs(tmp_path: Path) -> None:
    workflow(tmp_path, pathss="docker/")
    done = tool("actionlint", "-no-color", "-shellcheck=", "-pyflakes=", cwd=tmp_path)
    assert 'input "pathss" is not defined in action "smlint"' in done.stdout


def test_zizmor_finds_nothing_in_the_action() -> None:
    done = tool("zizmor", "--offline", "--no-progress", "--pedantic", str(ACTION))
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("schema", "file"),
    [("vendor.github-actions", ACTION), ("vendor.gitlab-ci", TEMPLATE)],
    ids=["github", "gitlab"],
)
def test_the_official_schema_accepts(schema: str, file: Path) -> None:
    done = tool("check-jsonschema", "--builtin-schema", schema, str(file))
    assert done.returncode == 0, done.stdout


class Step(NamedTuple):
    """What a run of the action's lint step left behind."""

    code: int
    annotations: str
    outputs: dict[str, str]
    summary: str


def step(name: str) -> str:
    steps = yaml.safe_load(ACTION.read_text())["runs"]["steps"]
    (script,) = [each["run"] for each in steps if each["name"] == name]
    return str(script)


def bash(script: str, cwd: Path, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a script as the runners do."""
    command = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script]
    return subprocess.run(
        command, cwd=cwd, env={**os.environ, **environ}, capture_output=True, text=True, check=False
    )


def lint(folder: Path, paths: str, arguments: str = "") -> Step:
    files = {name: folder / name for name in ("outputs", "summary")}
    done = bash(
        step("Lint"),
        folder,
        {
            "PROGRAM": str(SCRIPTS / "smlint"),
            "REPORTS": str(folder),
            "INPUT_PATHS": paths,
            "INPUT_ARGUMENTS": arguments,
            "GITHUB_OUTPUT": str(files["outputs"]),
            "GITHUB_STEP_SUMMARY": str(files["summary"]),
        },
    )
    outputs = dict(line.split("=", 1) for line in files["outputs"].read_text().splitlines())
    summary = files["summary"].read_text() if files["summary"].exists() else ""
    return Step(done.returncode, done.stdout, outputs, summary)


def test_the_action_annotates_summarises_and_writes_sarif(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(BAD)
    done = lint(tmp_path, "Dockerfile\n", "--select SM101\n--workload training")
    assert done.code == 0
    assert done.annotations.startswith("::error file=Dockerfile,line=2,col=1")
    assert "| ❌ error | [SM101]" in done.summary
    assert done.outputs["exit-code"] == "1"
    (run,) = json.loads(Path(done.outputs["sarif-file"]).read_text())["runs"]
    assert [result["ruleId"] for result in run["results"]] == ["SM101"]


def test_the_action_is_content_with_a_good_file(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(GOOD)
    done = lint(tmp_path, "Dockerfile", "--select SM1")
    assert (done.code, done.annotations, done.outputs["exit-code"]) == (0, "", "0")
    assert "No findings" in done.summary


def test_paths_are_words_and_never_commands(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(GOOD)
    done = lint(tmp_path, "Dockerfile $(touch${IFS}owned) ;touch owned")
    assert done.outputs["exit-code"] == "2"
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize(
    ("said", "fail", "expected"),
    [("0", "true", 0), ("1", "true", 1), ("1", "false", 0), ("2", "false", 2), ("3", "true", 3)],
)
def test_the_action_fails_as_asked(tmp_path: Path, said: str, fail: str, expected: int) -> None:
    assert bash(step("Judge"), tmp_path, {"CODE": said, "FAIL": fail}).returncode == expected


def test_the_gitlab_job_writes_its_reports(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(BAD)
    job = yaml.safe_load(TEMPLATE.read_text())["smlint"]
    programs = tmp_path / "smlint-environment" / "bin"
    programs.mkdir(parents=True)
    (programs / "smlint").symlink_to(SCRIPTS / "smlint")
    (command,) = job["script"]
    done = bash(
        command, tmp_path, {**job["variables"], "SMLINT_PATHS": "Dockerfile", "TMPDIR": str(tmp_path)}
    )
    assert done.returncode == 1, done.stderr
    reports = job["artifacts"]["reports"]
    assert json.loads((tmp_path / reports["codequality"]).read_text())[0]["check_name"] == "SM101"
    assert "<testsuites" in (tmp_path / reports["junit"]).read_text()
    assert set(reports.values()) == set(job["artifacts"]["paths"])


def test_the_variables_of_the_template_are_none_of_the_configuration(tmp_path: Path) -> None:
    """They share the prefix, so a name close to a setting's would be taken for a typing error."""
    variables = yaml.safe_load(TEMPLATE.read_text())["smlint"]["variables"]
    assert load(str(tmp_path), environ=variables).origins == {}
