"""The short run of the differential test, and every Dockerfile that the repository holds."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings

from smlint.dockerfile import UnreadableInputError, read
from tests.conformance.__main__ import dockerfiles_below, main
from tests.conformance.generator import dockerfiles
from tests.conformance.oracle import difference

ROOT = Path(__file__).parents[2]


@settings(max_examples=1500, deadline=None, suppress_health_check=list(HealthCheck))
@given(dockerfiles)
@example("ADD \u2028--\n")
@example("FROM a\nCOPY \xa0--from=b c d\nONBUILD ADD \x85--link a b\n")
def test_generated_dockerfiles_read_as_in_buildkit(text: str) -> None:
    found = difference(text)
    assert not found, found


def test_dockerfiles_of_the_repository_read_as_in_buildkit() -> None:
    for folder in ("fixtures", "tests"):
        for path in dockerfiles_below(str(ROOT / folder)):
            try:
                found = difference(read(path))
            except UnreadableInputError:
                continue
            assert not found, f"{path}\n{found}"


def test_folder_mode_counts_and_names_the_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, content in (
        ("Dockerfile", b"FROM a\n"),
        ("b.Dockerfile", b"ENV a=b c\n"),
        ("Containerfile", b"\xff"),
        ("c", b""),
    ):
        (tmp_path / name).write_bytes(content)
    assert main(["--folder", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "agrees       " in printed
    assert "Line 1 is not UTF-8" in printed
    assert (
        "3 files: 2 compared, 2 agree (100.000 %; 1 of them refused by both), 0 disagree, 1 not compared"
        in printed
    )


def test_folder_mode_shows_the_first_difference(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Dockerfile").write_bytes(b"FROM a\nRUN <<A\nA\n")
    monkeypatch.setattr("smlint.dockerfile.instructions.openers", lambda line: [])
    assert main(["--folder", str(tmp_path)]) == 1
    printed = capsys.readouterr().out
    assert "disagrees    " in printed
    assert "smlint:   Seen(keyword='RUN'" in printed
    assert "1 disagree" in printed


def test_example_mode_says_how_many_agree(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--examples", "20"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("20 generated Dockerfiles: ")
    assert " 0 disagree" in printed
