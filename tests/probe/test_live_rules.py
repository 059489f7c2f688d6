"""The examples in the live rules' documentation, built and probed: each raises its rule, and the remedy is silent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from smlint.documentation import Block, documentation
from smlint.engine import Plan
from smlint.probe.diagnose import diagnostics
from smlint.probe.plan import ProbePlan, Readiness
from smlint.probe.session import probe
from smlint.registry import installed
from smlint.rule import Heading, LiveRule, Rule
from smlint.workload import Workload

if TYPE_CHECKING:
    from tests.engine.images import Images

pytestmark = pytest.mark.engine

SIDE_BY_SIDE = 6
RULES = [rule for rule in installed().rules() if issubclass(rule, LiveRule)]


def options(blocks: tuple[Block, ...], folder: Path) -> ProbePlan:
    """What the example's command line says, with a grace period that suits a test."""
    line = next((block.text for block in blocks if block.language == "console"), "")
    words = dict(re.findall(r"--([a-z-]+) ([^-\s]\S*)", line))
    model = None
    if "model" in words:
        model = str(folder / words["model"])
        Path(model).mkdir()
        Path(model, "weights").write_text("1")
    return ProbePlan(
        image="",
        workload=Workload(words.get("workload", "training")),
        grace=float(words.get("grace", 2)),
        ready=Readiness(timeout=float(words["ready-timeout"]) if "ready-timeout" in words else None),
        model=model,
    )


def codes(rule: type[Rule], heading: Heading, images: Images, folder: Path) -> list[str]:
    import docker

    blocks = documentation(rule).blocks(heading)
    dockerfile = next(block.text for block in blocks if block.language == "dockerfile")
    # The base of the example cannot be pulled in a test; it stands for Debian with Python.
    dockerfile = re.sub(r"^FROM \S+", f"FROM {images.base('dash')}", dockerfile)
    reference = images.build(dockerfile, {block.file: block.text for block in blocks if block.file})
    plan = options(blocks, folder)._replace(image=reference)
    client = docker.from_env()
    try:
        record = probe(client.api, plan)
    finally:
        client.close()
    found = diagnostics(record, Plan(installed(), frozenset(installed().codes)))
    # What to type reads as every other rule's does: no sentence of its own.
    assert not [d.help for d in found if d.help[0].isupper() or d.help.endswith(".")]
    return sorted({diagnostic.code for diagnostic in found})


Answers = dict[tuple[str, Heading], "Future[list[str]]"]


@pytest.fixture(scope="module")
def answers(images: Images, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Answers]:
    """All examples, probed side by side."""
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        yield {
            (rule.code, heading): pool.submit(
                codes, rule, heading, images, tmp_path_factory.mktemp(rule.code)
            )
            for rule in RULES
            for heading in (Heading.EXAMPLE, Heading.INSTEAD)
        }


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_the_example_raises_the_rule(rule: type[Rule], answers: Answers) -> None:
    assert rule.code in answers[rule.code, Heading.EXAMPLE].result()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_the_remedy_is_silent(rule: type[Rule], answers: Answers) -> None:
    # A program that fails for a good reason and says it still has shown nothing about its stop.
    assert answers[rule.code, Heading.INSTEAD].result() == (["SM714"] if rule.code == "SM709" else [])
