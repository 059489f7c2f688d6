"""What is run: commands, environment, directories, runs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from smlint.probe import plan as plans
from smlint.probe.plan import Directory, ProbeError, ProbePlan, Readiness, Stop
from smlint.probe.signals import SIGINT, SIGTERM, Signal
from smlint.workload import Workload

IMAGE: dict[str, Any] = {"Entrypoint": ["python", "train.py"], "Cmd": ["--help"]}


@pytest.mark.parametrize(
    ("plan", "config", "argv", "passed", "command"),
    [
        (ProbePlan("i"), IMAGE, ("python", "train.py", "train"), ("train",), (None, ["train"])),
        (ProbePlan("i"), {}, ("train",), ("train",), (None, ["train"])),
        (
            ProbePlan("i", arguments=("a b", "c")),
            IMAGE,
            ("python", "train.py", "a b", "c"),
            ("a b", "c"),
            (None, ["a b", "c"]),
        ),
        (ProbePlan("i", entrypoint=("sh", "x")), IMAGE, ("sh", "x"), (), (["sh", "x"], None)),
        (
            ProbePlan("i", entrypoint=("sh",), arguments=("x",)),
            IMAGE,
            ("sh", "x"),
            ("x",),
            (["sh"], ["x"]),
        ),
        (
            ProbePlan("i", Workload.INFERENCE),
            IMAGE,
            ("python", "train.py", "serve"),
            ("serve",),
            (None, ["serve"]),
        ),
        (ProbePlan("i", Workload.PROCESSING), IMAGE, ("python", "train.py", "--help"), (), (None, None)),
    ],
)
def test_command(
    plan: ProbePlan,
    config: dict[str, Any],
    argv: tuple[str, ...],
    passed: tuple[str, ...],
    command: tuple[list[str] | None, list[str] | None],
) -> None:
    words = plans.argv(plan, config)
    assert (words.texts, words.passed) == (argv, passed)
    assert plans.engine_command(plan) == command


def test_nothing_to_start() -> None:
    with pytest.raises(ProbeError, match="neither ENTRYPOINT nor CMD"):
        plans.argv(ProbePlan("i", Workload.PROCESSING), {})


def test_inference_cannot_be_overridden() -> None:
    with pytest.raises(ProbeError, match="serve"):
        plans.check(ProbePlan("i", Workload.INFERENCE, arguments=("x",)))


@pytest.mark.parametrize(
    ("workload", "stop_signal", "expected"),
    [
        (Workload.TRAINING, "", [SIGTERM]),
        (Workload.INFERENCE, "SIGQUIT", [Signal(3, "SIGQUIT")]),
        (Workload.PROCESSING, "", [SIGINT, SIGTERM]),
        (Workload.PROCESSING, "SIGINT", [SIGINT]),
    ],
)
def test_every_signal_is_sent_without_and_with_an_init(
    workload: Workload, stop_signal: str, expected: list[Signal]
) -> None:
    assert list(plans.stops(workload, stop_signal)) == [
        Stop(init, signal) for init in (False, True) for signal in expected
    ]


def test_a_stop_signal_that_is_none() -> None:
    with pytest.raises(ProbeError, match="SIGNOPE"):
        plans.stops(Workload.TRAINING, "SIGNOPE")


@pytest.mark.parametrize(
    ("plan", "budget", "timeout"),
    [
        (ProbePlan("i"), 120.0, 60.0),
        (ProbePlan("i", Workload.INFERENCE), 30.0, 480.0),
        (ProbePlan("i", Workload.INFERENCE, ready=Readiness(log="x")), 30.0, 60.0),
        (ProbePlan("i", Workload.PROCESSING), 30.0, 60.0),
        (ProbePlan("i", ready=Readiness(ping=True)), 120.0, 480.0),
        (ProbePlan("i", grace=5.0, ready=Readiness(timeout=9.0)), 5.0, 9.0),
    ],
)
def test_times(plan: ProbePlan, budget: float, timeout: float) -> None:
    assert (plan.budget, plan.ready_timeout) == (budget, timeout)


def test_training_directories() -> None:
    plan = ProbePlan("i", hyperparameters={"lr": "0.1"}, channels={"train": "/data"})
    found = {directory.target: directory for directory in plans.directories(plan, "7")}
    assert list(found) == ["/opt/ml/input", "/opt/ml/model", "/opt/ml/output", "/opt/ml/checkpoints"]
    texts = {name: json.loads(text) for name, text in found["/opt/ml/input"].texts.items()}
    assert texts["config/hyperparameters.json"] == {"lr": "0.1"}
    assert list(texts["config/inputdataconfig.json"]) == ["train"]
    assert texts["config/resourceconfig.json"]["current_host"] == "algo-1"
    assert found["/opt/ml/input"].trees == {"data/train": "/data"}


def test_processing_directories() -> None:
    plan = ProbePlan("i", Workload.PROCESSING, channels={"raw": "/data"}, arguments=("x",))
    found = {directory.target: directory for directory in plans.directories(plan, "7")}
    job = json.loads(found["/opt/ml/config"].texts["processingjobconfig.json"])
    assert job["AppSpecification"]["ContainerArguments"] == ["x"]
    assert found["/opt/ml/processing/input/raw"].trees == {"": "/data"}
    assert "/opt/ml/processing/output" in found


def test_channels_without_files_are_there() -> None:
    found = {
        directory.target: directory
        for directory in plans.directories(ProbePlan("i", channels={"a": ""}), "7")
    }
    assert found["/opt/ml/input"].empty == ("data", "data/a")
    assert found["/opt/ml/input"].trees == {}


def test_a_processing_job_says_what_is_mounted_where() -> None:
    places = {"raw": "/opt/ml/processing/raw", "both": "/opt/ml/processing/out"}
    plan = ProbePlan(
        "i",
        Workload.PROCESSING,
        channels={"raw": "", "both": ""},
        places=places,
        outputs=("/opt/ml/processing/out", "/opt/ml/processing/more"),
    )
    found = plans.directories(plan, "7")
    assert [directory.target for directory in found] == [
        "/opt/ml/config",
        "/opt/ml/processing/raw",
        "/opt/ml/processing/out",
        "/opt/ml/processing/more",
        "/opt/ml/output",
    ]
    job = json.loads(found[0].texts["processingjobconfig.json"])
    assert [given["S3Input"]["LocalPath"] for given in job["ProcessingInputs"]] == list(places.values())
    assert plans.saved(plan) == ("/opt/ml/processing/out", "/opt/ml/processing/more", "/opt/ml/output")


@pytest.mark.parametrize("name", ["", "..", ".", "a/b", "../x", "x" * 65, "ä"])
def test_names_that_no_channel_has(name: str) -> None:
    with pytest.raises(ProbeError, match="channel name"):
        plans.check(ProbePlan("i", channels={name: ""}))


def test_an_inference_model_is_read_only() -> None:
    assert plans.directories(ProbePlan("i", Workload.INFERENCE), "7") == ()
    assert plans.directories(ProbePlan("i", Workload.INFERENCE, model="/m"), "7") == (
        Directory("/opt/ml/model", True, trees={"": "/m"}),
    )


def test_environment() -> None:
    found = plans.environment(ProbePlan("i", environment={"A": "b"}), "7")
    assert found["TRAINING_JOB_NAME"] == "smlint-probe-7"
    assert found["TRAINING_JOB_ARN"].endswith(":training-job/smlint-probe-7")
    assert found["A"] == "b"
    assert plans.environment(ProbePlan("i", Workload.INFERENCE), "7") == {}


def test_hyperparameters_become_strings() -> None:
    assert plans.hyperparameters({"lr": 0.1, "deep": True, "name": "x", "layers": [1]}) == {
        "lr": "0.1",
        "deep": "true",
        "name": "x",
        "layers": "[1]",
    }
    with pytest.raises(ProbeError):
        plans.hyperparameters([1])


@pytest.mark.parametrize("network", ["none", "host", "container:other"])
def test_networks_without_an_address_cannot_be_pinged(network: str) -> None:
    plan = ProbePlan("i", Workload.INFERENCE, network=network)
    with pytest.raises(
        ProbeError, match=f"--network {network} gives the container no address .* --ready-log"
    ):
        plans.check(plan)
    plans.check(plan._replace(ready=Readiness(log="listening")))
    plans.check(plan._replace(workload=Workload.TRAINING))
    plans.check(plan._replace(network="bridge"))
