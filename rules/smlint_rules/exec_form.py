"""Commands rewritten as JSON arrays, where that changes nothing but who runs them."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Sequence
from typing import Final

#: Characters that mean something to a shell: text that holds one is more than a list of words.
_SHELL: Final = re.compile(r"[$&;|<>*?()\[\]{}`~#!\\\n]|(?:^|\s)\w+=")
_ITEM: Final = r"""(?:"[^"\\]*"|'[^'\\]*'|“[^”]*”|‘[^’]*’|[\w./:@%+=-]+)"""
_ARRAY: Final = re.compile(rf"\[\s*({_ITEM}\s*(?:,\s*{_ITEM}\s*)*),?\s*\]?\s*$")
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
    return array([item[1:-1] if item[0] in "\"'“‘" else item for item in items])


def array(words: Sequence[str]) -> str:
    """Words as the JSON array that a Dockerfile takes."""
    return json.dumps(list(words), ensure_ascii=False)
