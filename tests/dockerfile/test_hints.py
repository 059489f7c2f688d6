"""Words without which a regular expression matches nothing."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smlint.dockerfile.hints import needles

HINTS = {
    r"/opt/ml(?![\w.-])": ("/opt/ml",),
    r"pip|\buv\b|setup\.py|\btrain\b": ("pip", "uv", "setup", "train"),
    r"(?i)NVIDIA|(?<![\w-])cuda(?![\w/.])|cuda_[\d.]+_": ("nvidia", "cuda", "cuda_"),
    r"colou?r|ab*cd|xy{2,3}zz|a(?:b(c|d)|e)fgh": ("colo", "cd", "zz", "fgh"),
    r"[abc]+": (),
    r"apple|a|pear": (),
    "": (),
}


@pytest.mark.parametrize(("hint", "words"), HINTS.items())
def test_words_of(hint: str, words: tuple[str, ...]) -> None:
    assert needles(hint) == words


@pytest.mark.parametrize("hint", [hint for hint, words in HINTS.items() if words])
@given(data=st.data())
def test_what_matches_holds_one(hint: str, data: st.DataObject) -> None:
    text = data.draw(st.from_regex(re.compile(hint, re.ASCII)))
    assert any(word in text.lower() for word in needles(hint))
