"""Every scenario on a real engine: verdicts, findings, agreement with both predictions, and nothing left behind.

The scenarios that were selected run side by side, as several probes on one engine may; each test waits for its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from smlint.engine import Plan
from smlint.probe.diagnose import diagnostics
from smlint.registry import installed
from tests.probe.agreement import disagreements, observed
from tests.probe.scenarios import SCENARIOS, Scenario
from tests.probe.staging import SIDE_BY_SIDE, Staged, play, told

if TYPE_CHECKING:
    from tests.engine.images import Images

pytestmark = pytest.mark.engine

#: Seconds after which a scenario that hangs fails; the longest takes half a minute on two idle cores.
PATIENCE = 600.0


@pytest.fixture(scope="module")
def played(request: pytest.FixtureRequest, images: Images) -> Iterator[dict[str, Future[Staged]]]:
    chosen = [
        item.callspec.params.get("scenario") for item in request.session.items if hasattr(item, "callspec")
    ]
    chosen = [scenario for scenario in chosen if isinstance(scenario, Scenario)]
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        yield {scenario.name: pool.submit(play, images, scenario) for scenario in chosen}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_scenario(played: dict[str, Future[Staged]], scenario: Scenario) -> None:
    staged = played[scenario.name].result(PATIENCE)
    record = staged.record
    assert staged.verdicts == scenario.verdicts, told(record)
    found = diagnostics(record, Plan(installed(), frozenset(installed().codes)))
    assert tuple(sorted({diagnostic.code for diagnostic in found})) == scenario.codes, found
    seen = observed(record, staged.launch)
    assert disagreements(staged.from_image, seen) == []
    assert disagreements(staged.from_dockerfile, seen) == []
    assert staged.left == ()
