"""Scripts that cannot be followed to the end: the analysis says why, and stays within bounds."""

from __future__ import annotations

import pytest

from smlint.shell.flow import analyse


@pytest.mark.parametrize(
    ("text", "unseen"),
    [
        (b"\x7fELF\0\0", "it is no text"),
        ("x" * 20_000_000, "it is too long"),
        ("#!/usr/bin/python3\nprint(1)", "python3 scripts are not read"),
        ("#!/usr/bin/env fish\nx", "fish scripts are not read"),
        ("if true; then\nprog", "a part of it could not be read"),
        ("f() { f; }; f; prog", "functions call each other too deeply"),
        ("{ " * 58 + "prog; " + "}; " * 58, ""),
        (
            f"f() {{ {'{ ' * 50} g; {'}; ' * 50} }}; g() {{ {'{ ' * 50} prog; {'}; ' * 50} }}; f",
            "it is too long or too deeply nested",
        ),
        ("time (prog)", "a part of it could not be read"),
        ("eval 'if true; then'; prog", "a part of what it reads could not be read"),
    ],
)
def test_what_cannot_be_read_says_so(text: str | bytes, unseen: str) -> None:
    assert analyse(text).unseen == unseen


@pytest.mark.parametrize(
    "text",
    ["(" * 10_000, "if a; then " * 5_000, "a() { " * 5_000, "if [ -f x ]; then A=1; else A=2; fi\n" * 300, "a || " * 3_000 + "b",
     "[ -f $x ] && exec p$x\n" * 500, "while [ $# -lt 1 ]; do a; done; " * 100, "case $x in " + "a) b;; " * 500 + "esac",
     "while true; do x=$x.; done",
     "x=ab\nfor i in {1..40}; do x=$x$x$x; done; exec p $x", "a=(x); for i in {1..40}; do a=(${a[@]} ${a[@]}); done; exec p ${a[@]}",
     "for i in {1..40}; do set -- \"$@\" \"$@\"; done; exec p \"$@\"", f"[[ {'a' * 100} =~ (a*)*b ]] && exec p",
     f"case {'a' * 400} in *a*a*a*a*a*a*b) exec p;; esac", "x=a; for i in {1..30}; do x+=$x; done; exec p $x", "for a in {1..900}; do for b in {1..30}; do c; done; done", "\\", "a=(", "$", "${", "`"],
)  # fmt: skip
def test_hostile_text_is_bounded(text: str) -> None:
    assert len(analyse(text, arguments=("train",)).paths) <= 32
