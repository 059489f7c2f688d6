"""Commands rewritten as JSON arrays, where that changes nothing but who runs them."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Sequence
from typing import Final

#: Characters that mean something to a shell: text that holds one is more than a list of words.
_SHELL: Final = re.compile(r"[$&;|<>*?()\[\]{}`~#!\\\n]|(?:^|\s)\w+=")
_ITEM: Final = r"""(?:"[^"\\]*"|'[^'\\]*'|“[^“”]*”|‘[^‘’]*’|[\w./:@%+=-]+)"""
_ARRAY: Final = re.compile(rf"\[\s*({_ITEM}\s*(?:,\s*{_ITEM}\s*)*),?\s*\]?\s*$")
#: A word of a shell text without escapes: bare and quoted parts in a row.
_SHELL_WORD: Final = re.compile(r"""(?:[^\s"']|"[^"]*"|'[^']*')+""")
_BUILTINS: Final = frozenset(
    {".", ":", "alias", "cd", "eval", "export", "set", "source", "trap", "ulimit", "umask", "unset"}
)


def from_shell(text: str) -> str | None:
    """``python train.py`` as ``["python", "train.py"]``; None when it uses a feature of the shell."""
    if _SHELL.search(text):
        return None
    try:
        words = shlex.split(text)
    except ValueError:
        return None
    if words and words[0] == "exec":
        words = words[1:]
    if not words or words[0] in _BUILTINS:
        return None
    return array(words)


def mended(text: str) -> str | None:
    """``['python', 'train.py',]`` as ``["python", "train.py"]``; None when it can be read in two ways."""
    match = _ARRAY.match(text.strip())
    if match is None:
        return None
    items = re.findall(_ITEM, match[1])
    return array([_unquoted(item) for item in items])


def shell_words_in_place(text: str) -> Iterator[tuple[int, int, str]]:
    """What to write for each word of a shell form that :func:`from_shell` accepts, so that the whole is its array."""
    spans = [match.span() for match in _SHELL_WORD.finditer(text)]
    opening = "["
    for number, (start, end) in enumerate(spans, 1):
        [word] = shlex.split(text[start:end])
        if number == 1 and word == "exec":
            yield start, end, opening
            opening = ""
            continue
        yield (
            start,
            end,
            opening + json.dumps(word, ensure_ascii=False) + ("]" if number == len(spans) else ","),
        )
        opening = ""


def items_in_place(text: str) -> Iterator[tuple[int, int, str]]:
    """What to write for each item of an array that :func:`mended` accepts, and for its end, so that the whole is valid."""
    items = list(re.finditer(_ITEM, text))
    last = items[-1].end()
    end = text[last:]
    for item in items:
        closing = "]" if item is items[-1] and "]" not in end else ""
        yield (*item.span(), json.dumps(_unquoted(item[0]), ensure_ascii=False) + closing)
    if "," in end:
        comma = last + end.index(",")
        yield comma, comma + 1, ""


def _unquoted(item: str) -> str:
    return item[1:-1] if item[0] in "\"'“‘" else item


def array(words: Sequence[str]) -> str:
    """Words as the JSON array that a Dockerfile takes."""
    return json.dumps(list(words), ensure_ascii=False)
