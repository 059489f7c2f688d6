"""``smlint image --probe-sigterm`` from the command line: reports, exit codes, options, refusals."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from smlint.cli import main
from smlint.probe.cleanup import Custody
from smlint.probe.plan import ProbeError, ProbePlan
from smlint.probe.session import probe
from tests.probe.programs import HANDLER
from tests.probe.scenarios import script

if TYPE_CHECKING:
    import docker

    from tests.engine.images import Images

pytestmark = pytest.mark.engine

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["image", *arguments, "--isolated", "--color", "never"])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


@pytest.fixture(scope="module")
def wrapped(images: Images) -> str:
    return images.make("dash", script('/train.py "$@"\necho over'), entrypoint=["/run.sh"])


@pytest.fixture(scope="module")
def good(images: Images) -> str:
    return images.make("dash", {"/train.py": HANDLER}, entrypoint=["/train.py"])


def test_tree_timeline_and_findings(call: Call, wrapped: str) -> None:
    code, out, _ = call(wrapped, "--probe-sigterm", "--grace", "2")
    assert code == 1
    assert "run 1, without init, SIGTERM and 2 s: signal not forwarded" in out
    assert "run 2, under an init, SIGTERM and 2 s: cut off" in out
    assert "└─ /usr/bin/python3 /train.py train" in out
    assert "SIGTERM sent to PID 1" in out
    assert "ended with exit code 137, nothing saved since the signal" in out
    assert "error[SM702] sigterm-not-forwarded" in out
    assert "warning[SM706] cut-off-under-init" in out


def test_json_has_the_whole_record(call: Call, good: str) -> None:
    code, out, _ = call(good, "--probe-sigterm", "--grace", "5", "--format", "json")
    (probe,) = json.loads(out)["probes"]
    assert code == 0
    assert probe["argv"] == ["/train.py", "train"]
    first = probe["runs"][0]
    assert (first["verdict"], first["exit_code"], first["signal"]) == ("stopped", 0, "SIGTERM")
    assert first["saved"] == ["/opt/ml/model/weights"]
    assert first["log_after"] == ["stopping"]
    masks = first["snapshots"][-1]["processes"][0]["masks"]
    assert int(masks["caught"], 16) & 0x4000


def test_findings_stand_in_the_dockerfile(call: Call, images: Images, tmp_path: Path) -> None:
    text = f"FROM {images.base('dash')}\nCOPY train.py /train.py\nENTRYPOINT /train.py\n"
    reference = images.build(text, {"train.py": HANDLER})
    dockerfile = tmp_path / "Dockerfile"
    dockerfile.write_text(text)
    _, out, _ = call(
        reference, "--probe-sigterm", "--grace", "2", "--dockerfile", str(dockerfile), "--format", "concise"
    )
    assert f"{dockerfile}:3:1: error SM702" in out
    assert f"{dockerfile}:3:1: error SM703" in out


def test_a_request_says_what_is_run(call: Call, images: Images, tmp_path: Path) -> None:
    reference = images.make("dash", {"/main.py": HANDLER}, entrypoint=["/bin/false"])
    request = tmp_path / "job.json"
    body = {
        "TrainingJobName": "j",
        "AlgorithmSpecification": {
            "TrainingImage": reference,
            "TrainingInputMode": "File",
            "ContainerEntrypoint": ["/usr/bin/python3", "/main.py"],
            "ContainerArguments": ["--epochs", "3"],
        },
        "Environment": {"MODE": "test"},
        "HyperParameters": {"lr": "0.1"},
        "OutputDataConfig": {"S3OutputPath": "s3://b/o"},
        "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1},
        "RoleArn": "arn:aws:iam::123456789012:role/r",
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    }
    request.write_text(json.dumps(body))
    _, out, _ = call(
        reference, "--probe-sigterm", "--request", str(request), "--grace", "5", "--format", "json"
    )
    (probe,) = json.loads(out)["probes"]
    assert probe["argv"] == ["/usr/bin/python3", "/main.py", "--epochs", "3"]
    assert [run["verdict"] for run in probe["runs"]] == ["stopped", "stopped"]


READS_INPUT = """#!/usr/bin/python3
import json, os
config = "/opt/ml/input/config"
print(sorted(os.listdir(config)), json.load(open(f"{config}/hyperparameters.json")))
print(open("/opt/ml/input/data/train/a.csv").read(), os.environ["TRAINING_JOB_NAME"][:6], os.environ["X"])
print(sorted(os.listdir("/opt/ml/model")), os.path.isdir("/opt/ml/checkpoints"), os.path.isdir("/opt/ml/output/data"))
"""


def test_the_container_sees_what_sagemaker_lays_out(call: Call, images: Images, tmp_path: Path) -> None:
    reference = images.make(
        "dash", {"/train.py": READS_INPUT, "/opt/ml/model/baked": "1"}, entrypoint=["/train.py"]
    )
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.csv").write_text("1,2")
    parameters = tmp_path / "hyperparameters.json"
    parameters.write_text('{"lr": 0.1, "name": "x"}')
    _, out, _ = call(
        *(reference, "--probe-sigterm", "--channel", f"train={tmp_path / 'data'}", "--env", "X=y"),
        *("--hyperparameters", str(parameters), "--format", "json"),
    )
    (run,) = json.loads(out)["probes"][0]["runs"]
    assert run["log_tail"] == [
        "['hyperparameters.json', 'inputdataconfig.json', 'resourceconfig.json'] {'lr': '0.1', 'name': 'x'}",
        "1,2 smlint y",
        "[] True True",
    ]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--channel", "x"], "--channel takes NAME=DIR"),
        (["--channel", "../x=."], "is no channel name"),
        (["--model", "/no/such/directory", "--workload", "inference"], "/no/such/directory is no directory"),
        (["--channel", "x=/no/such/directory"], "/no/such/directory is no directory"),
        (["--hyperparameters", "/no/such/file"], "/no/such/file cannot be read"),
        (["--request", "/no/such/file"], "/no/such/file cannot be read"),
        (["--memory", "much"], "--memory takes a size"),
        (["--gpus", "some"], "--gpus takes `all` or a number"),
        (["--ready-log", "("], "is no regular expression"),
        (["--workload", "inference", "--argument", "x"], "the platform runs `serve`"),
        (["--network", "no-such-network"], "no-such-network"),
    ],
)
def test_refusals_are_one_line(call: Call, good: str, arguments: list[str], words: str) -> None:
    code, _, err = call(good, "--probe-sigterm", "--ready-timeout", "2", *arguments)
    assert code == 2
    assert words in err
    assert err.count("\n") == 1


def test_options_of_the_probe_mean_nothing_without_it(call: Call, good: str) -> None:
    code, out, err = call(good, "--grace", "3")
    assert (code, out) == (2, "")
    assert "--grace says how to probe; add --probe-sigterm" in err


def test_an_archive_cannot_be_started(call: Call, engine: object, good: str, tmp_path: Path) -> None:
    import docker

    assert isinstance(engine, docker.DockerClient)
    archive = tmp_path / "image.tar"
    with archive.open("wb") as file:
        file.writelines(engine.images.get(good).save())
    code, _, err = call(f"docker-archive:{archive}", "--probe-sigterm")
    assert code == 2
    assert "lies on no engine" in err


@pytest.mark.usefixtures("engine")
def test_clean_probes_says_what_it_did(call: Call) -> None:
    code, out, _ = call("--clean-probes")
    assert code == 0
    assert out.startswith("removed what ")


def test_an_image_that_is_not_there_hides_no_probe(call: Call, good: str) -> None:
    missing = "smlint-test-no-such-image:1"
    code, out, err = call(missing, good, "--probe-sigterm", "--grace", "5", "--format", "json")
    assert code == 2
    assert [probe["image"] for probe in json.loads(out)["probes"]] == [good]
    assert err.count("\n") == 1
    assert missing in err


def test_an_image_that_is_gone_meanwhile_is_told(engine: docker.DockerClient) -> None:
    with pytest.raises(
        ProbeError, match="is not on the engine; pull it first: docker pull smlint-test-gone:1"
    ):
        probe(engine.api, ProbePlan("smlint-test-gone:1"))


def test_a_terminal_sees_what_is_waited_for(
    call: Call, images: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = images.make("dash", {}, entrypoint=["/bin/false"])
    quiet = call(reference, "--probe-sigterm")
    # rich asks the same stream, and draws only where both agree.
    monkeypatch.setattr("smlint.cli.probing.sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    shown = call(reference, "--probe-sigterm")
    assert shown[:2] == quiet[:2]
    assert quiet[2] == ""
    assert f"starting {reference}" in shown[2]


def test_clean_probes_leaves_the_living_alone_and_goes_on(
    call: Call, engine: docker.DockerClient, good: str
) -> None:
    with Custody(engine.api, 60) as custody:
        engine.api.create_volume(f"smlint-probe-{custody.id}", labels=custody.labels)
        code, out, _ = call("--clean-probes", good, "--format", "concise")
    assert code == 0
    assert f"left probe {custody.id} alone: its process {os.getpid()} is running\n" in out
