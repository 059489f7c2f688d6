"""Wildcards mean the same with and without what keeps them cheap, and are cheap."""

from __future__ import annotations

import contextlib
import re

from hypothesis import example, given, settings
from hypothesis import strategies as st

from smlint.container import UNRESOLVED
from smlint.dockerfile import globs
from smlint.dockerfile.ignorefile import is_ignored, read_patterns
from smlint.dockerfile.operands import Match, match
from smlint.dockerfile.paths import may_be, may_hold

TOKENS = st.lists(
    st.sampled_from(["a", "b", "/", globs.STAR, globs.ANY, globs.ONE, "[^a]", "(?:a|ab)"]), max_size=9
)
PATHS = st.text(st.sampled_from("aab/"), max_size=12)


@settings(max_examples=2000)
@given(TOKENS, PATHS)
@example([globs.STAR, "a", globs.STAR, "b"], "aab")
@example([globs.ANY, "a", globs.STAR, "b"], "a/ab")
@example([globs.STAR, "[^a]", globs.STAR, "b"], "a/b")
def test_nothing_else_matches(tokens: list[str], path: str) -> None:
    plain = re.fullmatch("".join(tokens), path)
    assert bool(re.fullmatch(globs.expression(tokens), path)) == bool(plain)


PIECES = st.sampled_from(["a", "b", "/", "*", "?", "**", "**/", "[ab]", "[^a]", "\\*"])


@settings(max_examples=2000)
@given(st.lists(PIECES, max_size=8).map("".join), PATHS)
def test_any_ignore_file_is_read_or_refused(pattern: str, path: str) -> None:
    try:
        patterns = read_patterns(pattern)
    except ValueError:
        return
    assert is_ignored(path, patterns) in (True, False)


@given(st.text(max_size=60), st.text(max_size=30))
def test_any_text_as_an_ignore_file(text: str, path: str) -> None:
    with contextlib.suppress(ValueError):
        is_ignored(path, read_patterns(text))


def test_many_wildcards_end() -> None:
    """Each of these took longer than anybody waits."""
    assert not is_ignored("a" * 200, read_patterns("*a" * 20 + "b"))
    assert not is_ignored("a/" * 100 + "c", read_patterns("**/a/" * 20 + "b"))
    assert is_ignored("x/" + "a/" * 100 + "b", read_patterns("**/a/" * 20 + "**/b"))
    assert not may_be("/" + (UNRESOLVED + "a") * 20 + "b", "/" + "a" * 200)
    assert may_hold("/" + (UNRESOLVED + "a") * 20 + "b", "/" + "a" * 200 + "b/c")
    assert match("/" + "*a" * 20 + "b", "/", "/" + "a" * 200) is Match.NO
