"""The GitHub Action and the GitLab CI template: judged by linters of their kind, and their scripts really run."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from smlint.config import load
from tests.ci.runner import Ran, Runner, gitlab

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


UPLOAD = "github/codeql-action/upload-sarif"
INSTALL = "Install smlint"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Runner, Ran, Path]:
    """A machine on which the action has run once on a bad Dockerfile, with all its steps."""
    runner = Runner(ACTION, tmp_path_factory.mktemp("runner"))
    workspace = tmp_path_factory.mktemp("workspace")
    (workspace / ".git").mkdir()
    (workspace / "docker").mkdir()
    (workspace / "docker" / "Dockerfile").write_text(BAD)
    return runner, runner.run(workspace, {"paths": "docker/"}), workspace


def test_the_action_as_a_workflow_with_a_bad_file_sees_it(installed: tuple[Runner, Ran, Path]) -> None:
    _, ran, _ = installed
    assert ran.code == 1, ran.log
    assert ran.outputs["exit-code"] == "1"
    (annotation,) = ran.annotations
    assert annotation.startswith("::error file=docker/Dockerfile,line=2,col=1,endLine=2,endColumn=")
    assert "| ❌ error | [SM101]" in ran.summary
    assert ran.used == {UPLOAD: {"sarif_file": ran.outputs["sarif-file"], "category": "smlint"}}
    (run,) = json.loads(Path(ran.outputs["sarif-file"]).read_text())["runs"]
    (result,) = run["results"]
    assert result["ruleId"] == "SM101"
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "docker/Dockerfile"


Again = Callable[..., Ran]


@pytest.fixture
def again(installed: tuple[Runner, Ran, Path], tmp_path: Path) -> Again:
    """Run the action once more on the same machine, in a workspace of its own."""

    def run(text: str, **inputs: str) -> Ran:
        (tmp_path / "Dockerfile").write_text(text)
        given = {name.replace("_", "-"): value for name, value in inputs.items()}
        return installed[0].run(tmp_path, given, leave_out=[INSTALL])

    return run


def test_the_action_is_content_with_a_good_file(again: Again) -> None:
    ran = again(GOOD, paths="Dockerfile", arguments="--select SM1")
    assert (ran.code, ran.log, ran.outputs["exit-code"]) == (0, "", "0")
    assert "No findings" in ran.summary
    assert UPLOAD in ran.used


def test_the_action_takes_arguments_and_another_folder(again: Again, tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "Dockerfile").write_text(BAD + "STOPSIGNAL SIGINT\n")
    ran = again(GOOD, arguments="--select SM112\n--workload training", working_directory="sub")
    assert ran.outputs["exit-code"] == "1"
    (annotation,) = ran.annotations
    assert "SM112" in annotation


def test_findings_need_not_fail_the_job(again: Again) -> None:
    ran = again(BAD, fail="false", upload_sarif="false")
    assert (ran.code, ran.outputs["exit-code"], ran.used) == (0, "1", {})
    assert "SM101" in ran.log


def test_what_cannot_be_read_fails_the_job_and_uploads_nothing(again: Again) -> None:
    ran = again(GOOD, paths="gone", fail="false")
    assert (ran.code, ran.outputs["exit-code"], ran.used) == (2, "2", {})
    assert "gone" in ran.log


def test_paths_are_words_and_never_commands(again: Again, tmp_path: Path) -> None:
    ran = again(GOOD, paths="Dockerfile $(touch${IFS}owned) ;touch owned")
    assert ran.outputs["exit-code"] == "2"
    assert not (tmp_path / "owned").exists()


def test_the_gitlab_job_writes_its_reports(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "Dockerfile").write_text(BAD)
    job = yaml.safe_load(TEMPLATE.read_text())["smlint"]
    ran = gitlab(job, tmp_path / "project", {"SMLINT_PACKAGE": str(ROOT), "TMPDIR": str(tmp_path)})
    assert ran.code == 1, ran.log
    assert "error[SM101]" in ran.log
    reports = job["artifacts"]["reports"]
    assert set(reports.values()) == set(job["artifacts"]["paths"])
    (issue,) = json.loads((tmp_path / "project" / reports["codequality"]).read_text())
    assert issue["check_name"] == "SM101"
    assert "<testsuites" in (tmp_path / "project" / reports["junit"]).read_text()


def test_the_variables_of_the_template_are_none_of_the_configuration(tmp_path: Path) -> None:
    """They share the prefix, so a name close to a setting's would be taken for a typing error."""
    variables = yaml.safe_load(TEMPLATE.read_text())["smlint"]["variables"]
    assert load(str(tmp_path), environ=variables).origins == {}
