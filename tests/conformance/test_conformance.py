"""The short run of the differential test, and every Dockerfile that the repository holds."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, given, settings

from tests.conformance.__main__ import dockerfiles_below, main
from tests.conformance.generator import dockerfiles
from tests.conformance.oracle import difference

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


@settings(max_examples=1500, deadline=None, suppress_health_check=list(HealthCheck))
@given(dockerfiles)
def test_generated_dockerfiles_read_as_in_buildkit(text: str) -> None:
    found = difference(text)
    assert found is None, found


def test_dockerfiles_of_the_repository_read_as_in_buildkit() -> None:
    for folder in ("fixtures", "tests"):
        for path in dockerfiles_below(os.path.join(ROOT, folder)):
            with open(path, "rb") as file:
                raw = file.read()
            try:
                text = raw.decode()
            except UnicodeDecodeError:
                continue
            found = difference(text)
            assert found is None, f"{path}\n{found}"


def test_folder_mode_counts_and_names_the_files(tmp_path: object, capsys: pytest.CaptureFixture[str]) -> None:
    for name, content in (
        ("Dockerfile", b"FROM a\n"),
        ("b.Dockerfile", b"ENV\n"),
        ("Containerfile", b"\xff"),
        ("c", b""),
    ):
        with open(os.path.join(str(tmp_path), name), "wb") as file:
            file.write(content)
    assert main(["--folder", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "unread    " in printed
    assert "2 files compared, 2 agree (100.00 %), 0 disagree; 1 could not be read." in printed


def test_example_mode_says_how_many_agree(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--examples", "20"]) == 0
    assert "agree on all of them" in capsys.readouterr().out
