"""Any bytes where smlint reads settings, baselines, lists and comments: a clear error and exit code 2, or an answer."""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smlint.cli import main

EXPLORING: Final = os.environ.get("HYPOTHESIS_PROFILE") == "explore"
budget: Final = settings(
    max_examples=10_000 if EXPLORING else 60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

DOCKERFILE: Final = (
    "FROM python:3.12-slim\nCOPY train.py /opt/program/\nENTRYPOINT python /opt/program/train.py\n"
)
VALID: dict[str, Any] = {
    "workload": ["training"],
    "stage": "final",
    "select": ["ALL"],
    "ignore": ["SM104"],
    "extend-select": ["SM1"],
    "severity": {"SM101": "warning"},
    "fail-level": "error",
    "format": "concise",
    "build-args": {"A": "b"},
    "exclude": ["vendor/"],
    "per-file-ignores": {"*.gpu": ["SM301"]},
    "context": ".",
    "baseline": "baseline.json",
    "extend": "other.toml",
}
SCALARS = (
    st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=12)
    | st.sampled_from(
        ["SM101", "ALL", "training", "error", "text", "../x", "/", "*", "[", "!", "\\", "\0", "SM"]
    )
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)


def toml(value: Any) -> str:
    """A value as TOML writes it in one line."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return json.dumps(value).replace("\x7f", "\\u007f")
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{toml(key)} = {toml(item)}' for key, item in value.items())}}}"
    return repr(value)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A valid configuration with some of its values replaced, keys added and keys taken away."""
    body = copy.deepcopy(VALID)
    for key in draw(st.lists(st.sampled_from(sorted(VALID)), max_size=10)):
        body.pop(key, None)
    for _ in range(draw(st.integers(0, 3))):
        key = draw(st.sampled_from(sorted(VALID)) | st.text(st.characters(codec="utf-8"), max_size=8))
        body[key] = draw(VALUES)
    return "".join(f"{toml(key)} = {toml(value)}\n" for key, value in body.items())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a Dockerfile that has one finding; where smlint looks for settings ends here."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / "Dockerfile").write_text(DOCKERFILE, encoding="utf-8")
    (tmp_path / "train.py").write_text("import sys\n", encoding="utf-8")
    (tmp_path / "other.toml").write_text('fail-level = "info"\n', encoding="utf-8")
    (tmp_path / "baseline.json").write_text('{"version": 1, "findings": []}', encoding="utf-8")
    return tmp_path


def answered(capsys: pytest.CaptureFixture[str], *arguments: str) -> int:
    """The exit code of a call that never ends in a traceback, and says what is wrong where something is."""
    code = main(arguments)
    printed = capsys.readouterr()
    assert code in (0, 1, 2), printed.err
    assert "Traceback" not in printed.err
    if code == 2:
        assert printed.err.startswith("smlint: ")
    return code


@pytest.mark.parametrize("name", ["smlint.toml", ".smlint.toml", "pyproject.toml"])
@budget
@given(data=st.binary(max_size=120) | st.text(max_size=60).map(lambda text: text.encode(errors="replace")))
def test_any_bytes_as_settings(
    name: str, data: bytes, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / name
    path.write_bytes(b"[tool.smlint]\n" * (name == "pyproject.toml") + data)
    answered(capsys, "Dockerfile")
    path.unlink()


@pytest.mark.parametrize("name", ["smlint.toml", "pyproject.toml"])
@budget
@given(text=mutated())
def test_changed_settings(name: str, text: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = folder / name
    path.write_text("[tool.smlint]\n" * (name == "pyproject.toml") + text, encoding="utf-8")
    for command in (["Dockerfile"], ["config"], ["job", "missing.json"]):
        answered(capsys, *command)
    path.unlink()


@pytest.mark.parametrize(
    "text",
    ["select = " + "[" * 20_000, "a." * 2_000 + "a = 1", "a = " + "{a = " * 20_000, "a = 1" + "0" * 10_000],
    ids=["arrays", "a dotted key", "tables", "a number"],
)
def test_deep_settings(text: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "smlint.toml").write_text(text, encoding="utf-8")
    assert answered(capsys, "Dockerfile") == 2


BASELINE: Final = {
    "version": 1,
    "findings": [{"subject": "Dockerfile", "code": "SM101", "message": "m", "fingerprint": "f"}],
}


@budget
@given(
    data=st.binary(max_size=80)
    | VALUES.map(lambda value: json.dumps(value).encode())
    | VALUES.map(lambda value: json.dumps({**BASELINE, "findings": value}).encode())
    | VALUES.map(lambda value: json.dumps({**BASELINE, "findings": [value]}).encode())
    | st.tuples(st.sampled_from(["subject", "code", "message", "fingerprint"]), VALUES).map(
        lambda pair: json.dumps(
            {"version": 1, "findings": [{**BASELINE["findings"][0], pair[0]: pair[1]}]}
        ).encode()  # type: ignore[index]
    )
)
def test_any_baseline(data: bytes, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "baseline.json").write_bytes(data)
    answered(capsys, "Dockerfile", "--baseline", "baseline.json")
    answered(capsys, "Dockerfile", "--baseline", "baseline.json", "--write-baseline")


@pytest.mark.parametrize("text", ["[" * 50_000, '{"version":' * 50_000, '{"version": 1' + "0" * 10_000 + "}"])
def test_a_deep_baseline(text: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "baseline.json").write_text(text, encoding="utf-8")
    assert answered(capsys, "Dockerfile", "--baseline", "baseline.json") == 2


@budget
@given(data=st.binary(max_size=60) | st.text("# \noci:/docker-archive.:@\x00é", max_size=30).map(str.encode))
def test_any_list_of_images(data: bytes, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # What names no file would be asked of an engine or a registry, which are not to be fuzzed.
    lines = [b"docker-archive:" + line for line in data.split(b"\n") if not line.lstrip().startswith(b"#")]
    (folder / "list").write_bytes(b"\n".join(lines))
    assert answered(capsys, "image", "--from-file", "list") == 2


WORDS = st.sampled_from(
    [
        "smlint",
        "ignore",
        "global",
        "workload",
        "=",
        " ",
        ",",
        "SM101",
        "SM999",
        "sm101",
        "--",
        "reason",
        "#",
        "training",
    ]
)


@budget
@given(
    comment=st.text(st.characters(codec="utf-8", exclude_characters="\n\r\0"), max_size=30)
    | st.lists(WORDS, max_size=12).map(lambda words: "".join(words))
)
def test_any_comment(comment: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, rest = DOCKERFILE.split("ENTRYPOINT")
    text = f"{first}# smlint {comment}\n#{comment}\nENTRYPOINT{rest}"
    (folder / "Dockerfile").write_text(text, encoding="utf-8", newline="")
    assert answered(capsys, "Dockerfile") in (0, 1)
