"""Every scenario on a real engine: verdicts, findings, and nothing left behind.

The scenarios that were selected run side by side, as several probes on one engine may; each test waits for its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from smlint.engine import Plan
from smlint.probe.cleanup import LABEL
from smlint.probe.diagnose import diagnostics
from smlint.probe.judge import judge
from smlint.probe.plan import ProbePlan
from smlint.probe.record import ProbeRecord
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
) -> Iterator[dict[str, Future[ProbeRecord]]]:
    model = tmp_path_factory.mktemp("model")
    (model / "weights").write_text("1")
    chosen = [item.callspec.params["scenario"] for item in request.session.items if hasattr(item, "callspec")]
    chosen = [scenario for scenario in chosen if isinstance(scenario, Scenario)]
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        yield {scenario.name: pool.submit(_probe, images, scenario, model) for scenario in chosen}


def _probe(images: Images, scenario: Scenario, model: Path) -> ProbeRecord:
    import docker

    reference = images.make(
        scenario.base, scenario.files, entrypoint=scenario.entrypoint, config=scenario.config
    )
    plan = ProbePlan(reference, grace=GRACE, model=str(model) if scenario.model else None)
    client = docker.from_env()
    try:
        record = probe(client.api, plan._replace(**scenario.plan))
        assert not _left(client, record.id)
        return record
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
def test_scenario(records: dict[str, Future[ProbeRecord]], scenario: Scenario) -> None:
    record = records[scenario.name].result()
    assert tuple(judge(run).verdict for run in record.runs) == scenario.verdicts, record
    found = diagnostics(record, Plan(installed(), frozenset(installed().codes)))
    assert tuple(sorted({diagnostic.code for diagnostic in found})) == scenario.codes, found
