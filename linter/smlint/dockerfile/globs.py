"""Wildcards as regular expressions that cannot keep the expression engine busy, whatever the pattern and the text are.

What a wildcard is written like, its readers know: ``.dockerignore``, shell words, paths with unknown parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

#: Any characters but a slash, any characters, and one character but a slash.
STAR: Final = "[^/]*"
ANY: Final = ".*"
ONE: Final = "[^/]"


def expression(tokens: Sequence[str]) -> str:
    """``tokens``, the above and regular expressions of one character or alternatives, as one regular expression.

    Every wildcard in a row multiplies the work where each tries all lengths. What stands between two of them needs to
    be found only once, where it first stands: the second wildcard reaches everything that a later place would. So what
    is fixed is not given back (``(?>…)``).
    """
    found: list[str] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        at += 1
        following = _next_wildcard(tokens, at) if token in (STAR, ANY) else None
        if following is None:
            found.append(token)
            continue
        fixed = tokens[at:following]
        reaches = tokens[following] in (token, ANY)
        if reaches and all(each == ONE or not each.startswith(("[", "(")) for each in fixed):
            found.append(f"(?>{token}?{''.join(fixed)})")
            at = following
        else:
            found.append(token)
    return "".join(found)


def _next_wildcard(tokens: Sequence[str], start: int) -> int | None:
    return next((at for at in range(start, len(tokens)) if tokens[at] in (STAR, ANY)), None)
