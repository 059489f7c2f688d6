"""The long runs: ``--examples N`` generated Dockerfiles, or every Dockerfile of a ``--folder``."""

from __future__ import annotations

import argparse
import collections
import os
import sys
from collections.abc import Iterator

from smlint.dockerfile import UnreadableInputError, read
from tests.conformance.oracle import Verdict, compare


def run_examples(count: int) -> int:
    """Compare ``count`` generated Dockerfiles; a disagreement is shrunk and shown."""
    from hypothesis import HealthCheck, given, settings

    from tests.conformance.generator import dockerfiles

    verdicts: collections.Counter[Verdict] = collections.Counter()

    @settings(max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(dockerfiles)
    def run(text: str) -> None:
        verdict, difference = compare(text)
        verdicts[verdict] += 1
        assert verdict is not Verdict.DISAGREES, f"{text!r}\n{difference}"

    try:
        run()
    except AssertionError as error:
        print(error)
        return 1
    print(f"{verdicts.total()} generated Dockerfiles: {_summary(verdicts)}")
    return 0


def dockerfiles_below(folder: str) -> Iterator[str]:
    """The paths of all files below ``folder`` whose name says that they are Dockerfiles."""
    for parent, _, names in os.walk(folder):
        for name in sorted(names):
            if "dockerfile" in name.lower() or "containerfile" in name.lower():
                yield os.path.join(parent, name)


def run_folder(folder: str) -> int:
    """Compare all files whose name holds ``Dockerfile`` or ``Containerfile``, one line per file."""
    verdicts: collections.Counter[Verdict] = collections.Counter()
    for path in dockerfiles_below(folder):
        try:
            verdict, difference = compare(read(path))
        except UnreadableInputError as error:
            verdict, difference = Verdict.NOT_COMPARED, str(error)
        verdicts[verdict] += 1
        print(f"{verdict.value:12} {path}" + (f"\n{difference}" if difference else ""))
    print(f"{verdicts.total()} files: {_summary(verdicts)}")
    return 1 if verdicts[Verdict.DISAGREES] or not verdicts else 0


def _summary(verdicts: collections.Counter[Verdict]) -> str:
    agreed = verdicts[Verdict.AGREES] + verdicts[Verdict.BOTH_REFUSE]
    compared = agreed + verdicts[Verdict.DISAGREES]
    share = 100 * agreed / compared if compared else 100.0
    return (
        f"{compared} compared, {agreed} agree ({share:.3f} %; {verdicts[Verdict.BOTH_REFUSE]} of them refused by both), "
        f"{verdicts[Verdict.DISAGREES]} disagree, {verdicts[Verdict.NOT_COMPARED]} not compared"
    )


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
