"""Signal names and numbers as STOPSIGNAL may spell them."""

from __future__ import annotations

import pytest

from smlint.probe import signals
from smlint.probe.signals import Signal


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SIGTERM", Signal(15, "SIGTERM")),
        ("term", Signal(15, "SIGTERM")),
        ("3", Signal(3, "SIGQUIT")),
        (" SIGWINCH ", Signal(28, "SIGWINCH")),
        ("SIGRTMIN+3", Signal(37, "SIGRTMIN+3")),
        ("RTMIN", Signal(34, "SIGRTMIN")),
        ("SIGRTMAX-1", Signal(63, "SIGRTMIN+29")),
        ("64", Signal(64, "SIGRTMIN+30")),
        ("SIGRTMAX+1", None),
        ("32", None),
        ("0", None),
        ("", None),
        ("SIGNOPE", None),
        ("SIGRTMIN3", None),
    ],
)
def test_parse(text: str, expected: Signal | None) -> None:
    assert signals.parse(text) == expected


def test_bit_and_exit_code() -> None:
    assert signals.SIGTERM.bit == 0x4000
    assert signals.SIGTERM.exit_code == 143
