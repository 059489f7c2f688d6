"""``smlint job --image``: a built image judged as the request starts it, from an archive and from an engine."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from smlint.cli import main
from tests.image import tars
from tests.image.tars import Entry

if TYPE_CHECKING:
    from tests.engine.images import Images

IMAGE = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/kmeans:1"
ROLE = "arn:aws:iam::111122223333:role/Training"
TRAINING: dict[str, Any] = {
    "TrainingJobName": "kmeans",
    "RoleArn": ROLE,
    "OutputDataConfig": {"S3OutputPath": "s3://amzn-s3-demo-bucket/output"},
    "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 10},
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
}
TUNING: dict[str, Any] = {
    "HyperParameterTuningJobName": "kmeans",
    "HyperParameterTuningJobConfig": {
        "Strategy": "Random",
        "ResourceLimits": {"MaxNumberOfTrainingJobs": 4, "MaxParallelTrainingJobs": 2},
    },
    "TrainingJobDefinition": {
        "RoleArn": ROLE,
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "OutputDataConfig": {"S3OutputPath": "s3://amzn-s3-demo-bucket/output"},
        "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 10},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    },
}
#: Acts on `train`, replaces itself, hears SIGTERM.
ENTRY = '#!/bin/sh\nif [ "$1" = train ]; then shift; exec /usr/local/bin/program "$@"; fi\nexec "$@"\n'


def training(**specification: object) -> dict[str, Any]:
    algorithm = {"TrainingImage": IMAGE, "TrainingInputMode": "File", **specification}
    return {**TRAINING, "AlgorithmSpecification": algorithm}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def archive(folder: Path, **settings: object) -> str:
    content = tars.layer(
        Entry("bin/sh", b"\x7fELF", mode=0o755),
        Entry("usr/local/bin/program", b"\x7fELF", mode=0o755),
        Entry("entry.sh", ENTRY.encode(), mode=0o755),
    )
    environment = {"Env": ["PATH=/usr/local/bin:/bin"], **settings}
    (folder / "image.tar").write_bytes(tars.docker_archive([content], **environment))
    return "docker-archive:image.tar"


def found(
    folder: Path, image: str, body: object, capsys: pytest.CaptureFixture[str]
) -> tuple[int, set[str], str]:
    """Exit code, codes, and what stands on standard error."""
    (folder / "job.json").write_text(json.dumps(body), encoding="utf-8")
    code = main(["job", "job.json", "--image", image, "--format", "jsonl", "--isolated"])
    printed = capsys.readouterr()
    return code, {json.loads(line)["code"] for line in printed.out.splitlines()}, printed.err


def test_the_images_own_command_is_judged(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = archive(folder, Entrypoint=["/bin/sh", "-c", "program"])
    code, codes, err = found(folder, image, training(), capsys)
    assert (code, err) == (1, "")
    assert "SM101" in codes


def test_an_entrypoint_that_is_replaced_is_not_judged(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = archive(folder, Entrypoint=["/bin/sh", "-c", "program"], Cmd=["a", "b"])
    assert found(folder, image, training(ContainerEntrypoint=["program"]), capsys) == (0, set(), "")


def test_a_program_that_the_image_lacks(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, codes, _ = found(folder, archive(folder), training(ContainerEntrypoint=["/missing"]), capsys)
    assert (code, codes) == (1, {"SM110"})


def test_a_name_with_a_space_that_is_a_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = tars.layer(Entry("opt/my program", b"\x7fELF", mode=0o755))
    (folder / "image.tar").write_bytes(tars.docker_archive([content]))
    body = training(ContainerEntrypoint=["/opt/my program"])
    assert found(folder, "docker-archive:image.tar", body, capsys)[1] == set()


def test_arguments_in_the_place_of_train(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = archive(folder, Entrypoint=["/entry.sh"])
    assert "SM605" in found(folder, image, training(ContainerArguments=["--epochs", "1"]), capsys)[1]
    assert "SM605" not in found(folder, image, training(ContainerArguments=["train", "1"]), capsys)[1]
    assert "SM605" in found(folder, archive(folder), training(ContainerArguments=["--epochs"]), capsys)[1]
    assert "SM605" not in found(folder, archive(folder), training(ContainerArguments=["program"]), capsys)[1]


def test_a_tuning_job_of_an_image_without_train(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "SM606" in found(folder, archive(folder), TUNING, capsys)[1]
    assert "SM606" not in found(folder, archive(folder, Entrypoint=["/entry.sh"]), TUNING, capsys)[1]


@pytest.mark.parametrize(("containers", "code"), [(2, "SM403"), (1, None)])
def test_labels_that_a_model_needs(
    containers: int, code: str | None, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = tars.layer(Entry("usr/local/bin/serve", b"\x7fELF", mode=0o755))
    (folder / "image.tar").write_bytes(tars.docker_archive([content], Env=["PATH=/usr/local/bin"]))
    body = {
        "ModelName": "kmeans",
        "ExecutionRoleArn": ROLE,
        "Containers": [{"Image": IMAGE, "ContainerHostname": f"c{number}"} for number in range(containers)],
    }
    assert found(folder, "docker-archive:image.tar", body, capsys)[1] == ({code} if code else set())


def test_every_file_is_judged_with_the_one_image(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = archive(folder, Entrypoint=["/bin/sh", "-c", "program"])
    (folder / "a.json").write_text(json.dumps(training()), encoding="utf-8")
    (folder / "b.json").write_text(json.dumps(training(ContainerEntrypoint=["program"])), encoding="utf-8")
    arguments = ["job", "a.json", "b.json", "--image", image, "--format", "json", "--isolated"]
    assert main(arguments) == 1
    document = json.loads(capsys.readouterr().out)
    assert [subject["name"] for subject in document["subjects"]] == ["a.json", "b.json"]
    assert [found["code"] for found in document["diagnostics"]].count("SM101") == 1


def cut_archive(folder: Path, layers: list[bytes]) -> str:
    complete = tars.docker_archive(layers, Entrypoint=["/entry.sh"])
    (folder / "image.tar").write_bytes(complete[: len(complete) // 2])
    return "docker-archive:image.tar"


def cut_layer(folder: Path, layers: list[bytes]) -> str:
    """Opens, shows its config, and fails when its files are read."""
    files = tars.layout_files(layers, Entrypoint=["/entry.sh"])
    cut = {name: data[:60] if data.startswith(b"\x1f\x8b") else data for name, data in files.items()}
    tars.write_folder(folder / "layout", cut)
    return "oci:layout"


@pytest.mark.parametrize("make", [cut_archive, cut_layer])
def test_an_image_that_ends_early_does_not_hide_the_requests_findings(
    make: Callable[[Path, list[bytes]], str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = make(folder, [tars.layer(Entry("entry.sh", b"#!/bin/sh\n" * 9_999, mode=0o755))])
    code, codes, err = found(folder, image, training(ContainerEntrypoint=[]), capsys)
    assert (code, codes) == (2, {"SM601"})
    assert err.startswith("smlint: ")
    assert err.count("\n") == 1


@pytest.mark.engine
def test_an_image_of_an_engine(folder: Path, images: Images, capsys: pytest.CaptureFixture[str]) -> None:
    reference = images.make(
        "dash",
        files={"/entry.sh": ENTRY, "/usr/local/bin/program": "#!/bin/sh\nexec sleep 1\n"},
        entrypoint=["/entry.sh"],
    )
    code, codes, err = found(folder, f"docker-daemon:{reference}", training(ContainerArguments=["x"]), capsys)
    assert (code, err) == (1, "")
    assert "SM605" in codes
    body = training(ContainerEntrypoint=["/nothing/there"])
    assert "SM110" in found(folder, f"docker-daemon:{reference}", body, capsys)[1]
    shell_form = images.make("dash", entrypoint="program")
    assert "SM101" in found(folder, f"docker-daemon:{shell_form}", training(), capsys)[1]
    body = training(ContainerEntrypoint=["/usr/bin/python3", "-c", "pass"])
    assert "SM101" not in found(folder, f"docker-daemon:{shell_form}", body, capsys)[1]
