"""What fixes never do, on generated files: a Dockerfile that BuildKit accepts stays one, and a second call does nothing."""

from __future__ import annotations

import contextlib
import json
import re
import shlex
import tempfile
from collections import Counter
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smlint import registry
from smlint.check import Arguments, Checker
from smlint.container import ABSENT, Form, Known
from smlint.diagnostics import Applicability
from smlint.dockerfile import parse
from smlint.dockerfile.build import build_container
from smlint.mend import in_files

oracle = pytest.importorskip("dockerfile", reason="BuildKit's own parser judges the fixed files")

RULES: Final = registry.installed()
#: Rules that have a fix.
FIXED: Final = ("SM101", "SM102", "SM103", "SM106", "SM301", "SM305")

_CONTINUED: Final = (
    " \\\n  ", " \\\n", "\\\n ", " \\ \n\t", " \\\n# why\n  ", " \\\n  # why \\\n  ", " \\\n\n  ", " \\\n\\\n  ", "\\\n",
)  # fmt: skip
_gap = st.sampled_from((" ", " ", " ", "  ", "\t", *_CONTINUED))
_shell_word = st.sampled_from(
    ("python", "python", "train.py", "train.py", "./run.sh", "-m", "a.b", "--x=1", "'a b'", '"c d"', "x'y'z", "''", "数据", "exec", "$X", "a\\ b", "&&", "tini", "--", "#c"),
)  # fmt: skip
_item = st.sampled_from(
    ('"python"', '"train.py"', "'python'", "'a b'", '"a\\"b"', "python", "“python”", '"tini"', '"--"', '"-g"', '"数据"'),
)  # fmt: skip
_comma = st.sampled_from((",", ",", ", ", " ,", *(f",{gap}" for gap in _CONTINUED)))
_package = st.sampled_from(
    ("cuda", "cuda-12-4", "cuda-runtime-12-4", "cuda=12.4.1-1", "nvidia-driver-535", "git", "cuda-drivers", "'cuda'", "$P"),
)  # fmt: skip
_install = st.sampled_from(
    ("apt-get install -y", "apt-get -y install", "dnf install -y", "yum install", "zypper in")
)


@st.composite
def _joined(draw: st.DrawFn, words: st.SearchStrategy[str], gaps: st.SearchStrategy[str]) -> str:
    chosen = draw(st.lists(words, min_size=1, max_size=5))
    return "".join(word + draw(gaps) for word in chosen[:-1]) + chosen[-1]


def _array(opening: str, items: str, closing: str) -> str:
    return opening + items + closing


_exec = st.builds(
    _array,
    st.sampled_from(("[", "[ ", "[ \\\n  ")),
    _joined(_item, _comma),
    st.sampled_from(("]", " ]", ",]", "", " \\\n ]", ", \\\n  ]", "] ")),
)
_tini = st.builds(
    lambda gap, tail: f'["tini", {gap}"-g",{gap}"--", {tail}]', _gap, st.just('"python", "a b.py"')
)
_entrypoint = st.builds(
    lambda keyword, gap, command: f"{keyword}{gap}{command}",
    st.sampled_from(("ENTRYPOINT", "entrypoint", "CMD")),
    st.sampled_from((" ", "  ", " \\\n  ")),
    st.one_of(_joined(_shell_word, _gap), _exec, _tini),
)
_run = st.one_of(
    st.builds(
        lambda install, packages: f"RUN {install} {packages}", _install, _joined(_package, _gap)
    ),
    st.builds(
        lambda install, packages: f"RUN <<EOF\n{install} {packages}\nEOF", _install, _joined(_package, st.just(" "))
    ),
    st.builds(
        lambda gap, options: f"RUN sh{gap}cuda_12.4.0_550.54.14_linux.run {options}",
        _gap,
        st.sampled_from(("", "--silent", "--toolkit", "--driver", "--silent --driver")),
    ),
    st.builds(lambda gap: f"RUN cd aws-efa-installer &&{gap}./efa_installer.sh{gap}-y", _gap),
)  # fmt: skip
_noise = st.sampled_from(
    ("", "# c", "ENV X=1", 'SHELL ["/bin/bash", "-c"]', "COPY run.sh /run.sh", "WORKDIR /", "FROM a AS b", "STOPSIGNAL SIGINT"),
)  # fmt: skip
_dockerfile = st.builds(
    lambda bom, head, lines, newline, end: bom + ("\n".join([*head, "FROM python:3.12", *lines]) + end).replace("\n", newline),
    st.sampled_from(("", "", "\ufeff")),
    st.sampled_from(((), (), ("# syntax=docker/dockerfile:1",))),
    st.lists(st.one_of(_entrypoint, _entrypoint, _run, _noise), min_size=1, max_size=4),
    st.sampled_from(("\n", "\n", "\r\n")),
    st.sampled_from(("\n", "", "\n# the end\n")),
)  # fmt: skip
_script = st.sampled_from(
    ("#!/bin/sh\npython train.py\n", "#!/bin/bash\nset -e\n  python train.py \"$@\" # c", "#!/bin/sh\r\npython a\r\n", "#!/bin/sh\nexec python a\n"),
)  # fmt: skip


def accepted(text: str) -> bool:
    with contextlib.suppress(oracle.GoParseError):
        oracle.parse_string(text.removeprefix("\ufeff"))
        return True
    return False


def entry(text: str) -> tuple[str, ...]:
    """What the ENTRYPOINT starts once nothing but spaces stands between its words; () for none."""
    command = build_container(parse(text), path="Dockerfile").entrypoint
    if command is ABSENT or not isinstance(command, Known):
        return ()
    found = command.value
    if found.form is Form.EXEC:
        return found.words
    with contextlib.suppress(ValueError):
        return tuple(shlex.split(found.text))
    return (found.text,)


@pytest.mark.parametrize("unsafe", [False, True], ids=["safe", "unsafe"])
@given(text=_dockerfile, script=_script)
@settings(max_examples=300, suppress_health_check=list(HealthCheck))
def test_a_fixed_dockerfile(unsafe: bool, text: str, script: str) -> None:
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        file, other = Path("Dockerfile"), Path("run.sh")
        file.write_bytes(text.encode())
        other.write_bytes(script.encode())
        arguments = Arguments(paths=("Dockerfile",), isolated=True, overrides={"select": FIXED})
        kinds = {Applicability.SAFE, Applicability.UNSAFE} if unsafe else {Applicability.SAFE}

        fixed = in_files(arguments, RULES, unsafe=unsafe, failed=pytest.fail)
        after = file.read_bytes().decode()
        assert (after == text) or fixed
        assert accepted(after) or not accepted(text)
        assert Counter(re.findall(r"^\s*#.*", after, re.MULTILINE)) == Counter(
            re.findall(r"^\s*#.*", text, re.MULTILINE)
        )
        assert after.count("\n") == text.count("\n")
        assert after.count("\r\n") == text.count("\r\n")
        assert after.startswith("\ufeff") == text.startswith("\ufeff")
        if not unsafe:
            assert other.read_bytes() == script.encode()

        left = [each for outcome in Checker(arguments, RULES).run().outcomes for each in outcome.diagnostics]
        assert [each.code for each in left if each.fix and each.fix.applicability in kinds] == []
        assert in_files(arguments, RULES, unsafe=unsafe, failed=pytest.fail) == 0
        assert file.read_bytes().decode() == after


@given(words=st.lists(_shell_word, min_size=1, max_size=6), gaps=st.lists(_gap, min_size=6, max_size=6))
def test_the_exec_form_starts_what_the_shell_form_did(words: list[str], gaps: list[str]) -> None:
    command = "".join(map("".join, zip(words, gaps, strict=False)))
    with tempfile.TemporaryDirectory() as name, contextlib.chdir(name):
        text = f"FROM python:3.12\nENTRYPOINT {command.rstrip()}\n# the end\n"
        if not accepted(text):
            return
        Path("Dockerfile").write_text(text)
        arguments = Arguments(paths=("Dockerfile",), isolated=True, overrides={"select": ("SM101",)})
        if not in_files(arguments, RULES, unsafe=True, failed=pytest.fail):
            return
        (*_, instruction) = oracle.parse_string(Path("Dockerfile").read_text())
        assert instruction.json, instruction
        before = list(entry(text))
        assert list(instruction.value) == (before[1:] if before[0] == "exec" else before), json.dumps(before)
