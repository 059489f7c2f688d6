"""Any value anywhere, any bytes, any wrapping: findings inside the file or SM900, never an error of smlint's own.

``HYPOTHESIS_PROFILE=explore pytest tests/request/test_fuzz.py`` tries new examples, many more of them.
"""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smlint import registry
from smlint.check import Arguments
from smlint.diagnostics import RequestLocation
from smlint.report import Report, render
from smlint.request.check import RequestChecker, Target

FIXTURES: Final = Path(__file__).parent.parent.parent / "fixtures"
DOCUMENTS: Final = Path(__file__).parent / "documents"
EXPLORING: Final = os.environ.get("HYPOTHESIS_PROFILE") == "explore"
REGISTRY: Final = registry.installed()
budget: Final = settings(
    max_examples=20_000 if EXPLORING else 100, suppress_health_check=[HealthCheck.too_slow]
)


def examples() -> Iterator[Any]:
    """Every request of the fixtures that is plain JSON, each once."""
    seen = set()
    for path in sorted([*FIXTURES.glob("SM6*/*/*.json"), *DOCUMENTS.glob("*.json")]):
        try:
            body = json.loads(path.read_bytes())
        except ValueError:
            continue
        text = json.dumps(body, sort_keys=True)
        if text not in seen and len(text) < 8_000:
            seen.add(text)
            yield body


EXAMPLES: Final = list(examples())
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(
        [
            "/opt/ml/input/data/x/y",
            "s3://b--usw2-az1--x-s3/a",
            "ml.g5.xlarge",
            "train",
            "python -c",
            "${a}",
            "{% $x %}",
            "\ufffc",
            "\ud800",
            "-----BEGIN PRIVATE KEY-----",
            "hf_" + "a" * 34,
            "~/1~0",
            "a\nb",
        ]
    )
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(max_size=5) | st.sampled_from(["Ref", "Get", "Fn::Sub", "a.$", "Std:Join", "$ref", ".$"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


def slots(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value, the whole included."""
    yield way
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, child in children:
        yield from slots(child, (*way, key))


def replaced(body: Any, way: tuple[Any, ...], value: Any) -> Any:
    if not way:
        return value
    result = copy.deepcopy(body)
    inner = result
    for key in way[:-1]:
        inner = inner[key]
    inner[way[-1]] = value
    return result


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A request of the fixtures with up to three of its values replaced by anything."""
    body = draw(st.sampled_from(EXAMPLES))
    for _ in range(draw(st.integers(1, 3))):
        body = replaced(body, draw(st.sampled_from(list(slots(body)))), draw(VALUES))
    return body


def state(body: Any, operation: str) -> Any:
    return {"Type": "Task", "Resource": f"arn:aws:states:::sagemaker:{operation}", "Parameters": body}


WRAPPERS: tuple[Callable[[Any], Any], ...] = (
    lambda body: {"Steps": [{"Name": "a", "Type": "Training", "Arguments": body}]},
    lambda body: {"Steps": [{"Type": "Condition", "Arguments": {"IfSteps": [body], "ElseSteps": body}}]},
    lambda body: {"States": {"a": state(body, "createTrainingJob.sync"), "b": body}},
    lambda body: {
        "States": {"a": {"Type": "Parallel", "Branches": [{"States": {"b": state(body, "createModel")}}]}}
    },
    lambda body: {"Resources": {"a": {"Type": "AWS::SageMaker::Model", "Properties": body}}},
    lambda body: {
        "Resources": {"a": {"Type": "AWS::SageMaker::EndpointConfig", "Properties": body}, "b": body}
    },
    lambda body: {
        "Resources": {
            "a": {
                "Type": "AWS::StepFunctions::StateMachine",
                "Properties": {
                    "Definition": {"States": {"s": state(body, "createProcessingJob")}},
                    "DefinitionString": json.dumps({"States": {"s": state(body, "createTransformJob")}}),
                },
            }
        }
    },
    lambda body: {
        "Resources": {
            "a": {
                "Type": "AWS::SageMaker::Pipeline",
                "Properties": {"PipelineDefinition": {"PipelineDefinitionBody": json.dumps(body)}},
            }
        }
    },
)


def judged(name: str, data: bytes, folder: Path) -> None:
    """Judge ``data`` as a file, alone and with a Dockerfile, and look at every place that a finding names."""
    path = folder / name
    path.write_bytes(data)
    for target in (Target(), Target(dockerfile=str(folder / "Dockerfile"))):
        checker = RequestChecker(Arguments(paths=(str(path),), isolated=True), REGISTRY, target)
        result = checker.run()
        assert result.failures == ()
        lines = data.decode("utf-8-sig", "replace").split("\n")
        for diagnostic in (each for outcome in result.outcomes for each in outcome.diagnostics):
            for place in (diagnostic.location, *(related.location for related in diagnostic.related)):
                if isinstance(place, RequestLocation):
                    assert place.pointer == "" or place.pointer.startswith("/")
                    assert (1, 1) <= (place.line, place.column) <= (place.end_line, place.end_column)
                    assert place.line <= len(lines)
                    assert place.column <= len(lines[place.line - 1]) + 1
        for name_of_format in ("text", "json", "sarif", "github"):
            render(name_of_format, Report(result.outcomes)).encode()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fuzz")
    (path / "train.py").write_text("import sys\n", encoding="utf-8")
    (path / "Dockerfile").write_text(
        'FROM python:3.12-slim\nCOPY train.py /opt/program/\nENTRYPOINT ["python", "/opt/program/train.py"]\n',
        encoding="utf-8",
    )
    return path


@budget
@given(body=mutated())
def test_any_value_in_the_place_of_any_other(body: Any, folder: Path) -> None:
    judged("job.json", json.dumps(body, indent=1).encode(), folder)


@budget
@given(body=mutated())
def test_any_value_in_yaml(body: Any, folder: Path) -> None:
    text = yaml.safe_dump(json.loads(json.dumps(body)), allow_unicode=True)
    judged("job.yaml", text.encode(errors="replace"), folder)


@budget
@given(wrap=st.sampled_from(WRAPPERS), body=mutated() | VALUES)
def test_any_wrapping(wrap: Callable[[Any], Any], body: Any, folder: Path) -> None:
    judged("job.json", json.dumps(wrap(body)).encode(), folder)


@budget
@given(name=st.sampled_from(["job.json", "job.yaml", "job"]), data=st.binary(max_size=200))
def test_any_bytes(name: str, data: bytes, folder: Path) -> None:
    judged(name, data, folder)


@budget
@given(
    name=st.sampled_from(["job.json", "job.yaml"]),
    body=st.sampled_from(EXAMPLES),
    cuts=st.lists(st.tuples(st.integers(0, 4_000), st.integers(0, 30), st.binary(max_size=4)), max_size=3),
)
def test_damaged_text(name: str, body: Any, cuts: list[tuple[int, int, bytes]], folder: Path) -> None:
    data = json.dumps(body, indent=2).encode()
    for start, length, put in cuts:
        data = data[:start] + put + data[start + length :]
    judged(name, data, folder)
