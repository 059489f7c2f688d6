"""Fixes: spans to text, rounds, what a fix may not break, and how files are written."""

from __future__ import annotations

import os
import stat
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smlint import fix
from smlint.diagnostics import Applicability, Diagnostic, Edit, FileLocation, Fix, Severity


def edit(
    line: int, column: int, end_column: int, text: str, path: str = "f", end_line: int | None = None
) -> Edit:
    return Edit(path, line, column, end_line or line, end_column, text)


def found(*edits: Edit, applicability: Applicability = Applicability.SAFE, code: str = "SM101") -> Diagnostic:
    return Diagnostic(
        code,
        "name",
        Severity.ERROR,
        "message",
        "",
        "",
        FileLocation("f", 1, 1, 1, 2),
        fix=Fix(applicability, "t", edits),
    )


def always(path: str, text: str) -> bool:
    return True


def run(text: str, *rounds: Sequence[Diagnostic], unsafe: bool = False) -> fix.Result:
    """Rounds of findings, whatever the text; then none."""
    waiting = list(rounds)

    def judge(texts: Mapping[str, str]) -> Sequence[Diagnostic]:
        return waiting.pop(0) if waiting else ()

    return fix.run(judge, lambda path: text, always, unsafe=unsafe)


@pytest.mark.parametrize(
    ("text", "edits", "expected"),
    [
        ("abc\n", [edit(1, 2, 3, "XY")], "aXYc\n"),
        ("abc\n", [edit(1, 4, 4, "!")], "abc!\n"),
        ("a\nb", [edit(2, 2, 2, "!")], "a\nb!"),
        ("a\nb\nc\n", [edit(1, 2, 1, "", end_line=3)], "ac\n"),
        ("数据 x\n", [edit(1, 4, 5, "y")], "数据 y\n"),
        ("a\r\nb\r\n", [edit(2, 1, 2, "c\nd")], "a\r\nc\r\nd\r\n"),
        ("\ufeffFROM a\n", [edit(1, 6, 7, "b")], "\ufeffFROM b\n"),
        ("a b c\n", [edit(1, 1, 2, "x"), edit(1, 5, 6, "z")], "x b z\n"),
        ("a b\n", [edit(1, 1, 2, "x"), edit(1, 1, 2, "x")], "x b\n"),
        ("a\x0cb\u2028c\n", [edit(1, 5, 6, "d")], "a\x0cb\u2028d\n"),
    ],
)
def test_edits_change_exactly_their_spans(text: str, edits: list[Edit], expected: str) -> None:
    assert fix.edited(text, edits) == expected


@pytest.mark.parametrize("wrong", [edit(9, 1, 1, ""), edit(1, 9, 9, ""), edit(1, 3, 2, "")])
def test_a_span_outside_the_text_is_refused(wrong: Edit) -> None:
    with pytest.raises(ValueError, match=r"line|span"):
        fix.edited("abc\n", [wrong])


@given(st.text(), st.data())
def test_an_edit_leaves_everything_else_alone(text: str, data: st.DataObject) -> None:
    lines = text.removeprefix("\ufeff").split("\n")
    line = data.draw(st.integers(1, len(lines)))
    start = data.draw(st.integers(1, len(lines[line - 1]) + 1))
    end = data.draw(st.integers(start, len(lines[line - 1]) + 1))
    changed = fix.edited(text, [edit(line, start, end, "<>")])
    lines[line - 1] = lines[line - 1][: start - 1] + "<>" + lines[line - 1][end - 1 :]
    assert changed.removeprefix("\ufeff") == "\n".join(lines)


def test_unsafe_fixes_wait_until_they_are_asked_for() -> None:
    finding = found(edit(1, 1, 2, "x"), applicability=Applicability.UNSAFE)
    assert run("abc\n", [finding]).after == {}
    assert run("abc\n", [finding], unsafe=True).after == {"f": "xbc\n"}


def test_overlapping_fixes_are_applied_in_rounds() -> None:
    first = found(edit(1, 1, 4, "xyz"))
    second = found(edit(1, 3, 5, "!!"))
    result = run("abcd\n", [first, second], [second])
    assert result.after == {"f": "xy!!\n"}
    assert result.before == {"f": "abcd\n"}
    assert result.applied == (first, second)


def test_a_fix_is_applied_whole_or_not_at_all() -> None:
    taken = found(edit(1, 1, 2, "x"))
    torn = found(edit(1, 1, 3, "y"), edit(1, 4, 5, "z"))
    assert run("abcd\n", [taken, torn]).after == {"f": "xbcd\n"}


def test_a_fix_of_several_findings_counts_for_each_and_is_applied_once() -> None:
    one, other = found(edit(1, 1, 1, "x")), found(edit(1, 1, 1, "x"), code="SM102")
    result = run("abc\n", [one, other])
    assert result.after == {"f": "xabc\n"}
    assert result.applied == (one, other)


def test_fixes_that_share_an_edit_are_applied_in_one_round() -> None:
    shared = edit(1, 1, 1, "# shell\n")
    one, other = found(shared, edit(2, 1, 2, "A")), found(shared, edit(2, 3, 4, "B"))
    result = run("x\na-b\n", [one, other])
    assert result.after == {"f": "# shell\nx\nA-B\n"}
    assert result.applied == (one, other)


def test_a_fix_may_change_another_file() -> None:
    texts = {"f": "abc\n", "g": "def\n"}
    findings = [[found(edit(1, 1, 2, "x"), edit(1, 1, 2, "y", path="g"))]]
    result = fix.run(lambda _: findings.pop() if findings else (), texts.__getitem__, always, unsafe=False)
    assert result.after == {"f": "xbc\n", "g": "yef\n"}


def test_a_fix_that_breaks_the_file_is_left_out_and_the_others_are_not() -> None:
    good, bad = found(edit(1, 1, 2, "x")), found(edit(1, 3, 4, "BROKEN"))

    def judge(texts: Mapping[str, str]) -> Sequence[Diagnostic]:
        return [good, bad] if not texts else [bad]

    result = fix.run(judge, lambda _: "abc\n", lambda _, text: "BROKEN" not in text, unsafe=False)
    assert result.after == {"f": "xbc\n"}
    assert result.applied == (good,)


def test_fixes_that_undo_each_other_come_to_an_end() -> None:
    def judge(texts: Mapping[str, str]) -> Sequence[Diagnostic]:
        return [found(edit(1, 1, 2, "b" if texts.get("f", "a\n") == "a\n" else "a"))]

    assert len(fix.run(judge, lambda _: "a\n", always, unsafe=False).applied) == fix.LIMIT


@pytest.mark.parametrize("content", [b"\xef\xbb\xbfFROM a\r\n", b"FROM \xff\xfe\n", b"no end", b""])
def test_what_is_read_is_written_back_byte_for_byte(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "Dockerfile"
    file.write_bytes(content)
    fix.write(str(file), fix.read(str(file)))
    assert file.read_bytes() == content


@pytest.mark.parametrize("mode", [0o755, 0o640, 0o444])
def test_a_file_keeps_its_mode(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "run.sh"
    file.write_text("a\n")
    file.chmod(mode)
    fix.write(str(file), "b\n")
    assert file.read_text() == "b\n"
    assert stat.S_IMODE(file.stat().st_mode) == mode
    assert os.listdir(tmp_path) == ["run.sh"]


def test_a_system_without_owners_keeps_the_mode_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("os.chown")
    test_a_file_keeps_its_mode(tmp_path, 0o755)


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("a\n")
    (tmp_path / "link").symlink_to("real")
    fix.write(str(tmp_path / "link"), "b\n")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "b\n"


def test_a_failed_write_leaves_the_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "Dockerfile"
    file.write_text("a\n")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(fix.FixError, match="cannot be written: No space left on device"):
        fix.write(str(file), "b\n")
    assert file.read_text() == "a\n"
    assert os.listdir(tmp_path) == ["Dockerfile"]


def test_a_file_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(fix.FixError, match="cannot be read"):
        fix.read(str(tmp_path / "gone"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a\nb\nc\n", "a\nx\nc\n"),
        ("a\nb", "a\nc"),
        ("a", "a\n"),
        ("a\r\nb\r\n", "a\r\nc\r\n"),
        ("a\x0cb\n", "a\x0cc\n"),
    ],
)
def test_the_diff_is_a_patch_that_git_applies(tmp_path: Path, before: str, after: str) -> None:
    (tmp_path / "f").write_bytes(before.encode())
    patch = fix.unified(fix.Result({"f": before}, {"f": after}, ()))
    subprocess.run(["git", "apply", "-"], input=patch.encode(), cwd=tmp_path, check=True)
    assert (tmp_path / "f").read_bytes() == after.encode()
