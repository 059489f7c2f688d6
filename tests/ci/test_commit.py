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


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pre-commit keeps what it installs: once for all tests."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("pre-commit takes the hooks from a git repository, and this is no checkout")
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def run(tmp_path: Path, home: Path) -> Run:
    """Run a command in the repository, away from the settings of whoever runs the tests."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "SMLINT_"))}
    environ |= {"PRE_COMMIT_HOME": str(home), "GIT_CONFIG_GLOBAL": os.devnull, "NO_COLOR": "1"}
    # The git hook that pre-commit writes looks for pre-commit on PATH.
    environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environ['PATH']}"
    for role in ("AUTHOR", "COMMITTER"):
        environ |= {f"GIT_{role}_NAME": "A Developer", f"GIT_{role}_EMAIL": "developer@example.com"}

    def in_repository(*command: str) -> subprocess.CompletedProcess[str]:
        folder = tmp_path / "repository"
        folder.mkdir(exist_ok=True)
        return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)

    return in_repository


def revision() -> str:
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def configure(folder: Path, revision: str, hook: str, **settings: str) -> None:
    repository = {"repo": str(ROOT), "rev": revision, "hooks": [{"id": hook, **settings}]}
    (folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": [repository]}))


def test_a_bad_dockerfile_is_not_committed_and_the_fixing_hook_mends_it(tmp_path: Path, run: Run) -> None:
    folder = tmp_path / "repository"
    head = revision()
    run("git", "init", "--quiet")
    assert run(sys.executable, "-m", "pre_commit", "install").returncode == 0
    configure(folder, head, "smlint")
    (folder / "Dockerfile").write_text(BAD)
    run("git", "add", "--all")

    refused = run("git", "commit", "--message", "Add the image")
    told = refused.stdout + refused.stderr
    assert refused.returncode == 1, told
    assert "error[SM101] shell-form-entrypoint: ENTRYPOINT is in shell form" in told
    assert "--> Dockerfile:3:1" in told
    assert 'help: write ENTRYPOINT ["python", "/opt/program/train.py"]' in told
    assert run("git", "rev-parse", "--verify", "HEAD").returncode != 0

    configure(folder, head, "smlint-fix")
    run("git", "add", "--all")
    mended = run("git", "commit", "--message", "Add the image")
    assert mended.returncode == 1
    assert "files were modified by this hook" in mended.stdout + mended.stderr
    assert (folder / "Dockerfile").read_text() == GOOD

    run("git", "add", "--all")
    accepted = run("git", "commit", "--message", "Add the image")
    assert accepted.returncode == 0, accepted.stdout + accepted.stderr
    assert run("git", "show", "HEAD:Dockerfile").stdout == GOOD


def test_a_bad_request_is_not_committed(tmp_path: Path, run: Run) -> None:
    folder = tmp_path / "repository"
    run("git", "init", "--quiet")
    configure(folder, revision(), "smlint-job", files=r"^jobs/.*\.(json|ya?ml)$")
    (folder / "jobs").mkdir()
    (folder / "jobs" / "training.yaml").write_text(
        "TrainingJobName: a\nAlgorithmSpecification:\n  TrainingInputMode: File\n"
        '  ContainerEntrypoint: ["python train.py"]\n'
    )
    (folder / "jobs" / "broken.json").write_text('{"TrainingJobName":')
    (folder / "package.json").write_text('{"name": 1,')
    run("git", "add", "--all")

    refused = run(sys.executable, "-m", "pre_commit", "run")
    assert refused.returncode == 1
    told = refused.stdout + refused.stderr
    assert "--> jobs/training.yaml:4:25\n" in told
    assert 'help: write ["python", "train.py"]' in told
    assert "error[SM900] syntax-error" in told
    assert "--> jobs/broken.json:1:20\n" in told
    assert "package.json" not in told


def test_every_hook_calls_a_command_that_exists() -> None:
    from smlint.cli import COMMANDS

    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert {hook["id"] for hook in hooks} == {"smlint", "smlint-fix", "smlint-job"}
    assert {hook["entry"].split()[1] for hook in hooks} <= COMMANDS.keys()
