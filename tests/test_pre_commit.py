"""The hook as users get it: the real pre-commit, which builds an environment from this repository and runs it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BAD = "FROM python:3.12-slim\nENTRYPOINT python /opt/program/train.py\n"
GOOD = 'FROM python:3.12-slim\nENTRYPOINT ["python", "/opt/program/train.py"]\n'


def run(*command: str, cwd: Path, home: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "SMLINT_"))
    }
    environment |= {"PRE_COMMIT_HOME": str(home), "GIT_CONFIG_GLOBAL": os.devnull, "NO_COLOR": "1"}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("pre-commit takes the hook from a git repository, and this is no checkout")
    folder = tmp_path / "repository"
    folder.mkdir()
    assert run("git", "init", "-q", cwd=folder, home=tmp_path).returncode == 0
    return folder


def test_try_repo_runs_the_hook_on_every_kind_of_dockerfile(repository: Path, tmp_path: Path) -> None:
    bad = ["Dockerfile", "docker/Dockerfile.gpu", "train.Dockerfile", "Containerfile"]
    other = ["README.md", "Dockerfile.dockerignore", "train.py"]
    for name in bad + other:
        (repository / name).parent.mkdir(exist_ok=True)
        (repository / name).write_text(BAD)
    (repository / "good.dockerfile").write_text(GOOD)
    assert run("git", "add", "-A", cwd=repository, home=tmp_path).returncode == 0
    command = [sys.executable, "-m", "pre_commit", "try-repo", str(ROOT), "smlint", "--all-files"]
    found = run(*command, cwd=repository, home=tmp_path / "home")
    assert found.returncode == 1, found.stdout + found.stderr
    for name in bad:
        assert f"--> {name}:2:1" in found.stdout
    for name in [*other, "good.dockerfile"]:
        assert f"--> {name}:" not in found.stdout
    assert "error[SM101] shell-form-entrypoint" in found.stdout
