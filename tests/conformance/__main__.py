"""The long runs: ``--examples N`` generated Dockerfiles, or every Dockerfile of a ``--folder``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator

from tests.conformance.oracle import difference


def run_examples(count: int) -> int:
    """Compare ``count`` generated Dockerfiles; a disagreement is shrunk and shown."""
    from hypothesis import HealthCheck, given, settings
    from hypothesis.errors import HypothesisException

    from tests.conformance.generator import dockerfiles

    seen = 0

    @settings(max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(dockerfiles)
    def compare(text: str) -> None:
        nonlocal seen
        seen += 1
        found = difference(text)
        assert found is None, f"{text!r}\n{found}"

    try:
        compare()
    except (AssertionError, HypothesisException) as error:
        print(error)
        return 1
    print(f"{seen} generated Dockerfiles: smlint and BuildKit agree on all of them.")
    return 0


def dockerfiles_below(folder: str) -> Iterator[str]:
    """The paths of all files below ``folder`` whose name says that they are Dockerfiles."""
    for parent, _, names in os.walk(folder):
        for name in sorted(names):
            if "dockerfile" in name.lower() or "containerfile" in name.lower():
                yield os.path.join(parent, name)


def run_folder(folder: str) -> int:
    """Compare all files whose name holds ``Dockerfile`` or ``Containerfile``, one line per file."""
    agreed = disagreed = unread = 0
    for path in dockerfiles_below(folder):
        try:
            with open(path, encoding="utf-8", newline="") as file:
                text = file.read()
        except (OSError, UnicodeDecodeError) as error:
            unread += 1
            print(f"unread    {path}: {error}")
            continue
        found = difference(text)
        if found is None:
            agreed += 1
            print(f"agrees    {path}")
        else:
            disagreed += 1
            print(f"disagrees {path}\n{found}")
    compared = agreed + disagreed
    share = 100 * agreed / compared if compared else 100.0
    print(
        f"{compared} files compared, {agreed} agree ({share:.2f} %), {disagreed} disagree; {unread} could not be read."
    )
    return 1 if disagreed or not compared else 0


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.conformance", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--examples", type=int, metavar="N", help="compare N generated Dockerfiles")
    what.add_argument("--folder", metavar="DIR", help="compare every Dockerfile below DIR")
    options = parser.parse_args(arguments)
    return run_examples(options.examples) if options.folder is None else run_folder(options.folder)


if __name__ == "__main__":
    sys.exit(main())
