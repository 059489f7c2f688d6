"""Which requests are found in which documents, and what they override."""

from __future__ import annotations

import json

import pytest

from smlint.container import UNRESOLVED
from smlint.request import Kind, Origin, Request, RequestSyntaxError, parse, requests
from smlint.workload import Workload


def found(value: object, kind: Kind | None = None) -> tuple[Request, ...]:
    return requests(parse("a.json", json.dumps(value).encode()), kind)


@pytest.mark.parametrize(
    ("body", "kind", "workload"),
    [
        ({"TrainingJobName": "a"}, Kind.TRAINING_JOB, Workload.TRAINING),
        ({"AlgorithmSpecification": {}, "Environment": {}}, Kind.TRAINING_JOB, Workload.TRAINING),
        ({"AppSpecification": {}, "RoleArn": ""}, Kind.PROCESSING_JOB, Workload.PROCESSING),
        ({"ModelName": "a", "PrimaryContainer": {}}, Kind.MODEL, Workload.INFERENCE),
        ({"ModelName": "a", "TransformInput": {}}, Kind.TRANSFORM_JOB, Workload.INFERENCE),
        (
            {"HyperParameterTuningJobName": "a", "TrainingJobDefinition": {}},
            Kind.TUNING_JOB,
            Workload.TRAINING,
        ),
        ({"ProductionVariants": []}, Kind.ENDPOINT_CONFIG, Workload.INFERENCE),
    ],
)
def test_a_plain_request_is_known_by_its_members(body: object, kind: Kind, workload: Workload) -> None:
    (request,) = found(body)
    assert (request.kind, request.origin, request.workload) == (kind, Origin.API, workload)


def test_the_kind_can_be_said() -> None:
    (request,) = found({"ModelName": "a"}, Kind.MODEL)
    assert request.kind is Kind.MODEL


@pytest.mark.parametrize("value", [{}, {"ModelName": "a"}, [], "a", 1, None])
def test_what_is_not_recognised_is_refused(value: object) -> None:
    with pytest.raises(RequestSyntaxError):
        found(value)


def test_pipelines_give_the_arguments_of_their_steps() -> None:
    train = {"Type": "Training", "Arguments": {"AlgorithmSpecification": {}}}
    condition = {
        "Type": "Condition",
        "Arguments": {
            "IfSteps": [{"Type": "Processing", "Arguments": {}}],
            "ElseSteps": [{"Type": "Fail", "Arguments": {}}],
        },
    }
    requests = found({"Version": "2020-12-01", "Steps": [train, condition, {"Type": "Model"}, "broken"]})
    assert [(request.kind, request.body.pointer) for request in requests] == [
        (Kind.TRAINING_JOB, "/Steps/0/Arguments"),
        (Kind.PROCESSING_JOB, "/Steps/1/Arguments/IfSteps/0/Arguments"),
    ]
    assert {request.origin for request in requests} == {Origin.PIPELINE}


def test_templates_give_the_properties_of_their_resources() -> None:
    text = b"""
Resources:
  Model:
    Type: AWS::SageMaker::Model
    Properties:
      PrimaryContainer: {Image: !Sub "${AWS::AccountId}.dkr.ecr.eu-west-1.amazonaws.com/a"}
  Bucket: {Type: AWS::S3::Bucket}
  Machine:
    Type: AWS::StepFunctions::StateMachine
    Properties:
      Definition:
        States:
          Train:
            Resource: arn:aws:states:::sagemaker:createTrainingJob.sync
            Parameters: {TrainingJobName.$: $.name}
"""
    requests_ = requests(parse("a.yaml", text))
    assert [(request.kind, request.origin, request.body.pointer) for request in requests_] == [
        (Kind.MODEL, Origin.TEMPLATE, "/Resources/Model/Properties"),
        (
            Kind.TRAINING_JOB,
            Origin.STATE_MACHINE,
            "/Resources/Machine/Properties/Definition/States/Train/Parameters",
        ),
    ]


def test_state_machines_give_their_tasks_inner_ones_included() -> None:
    def task(operation: str, key: str = "Parameters") -> dict[str, object]:
        return {"Type": "Task", "Resource": f"arn:aws:states:::{operation}", key: {}}

    machine = {
        "StartAt": "A",
        "States": {
            "A": task("sagemaker:createProcessingJob.sync"),
            "B": {"Type": "Parallel", "Branches": [{"States": {"C": task("sagemaker:createTransformJob")}}]},
            "D": {
                "Type": "Map",
                "ItemProcessor": {"States": {"E": task("aws-sdk:sagemaker:createModel", "Arguments")}},
            },
            "F": task("lambda:invoke"),
            "G": task("sagemaker:createEndpoint"),
        },
    }
    assert [request.kind for request in found(machine)] == [
        Kind.PROCESSING_JOB,
        Kind.TRANSFORM_JOB,
        Kind.MODEL,
    ]


@pytest.mark.parametrize(
    ("specification", "entrypoint", "arguments"),
    [
        ({}, None, None),
        ({"ContainerEntrypoint": ["/bin/sh"]}, ("/bin/sh",), None),
        ({"ContainerArguments": ["a", "b"]}, None, ("a", "b")),
        ({"ContainerEntrypoint": ["x"], "ContainerArguments": ["a"]}, ("x",), ("a",)),
        ({"ContainerEntrypoint": []}, None, None),
        ({"ContainerEntrypoint": None}, None, None),
        ({"ContainerEntrypoint": {"Get": "Parameters.A"}}, (UNRESOLVED,), None),
        ({"ContainerEntrypoint": "python a.py"}, (UNRESOLVED,), None),
        ({"ContainerEntrypoint": ["x", {"Get": "Parameters.A"}, 1]}, ("x", UNRESOLVED, UNRESOLVED), None),
    ],
)
@pytest.mark.parametrize(
    ("key", "kind"),
    [("AlgorithmSpecification", Kind.TRAINING_JOB), ("AppSpecification", Kind.PROCESSING_JOB)],
)
def test_overrides(
    key: str,
    kind: Kind,
    specification: object,
    entrypoint: tuple[str, ...] | None,
    arguments: tuple[str, ...] | None,
) -> None:
    (request,) = found({key: specification})
    overrides = request.overrides
    assert request.kind is kind
    assert (overrides.entrypoint and tuple(word.text for word in overrides.entrypoint)) == entrypoint
    assert (overrides.arguments and tuple(word.text for word in overrides.arguments)) == arguments


def test_what_the_api_has_no_field_for_overrides_nothing() -> None:
    (request,) = found({"TrainingJobDefinition": {"AlgorithmSpecification": {"ContainerEntrypoint": ["x"]}}})
    assert request.overrides == (None, None)


def nested(depth: int, inner: object, *keys: str) -> object:
    """``inner`` inside so many conditions, or states of a kind."""
    for _ in range(depth):
        inner = {"Type": "Condition", "Arguments": {"IfSteps": [inner]}} if not keys else state(inner, *keys)
    return inner


def state(inner: object, key: str) -> dict[str, object]:
    machine = {"States": {"a": inner}}
    return {"Type": "Map", key: [machine] if key == "Branches" else machine}


@pytest.mark.parametrize("depth", [1, 19, 23])
def test_what_stands_deep_inside_is_found_as_long_as_the_file_can_be_read(depth: int) -> None:
    step = nested(depth, {"Type": "Training", "Arguments": {"AlgorithmSpecification": {}}})
    assert [each.kind for each in found({"Steps": [step]})] == [Kind.TRAINING_JOB]
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
        "Parameters": {"AlgorithmSpecification": {}},
    }
    for key in ("Branches", "ItemProcessor", "Iterator"):
        machine = {"StartAt": "a", "States": {"a": nested(depth, task, key)}}
        assert [each.kind for each in found(machine)] == [Kind.TRAINING_JOB]


@pytest.mark.parametrize("definition", [5, True, None, "no JSON", "[1]", '"a"', "5", {}, [], [1]])
def test_a_definition_of_another_shape_holds_no_request(definition: object) -> None:
    for kind, key in (
        ("AWS::SageMaker::Pipeline", "PipelineDefinitionBody"),
        ("AWS::StepFunctions::StateMachine", "DefinitionString"),
    ):
        properties = {"PipelineDefinition": {key: definition}, key: definition}
        assert found({"Resources": {"A": {"Type": kind, "Properties": properties}}}) == ()


@pytest.mark.parametrize(
    ("body", "advice"),
    [
        (
            {"trainingJobName": "a"},
            "write TrainingJobName for trainingJobName: members begin with a capital letter",
        ),
        ({"modelName": "a"}, "say which request it is with --kind (CreateTrainingJob, "),
        ({"ModelName": "a"}, "say which request it is with --kind (CreateTrainingJob, "),
    ],
)
def test_a_refusal_says_what_to_type(body: object, advice: str) -> None:
    with pytest.raises(RequestSyntaxError) as raised:
        found(body)
    assert raised.value.help.startswith(advice)
