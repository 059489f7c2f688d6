"""From a rule's finding to a diagnostic: which levels hold, and which rules are asked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import ClassVar

import pytest

from smlint.container import Container, Witness
from smlint.diagnostics import Severity
from smlint.engine import Plan, judge_request
from smlint.registry import Registry
from smlint.request import Request, parse, requests
from smlint.rule import Finding, RequestRule, Rule
from smlint.workload import Workload


class TrainingOnly(RequestRule):
    code = "SM699"
    name = "training-only"
    level: ClassVar = {Workload.TRAINING: Severity.WARNING}
    witnesses = frozenset({Witness.REQUEST})

    def check(self, request: Request, container: Container | None) -> Iterator[Finding]:
        yield Finding(request.body.location, "always", "do something")


class OneRule(Registry):
    def load(self, code: str) -> type[Rule]:
        return TrainingOnly


@pytest.mark.parametrize(
    ("body", "levels"),
    [({"TrainingJobName": "a"}, [Severity.WARNING]), ({"ProcessingJobName": "a"}, [])],
)
def test_a_rule_about_requests_is_silent_where_it_has_no_level(
    body: dict[str, str], levels: list[Severity]
) -> None:
    (request,) = requests(parse("job.json", json.dumps(body).encode()))
    plan = Plan(OneRule({"SM699": ""}), frozenset({"SM699"}))
    assert [found.severity for found in judge_request(request, None, plan)] == levels
