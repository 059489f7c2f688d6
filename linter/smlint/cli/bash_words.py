"""Words as bash counts them: it breaks a word at every ``=``, and replaces only what stands behind the last one.

The completion of options is typer's; here its question is put together again and its answers are cut to size.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable, Sequence


def complete(answer: Callable[[], int]) -> int:
    """Let ``answer`` print what a shell is offered; for bash, about whole words. Returns its exit code."""
    if os.environ.get("_SMLINT_COMPLETE") != "complete_bash":
        return answer()
    text = os.environ.get("COMP_WORDS", "")
    words, index = whole_words(
        text.split("\n" if "\n" in text else " "), int(os.environ.get("COMP_CWORD", "0"))
    )
    os.environ["COMP_WORDS"], os.environ["COMP_CWORD"] = "\n".join(words), str(index)
    typed = words[index] if index < len(words) else ""
    kept = typed[: typed.rfind("=") + 1]
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = answer()
    for line in said.getvalue().splitlines():
        sys.stdout.write(f"{line.removeprefix(kept)}\n")
    return code


def whole_words(pieces: Sequence[str], index: int) -> tuple[list[str], int]:
    """``a``, ``=``, ``b`` as ``a=b``, and where the piece at ``index`` is then."""
    words: list[str] = []
    place = index
    joins = False
    for number, piece in enumerate(pieces):
        is_break = bool(piece) and not piece.strip("=")
        if words and (is_break or joins):
            words[-1] += piece
        else:
            words.append(piece)
        if number == index:
            place = len(words) - 1
        joins = is_break
    return words, place
