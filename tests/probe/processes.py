"""Processes that tests start: every wait for one has an end, and a failure says what the process was doing."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

#: Seconds after which a wait has failed. Far more than anything takes here on a loaded machine.
PATIENCE: Final = 120.0
#: Seconds that the kernel may need for a process that was killed.
_REAPED_WITHIN: Final = 30.0
_TOLD: Final = ("Name", "State", "PPid", "SigPnd", "ShdPnd", "SigBlk", "SigIgn", "SigCgt")


def until(met: Callable[[], object], state: Callable[[], object]) -> None:
    """Poll until ``met`` says so; fails with ``state`` when it never does."""
    end = time.monotonic() + PATIENCE
    while not met():
        if time.monotonic() > end:
            pytest.fail(f"not within {PATIENCE:.0f} s: {state()}")
        time.sleep(0.02)


def output(process: subprocess.Popen[str]) -> tuple[str, str]:
    """What ``process`` writes until it ends; one that does not end is killed and fails the test."""
    try:
        return process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        told = doing(process)
        process.kill()
        _, errors = process.communicate(timeout=_REAPED_WITHIN)
        pytest.fail(f"did not end within {PATIENCE:.0f} s\n{told}\n{errors}")


def end(process: subprocess.Popen[bytes]) -> None:
    """Kill ``process`` and take its place in the process table back."""
    process.kill()
    try:
        process.wait(timeout=_REAPED_WITHIN)
    except subprocess.TimeoutExpired:
        pytest.fail(f"outlives SIGKILL\n{doing(process)}")


def doing(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> str:
    """State, signal masks and wait channel of a process; "" when it is gone."""
    folder = Path("/proc", str(process.pid))
    try:
        status = (folder / "status").read_text(encoding="utf-8", errors="replace").splitlines()
        lines = [line for line in status if line.partition(":")[0] in _TOLD]
        return "\n".join([f"process {process.pid}: {process.args!r}", *lines, (folder / "wchan").read_text()])
    except OSError:
        return ""
