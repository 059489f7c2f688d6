"""Static against live: every scenario of the probe's tests predicted from its Dockerfile, predicted from its image, and
observed on the engine, in one table.

    python -m tests.probe [NAME ...]

A cell holds what was observed and, behind it, whether the Dockerfile and the image had it right: ``=`` the same, ``x``
another answer, ``.`` no answer. A disagreement makes the exit code 1.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple

from tests.engine.images import Images
from tests.probe.agreement import Answers, agrees, disagreements, observed
from tests.probe.scenarios import SCENARIOS
from tests.probe.staging import SIDE_BY_SIDE, Staged, play

_MARKS: Final = {True: "=", False: "x", None: "."}


class Tally(NamedTuple):
    """How one witness fared."""

    agreed: int
    disagreed: int
    #: Questions that the live run answered and the witness did not.
    undecided: int

    def __str__(self) -> str:
        given = self.agreed + self.disagreed
        return (
            f"{given} predictions, {self.agreed} agree ({100 * self.agreed / max(given, 1):.1f} %); "
            f"{self.undecided} of {given + self.undecided} observed answers not predicted"
        )


def main(names: Sequence[str]) -> int:
    """Play the named scenarios (all without names), print the table."""
    import docker

    unknown = set(names) - {scenario.name for scenario in SCENARIOS}
    if unknown:
        print(f"no scenario is called {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    chosen = [scenario for scenario in SCENARIOS if not names or scenario.name in names]
    client = docker.from_env()
    began = time.monotonic()
    try:
        images = Images(client)
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            played = list(pool.map(lambda scenario: play(images, scenario), chosen))
    finally:
        client.close()
    heading = "".join(f"{name:<{_width(name)}}" for name in Answers._fields)
    print(f"{'scenario':<32}{'verdicts':<44}{heading}".rstrip())
    for staged in played:
        print(_row(staged))
    wrong = [line for staged in played for line in _wrong(staged)]
    print()
    print(*wrong, sep="\n", end="\n\n" if wrong else "")
    print(f"{len(played)} scenarios in {time.monotonic() - began:.0f} s")
    print(f"Dockerfile  {tally([(staged.from_dockerfile, seen(staged)) for staged in played])}")
    print(f"image       {tally([(staged.from_image, seen(staged)) for staged in played])}")
    expected = sum(staged.verdicts == staged.scenario.verdicts for staged in played)
    print(f"verdicts    {expected} of {len(played)} scenarios as expected")
    return 1 if wrong or expected < len(played) else 0


def seen(staged: Staged) -> Answers:
    """What was observed."""
    return observed(staged.record, staged.launch)


def tally(pairs: Sequence[tuple[Answers, Answers]]) -> Tally:
    """Count the answers of one witness."""
    marks = [agrees(said, found, name) for said, found in pairs for name in Answers._fields]
    answered = sum(getattr(found, name) is not None for _, found in pairs for name in Answers._fields)
    return Tally(marks.count(True), marks.count(False), answered - marks.count(True) - marks.count(False))


def _row(staged: Staged) -> str:
    found = seen(staged)
    cells = "".join(
        f"{_shown(getattr(found, name)):<{_width(name) - 4}}"
        f"{_MARKS[agrees(staged.from_dockerfile, found, name)]}{_MARKS[agrees(staged.from_image, found, name)]}  "
        for name in Answers._fields
    )
    said = staged.verdicts
    text = said[0] if len(set(said)) == 1 else ", ".join(said)
    return f"{staged.scenario.name:<32}{text:<44}{cells}".rstrip()


def _width(name: str) -> int:
    return 16 if name == "pid1" else 10


def _shown(answer: str | bool | None) -> str:
    if isinstance(answer, str):
        return answer
    return {True: "yes", False: "no", None: "-"}[answer]


def _wrong(staged: Staged) -> list[str]:
    found = seen(staged)
    lines = [
        f"{staged.scenario.name}, {witness}, {difference}"
        for witness, said in (("Dockerfile", staged.from_dockerfile), ("image", staged.from_image))
        for difference in disagreements(said, found)
    ]
    if staged.verdicts != staged.scenario.verdicts:
        lines.append(f"{staged.scenario.name}, verdicts: expected {', '.join(staged.scenario.verdicts)}")
    return lines


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
