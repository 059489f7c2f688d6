"""Documents as AWS's tools write them, full of references: unknown, never wrong; what stands beside them is still judged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from smlint.cli import main

DOCUMENTS = Path(__file__).parent / "documents"


def found(path: Path, capsys: pytest.CaptureFixture[str]) -> list[tuple[str, int]]:
    """Codes and lines."""
    main(["job", str(path), "--format", "json", "--isolated"])
    diagnostics = json.loads(capsys.readouterr().out)["diagnostics"]
    return [(each["code"], each["location"]["line"]) for each in diagnostics]


@pytest.mark.parametrize("path", sorted(DOCUMENTS.iterdir()), ids=lambda path: path.name)
def test_references_are_not_wrong(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert found(path, capsys) == []


@pytest.mark.parametrize(
    ("name", "text", "wrong", "code"),
    [
        ("state_machine.json", '"InstanceType": "ml.m5.large"', '"InstanceType": ["ml.m5.large"]', "SM619"),
        ("state_machine.json", '"VolumeSizeInGB": 30', '"VolumeSizeInGB": "30"', "SM619"),
        ("state_machine.json", '"--epochs"', '"--epochs 10"', "SM603"),
        ("state_machine.json", '"A": "{% $string($n) %}"', '"A": 1', "SM604"),
        ("pipeline.json", '"LocalPath": "/opt/ml/processing/t"', '"LocalPath": "/out"', "SM608"),
        ("pipeline.json", '"ExecutionRoleArn"', '"ExecutionRolArn"', "SM619"),
        ("pipeline.json", '"Strategy": "Bayesian"', '"Strategy": 1', "SM619"),
        ("synthesised.json", '"InstanceType": {', '"InstanceTypes": [], "InstanceType": {', None),
        ("synthesised.json", '"N": 10', '"N-N": 10', "SM609"),
        ("template.yaml", "ContainerEntrypoint: [python, ", "ContainerEntrypoint: [python a.py, ", "SM603"),
        ("template.yaml", "MaxRuntimeInSeconds: 3600", "MaxRuntimeInSeconds: 0", "SM612"),
        ("template.yaml", '"TransformJobName": "x"', '"TransformJobName": 1', "SM619"),
        ("template.yaml", '{"Get":"Parameters.Image"}', '"python:3"', "SM610"),
    ],
)
def test_what_stands_beside_references_is_judged(
    name: str, text: str, wrong: str, code: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    original = (DOCUMENTS / name).read_text(encoding="utf-8")
    assert text in original
    path = tmp_path / name
    path.write_text(original.replace(text, wrong, 1), encoding="utf-8")
    line = original.count("\n", 0, original.index(text)) + 1
    assert found(path, capsys) == ([(code, line)] if code else [])


def test_a_definition_inside_a_text_that_is_no_json_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"DefinitionString": "{"}}
    path = tmp_path / "template.json"
    path.write_text(json.dumps({"Resources": {"Machine": machine}}), encoding="utf-8")
    assert found(path, capsys) == []
