"""Rules on described images: the cases of fixtures/ that hold an image.json, and the examples of image rules.

Where a job.json lies beside the image.json, the image is judged as that request starts it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from smlint import registry
from smlint.container import Witness
from smlint.documentation import documentation
from smlint.engine import Outcome, Plan, Subject, in_order, judge, judge_request
from smlint.image.facts import container_of
from smlint.image.lint import not_looked_at
from smlint.report import Report, render
from smlint.request import parse, requests
from smlint.rule import ContainerRule, Heading, Rule
from smlint.workload import DEFAULT_WORKLOADS, Workload
from tests.image.described import described

FIXTURES = Path(__file__).parent.parent.parent / "fixtures"
CASES = sorted(path.parent for path in FIXTURES.glob("SM*/*/image.json"))
REGISTRY = registry.installed()


PLAN = Plan(REGISTRY, frozenset(REGISTRY.codes))


def judged_under(text: str, job: bytes) -> Report:
    image = container_of(described(text))
    found = []
    for request in requests(parse("job.json", job)):
        container = request.start(image)
        found += judge(container, PLAN, (request.workload,), request)
        found += judge_request(request, container, PLAN)
    return Report((Outcome(Subject("request", "job.json", ()), tuple(in_order(found))),))


def judged(text: str, workloads: tuple[Workload, ...] = DEFAULT_WORKLOADS) -> Report:
    source = described(text)
    container = container_of(source)
    found = judge(container, PLAN, workloads)
    found.extend(not_looked_at(source, container, PLAN, workloads))
    return Report((Outcome(Subject("image", "image", workloads), tuple(in_order(found))),))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.name}")
def test_a_described_image_gives_what_its_case_expects(case: Path) -> None:
    words = (case / "args.txt").read_text(encoding="utf-8").split() if (case / "args.txt").exists() else []
    workloads = tuple(map(Workload, words[1::2])) or DEFAULT_WORKLOADS
    text = (case / "image.json").read_text(encoding="utf-8")
    job = case / "job.json"
    printed = render(
        "concise", judged_under(text, job.read_bytes()) if job.exists() else judged(text, workloads)
    )
    expected = case / "expected.txt"
    if os.environ.get("SMLINT_UPDATE_FIXTURES"):
        expected.write_text(printed, encoding="utf-8")
    assert printed == expected.read_text(encoding="utf-8")


def blocks(rule: type[Rule], heading: Heading) -> list[str]:
    return [block.text for block in documentation(rule).blocks(heading) if block.language == "json"]


RULES = [
    rule
    for rule in REGISTRY.rules()
    if issubclass(rule, ContainerRule) and Witness.IMAGE in rule.witnesses and blocks(rule, Heading.EXAMPLE)
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_examples_are_executed(rule: type[Rule]) -> None:
    for text in blocks(rule, Heading.EXAMPLE):
        assert {diagnostic.code for diagnostic in judged(text).diagnostics} == {rule.code}
    for text in blocks(rule, Heading.INSTEAD):
        assert list(judged(text).diagnostics) == []
