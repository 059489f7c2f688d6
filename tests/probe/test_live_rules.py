"""The examples in the live rules' documentation, built and probed: each raises its rule, and the remedy is silent."""

from __future__ import annotations

import re
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
    import docker

    from tests.engine.images import Images

pytestmark = pytest.mark.engine

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


def codes(
    rule: type[Rule], heading: Heading, engine: docker.DockerClient, images: Images, folder: Path
) -> list[str]:
    blocks = documentation(rule).blocks(heading)
    dockerfile = next(block.text for block in blocks if block.language == "dockerfile")
    # The base of the example cannot be pulled in a test; it stands for Debian with Python.
    dockerfile = re.sub(r"^FROM \S+", f"FROM {images.base('dash')}", dockerfile)
    reference = images.build(dockerfile, {block.file: block.text for block in blocks if block.file})
    plan = options(blocks, folder)._replace(image=reference)
    record = probe(engine.api, plan)
    found = diagnostics(record, Plan(installed(), frozenset(installed().codes)))
    return sorted({diagnostic.code for diagnostic in found})


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_the_example_raises_the_rule(
    rule: type[Rule], engine: docker.DockerClient, images: Images, tmp_path: Path
) -> None:
    assert rule.code in codes(rule, Heading.EXAMPLE, engine, images, tmp_path)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_the_remedy_is_silent(
    rule: type[Rule], engine: docker.DockerClient, images: Images, tmp_path: Path
) -> None:
    found = codes(rule, Heading.INSTEAD, engine, images, tmp_path)
    # A program that fails for a good reason and says it still has shown nothing about its stop.
    assert found == (["SM714"] if rule.code == "SM709" else [])
