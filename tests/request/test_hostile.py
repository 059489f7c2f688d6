"""Whole runs of ``smlint job`` on files that mean harm: one answer with a place, in bounded memory and processor time."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from smlint.cli import main

MEBIBYTE: Final = 1 << 20
#: More than any file may take; the files themselves have 100 MiB, or as much as is read of them.
MOST_FOR_REFUSALS: Final = 80 * MEBIBYTE
MOST: Final = 400 * MEBIBYTE
#: Seconds of processor time after which the kernel ends a run: what grows with the square of the file needs far more.
PROCESSOR: Final = 40
#: Runs one command and says in the last line of standard error what it took: VmHWM begins anew with the program, while
#: ru_maxrss would remember the parent's memory.
RUNNER: Final = f"""
import resource, sys
resource.setrlimit(resource.RLIMIT_CPU, ({PROCESSOR}, {PROCESSOR}))
from smlint.cli import main
code = main(sys.argv[1:])
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
sys.stderr.write(f"{{peak}}\\n")
sys.exit(code)
"""
GOOD: dict[str, Any] = {
    "TrainingJobName": "kmeans",
    "RoleArn": "arn:aws:iam::111122223333:role/Training",
    "AlgorithmSpecification": {
        "TrainingImage": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/kmeans:1",
        "TrainingInputMode": "File",
    },
    "OutputDataConfig": {"S3OutputPath": "s3://amzn-s3-demo-bucket/output"},
    "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 10},
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
}

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="peak memory is read from /proc/self/status"
)


class Ran(NamedTuple):
    """What became of a run."""

    code: int
    output: str
    errors: list[str]
    #: Bytes of memory at most.
    peak: int


def run(folder: Path, *arguments: str, feed: bytes = b"", times: int = 0) -> Ran:
    """Run smlint in a process of its own, with ``feed`` on its standard input ``times`` over, as far as it reads."""
    with open(folder / "errors", "wb+") as errors, open(folder / "output", "wb+") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", RUNNER, *arguments, "--isolated"]
            if arguments[0] != "launch"
            else [sys.executable, "-c", RUNNER, *arguments],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=errors,
            bufsize=0,
        )
        assert process.stdin is not None
        try:
            for _ in range(times):
                process.stdin.write(feed)
        except BrokenPipeError:
            pass
        finally:
            process.stdin.close()
        code = process.wait()
        errors.seek(0)
        output.seek(0)
        *lines, peak = errors.read().decode().splitlines() or ["0"]
        printed = output.read(64 * 1024).decode(errors="replace")
    assert "Traceback" not in "\n".join(lines)
    return Ran(code, printed, lines, int(peak) * 1024)


def test_a_file_of_a_hundred_megabytes(tmp_path: Path) -> None:
    with open(tmp_path / "job.json", "wb") as file:
        file.truncate(100 * MEBIBYTE)
    ran = run(tmp_path, "job", "job.json", "--format", "concise")
    assert ran.code == 1
    assert ran.output.startswith("job.json:1:1: error SM900 the file cannot be read as a job request")
    assert 0 < ran.peak < MOST_FOR_REFUSALS


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["job", "-"], 1),
        (["-"], 2),
        (["-", "--diff"], 2),
        (["launch", "--request", "-"], 2),
    ],
    ids=["job", "lint", "diff", "launch"],
)
def test_a_hundred_megabytes_of_standard_input(arguments: list[str], code: int, tmp_path: Path) -> None:
    ran = run(tmp_path, *arguments, feed=b"x" * MEBIBYTE, times=100)
    assert ran.code == code
    assert "MiB" in ran.output + "".join(ran.errors)
    assert 0 < ran.peak < MOST_FOR_REFUSALS


def spread(**members: object) -> str:
    return json.dumps({**GOOD, **members})


def command(**members: object) -> str:
    return json.dumps({**GOOD, "AlgorithmSpecification": {**GOOD["AlgorithmSpecification"], **members}})


MANY: Final = 10_000
#: Each is an attack on something that once took the square of its length, or could.
HOSTILE: dict[str, Callable[[], str]] = {
    "values beside each other": lambda: f"[{'[],' * 1_000_000}[]]",
    "variables": lambda: spread(Environment={f"K{number}": "v" for number in range(MANY)}),
    "secrets": lambda: spread(
        Environment={f"K{number}_TOKEN": f"abcdefgh{number}x" for number in range(MANY)}
    ),
    "one secret": lambda: spread(Environment={f"K{number}_TOKEN": "abcdefghx" for number in range(MANY)}),
    "unknown members": lambda: json.dumps(
        {**GOOD, **{f"Envirnment{number}": 1 for number in range(MANY // 2)}}
    ),
    "repeated keys": lambda: (
        f'{{"TrainingJobName": "a", {", ".join([chr(34) + "x" + chr(34) + ": 1"] * MANY)}}}'
    ),
    "keys that repeat each other": lambda: "".join(
        (
            '{"TrainingJobName": "a", "Environment": {',
            *(f'"x{n // 2}": "", ' for n in range(MANY)),
            '"y": ""}}',
        )
    ),
    "channels": lambda: json.dumps(
        {
            **json.loads(
                command(
                    ContainerEntrypoint=["python"],
                    ContainerArguments=[f"/opt/ml/input/data/x{number}/y" for number in range(MANY)],
                )
            ),
            "InputDataConfig": [{"ChannelName": f"c{number}"} for number in range(MANY)],
        }
    ),
    "braces": lambda: spread(RoleArn="{{" * 500_000),
    "openings of variables": lambda: spread(RoleArn="${" * 500_000),
    "an endless bucket": lambda: spread(
        OutputDataConfig={"S3OutputPath": "s3://" + "a--" * 500_000, "KmsKeyId": "x"}
    ),
    "variables of a command": lambda: command(ContainerEntrypoint=["python", "${a" * 500_000]),
    "a shell's blank lines": lambda: command(ContainerEntrypoint=["sh", "-c", "\n" * 500_000 + "x"]),
    "a long key": lambda: spread(**{"k" * 3_000_000: "v"}),
    "a long value": lambda: spread(RoleArn="k" * 3_000_000),
    "keys that look like secrets": lambda: spread(HyperParameters={"a_" * 500_000 + "token": "x" * 9}),
    "drivers": lambda: spread(Environment={"NVIDIA_REQUIRE_CUDA": "cuda>=1 " * 300_000}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_takes_bounded_memory_and_time(name: str, tmp_path: Path) -> None:
    text = HOSTILE[name]()
    assert len(text) < 4 * MEBIBYTE
    (tmp_path / "job.json").write_text(text, encoding="utf-8")
    ran = run(tmp_path, "job", "job.json")
    assert ran.code == 1
    assert "--> job.json:1:" in ran.output
    assert 0 < ran.peak < MOST


NESTED = {
    "arrays": "[" * 10_000,
    "objects": '{"TrainingJobName":' * 10_000,
    "inside a request": json.dumps({**GOOD, "Tags": 0})[:-2] + "[" * 10_000 + "]" * 10_000 + "}",
    "flow in YAML": "TrainingJobName: " + "[" * 10_000,
    "block in YAML": "TrainingJobName:\n" + "".join(" " * depth + "-\n" for depth in range(1, 1_000)),
    "dashes in YAML": "TrainingJobName:\n  " + "- " * 10_000,
    "question marks in YAML": "? " * 10_000,
    "aliases": "\n".join(["a0: &a0 [x]", *(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 10_000))]),
    "a bomb of aliases": "\n".join(
        ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 200))]
    ),
    "a bomb of merges": "\n".join(
        ["a0: &a0 {x: 1}", *(f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}], z{n}: 1}}" for n in range(1, 200))]
    ),
    "an anchor inside itself": "TrainingJobName: &a [*a]",
}


@pytest.mark.parametrize("name", NESTED)
@pytest.mark.parametrize("file", ["job.json", "job.yaml", "-"])
def test_depth_is_refused_where_it_begins(
    name: str,
    file: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    text = NESTED[name]
    if file == "-":
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    else:
        Path(file).write_text(text, encoding="utf-8")
    assert main(["job", file, "--format", "jsonl", "--isolated"]) == 1
    printed = capsys.readouterr()
    assert printed.err == ""
    (finding,) = map(json.loads, printed.out.splitlines())
    assert finding["code"] == "SM900"
    lines = text.split("\n")
    assert 1 <= finding["location"]["line"] <= len(lines)
    assert 1 <= finding["location"]["column"] <= len(lines[finding["location"]["line"] - 1]) + 1


def test_a_refused_file_shows_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    secret = "q7Kf2ZmX9pLw4TgB8nRvYc"
    known = "hf_" + "a" * 34
    for name, text in (
        ("a.json", f'{{"Environment": {{"DB_PASSWORD": "{secret}", "x": "{known}",}}}}'),
        ("b.yaml", f"Environment: {{DB_PASSWORD: {secret}, x: {known}, ["),
        (
            "c.json",
            f'{{"TrainingJobName": "{known}", "TrainingJobName": "b", "X_TOKEN": "{secret}", "X_TOKEN": ""}}',
        ),
    ):
        Path(name).write_text(text, encoding="utf-8")
        assert main(["job", name, "--isolated"]) == 1
        printed = capsys.readouterr().out
        assert "SM900" in printed
        assert f" --> {name}:1:" in printed
        assert secret not in printed
        assert known not in printed


def test_standard_input_that_is_no_text(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(os.urandom(4096) + b"\xff\0")))
    assert main(["job", "-", "--isolated"]) == 1
    assert "SM900" in capsys.readouterr().out
