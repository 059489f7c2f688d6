"""Runs a composite action's steps as GitHub's runner does, and a GitLab job's lines as GitLab's runner does.

Marketplace steps (``uses``) are recorded, not run. Of the expression language there is what action.yml uses; anything
else is an error, so that a test cannot pass over it.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml

_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
_TERM = re.compile(r"^\s*(\S+)\s*(?:(==|<)\s*(\S+))?\s*$")
_FOREIGN = ("GIT_", "GITHUB_", "INPUT_", "RUNNER_", "SMLINT_")


class Ran(NamedTuple):
    """What a job's log, its files and its verdict are after the action."""

    #: The exit code of the step that failed, or 0.
    code: int
    #: Standard output, in which the runner looks for workflow commands, and standard error.
    log: str
    summary: str
    outputs: Mapping[str, str]
    #: Marketplace steps that would have run: their ``with``, by the action's name.
    used: Mapping[str, Mapping[str, str]]

    @property
    def annotations(self) -> list[str]:
        """The workflow commands."""
        return [line for line in self.log.splitlines() if line.startswith("::")]


class Runner:
    """One machine: its temporary folder outlives the runs, as it does within a job."""

    def __init__(self, action: Path, temporary: Path) -> None:
        self._folder = action.parent
        self._action: dict[str, Any] = yaml.safe_load(action.read_text())
        self._temporary = temporary

    def run(self, workspace: Path, inputs: Mapping[str, str], *, leave_out: Sequence[str] = ()) -> Ran:
        """Run the action in ``workspace``; the steps named in ``leave_out`` have been run already."""
        given = {name: each.get("default", "") for name, each in self._action["inputs"].items()}
        values = {f"inputs.{name}": value for name, value in (given | dict(inputs)).items()}
        values |= {"runner.temp": str(self._temporary), "github.action_path": str(self._folder)}
        summary = self._temporary / "summary"
        summary.write_text("")
        log, used, code = "", {}, 0
        for step in self._action["runs"]["steps"]:
            if step["name"] in leave_out or not _holds(step.get("if", "${{ true == true }}"), values):
                continue
            if "uses" in step:
                name = step["uses"].partition("@")[0]
                used[name] = {key: _filled(value, values) for key, value in step["with"].items()}
                continue
            done, outputs = self._step(step, workspace, values, summary)
            log += done.stdout + done.stderr
            values |= {f"steps.{step.get('id')}.outputs.{key}": value for key, value in outputs.items()}
            if code := done.returncode:
                break
        outputs = {
            name: _filled(each["value"], values) for name, each in self._action.get("outputs", {}).items()
        }
        return Ran(code, log, summary.read_text(), outputs, used)

    def _step(
        self, step: Mapping[str, Any], workspace: Path, values: Mapping[str, str], summary: Path
    ) -> tuple[subprocess.CompletedProcess[str], dict[str, str]]:
        assert step["shell"] == "bash"
        script, output = self._temporary / "step.sh", self._temporary / "output"
        script.write_text(step["run"])
        output.write_text("")
        environ = {key: _filled(value, values) for key, value in step.get("env", {}).items()}
        environ |= {
            "GITHUB_ACTIONS": "true",
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(summary),
            "GITHUB_WORKSPACE": str(workspace),
            "RUNNER_TEMP": str(self._temporary),
        }
        done = _bash(
            ["--noprofile", "--norc", "-e", "-o", "pipefail", str(script)],
            workspace / _filled(step.get("working-directory", "."), values),
            environ,
        )
        return done, dict(line.split("=", 1) for line in output.read_text().splitlines())


def gitlab(job: Mapping[str, Any], folder: Path, variables: Mapping[str, str]) -> Ran:
    """Run the lines of ``before_script`` and ``script`` in one shell; every variable of the job is exported."""
    lines = ["set -eo pipefail", *job["before_script"], *job["script"]]
    environ = {"CI": "true", "GITLAB_CI": "true", **job["variables"], **variables}
    done = _bash(["-c", "\n".join(lines)], folder, environ)
    return Ran(done.returncode, done.stdout + done.stderr, "", {}, {})


def _bash(words: Sequence[str], cwd: Path, environ: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
    return subprocess.run(
        ["bash", *words], cwd=cwd, env={**own, **environ}, capture_output=True, text=True, check=False
    )


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _EXPRESSION.sub(lambda found: str(_value(found[1].strip(), values)), text)


def _holds(condition: str, values: Mapping[str, str]) -> bool:
    expression = _EXPRESSION.fullmatch(condition)
    assert expression is not None, condition
    return all(_term(term, values) for term in expression[1].split("&&"))


def _term(term: str, values: Mapping[str, str]) -> bool:
    found = _TERM.match(term)
    assert found is not None, term
    left, right = _value(found[1], values), _value(found[3], values)
    return left == right if found[2] == "==" else float(left) < float(right)


def _value(word: str, values: Mapping[str, str]) -> str:
    """A literal, or the context's value; an output that no step set is the empty string, as the runner has it."""
    if word.isdigit() or word in ("true", "false"):
        return word
    if word.startswith("'"):
        return word.strip("'")
    return values.get(word, "") if word.startswith("steps.") else values[word]
