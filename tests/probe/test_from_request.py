"""What a probe takes from a job request."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from smlint.cli.probe_options import ProbeArguments, plans
from smlint.probe.from_request import read
from smlint.probe.plan import ProbeError
from smlint.workload import Workload

TRAINING: dict[str, Any] = {
    "TrainingJobName": "j",
    "AlgorithmSpecification": {
        "TrainingImage": "i",
        "TrainingInputMode": "File",
        "ContainerEntrypoint": ["python", "/main.py"],
        "ContainerArguments": ["--epochs", "3"],
    },
    "Environment": {"MODE": "test"},
    "HyperParameters": {"lr": "0.1", "layers": "2"},
    "InputDataConfig": [{"ChannelName": "train"}, {"ChannelName": "val"}, {}],
    "OutputDataConfig": {"S3OutputPath": "s3://b/o"},
    "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1},
    "RoleArn": "arn:aws:iam::123456789012:role/r",
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
}
PROCESSING: dict[str, Any] = {
    "ProcessingJobName": "p",
    "AppSpecification": {"ImageUri": "i", "ContainerArguments": ["x"]},
    "ProcessingInputs": [
        {"InputName": "raw", "S3Input": {"S3Uri": "s3://b/r", "LocalPath": "/opt/ml/processing/raw"}},
        {"InputName": "set", "DatasetDefinition": {"LocalPath": "/opt/ml/processing/set"}},
        {"InputName": "nowhere"},
    ],
    "ProcessingOutputConfig": {
        "Outputs": [
            {"OutputName": "o", "S3Output": {"S3Uri": "s3://b/o", "LocalPath": "/opt/ml/processing/out"}}
        ]
    },
    "ProcessingResources": {
        "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
    },
    "RoleArn": "arn:aws:iam::123456789012:role/r",
}


def written(folder: Path, body: object) -> str:
    path = folder / "job.json"
    path.write_text(json.dumps(body))
    return str(path)


def test_a_training_job(tmp_path: Path) -> None:
    (plan,) = plans(ProbeArguments(request=written(tmp_path, TRAINING)), "i", ())
    assert plan.workload is Workload.TRAINING
    assert (plan.entrypoint, plan.arguments) == (("python", "/main.py"), ("--epochs", "3"))
    assert plan.environment == {"MODE": "test"}
    assert plan.hyperparameters == {"lr": "0.1", "layers": "2"}
    assert plan.channels == {"train": "", "val": ""}


def test_the_command_line_comes_before_the_request(tmp_path: Path) -> None:
    words = ProbeArguments(
        request=written(tmp_path, TRAINING),
        entrypoint=["bash"],
        argument=["-x"],
        env=["MODE=other", "MORE=1"],
        channel=[f"train={tmp_path}"],
    )
    (plan,) = plans(words, "i", ())
    assert (plan.entrypoint, plan.arguments) == (("bash",), ("-x",))
    assert plan.environment == {"MODE": "other", "MORE": "1"}
    assert plan.channels == {"train": str(tmp_path), "val": ""}


def test_a_processing_job(tmp_path: Path) -> None:
    (plan,) = plans(ProbeArguments(request=written(tmp_path, PROCESSING)), "i", ())
    assert plan.workload is Workload.PROCESSING
    assert plan.channels == {"raw": "", "set": ""}
    assert plan.places == {"raw": "/opt/ml/processing/raw", "set": "/opt/ml/processing/set"}
    assert plan.outputs == ("/opt/ml/processing/out",)


def test_references_are_left_out_where_they_are_values(tmp_path: Path) -> None:
    body = {**TRAINING, "Environment": {"A": {"Get": "Parameters.A"}, "B": "b"}}
    assert read(written(tmp_path, body)).environment == {"B": "b"}


def test_references_are_refused_in_the_command(tmp_path: Path) -> None:
    algorithm = {**TRAINING["AlgorithmSpecification"], "ContainerArguments": [{"Get": "Parameters.A"}]}
    with pytest.raises(ProbeError, match="--argument"):
        read(written(tmp_path, {**TRAINING, "AlgorithmSpecification": algorithm}))


@pytest.mark.parametrize(
    ("words", "workloads", "said"),
    [
        (ProbeArguments(model="."), (Workload.TRAINING,), "--workload inference"),
        (ProbeArguments(channel=["a=."]), (Workload.INFERENCE,), "which an endpoint has not"),
        (ProbeArguments(memory="8 gigabytes"), (), "--memory takes a size such as 8g or 512m"),
        (ProbeArguments(channel=["a="]), (), "NAME=DIR"),
        (ProbeArguments(ready_log="x", ready_ping=True), (), "give one of them"),
        (ProbeArguments(gpus="-1"), (), "`all` or a number"),
    ],
)
def test_words_that_nothing_would_heed(
    words: ProbeArguments, workloads: tuple[Workload, ...], said: str
) -> None:
    with pytest.raises(ProbeError, match=said):
        plans(words, "i", workloads)


@pytest.mark.parametrize(
    ("text", "count"),
    [("---\n".join([json.dumps(TRAINING) + "\n"] * 2), 2), ('{"Version": "2020-12-01", "Steps": []}', 0)],
)
def test_a_probe_follows_one_request(tmp_path: Path, text: str, count: int) -> None:
    path = tmp_path / "jobs.yaml"
    path.write_text(text)
    with pytest.raises(ProbeError, match=f"holds {count} requests; a probe follows one"):
        read(str(path))


def test_a_file_that_is_no_request(tmp_path: Path) -> None:
    path = tmp_path / "job.json"
    path.write_text('{"TrainingJobName": ')
    with pytest.raises(ProbeError, match=r"job\.json: "):
        read(str(path))


def test_an_endpoint_has_no_hyperparameters(tmp_path: Path) -> None:
    path = tmp_path / "h.json"
    path.write_text('{"lr": 0.1}')
    with pytest.raises(ProbeError, match="--hyperparameters are a training job's; add --workload training"):
        plans(ProbeArguments(hyperparameters=str(path)), "i", (Workload.INFERENCE,))


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1024", 1024),
        ("64k", 64 << 10),
        ("512m", 512 << 20),
        ("1.5G", 3 << 29),
        ("8 GB", 8 << 30),
        ("1t", 1 << 40),
    ],
)
def test_sizes_are_read_as_docker_run_reads_them(text: str, size: int) -> None:
    (plan,) = plans(ProbeArguments(memory=text), "i", ())
    assert plan.limits.memory == size


@pytest.mark.parametrize("text", ["{", "[" * 100_000, "[1]"])
def test_hyperparameters_that_are_no_object(tmp_path: Path, text: str) -> None:
    path = tmp_path / "h.json"
    path.write_text(text)
    with pytest.raises(ProbeError, match=r"is no JSON|no JSON object"):
        plans(ProbeArguments(hyperparameters=str(path)), "i", ())
