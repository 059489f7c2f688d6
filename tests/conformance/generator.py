"""Dockerfiles from a grammar: valid, nearly valid and broken ones, with everything that makes parsers disagree."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

from smlint.dockerfile.grammar import KEYWORDS

_KEYWORDS: Final = (
    *sorted(KEYWORDS),
    "RUN",
    "RUN",
    "COPY",
    "ENV",
    "CMD",
    "ENTRYPOINT",
    "ONBUILD",
    "ONBUILD RUN",
    "FOO",
    "WOR\u212aDIR",
    "U\u017fER",
    "WORKD\u0130R",
    "RUNX",
)
_BLANKS: Final = (" ", " ", " ", "  ", "\t", " \t", "\v", "\f", "\r", "\xa0", "\u2003", "\x1c", "")
_PIECES: Final = (
    "a", "b=c", "d=", "=", "/opt/ml", "é", "ſ", "\u2028", "世", "😀", "x y", "'", '"', "\\", "`", "\\\\", "\\ ", "``", "` ", '\\"', "\\'",
    "#", " # x", "--", "--a", "--from=x", "$X", "${X}", "${X:-y}", "${X#y}", "${X%y}", "${X/y/z}", "${X//y/z}", "${X:+${Y}}", "${", "$", "}", "$1",
    "<", "<<", "<<A", "<<-B", "<<'C'", '<<"A"', "3<<A", "<< A", "<<<A", "<<A B", "<<${X}", "[", "]", ",", "&&", "|", ";", "(", "\t", " ", "  ", "\r", "\v", "\x00"[:0],
)  # fmt: skip
_FLAGS: Final = (
    "--mount=type=cache,target=/x", "--from=b", "--chown=a:b", "--chmod=0644", "--link", "--platform=linux/amd64", "--network=none",
    "--security=insecure", "--interval=3s", '--from="a b"', "--from='a b'", "--from=a\\ b", "--from=a` b", "--", "-", "--=", "--é", "--x=\u2160", '--a="', "--a\\",
)  # fmt: skip
_JSON_ITEMS: Final = (
    '"a"', '"b c"', '"é"', '"\\""', '"\\\\"', '"\\n"', '"\\u00e9"', '"\\ud83d\\ude00"', '"\\ud800"', '"\\udc00x"', '"<<A"', '"\t"', '"\\x"',
    "'a'", "1", "-0.5e3", "1e999", "1" * 400, "01", "null", "true", "NaN", "-Infinity", "[]", '["a"]', "{}", '{"a": 1}', "a", '"', "",
)  # fmt: skip
_CONTINUATIONS: Final = (
    "\\\n",
    "\\ \t\n",
    "`\n",
    "` \n",
    "\\\r\n",
    "\\\n\n",
    "\\\n# c\n",
    "\\\n  # c \\\n",
    "\\\n \t\n",
    "\\\n\\\n",
    "\\\n\xa0\n",
    "\\\n\x1c\n",
)
_DIRECTIVES: Final = (
    "# syntax=docker/dockerfile:1", "# escape=`", "# escape=\\", "#escape = `  ", "# Escape=`", "# escape=x", "# check=skip=all", "# check=error=true",
    "# a=b", "# escape", "#", "  # escape=`", "\t#\tsyntax = x", "# escape=``", "#\xa0escape=`", "# escape=`\x0b", "", "// syntax=x", "#!/bin/sh",
)  # fmt: skip
_BODY_LINES: Final = (
    "x",
    "A",
    "B",
    "C",
    "\tA",
    "\tB",
    " A",
    "A ",
    "A\r",
    "# c",
    "",
    "RUN x",
    "EOF",
    "\\",
    "b \\",
)


def _text(*alternatives: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*alternatives).map("".join)


def _some(pieces: tuple[str, ...], most: int, separator: str = "") -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(pieces), max_size=most).map(separator.join)


_blank = st.sampled_from(_BLANKS)
_keyword = st.builds(
    lambda word, how: how(word),
    st.sampled_from(_KEYWORDS),
    st.sampled_from((str.upper, str.upper, str.lower, str.title)),
)
_flags = st.one_of(st.just(""), _some(_FLAGS, 3, " ").map(lambda flags: flags and flags + " "))
_json_good = st.lists(st.sampled_from(_JSON_ITEMS[:11]), max_size=4).map(
    lambda items: f"[{', '.join(items)}]"
)
_json_any = _text(
    st.sampled_from(("[", "[ ", "[\t", " [", "", "[\v")),
    st.builds(
        str.join,
        st.sampled_from((", ", ",", " ", "\xa0,")),
        st.lists(st.sampled_from(_JSON_ITEMS), max_size=4),
    ),
    st.sampled_from(("]", " ]", ",]", "", "] ", "] b", "]]", "] <<A")),
)
_pairs = _some(("a=b", 'c="d e"', "f='g h'", "i=j\\ k", "l=", "m=`n", "=o", "p", '"q r"=s', "t=u\\"), 4, " ")
_words = _some(_PIECES, 8)
_spaced = _some(_PIECES, 6, " ")
_commands = st.sampled_from(("CMD ", "NONE", "cmd\t", "CMD", "FOO ", "CMD\xa0"))
_arguments = st.one_of(
    _words, _spaced, _json_good, _json_any, _pairs, _text(_commands, st.one_of(_json_any, _spaced))
)
_heredoc = st.builds(
    lambda before, names, after, body, close: f"{before}{' '.join(names)}{after}\n{body}\n" + (f"{close}\n" if close else ""),
    st.sampled_from(("", "cat ", "x<", "'", "\\")),
    st.lists(st.sampled_from(("<<A", "<<-B", "<<'C'", '<<-"A"', "<<A\\ B", "5<<A", "<<$A")), min_size=1, max_size=2),
    st.sampled_from(("", " /x", " > y", " it's", "'", " && b", "${X:-y}", "${")),
    _some(_BODY_LINES, 4, "\n"),
    st.sampled_from(("A", "B", "C", "\tB", "A\nA", "C\nA", "A\nB", "")),
)  # fmt: skip
_instruction = _text(
    _keyword, st.one_of(st.just(" "), _blank), _flags, st.one_of(_arguments, _arguments, _heredoc)
)
_line = st.one_of(
    _instruction,
    _instruction,
    _instruction,
    st.sampled_from(
        ("", "# c", "  # c", "\\", " \\", "\t", "\r", "FROM a", "ARG x", "\x1c", "\ufeff", "`", "FROM a AS b")
    ),
)


def _mutate(text: str, edits: list[tuple[int, str]]) -> str:
    """Put each edit's text somewhere into ``text``; an empty one takes a character away."""
    for where, inserted in edits:
        place = where % (len(text) + 1)
        text = text[:place] + inserted + text[place + (not inserted) :]
    return text


_edits = st.lists(
    st.tuples(
        st.integers(0, 400), st.one_of(st.sampled_from(_CONTINUATIONS), st.sampled_from(_PIECES), st.just(""))
    ),
    max_size=4,
)
_head = st.one_of(st.just([]), st.lists(st.sampled_from(_DIRECTIVES), max_size=3))


def _assemble(bom: str, head: list[str], lines: list[str], newline: str, end: str) -> str:
    text = "\n".join(head + lines)
    return bom + (text.replace("\n", newline) if newline != "\n" else text) + end


#: Texts of Dockerfiles.
dockerfiles: Final = st.builds(
    _mutate,
    st.builds(
        _assemble,
        st.sampled_from(("", "", "", "", "\ufeff")),
        _head,
        st.lists(_line, min_size=1, max_size=6),
        st.sampled_from(("\n", "\n", "\n", "\r\n")),
        st.sampled_from(("\n", "", "\\\n", "\\", " \\\n\n# c\n", "\r")),
    ),
    st.one_of(st.just([]), _edits),
)
