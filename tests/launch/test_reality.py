"""The predicted chain against real containers: no disagreement, and few answers that are only *unknown*."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import pytest

from smlint.container import Container
from smlint.launch import Launch, resolve
from smlint.workload import Workload
from tests.engine.bases import ADDED

from .cases import Case, P, cases
from .reality import PROGRAM, Observed, observe

if TYPE_CHECKING:
    import docker

    from tests.engine.images import Images

pytestmark = pytest.mark.engine

CASES = list(cases())
BASES = sorted({case.base for case in CASES})
#: Containers side by side: enough to hide their start, few enough for two cores.
SIDE_BY_SIDE = 4
#: What ``/bin/sh`` is in a base that is not named after it.
SHELLS = {"launchers": "dash"}


class Verdict(NamedTuple):
    """One question about one case: what was predicted (None: unknown) and what happened."""

    case: str
    question: str
    predicted: bool | None
    observed: bool


def predict(make: Callable[..., Container], case: Case) -> Launch:
    files: dict[str, str | bytes] = {P: PROGRAM, **dict(case.scripts), "/etc/passwd": ADDED["./etc/passwd"]}
    shells = {f"/bin/{name}": b"\x7fELF\0" for name in ("dash", "bash", "busybox")}
    container = make(
        *case.argv,
        files={**files, **shells},
        links={"/bin/sh": f"/bin/{SHELLS.get(case.base, case.base)}"},
        unseen=["/usr/"],
    )
    return resolve(container, Workload.TRAINING)


def scripts(base: str) -> Mapping[str, str]:
    found = {P: PROGRAM}
    for case in CASES:
        if case.base == base:
            found.update(case.scripts)
    return found


def compare(case: Case, launch: Launch, seen: Observed) -> list[Verdict]:
    programs = {hop.text for hop in launch.programs}
    in_view = launch.pid1 is not None and not launch.pid1.unseen
    pid1 = launch.pid1.text in programs and not case.init if launch.pid1 and in_view else None
    answers = [
        ("is PID 1", pid1, seen.is_pid1),
        ("gets the word", launch.word_arrives.value, seen.word),
        ("hears SIGTERM", launch.sigterm_arrives.value, seen.sigterm),
        ("its exit code is kept", launch.exit_code_kept.value, seen.exit_code),
    ]
    return [Verdict(case.name, what, said, was) for what, said, was in answers if was is not None]


def test_predictions_agree_with_what_happens(
    engine: docker.DockerClient, images: Images, container: Callable[..., Container]
) -> None:
    assert len(CASES) >= 60
    references = {base: images.make(base, scripts(base)) for base in BASES}
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        seen = list(
            pool.map(
                lambda case: observe(
                    engine,
                    references[case.base],
                    [*case.argv, "train"],
                    init=case.init,
                    ends_twice=case.ends_twice,
                ),
                CASES,
            )
        )
    silent = [
        f"{case.name}: {observed.log}"
        for case, observed in zip(CASES, seen, strict=True)
        if not observed.pid1
    ]
    assert not silent, "these never started their program"
    verdicts = [
        verdict
        for case, observed in zip(CASES, seen, strict=True)
        for verdict in compare(case, predict(container, case), observed)
    ]
    wrong = [verdict for verdict in verdicts if verdict.predicted not in (None, verdict.observed)]
    assert not wrong, "\n".join(map(str, wrong))
    undecided = {verdict.case for verdict in verdicts if verdict.predicted is None}
    assert len(undecided) <= len(CASES) / 5, sorted(undecided)
