"""Hints, the regular expressions by which rules ask for RUN commands: what a text must hold for one to match at all.

To look for a few words takes a hundredth of the time that an expression of many alternatives takes.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

#: What can stand for other text than itself: escapes and sets, groups without groups in them, repeated characters.
_VARIABLE: Final = re.compile(r"\\.|\[\^?\]?[^\]]*\]")
_GROUP: Final = re.compile(r"\([^()]*\)(?:[?*+]|\{[^}]*\})*")
_REPEATED: Final = re.compile(r".(?:[?*]|\{[^}]*\})")
_LITERAL: Final = re.compile(r"[\w/ -]{2,}")


@lru_cache(maxsize=256)
def needles(hint: str) -> tuple[str, ...]:
    """Words in lower case of which one stands in the lower-cased form of every text that ``hint`` matches.

    ``()`` where there are no such words.
    """
    flat = _VARIABLE.sub("\0", hint)
    while (shorter := _GROUP.sub("\0", flat)) != flat:
        flat = shorter
    found = [_LITERAL.findall(_REPEATED.sub("\0", alternative)) for alternative in flat.split("|")]
    return tuple(max(words, key=len).lower() for words in found) if all(found) else ()
