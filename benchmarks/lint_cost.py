"""What linting Dockerfiles costs, as ratios of processor time measured side by side in one run.

    python benchmarks/lint_cost.py [--folder DIR] [--files 1000] [--rounds 7]

1. One small Dockerfile in a fresh process, against ``python -c "import typer"``.
2. A thousand Dockerfiles in one call, against dockerfile-parse reading the same files; parsing them and following their
   stages alone, against the same; and both calls as commands, interpreter and imports included.

The Dockerfiles are those of fixtures/, over and over, which are short and have no neighbours, or with ``--folder`` those
found below DIR with their build contexts. Each round runs all sides in turn; the median of the rounds' ratios is
printed with the least and the greatest. The first comparison takes a tenth of a second and is made ten times as often.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from processes import corpus, cost, rounds, shown, small

IMPORT_TYPER = [sys.executable, "-c", "import typer"]
SMLINT = str(Path(sys.executable).parent / "smlint")
READ = "import sys; sys.path.insert(0, sys.argv.pop(1)); from lint_cost import read; read(sys.argv[1:])"


def main() -> int:
    """Print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", help="take the Dockerfiles below this folder")
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=7)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        one = [SMLINT, small(Path(scratch))]
        paths = corpus(arguments.folder, arguments.files, Path(scratch) / "many")
        start = rounds(10 * arguments.rounds, process(one), process(IMPORT_TYPER))
        print(f"one Dockerfile / import typer: {shown([ours / theirs for ours, theirs in start])}")
        inside = list(
            rounds(arguments.rounds, *(clock(action, paths) for action in (lint, follow_stages, read)))
        )
        many = f"{len(paths)} Dockerfiles"
        print(f"{many} / dockerfile-parse: {shown([ours / theirs for ours, _, theirs in inside])}")
        print(
            f"{many}, stages alone / dockerfile-parse: {shown([stages / read for _, stages, read in inside])}"
        )
        reader = [sys.executable, "-c", READ, str(Path(__file__).parent), *paths]
        commands = rounds(arguments.rounds, process([SMLINT, *paths]), process(reader))
        print(
            f"{many} / dockerfile-parse, as commands: {shown([ours / theirs for ours, theirs in commands])}"
        )
    return 0


def process(command: Sequence[str]) -> Callable[[], float]:
    """The processor time of a fresh process."""
    return lambda: cost(command).processor


def clock(action: Callable[[Sequence[str]], None], paths: Sequence[str]) -> Callable[[], float]:
    """The processor time of ``action`` in this process."""

    def run() -> float:
        start = time.process_time()
        action(paths)
        return time.process_time() - start

    return run


def lint(paths: Sequence[str]) -> None:
    """All paths in one call of smlint."""
    from smlint.cli import main as smlint

    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        smlint(["lint", "--format", "concise", *paths])


def follow_stages(paths: Sequence[str]) -> None:
    """What is done before the first rule is asked."""
    from smlint.dockerfile import DockerfileSyntaxError, UnreadableInputError, parse
    from smlint.dockerfile import read as read_text
    from smlint.dockerfile.build import build_container

    for path in paths:
        with contextlib.suppress(DockerfileSyntaxError, UnreadableInputError):
            build_container(parse(read_text(path)), path=path)


def read(paths: Sequence[str]) -> None:
    """What dockerfile-parse alone needs to read them."""
    from dockerfile_parse import DockerfileParser

    for path in paths:
        with open(path, "rb") as file, contextlib.suppress(UnicodeDecodeError):
            assert DockerfileParser(fileobj=file).structure is not None


if __name__ == "__main__":
    raise SystemExit(main())
