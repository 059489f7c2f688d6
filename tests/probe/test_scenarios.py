"""Every scenario on a real engine: verdicts, findings, agreement with the launch chain, and nothing left behind.

The scenarios that were selected run side by side, as several probes on one engine may; each test waits for its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from smlint.engine import Plan
from smlint.image.daemon import open_daemon
from smlint.image.facts import container_of
from smlint.image.reference import parse_reference
from smlint.launch import Launch
from smlint.probe.cleanup import LABEL
from smlint.probe.diagnose import diagnostics
from smlint.probe.expectation import expect
from smlint.probe.judge import Verdict, judge
from smlint.probe.plan import ProbePlan
from smlint.probe.record import Probed, ProbeRecord
from smlint.probe.session import probe
from smlint.registry import installed
from tests.probe.scenarios import SCENARIOS, Scenario

if TYPE_CHECKING:
    import docker

    from tests.engine.images import Images

pytestmark = pytest.mark.engine

#: Seconds between signal and SIGKILL; the slow handler of the scenarios is made for it.
GRACE = 3.0
SIDE_BY_SIDE = 6


@pytest.fixture(scope="module")
def records(
    request: pytest.FixtureRequest,
    engine: docker.DockerClient,
    images: Images,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, Future[Probed]]]:
    model = tmp_path_factory.mktemp("model")
    (model / "weights").write_text("1")
    chosen = [
        item.callspec.params.get("scenario") for item in request.session.items if hasattr(item, "callspec")
    ]
    chosen = [scenario for scenario in chosen if isinstance(scenario, Scenario)]
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        yield {scenario.name: pool.submit(_probe, images, scenario, model) for scenario in chosen}


def _probe(images: Images, scenario: Scenario, model: Path) -> Probed:
    import docker

    reference = images.make(
        scenario.base, scenario.files, entrypoint=scenario.entrypoint, config=scenario.config
    )
    plan = ProbePlan(reference, grace=GRACE, model=str(model) if scenario.model else None)
    plan = plan._replace(**scenario.plan)
    with closing(open_daemon(parse_reference(reference), None)) as source:
        launch = expect(container_of(source), plan).launch
    client = docker.from_env()
    try:
        record = probe(client.api, plan)
        assert not _left(client, record.id)
        return Probed(record, launch)
    finally:
        client.close()


def _left(client: docker.DockerClient, probe_id: str) -> list[object]:
    chosen = {"label": f"{LABEL}={probe_id}"}
    return [
        *client.containers.list(all=True, filters=chosen),
        *client.volumes.list(filters=chosen),
        *client.networks.list(filters=chosen),
    ]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_scenario(records: dict[str, Future[Probed]], scenario: Scenario) -> None:
    record, launch = records[scenario.name].result()
    assert tuple(judge(run).verdict for run in record.runs) == scenario.verdicts, record
    found = diagnostics(record, Plan(installed(), frozenset(installed().codes)))
    assert tuple(sorted({diagnostic.code for diagnostic in found})) == scenario.codes, found
    assert launch is not None
    assert disagreement(record, launch) is None


#: What a run without the engine's init may end in, by what the chain says of SIGTERM's arrival.
ARRIVED = frozenset(Verdict) - {Verdict.NOT_FORWARDED}
LOST = frozenset(Verdict) - {Verdict.STOPPED, Verdict.SLOW}


def disagreement(record: ProbeRecord, launch: Launch) -> str | None:
    """In what the predicted chain and the observed container differ; what the chain calls unknown cannot differ."""
    run = record.runs[0]
    found = judge(run)
    arrives = launch.sigterm_arrives.value
    # What the chain calls the program may have children of its own that it does not tell.
    beyond = found.program is not None and found.program.args in {hop.text for hop in launch.programs}
    if (arrives is True and found.verdict not in ARRIVED and not beyond) or (
        arrives is False and found.verdict not in LOST
    ):
        return f"SIGTERM arrives: {launch.sigterm_arrives}, seen: {found.verdict}"
    before = run.last_before_signal
    first = before.pid1 if before is not None else None
    if run.signal_at is None or first is None or launch.pid1 is None:
        return None
    predicted = launch.pid1.argv[0].rpartition("/")[2]
    return None if predicted == first.name else f"PID 1: {launch.pid1.text}, seen: {first.args}"
