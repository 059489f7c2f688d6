"""Baselines and the fingerprints they are made of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from smlint import baseline
from smlint.baseline import BaselineError
from smlint.diagnostics import Diagnostic, FileLocation, ImageLocation, Location, RequestLocation, Severity
from smlint.engine import Outcome, Subject
from smlint.fingerprint import fingerprints, from_root, repository_of, repository_root
from smlint.workload import Workload


def finding(location: Location, code: str = "SM301", message: str = "message") -> Diagnostic:
    return Diagnostic(code, "name", Severity.ERROR, message, "", "", location)


def outcome(path: str, source: str, *words: str, message: str = "message") -> Outcome:
    """A Dockerfile in which every occurrence of each word is a finding."""
    found = [
        finding(FileLocation(path, number, column + 1, number, column + 1 + len(word)), message=message)
        for number, line in enumerate(source.split("\n"), 1)
        for word in words
        for column in range(len(line))
        if line.startswith(word, column)
    ]
    return Outcome(Subject("dockerfile", path, (Workload.TRAINING,)), tuple(found), sources={path: source})


def name(location: Location, source: str = "", root: str = "/repo") -> str:
    ((_, fingerprint),) = fingerprints([finding(location)], lambda path: source.split("\n"), root)
    return fingerprint


def test_a_moved_line_keeps_its_fingerprint() -> None:
    before = name(FileLocation("/repo/f", 1, 5, 1, 9), "RUN cuda\n")
    assert name(FileLocation("/repo/f", 3, 9, 3, 13), "# new\n\nRUN     cuda # more\n") == before
    assert name(FileLocation("/repo/f", 1, 5, 1, 9), "RUN CUDA\n") != before
    assert name(FileLocation("/repo/g", 1, 5, 1, 9), "RUN cuda\n") != before


def test_white_space_in_the_span_is_evened_out() -> None:
    assert name(FileLocation("/repo/f", 1, 1, 1, 9), "RUN  a b") == name(
        FileLocation("/repo/f", 1, 1, 2, 4), "RUN a\n\tb\n"
    )


def test_another_tag_on_the_from_line_makes_no_new_finding() -> None:
    place = FileLocation("/repo/f", 1, 1, 1, 12)
    assert name(place, "FROM a:1.0.0") == name(place, "FROM b:2.0.0")


def test_a_rebuilt_image_keeps_its_fingerprints() -> None:
    assert name(ImageLocation("host:5000/a/b:1", "/x", "sha256:1")) == name(
        ImageLocation("host:5000/a/b:2", "/x", "sha256:2")
    )
    assert name(ImageLocation("a:1", "/x")) != name(ImageLocation("a:1", "/y"))


def test_a_request_value_is_known_by_its_pointer() -> None:
    assert name(RequestLocation("/repo/j", "/A", 1, 1, 1, 2)) == name(
        RequestLocation("/repo/j", "/A", 9, 1, 9, 2)
    )
    assert name(RequestLocation("/repo/j", "/A", 1, 1, 1, 2)) != name(
        RequestLocation("/repo/j", "/B", 1, 1, 1, 2)
    )


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("a", "a"),
        ("a:1", "a"),
        ("h:5000/a", "h:5000/a"),
        ("h:5000/a/b:1@sha256:ab", "h:5000/a/b"),
        ("a@sha256:ab", "a"),
        ("docker-daemon:a:1", "docker-daemon:a"),
        ("docker://h:5000/a:1", "docker://h:5000/a"),
        ("docker-archive:a.tar", "docker-archive:a.tar"),
        ("docker-archive:/b/a.tar:team/a:1", "docker-archive:/b/a.tar"),
        ("oci:folder:1", "oci:folder"),
        ("oci-archive:C:\\a.tar:1", "oci-archive:C:\\a.tar"),
    ],
)
def test_the_repository_of_a_reference(reference: str, expected: str) -> None:
    assert repository_of(reference) == expected


def test_paths_are_told_from_the_repository_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "a").mkdir()
    monkeypatch.chdir(tmp_path / "a")
    assert repository_root(".") == str(tmp_path)
    assert from_root("Dockerfile", str(tmp_path)) == "a/Dockerfile"
    assert from_root("../../x", str(tmp_path)) == str(tmp_path.parent / "x")


def test_known_findings_are_hidden_and_new_ones_are_not(tmp_path: Path) -> None:
    path = str(tmp_path / "Dockerfile")
    store = tmp_path / "baseline.json"
    store.write_text(baseline.dump([outcome(path, "RUN cuda\n", "cuda")], str(store)))
    old, new = baseline.apply(
        [outcome(path, "\n\nRUN cuda && nvidia\n", "cuda", "nvidia")], baseline.load(str(store))
    )
    (left,) = old
    assert [each.location.column for each in left.diagnostics if isinstance(each.location, FileLocation)] == [
        13
    ]
    assert len(left.suppressed) == 1
    assert new == ()


def test_a_second_finding_of_the_same_kind_is_new(tmp_path: Path) -> None:
    path = str(tmp_path / "Dockerfile")
    store = str(tmp_path / "baseline.json")
    Path(store).write_text(baseline.dump([outcome(path, "RUN cuda\n", "cuda")], store))
    (left,) = baseline.apply([outcome(path, "RUN cuda\nRUN cuda\n", "cuda")], baseline.load(store)).outcomes
    assert len(left.diagnostics) == 1


def test_entries_that_no_longer_occur_are_told(tmp_path: Path) -> None:
    path, other = str(tmp_path / "Dockerfile"), str(tmp_path / "other" / "Dockerfile")
    store = str(tmp_path / "baseline.json")
    both = [outcome(path, "RUN cuda\n", "cuda"), outcome(other, "RUN cuda\n", "cuda")]
    Path(store).write_text(baseline.dump(both, store))
    verdict = baseline.apply([outcome(path, "RUN true\n", "cuda")], baseline.load(store))
    assert [(entry.subject, entry.code, entry.message) for entry in verdict.gone] == [
        ("Dockerfile", "SM301", "message")
    ]


def test_inputs_that_are_not_judged_keep_their_entries(tmp_path: Path) -> None:
    one, other = str(tmp_path / "a"), str(tmp_path / "b")
    store = str(tmp_path / "baseline.json")
    both = [outcome(one, "RUN cuda\n", "cuda"), outcome(other, "RUN cuda\n", "cuda")]
    Path(store).write_text(baseline.dump(both, store))
    text = baseline.dump([outcome(one, "RUN true\n")], store, baseline.load(store))
    assert [entry["subject"] for entry in json.loads(text)["findings"]] == ["b"]


def test_a_baseline_is_sorted_and_free_of_line_numbers(tmp_path: Path) -> None:
    store = str(tmp_path / "baseline.json")
    text = baseline.dump(
        [outcome(str(tmp_path / "b"), "\n\nRUN cuda", "cuda"), outcome(str(tmp_path / "a"), "cuda", "cuda")],
        store,
    )
    findings = json.loads(text)["findings"]
    assert [entry["subject"] for entry in findings] == ["a", "b"]
    assert all(set(entry) == {"subject", "code", "message", "fingerprint"} for entry in findings)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "cannot be read: No such file"),
        ("{", "is no baseline: "),
        ("[]", "is no baseline of version 1; delete it, and --write-baseline makes one"),
        ('{"version": 2, "findings": []}', "is no baseline of version 1"),
        ('{"version": 1, "findings": [{}]}', "a finding lacks 'subject'"),
        ('{"version": 1}', "a finding lacks 'findings'"),
    ],
)
def test_a_file_that_is_no_baseline_is_named(tmp_path: Path, text: str | None, message: str) -> None:
    path = tmp_path / "baseline.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(BaselineError) as caught:
        baseline.load(str(path))
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(path))
