"""What a shell is offered, asked as bash asks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SMLINT = str(Path(sys.executable).parent / "smlint")


def offered(line: str, cwd: Path) -> list[str]:
    """Completions of the last word of ``line``."""
    environ = {
        **os.environ,
        "_SMLINT_COMPLETE": "complete_bash",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(line.split(" ")) - 1),
    }
    done = subprocess.run([SMLINT], cwd=cwd, env=environ, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("smlint ru", ["rule"]),
        ("smlint lint --format sa", ["sarif"]),
        ("smlint --format gi", ["github", "gitlab"]),
        ("smlint Dockerfile --fail-level e", ["error"]),
        ("smlint lint --select SM30", ["SM301", "SM302", "SM303", "SM304", "SM305", "SM306"]),
        ("smlint lint --ignore SM1,tini", ["SM1,tini-entrypoint"]),
        ("smlint lint --severity SM101=w", ["SM101=warning"]),
        ("smlint lint --output sa", ["sarif="]),
        ("smlint lint --workload p", ["processing"]),
        ("smlint rule efa", ["efa-kernel-module"]),
        ("smlint lint --stage s", ["sagemaker"]),
        ("smlint lint other --stage t", ["test"]),
    ],
)
def test_a_word_is_completed(line: str, expected: list[str], tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM a AS build\nFROM build AS sagemaker\n")
    (tmp_path / "other").write_text("FROM a AS test\n")
    assert offered(line, tmp_path) == expected


def test_a_broken_dockerfile_offers_no_stages(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FORM a AS build\n")
    assert offered("smlint lint --stage b", tmp_path) == []
