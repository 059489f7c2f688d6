"""A pull request in small: a repository with pre-commit installed, a bad Dockerfile staged, a commit tried."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent.parent
BAD = "FROM python:3.12-slim\n# how it starts\nENTRYPOINT python /opt/program/train.py\n"
GOOD = 'FROM python:3.12-slim\n# how it starts\nENTRYPOINT ["python", "/opt/program/train.py"]\n'

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a command in the repository, away from the settings of whoever runs the tests."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "SMLINT_"))}
    environ |= {"PRE_COMMIT_HOME": str(tmp_path / "home"), "GIT_CONFIG_GLOBAL": os.devnull, "NO_COLOR": "1"}
    # The git hook that pre-commit writes looks for pre-commit on PATH.
    environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environ['PATH']}"
    for role in ("AUTHOR", "COMMITTER"):
        environ |= {f"GIT_{role}_NAME": "A Developer", f"GIT_{role}_EMAIL": "developer@example.com"}

    def in_repository(*command: str) -> subprocess.CompletedProcess[str]:
        folder = tmp_path / "repository"
        folder.mkdir(exist_ok=True)
        return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)

    return in_repository


def configure(folder: Path, revision: str, hook: str) -> None:
    repository = {"repo": str(ROOT), "rev": revision, "hooks": [{"id": hook}]}
    (folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": [repository]}))


def test_a_bad_dockerfile_is_not_committed_and_the_fixing_hook_mends_it(tmp_path: Path, run: Run) -> None:
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("pre-commit takes the hooks from a git repository, and this is no checkout")
    folder = tmp_path / "repository"
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True)
    run("git", "init", "--quiet")
    assert run(sys.executable, "-m", "pre_commit", "install").returncode == 0
    configure(folder, head.stdout.strip(), "smlint")
    (folder / "Dockerfile").write_text(BAD)
    run("git", "add", "--all")

    refused = run("git", "commit", "--message", "Add the image")
    told = refused.stdout + refused.stderr
    assert refused.returncode == 1, told
    assert "error[SM101] shell-form-entrypoint: ENTRYPOINT is in shell form" in told
    assert "--> Dockerfile:3:1" in told
    assert 'help: write ENTRYPOINT ["python", "/opt/program/train.py"]' in told
    assert run("git", "rev-parse", "--verify", "HEAD").returncode != 0

    configure(folder, head.stdout.strip(), "smlint-fix")
    run("git", "add", "--all")
    mended = run("git", "commit", "--message", "Add the image")
    assert mended.returncode == 1
    assert "files were modified by this hook" in mended.stdout + mended.stderr
    assert (folder / "Dockerfile").read_text() == GOOD

    run("git", "add", "--all")
    accepted = run("git", "commit", "--message", "Add the image")
    assert accepted.returncode == 0, accepted.stdout + accepted.stderr
    assert run("git", "show", "HEAD:Dockerfile").stdout == GOOD


def test_every_hook_calls_a_command_that_exists() -> None:
    from smlint.cli import COMMANDS

    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert {hook["id"] for hook in hooks} == {"smlint", "smlint-fix", "smlint-job"}
    assert {hook["entry"].split()[1] for hook in hooks} <= COMMANDS.keys()
