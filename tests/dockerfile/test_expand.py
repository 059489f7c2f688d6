"""Expansion: a table in the words of the Dockerfile reference, and properties that hold for every word."""

from __future__ import annotations

import re
import tracemalloc
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smlint.container import UNRESOLVED, is_resolved
from smlint.dockerfile.expand import (
    ExpansionError,
    RequiredVariableError,
    expand,
    expand_content,
    expand_words,
)

U = UNRESOLVED
ENV = {
    "HOME": "/root",
    "EMPTY": "",
    "FILE": "archive.tar.gz",
    "DIR": "/opt/a/b",
    "SPACED": "x  y",
    "STARS": "a*b*c",
    "PART": f"/opt/{U}/bin",
    "OPEN": U,
}

ONE_WORD = [
    # plain, quoted, escaped
    ("plain", "plain"),
    ("", ""),
    ("it\\'s", "it's"),
    ("a\\ b", "a b"),
    ("'$HOME \\x'", "$HOME \\x"),
    ("\"$HOME 'q'\"", "/root 'q'"),
    ('"a\\"b\\$HOME\\\\c\\n"', 'a"b$HOME\\c\\n'),
    ("trailing\\", "trailing"),
    ("x\"y\"'z'", "xyz"),
    # variables
    ("$HOME/x", "/root/x"),
    ("${HOME}x", "/rootx"),
    ("$HOMEX", ""),
    ("$UNSET", ""),
    ("\\$HOME", "$HOME"),
    ("$", "$"),
    ("a$/b", "a$/b"),
    ("$1x", "x"),
    ("$@x$$", "x"),
    # defaults and alternatives
    ("${UNSET:-d}", "d"),
    ("${UNSET-d}", "d"),
    ("${EMPTY:-d}", "d"),
    ("${EMPTY-d}", ""),
    ("${HOME:-d}", "/root"),
    ("${UNSET:+a}", ""),
    ("${EMPTY:+a}", ""),
    ("${EMPTY+a}", "a"),
    ("${HOME:+a}", "a"),
    ("${HOME:?needed}", "/root"),
    ("${EMPTY?needed}", ""),
    ("${UNSET:-${HOME:-d}/x}", "/root/x"),
    ("${UNSET:-'a}b'}", "a}b"),
    ("${UNSET:-a b}", "a b"),
    # patterns
    ("${FILE%.*}", "archive.tar"),
    ("${FILE%%.*}", "archive"),
    ("${FILE#*.}", "tar.gz"),
    ("${FILE##*.}", "gz"),
    ("${FILE#zip}", "archive.tar.gz"),
    ("${FILE%?z}", "archive.tar."),
    ("${DIR#/opt/}", "a/b"),
    ("${DIR##*/}", "b"),
    ("${DIR%/*}", "/opt/a"),
    ("${STARS#a\\*}", "b*c"),
    ("${STARS%\\*?}", "a*b"),
    ("${UNSET#a}", ""),
    # replacement
    ("${FILE/tar/zip}", "archive.zip.gz"),
    ("${FILE/./-}", "archive-tar.gz"),
    ("${FILE//./-}", "archive-tar-gz"),
    ("${FILE/.*/}", "archive"),
    ("${DIR//\\//-}", "-opt-a-b"),
    ("${FILE/$UNSET/x}", "xarchive.tar.gz"),
    ("${EMPTY//?/x}", ""),
    ("${STARS//*/x}", "x"),
    # In quotes of a pattern BuildKit doubles the escape character.
    ('${STARS%"\\*c"}', "a*b*c"),
    # Go gives "$" a meaning in replacements of all places that nobody can want.
    ("${FILE//./\\$1}", U),
    ("${FILE/./\\$1}", "archive\\$1tar.gz"),
    # what is not known stays open, and nothing else does
    ("$OPEN", U),
    ("a/$OPEN/b", f"a/{U}/b"),
    ("${OPEN:-d}", U),
    ("${OPEN:+a}", U),
    ("${OPEN#a}", U),
    ("${OPEN/a/b}", U),
    ("${OPEN:?needed}", U),
    ("${PART:-d}", f"/opt/{U}/bin"),
    ("${PART:+a}", "a"),
    ("${PART%/bin}", U),
    ("${HOME:-$OPEN}", "/root"),
    ("${UNSET:-$OPEN}", U),
    ("${HOME/root/$OPEN}", f"/{U}"),
    ("${HOME/$OPEN/x}", U),
]


@pytest.mark.parametrize(("word", "expected"), ONE_WORD)
def test_one_word(word: str, expected: str) -> None:
    assert expand(word, ENV.get) == expected


@pytest.mark.parametrize(
    "word",
    [
        "'open",
        '"open',
        '"open\\',
        "a'b'c'",
        "${}",
        "${HOME",
        "${HOME:-x",
        "${{HOME}}",
        "${:-x}",
        "${HOME:=x}",
        "${HOME:#x}",
        "${HOME:x}",
        "${.}",
        "${HOME^}",
        "${HOME:}",
        "${HOME/x}",
        "${HOME#a\\b}",
        "${HOME#a\\",
    ],
)
def test_what_buildkit_refuses(word: str) -> None:
    with pytest.raises(ExpansionError):
        expand(word, ENV.get)


def test_a_required_variable_says_its_message() -> None:
    with pytest.raises(RequiredVariableError, match="UNSET: give a version"):
        expand("${UNSET:?give a version}", ENV.get)
    with pytest.raises(RequiredVariableError, match="EMPTY: is not allowed"):
        expand("${EMPTY:?}", ENV.get)


@pytest.mark.parametrize(
    ("word", "expected"),
    [("C:\\dir\\$HOME", "C:\\dir\\/root"), ("a` b`$HOME", "a b$HOME"), ('"a`"b"', 'a"b'), ("a``b", "a`b")],
)
def test_backtick_as_escape(word: str, expected: str) -> None:
    assert expand(word, ENV.get, escape="`") == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("8080", ["8080"]),
        ("80 443", ["80", "443"]),
        ("a${SPACED}b", ["ax", "yb"]),
        ('a"${SPACED}"b', ["ax  yb"]),
        ("a\\ b c", ["a b", "c"]),
        ("$EMPTY", []),
        ("  ", []),
        ("$OPEN 1", [U, "1"]),
    ],
)
def test_several_words(word: str, expected: list[str]) -> None:
    assert expand_words(word, ENV.get) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("say \"$HOME\" and '$HOME'\n", "say \"/root\" and '/root'\n"),
        ("\\$HOME \\n\n", "$HOME n\n"),
        ("no variables, it's plain\n", "no variables, it's plain\n"),
        ("exec $OPEN\n", f"exec {U}\n"),
    ],
)
def test_heredoc_content(text: str, expected: str) -> None:
    assert expand_content(text, ENV.get) == expected


def test_deep_nesting_is_refused_and_not_a_stack_overflow() -> None:
    with pytest.raises(ExpansionError, match="nested"):
        expand("${A:-" * 10_000 + "}" * 10_000, ENV.get)


def test_costly_patterns_are_given_up() -> None:
    value = "a" * 100_000
    assert expand("${V/*b*c/x}", {"V": value}.get) == UNRESOLVED
    assert expand("${V##*a*a*a*a*a*a*b}", {"V": value}.get) == value


WORD = st.text(st.sampled_from("ab$ {}'\"\\:-+#%/*?_A<"), max_size=24)
VALUES = st.dictionaries(st.sampled_from(["a", "b", "A", "ab", "_"]), st.text("ab/*. ", max_size=6))
HIDDEN = st.sets(st.sampled_from(["a", "b", "A", "ab", "_"]))


@settings(deadline=None)
@given(WORD, VALUES)
def test_every_word_expands_or_is_refused_and_known_values_leave_nothing_open(
    word: str, values: Mapping[str, str]
) -> None:
    try:
        text = expand(word, values.get)
    except ExpansionError:
        return
    assert is_resolved(text) or "//" in word


@settings(deadline=None)
@given(WORD, VALUES, HIDDEN)
def test_an_unknown_value_admits_every_value(word: str, values: Mapping[str, str], hidden: set[str]) -> None:
    """Whatever a hidden variable really holds, the text that was found before knowing it still fits."""
    try:
        text = expand(word, lambda name: UNRESOLVED if name in hidden else values.get(name))
        real = expand(word, values.get)
    except ExpansionError:
        return
    pattern = ".*".join(re.escape(part) for part in text.split(UNRESOLVED))
    assert re.fullmatch(pattern, real, re.DOTALL)


@settings(deadline=None)
@given(st.text("ab*?.", max_size=6), st.text("ab.", max_size=12))
def test_trimming_agrees_with_regular_expressions(pattern: str, value: str) -> None:
    def trimmed(operator: str) -> str:
        return expand(f"${{V{operator}{pattern}}}", {"V": value}.get)

    def matches(text: str) -> bool:
        parts = (".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
        return re.fullmatch("".join(parts), text) is not None

    ends = [end for end in range(len(value) + 1) if matches(value[:end])]
    starts = [start for start in range(len(value) + 1) if matches(value[start:])]
    assert trimmed("#") == value[min(ends, default=0) :]
    assert trimmed("##") == value[max(ends, default=0) :]
    assert trimmed("%") == value[: max(starts, default=len(value))]
    assert trimmed("%%") == value[: min(starts, default=len(value))]


@settings(deadline=None)
@given(st.text("ab*?", min_size=1, max_size=5), st.text("ab", max_size=10))
def test_replacing_agrees_with_regular_expressions(pattern: str, value: str) -> None:
    parts = (".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    first = re.sub("".join(parts), "X", value, count=1)
    assert expand(f"${{V/{pattern}/X}}", {"V": value}.get) == first


@settings(deadline=None)
@given(st.text(st.characters(exclude_characters="$\\'\"", exclude_categories=("Cs",))))
def test_words_without_special_characters_stay(word: str) -> None:
    assert expand(word, {}.get) == word


@settings(deadline=None)
@given(st.text(st.characters(exclude_characters="'", exclude_categories=("Cs",))))
def test_single_quotes_keep_everything(word: str) -> None:
    assert expand(f"'{word}'", ENV.get) == word


def test_what_variables_make_too_long_is_unknown() -> None:
    long = {"A": "x" * (1 << 16)}.get
    assert len(expand("$A$A", long)) == 1 << 17
    assert expand("a$A$A$A", long) == U
    assert expand_words("$A $A $A", long) == [U]
    assert expand_content("$A$A$A", long) == U
    assert expand("${A//x/" + "y" * 100 + "}", {"A": "x" * 100_000}.get) == U
    assert len(expand("'" + "y" * (1 << 18) + "'", long)) == 1 << 18


def test_a_replacement_that_would_be_too_long_is_not_made() -> None:
    word = "${A//x/" + "y" * 60_000 + "}"
    tracemalloc.start()
    try:
        assert expand(word, {"A": "x" * 1_400}.get) == U
        assert tracemalloc.get_traced_memory()[1] < 10 << 20
    finally:
        tracemalloc.stop()
