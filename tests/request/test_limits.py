"""Every bound of the API model at, below and above; the copy of the model."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from smlint import registry
from smlint.engine import Plan, judge_request
from smlint.request import Kind, Request
from smlint.request.second_opinion import complaints
from smlint.request.shapes import DATA_FILE, Shape, api_model, from_botocore
from smlint.request.structure import Break, violations
from tests.request.smallest import BASES, IMAGE, ROLE, request_of

PLAN = Plan(registry.installed(), frozenset(registry.installed().codes))


def codes(request: Request) -> set[str]:
    return {diagnostic.code for diagnostic in judge_request(request, None, PLAN)}


def placed(kind: Kind, path: str, value: object) -> Request:
    """The smallest request of a kind with ``value`` at a dotted path; a number in the path is a place in an array."""
    body = copy.deepcopy(BASES[kind])
    inner: Any = body
    *way, last = path.split(".")
    for key in way:
        inner = inner[int(key)] if key.isdigit() else inner.setdefault(key, {})
    inner[last] = value
    return request_of(kind, body)


def texts(count: int) -> list[str]:
    return ["x"] * count


def entries(count: int) -> dict[str, str]:
    return {f"V{number}": "x" for number in range(count)}


def _serverless(**members: int) -> dict[str, Any]:
    return {"VariantName": "a", "ModelName": "kmeans", "ServerlessConfig": members}


T, P, M, X, H, E = Kind
LIMITS = [
    (T, "AlgorithmSpecification.ContainerEntrypoint", texts, 1, 100, "SM601"),
    (T, "AlgorithmSpecification.ContainerArguments", texts, 1, 100, "SM601"),
    (P, "AppSpecification.ContainerEntrypoint", texts, 1, 100, "SM601"),
    (P, "AppSpecification.ContainerArguments", texts, 1, 100, "SM601"),
    (T, "AlgorithmSpecification.ContainerEntrypoint", lambda size: ["x" * size], 0, 256, "SM602"),
    (T, "AlgorithmSpecification.ContainerArguments", lambda size: ["x" * size], 0, 256, "SM602"),
    (P, "AppSpecification.ContainerEntrypoint", lambda size: ["x" * size], 0, 256, "SM602"),
    (P, "AppSpecification.ContainerArguments", lambda size: ["x" * size], 0, 256, "SM602"),
    (
        T,
        "AlgorithmSpecification.TrainingImage",
        lambda size: f"{IMAGE[:-2]}/{'x' * size}"[:size],
        60,
        255,
        "SM610",
    ),
    (P, "AppSpecification.ImageUri", lambda size: f"{IMAGE[:-2]}/{'x' * size}"[:size], 60, 255, "SM610"),
    (M, "PrimaryContainer.Image", lambda size: f"{IMAGE[:-2]}/{'x' * size}"[:size], 60, 255, "SM610"),
    (T, "HyperParameters", entries, 0, 100, "SM609"),
    (T, "HyperParameters", lambda size: {"x" * size: "x"}, 0, 256, "SM609"),
    (T, "HyperParameters", lambda size: {"x": "x" * size}, 0, 2500, "SM609"),
    (T, "Environment", entries, 0, 100, "SM609"),
    (T, "Environment", lambda size: {"x" * size: "x"}, 1, 512, "SM609"),
    (T, "Environment", lambda size: {"x": "x" * size}, 0, 512, "SM609"),
    (P, "Environment", entries, 0, 100, "SM609"),
    (P, "Environment", lambda size: {"x" * size: "x"}, 1, 256, "SM609"),
    (P, "Environment", lambda size: {"x": "x" * size}, 0, 256, "SM609"),
    (M, "PrimaryContainer.Environment", entries, 0, 100, "SM609"),
    (M, "PrimaryContainer.Environment", lambda size: {"x" * size: "x"}, 1, 1024, "SM609"),
    (M, "PrimaryContainer.Environment", lambda size: {"x": "x" * size}, 0, 1024, "SM609"),
    (X, "Environment", entries, 0, 16, "SM609"),
    (X, "Environment", lambda size: {"x" * size: "x"}, 1, 1024, "SM609"),
    (X, "Environment", lambda size: {"x": "x" * size}, 0, 10240, "SM609"),
    (H, "TrainingJobDefinition.Environment", entries, 0, 48, "SM609"),
    (T, "StoppingCondition.MaxRuntimeInSeconds", int, 1, 28 * 86400, "SM612"),
    (T, "StoppingCondition.MaxPendingTimeInSeconds", int, 1800, 28 * 86400, "SM612"),
    (T, "ResourceConfig.KeepAlivePeriodInSeconds", int, 0, 21600, "SM612"),
    (P, "StoppingCondition.MaxRuntimeInSeconds", int, 1, 9 * 86400, "SM612"),
    (E, "ProductionVariants.0.ModelDataDownloadTimeoutInSeconds", int, 60, 3600, "SM612"),
    (E, "ProductionVariants.0.ContainerStartupHealthCheckTimeoutInSeconds", int, 60, 3600, "SM612"),
    (E, "ProductionVariants.0.VolumeSizeInGB", int, 1, 512, "SM619"),
    (X, "ModelClientConfig", lambda size: {"InvocationsTimeoutInSeconds": size}, 1, 3600, "SM612"),
    (X, "ModelClientConfig", lambda size: {"InvocationsMaxRetries": size}, 0, 3, "SM619"),
    (T, "RetryStrategy", lambda size: {"MaximumRetryAttempts": size}, 1, 30, "SM619"),
    (
        T,
        "InputDataConfig",
        lambda size: [{"ChannelName": f"c{number}", "DataSource": {}} for number in range(size)],
        1,
        20,
        "SM619",
    ),
    (T, "InputDataConfig", lambda size: [{"ChannelName": "x" * size, "DataSource": {}}], 1, 64, "SM619"),
    (T, "TrainingJobName", lambda size: "x" * size, 1, 63, "SM619"),
    (P, "ProcessingJobName", lambda size: "x" * size, 1, 63, "SM619"),
    (X, "TransformJobName", lambda size: "x" * size, 1, 63, "SM619"),
    (H, "HyperParameterTuningJobName", lambda size: "x" * size, 1, 32, "SM619"),
    (E, "EndpointConfigName", lambda size: "x" * size, 1, 63, "SM619"),
    (E, "ProductionVariants.0.VariantName", lambda size: "x" * size, 1, 63, "SM619"),
    (
        E,
        "ProductionVariants",
        lambda size: [_serverless(MemorySizeInMB=size, MaxConcurrency=1)],
        1024,
        6144,
        "SM619",
    ),
    (
        E,
        "ProductionVariants",
        lambda size: [_serverless(MemorySizeInMB=1024, MaxConcurrency=size)],
        1,
        200,
        "SM619",
    ),
    (
        E,
        "AsyncInferenceConfig",
        lambda size: {"OutputConfig": {"S3OutputPath": ("s3://a/" + "x" * size)[:size]}},
        10,
        512,
        "SM619",
    ),
    (M, "ModelName", lambda size: "x" * size, 1, 63, "SM619"),
    (
        T,
        "CheckpointConfig",
        lambda size: {"S3Uri": "s3://b/c", "LocalPath": "/" + "x" * (size - 1)},
        0,
        4096,
        "SM619",
    ),
    (T, "OutputDataConfig.S3OutputPath", lambda size: ("s3://amzn/" + "x" * size)[:size], 10, 1024, "SM619"),
    (P, "ProcessingResources.ClusterConfig.InstanceCount", int, 1, 100, "SM619"),
    (P, "ProcessingResources.ClusterConfig.VolumeSizeInGB", int, 1, 16384, "SM619"),
    (
        P,
        "ProcessingInputs",
        lambda size: [{"InputName": f"i{number}"} for number in range(size)],
        0,
        10,
        "SM619",
    ),
    (
        P,
        "ProcessingInputs",
        lambda size: [
            {
                "InputName": "i",
                "S3Input": {
                    "S3Uri": "s3://b/c",
                    "S3DataType": "S3Prefix",
                    "LocalPath": ("/opt/ml/processing/" + "x" * size)[:size],
                },
            }
        ],
        20,
        256,
        "SM608",
    ),
    (
        T,
        "AlgorithmSpecification.MetricDefinitions",
        lambda size: [{"Name": "n", "Regex": "r"}] * size,
        0,
        40,
        "SM619",
    ),
]


@pytest.mark.parametrize(
    ("kind", "path", "make", "least", "most", "code"),
    LIMITS,
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_limits_by_name(kind: Kind, path: str, make: Any, least: int, most: int, code: str) -> None:
    for size in {least, least + 1, most - 1, most}:
        assert code not in codes(placed(kind, path, make(size))), size
    assert code in codes(placed(kind, path, make(most + 1)))
    if least > 0 and code != "SM610" and least not in (10, 20):
        assert code in codes(placed(kind, path, make(least - 1)))


@pytest.mark.parametrize(
    ("waiting", "found"), [(3599, {"SM614"}), (3600, set()), (3601, set())], ids=["below", "at", "above"]
)
def test_the_wait_of_spot_training_covers_the_run(waiting: int, found: set[str]) -> None:
    body = {
        **BASES[T],
        "EnableManagedSpotTraining": True,
        "CheckpointConfig": {"S3Uri": "s3://b/c"},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": waiting},
    }
    assert codes(request_of(T, body)) == found


@pytest.mark.parametrize(("runtime", "found"), [(299, {"SM613"}), (300, set()), (301, set())])
def test_a_run_as_short_as_the_stop(runtime: int, found: set[str]) -> None:
    assert codes(placed(T, "StoppingCondition.MaxRuntimeInSeconds", runtime)) == found


@pytest.mark.parametrize(
    ("last", "second", "found"), [(1019, {}, set()), (1020, {}, set()), (1020, {"K": ""}, {"SM609"})]
)
def test_the_environments_of_a_model_together(last: int, second: dict[str, str], found: set[str]) -> None:
    """Thirty-two variables of 1,024 bytes are the 32 KB that all containers share."""
    first = {f"V{number:03}": "x" * 1020 for number in range(31)} | {"V031": "x" * last}
    containers = [
        {"Image": IMAGE, "ContainerHostname": name, "Environment": environment}
        for name, environment in (("a", first), ("b", second))
    ]
    body = {"ModelName": "kmeans", "ExecutionRoleArn": ROLE, "Containers": containers}
    assert codes(request_of(M, body)) == found


def test_containers_of_a_model() -> None:
    for count, expected in ((15, set()), (16, {"SM619"})):
        containers = [{"Image": IMAGE, "ContainerHostname": f"c{number}"} for number in range(count)]
        body = {"ModelName": "kmeans", "ExecutionRoleArn": ROLE, "Containers": containers}
        assert codes(request_of(Kind.MODEL, body)) - {"SM403"} == expected


def sized(shape: Shape, size: int) -> object | None:
    """A value of a bounded shape with this size, or None where the shape's parts would have to be right too."""
    if shape.type == "string" and shape.pattern in (None, ".*", ".+", "[\\S]+", "[\\S\\s]*"):
        return "x" * size
    return size if shape.type in ("integer", "long") else None


BOUNDED = [
    shape
    for shape in api_model().shapes.values()
    if (shape.max is not None or shape.min) and not shape.enum and sized(shape, 1) is not None
]


@pytest.mark.parametrize("shape", BOUNDED, ids=lambda shape: shape.name)
def test_every_bound_of_the_model(shape: Shape) -> None:
    from smlint.request.structure import _broken, _out_of_bounds

    def how(size: float) -> Break | None:
        return _out_of_bounds(shape, size) if shape.type != "string" else _broken(shape, "x" * int(size))

    if shape.max is not None:
        assert (how(shape.max), how(shape.max + 1)) == (None, Break.TOO_LARGE)
    if shape.min:
        assert (how(shape.min), how(shape.min - 1)) == (None, Break.TOO_SMALL)


@pytest.mark.parametrize("kind", Kind)
def test_the_smallest_request_of_each_kind_is_accepted(kind: Kind) -> None:
    request = request_of(kind, BASES[kind])
    assert violations(request) == ()
    assert complaints(request.body, kind) == []
    assert codes(request) == set()


def test_the_copy_is_botocores_model() -> None:
    with open(DATA_FILE, encoding="utf-8") as stream:
        copied = json.load(stream)
    installed = from_botocore()
    assert installed is not None
    assert {key: copied[key] for key in installed} == installed
    assert copied["date"]
    assert copied["source"].startswith("https://")


def test_the_copy_serves_where_botocore_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    installed = api_model()
    monkeypatch.setattr("smlint.request.shapes.from_botocore", lambda at_least="0": None)
    copied = api_model.__wrapped__()
    assert (copied.shapes, copied.inputs, copied.is_installed) == (installed.shapes, installed.inputs, False)


def test_an_older_botocore_does_not_count() -> None:
    assert from_botocore(at_least="999.0.0") is None
