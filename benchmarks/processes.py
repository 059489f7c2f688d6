"""What a process costs, and which Dockerfiles it is given: shared by the benchmarks that print ratios."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from smlint.discover import dockerfiles

ROOT = Path(__file__).parent.parent
SMALL = 'FROM python:3.12-slim\nCOPY train.py /opt/program/\nENTRYPOINT ["python", "/opt/program/train.py"]\n'


class Cost(NamedTuple):
    """Seconds of processor time, seconds of waiting, and the peak of resident memory in MiB."""

    processor: float
    elapsed: float
    memory: float


def cost(command: Sequence[str]) -> Cost:
    """A fresh process with its children; what it finds is no failure."""
    # Without compiled modules Python would compile them in every process, which no user's does.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    start = time.perf_counter()
    process = subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
    )
    _, _, usage = os.wait4(process.pid, 0)
    elapsed = time.perf_counter() - start
    return Cost(usage.ru_utime + usage.ru_stime, elapsed, usage.ru_maxrss / 1024)


def rounds(number: int, *sides: Callable[[], float]) -> Iterator[list[float]]:
    """What each of ``sides`` takes, in turn, round by round, after a round that is not counted."""
    for each in range(number + 1):
        taken = [side() for side in sides]
        if each:
            yield taken


def shown(ratios: Sequence[float]) -> str:
    """Median, least, greatest."""
    return f"{statistics.median(ratios):.2f} (min {min(ratios):.2f}, max {max(ratios):.2f})"


def small(folder: Path) -> str:
    """A small Dockerfile that is worth no finding."""
    path = folder / "small" / "Dockerfile"
    path.parent.mkdir()
    path.write_text(SMALL)
    return str(path)


def corpus(folder: str | None, count: int, scratch: Path) -> list[str]:
    """``count`` Dockerfiles at most: those below ``folder``, where they stand with their build contexts.

    Without a folder, those of fixtures/, over and over, each in a folder of its own below ``scratch``.
    """
    if folder is not None:
        return list(dockerfiles(folder, lambda path: False, print))[:count]
    texts = [path.read_bytes() for path in sorted((ROOT / "fixtures").glob("SM[1-5]*/*/Dockerfile"))]
    paths: list[str] = []
    for number in range(count):
        path = scratch / f"{number:05}" / "Dockerfile"
        path.parent.mkdir(parents=True)
        path.write_bytes(texts[number % len(texts)])
        paths.append(str(path))
    return paths
