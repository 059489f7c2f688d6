"""Where the log goes on after a mark."""

from __future__ import annotations

import pytest

from smlint.probe.live import overlap


@pytest.mark.parametrize(
    ("earlier", "later", "expected"),
    [
        ([], [], 0),
        ([], [b"1"], 0),
        ([b"1"], [b"1"], 1),
        ([b"1"], [b"1", b"2"], 1),
        ([b"1", b"2", b"3"], [b"3", b"4", b"5"], 1),
        ([b"1", b"2", b"3"], [b"2", b"3", b"4"], 2),
        ([b"1", b"2"], [b"8", b"9"], 0),
        ([b"1", b"1"], [b"1", b"1", b"1"], 2),
    ],
)
def test_overlap(earlier: list[bytes], later: list[bytes], expected: int) -> None:
    assert overlap(earlier, later) == expected
