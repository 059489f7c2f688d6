"""How much work something does: counted, since a time would say more about the machine than about the code."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Final

#: Methods of texts that go through all of the text, in C, within one call.
_WHOLE: Final = frozenset(
    ("count", "encode", "decode", "join", "lower", "replace", "split", "splitlines", "strip", "translate")
)
#: Characters that C code goes through in the time of one call, roughly.
_PER_CALL: Final = 100


def units(action: Callable[[], object]) -> int:
    """The calls that ``action`` makes, those that go through a long text by its length.

    What slices copy is not seen.
    """
    counted = 0

    def count(frame: object, event: str, called: object) -> None:
        nonlocal counted
        if event == "call":
            counted += 1
        elif event == "c_call":
            counted += 1
            text = getattr(called, "__self__", None)
            if isinstance(text, str | bytes) and getattr(called, "__name__", "") in _WHOLE:
                counted += len(text) // _PER_CALL

    previous = sys.getprofile()
    sys.setprofile(count)
    try:
        action()
    finally:
        sys.setprofile(previous)
    return counted


def growth(make: Callable[[int], Callable[[], object]], size: int) -> float:
    """How many times the work of ``size`` it is to do twice as much; 2 for what is linear, 4 for what is quadratic.

    The work of an empty input is left out.
    """
    make(1)()  # What is imported and cached once is nobody's work.
    fixed = units(make(1))
    return (units(make(2 * size)) - fixed) / max(units(make(size)) - fixed, 1)
