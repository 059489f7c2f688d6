"""Which files a folder gives."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from smlint.discover import dockerfiles, is_dockerfile


def tree(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("FROM scratch\n")


def found(folder: Path | str, *excluded: str) -> list[str]:
    failures: list[str] = []
    paths = list(
        dockerfiles(str(folder), lambda path: any(word in path for word in excluded), failures.append)
    )
    assert failures == []
    return paths


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Dockerfile", True),
        ("Dockerfile.gpu", True),
        ("train.Dockerfile", True),
        ("train.dockerfile", True),
        ("Containerfile", True),
        ("Containerfile.gpu", True),
        ("Dockerfile_train", True),
        ("Dockerfile-py3.12", True),
        ("Dockerfile-cpu.patch", False),
        ("Dockerfile_notes.md", False),
        ("Dockerfile-cpu.dockerignore", False),
        ("Dockerfile.dockerignore", False),
        ("Dockerfile.gpu.dockerignore", False),
        ("dockerfile", False),
        ("MyDockerfile", False),
        ("Dockerfiles", False),
    ],
)
def test_which_names_are_dockerfiles(name: str, expected: bool) -> None:
    assert is_dockerfile(name) is expected


def test_hidden_folders_are_looked_into_and_version_control_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree(tmp_path, "b/Dockerfile", ".devcontainer/Dockerfile", ".git/Dockerfile", "a.txt", "Dockerfile")
    monkeypatch.chdir(tmp_path)
    assert found(".") == [".devcontainer/Dockerfile", "Dockerfile", "b/Dockerfile"]


def test_what_git_ignores_is_left_out(tmp_path: Path) -> None:
    tree(
        tmp_path,
        "build/Dockerfile",
        "src/Dockerfile",
        "src/old/Dockerfile",
        "keep/build/Dockerfile",
        "x/Dockerfile",
    )
    (tmp_path / ".git" / "info").mkdir(parents=True)
    (tmp_path / ".git" / "info" / "exclude").write_text("x/\n")
    (tmp_path / ".gitignore").write_text("build/\nold\n")
    (tmp_path / "keep" / ".gitignore").write_text("!build/\n")
    assert found(tmp_path) == [str(tmp_path / "keep/build/Dockerfile"), str(tmp_path / "src/Dockerfile")]
    assert found(tmp_path / "src") == [str(tmp_path / "src/Dockerfile")]


def test_an_ignore_file_above_the_repository_has_no_say(tmp_path: Path) -> None:
    tree(tmp_path, "repository/Dockerfile")
    (tmp_path / ".gitignore").write_text("Dockerfile\n")
    (tmp_path / "repository" / ".git").mkdir()
    assert found(tmp_path / "repository") == [str(tmp_path / "repository/Dockerfile")]


def test_excluded_folders_are_not_entered(tmp_path: Path) -> None:
    tree(tmp_path, "a/Dockerfile", "b/Dockerfile")
    assert found(tmp_path, "/a/") == [str(tmp_path / "b/Dockerfile")]


def test_a_link_to_a_folder_is_not_entered(tmp_path: Path) -> None:
    tree(tmp_path, "a/Dockerfile")
    os.symlink(tmp_path, tmp_path / "a" / "loop")
    os.symlink(tmp_path, tmp_path / "Dockerfile")
    assert found(tmp_path) == [str(tmp_path / "a/Dockerfile")]


def test_folders_may_be_nested_deeper_than_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(depth := sys.getrecursionlimit() + 10):
        os.mkdir("d")
        os.chdir("d")
    Path("Dockerfile").touch()
    os.chdir(tmp_path)
    try:
        assert found(".") == ["d/" * depth + "Dockerfile"]
    finally:
        # What pytest removes old folders with calls itself for each.
        os.remove("d/" * depth + "Dockerfile")
        os.removedirs("d/" * depth)


def test_a_link_that_leads_nowhere_is_left_to_its_reader(tmp_path: Path) -> None:
    os.symlink("Dockerfile", tmp_path / "Dockerfile")
    os.symlink("gone", tmp_path / "Dockerfile.gpu")
    assert found(tmp_path) == [str(tmp_path / "Dockerfile"), str(tmp_path / "Dockerfile.gpu")]


def test_a_folder_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    failures: list[str] = []
    assert list(dockerfiles(str(tmp_path / "gone"), lambda _: False, failures.append)) == []
    assert failures == [f"{tmp_path / 'gone'}: cannot be looked into: No such file or directory"]
