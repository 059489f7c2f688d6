"""What linting Dockerfiles costs, as ratios measured side by side in one run.

    python benchmarks/lint_cost.py [--files 1000] [--rounds 7]

1. One small Dockerfile in a fresh process, against ``python -c "import typer"``.
2. A thousand Dockerfiles in one call, against dockerfile-parse reading the same files.

Each round runs both sides in turn; the median of the rounds' ratios is printed with the least and the greatest.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent
SMALL = 'FROM python:3.12-slim\nCOPY train.py /opt/program/\nENTRYPOINT ["python", "/opt/program/train.py"]\n'
IMPORT_TYPER = [sys.executable, "-c", "import typer"]


def main() -> int:
    """Print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder) / "small" / "Dockerfile"
        small.parent.mkdir()
        small.write_text(SMALL)
        smlint = [str(Path(sys.executable).parent / "smlint"), "lint", str(small)]
        show(
            "one Dockerfile / import typer", ratios(arguments.rounds, process(smlint), process(IMPORT_TYPER))
        )
        paths = corpus(Path(folder) / "many", arguments.files)
        show(
            f"{len(paths)} Dockerfiles / dockerfile-parse",
            ratios(arguments.rounds, lambda: lint(paths), lambda: read(paths)),
        )
    return 0


def process(command: Sequence[str]) -> Callable[[], None]:
    """A fresh process; findings are no failure."""

    def run() -> None:
        subprocess.run(command, check=False, stdout=subprocess.DEVNULL)

    return run


def corpus(folder: Path, count: int) -> list[str]:
    """``count`` Dockerfiles: those of fixtures/, over and over, each in a folder of its own."""
    texts = [path.read_bytes() for path in sorted((ROOT / "fixtures").glob("SM[1-5]*/*/Dockerfile"))]
    paths: list[str] = []
    for number in range(count):
        path = folder / f"{number:05}" / "Dockerfile"
        path.parent.mkdir(parents=True)
        path.write_bytes(texts[number % len(texts)])
        paths.append(str(path))
    return paths


def lint(paths: Sequence[str]) -> None:
    """All paths in one call of smlint, in this process."""
    from smlint.cli import main as smlint

    with contextlib.redirect_stdout(io.StringIO()):
        smlint(["lint", "--format", "concise", *paths])


def read(paths: Sequence[str]) -> None:
    """What dockerfile-parse alone needs to read them."""
    from dockerfile_parse import DockerfileParser

    for path in paths:
        with open(path, "rb") as file:
            assert DockerfileParser(fileobj=file).structure is not None


def ratios(rounds: int, ours: Callable[[], None], theirs: Callable[[], None]) -> list[float]:
    """The ratio of each round, after one that is not counted."""
    found: list[float] = []
    for number in range(rounds + 1):
        pair = clock(ours) / clock(theirs)
        if number:
            found.append(pair)
    return found


def clock(action: Callable[[], None]) -> float:
    """Seconds."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def show(what: str, found: Sequence[float]) -> None:
    """One line: median, least, greatest."""
    print(f"{what}: {statistics.median(found):.2f} (min {min(found):.2f}, max {max(found):.2f})")


if __name__ == "__main__":
    raise SystemExit(main())
