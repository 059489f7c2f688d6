"""Which requests a document holds: a plain request, the steps of a pipeline, the resources of a template, the states of a
state machine.

Recognition goes by the names that only one kind of document has; ``--kind`` replaces it for plain requests.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from smlint.container import Known
from smlint.request.document import Document, embedded
from smlint.request.model import Kind, Origin, Request
from smlint.request.nodes import Object, RequestSyntaxError, Scalar
from smlint.request.value import Value

#: Names at the top of a request that no other kind of request has.
_SIGNATURES: Final[dict[Kind, frozenset[str]]] = {
    Kind.TRAINING_JOB: frozenset({"TrainingJobName", "AlgorithmSpecification"}),
    Kind.PROCESSING_JOB: frozenset(
        {"ProcessingJobName", "AppSpecification", "ProcessingResources", "ProcessingInputs"}
    ),
    Kind.MODEL: frozenset({"PrimaryContainer", "Containers", "InferenceExecutionConfig"}),
    Kind.TRANSFORM_JOB: frozenset(
        {"TransformJobName", "TransformInput", "TransformOutput", "TransformResources"}
    ),
    Kind.TUNING_JOB: frozenset(
        {
            "HyperParameterTuningJobName",
            "HyperParameterTuningJobConfig",
            "TrainingJobDefinition",
            "TrainingJobDefinitions",
        }
    ),
    Kind.ENDPOINT_CONFIG: frozenset({"EndpointConfigName", "ProductionVariants", "ShadowProductionVariants"}),
}
#: Step types of SageMaker Pipelines that carry a request as their Arguments.
_STEPS: Final = {
    "Training": Kind.TRAINING_JOB,
    "Processing": Kind.PROCESSING_JOB,
    "Model": Kind.MODEL,
    "Transform": Kind.TRANSFORM_JOB,
    "Tuning": Kind.TUNING_JOB,
}
#: CloudFormation resources whose properties are those of a request.
_RESOURCES: Final = {
    "AWS::SageMaker::Model": Kind.MODEL,
    "AWS::SageMaker::EndpointConfig": Kind.ENDPOINT_CONFIG,
    "AWS::SageMaker::ProcessingJob": Kind.PROCESSING_JOB,
    "AWS::SageMaker::TrainingJob": Kind.TRAINING_JOB,
}
_STATE_MACHINES: Final = frozenset({"AWS::StepFunctions::StateMachine", "AWS::Serverless::StateMachine"})
_TASK: Final = re.compile(r"arn:[a-z-]+:states:[^:]*:[^:]*:(?:aws-sdk:)?sagemaker:([A-Za-z]+)")


def requests(document: Document, kind: Kind | None = None) -> tuple[Request, ...]:
    """The requests of a document; raises RequestSyntaxError where nothing that SageMaker takes can be recognised."""
    found: list[Request] = []
    for root in document.roots:
        value = Value(document, root)
        if not isinstance(root, Object):
            raise _unrecognised(
                value,
                "an object was expected at the top of a job request",
                "write the request itself, as --cli-input-json takes it",
            )
        found += _of_root(value, kind)
    return tuple(found)


def _of_root(root: Value, kind: Kind | None) -> Iterator[Request]:
    if kind is not None:
        yield Request(kind, Origin.API, root)
        return
    recognised = _kind_of(root)
    if recognised is not None:
        yield Request(recognised, Origin.API, root)
    elif isinstance(root.get("Resources"), Known):
        yield from _resources(root)
    elif isinstance(root.get("States"), Known):
        yield from _states(root)
    elif isinstance(root.items("Steps"), Known):
        yield from _steps(root.each("Steps"))
    else:
        raise _unrecognised(
            root,
            "its members are those of no request, pipeline definition, template or state machine that is known here",
            _advice(root),
        )


def _kind_of(root: Value) -> Kind | None:
    names = {member.key for member in root.members()}
    scores = {kind: len(names & signature) for kind, signature in _SIGNATURES.items()}
    best = max(scores, key=lambda kind: scores[kind])
    return best if scores[best] else None


def _advice(root: Value) -> str:
    for member in root.members():
        name = member.key[:1].upper() + member.key[1:]
        if name != member.key and any(name in signature for signature in _SIGNATURES.values()):
            return f"write {name} for {member.key}: members begin with a capital letter, as --cli-input-json takes them"
    return f"say which request it is with --kind ({', '.join(Kind)})"


def _unrecognised(value: Value, message: str, advice: str) -> RequestSyntaxError:
    place = value.location
    return RequestSyntaxError(message, place.line, place.column, advice)


def _steps(steps: tuple[Value, ...]) -> Iterator[Request]:
    """Steps of a pipeline definition, those of condition steps included. Depth is bounded by the readers."""
    for step in steps:
        kind = step.text("Type")
        arguments = step.get("Arguments")
        if not isinstance(kind, Known) or not isinstance(arguments, Known):
            continue
        if kind.value in _STEPS:
            yield Request(_STEPS[kind.value], Origin.PIPELINE, arguments.value)
        for branch in ("IfSteps", "ElseSteps"):
            yield from _steps(arguments.value.each(branch))


def _resources(root: Value) -> Iterator[Request]:
    for resource in root.members("Resources"):
        kind = resource.value.text("Type")
        properties = resource.value.get("Properties")
        if not isinstance(kind, Known) or not isinstance(properties, Known):
            continue
        if kind.value in _RESOURCES:
            yield Request(_RESOURCES[kind.value], Origin.TEMPLATE, properties.value)
        elif kind.value == "AWS::SageMaker::Pipeline":
            for definition in _documents(properties.value, ("PipelineDefinition", "PipelineDefinitionBody")):
                yield from _steps(definition.each("Steps"))
        elif kind.value in _STATE_MACHINES:
            for machine in _documents(properties.value, ("Definition",), ("DefinitionString",)):
                yield from _states(machine)


def _documents(properties: Value, *paths: tuple[str, ...]) -> Iterator[Value]:
    """The definitions at these paths; one that is written as JSON inside a text is read too, all of it at the text's place."""
    for path in paths:
        found = properties.get(*path)
        if not isinstance(found, Known):
            continue
        node = found.value.node
        if not isinstance(node, Scalar):
            yield found.value
        elif isinstance(node.value, str):
            inner = embedded(node.value, node.span)
            if inner is not None:
                yield Value(properties.document, inner, found.value.pointer)


def _states(machine: Value) -> Iterator[Request]:
    """Task states of a state machine, those inside Parallel and Map states included. Depth is bounded by the readers."""
    for state in machine.members("States"):
        yield from _task(state.value)
        for branch in state.value.each("Branches"):
            yield from _states(branch)
        for key in ("ItemProcessor", "Iterator"):
            inner = state.value.get(key)
            if isinstance(inner, Known):
                yield from _states(inner.value)


def _task(state: Value) -> Iterator[Request]:
    resource = state.text("Resource")
    found = _TASK.match(resource.value) if isinstance(resource, Known) else None
    if found is None:
        return
    operation = found[1][:1].upper() + found[1][1:]
    if operation not in set(Kind):
        return
    for key in ("Parameters", "Arguments"):
        body = state.get(key)
        if isinstance(body, Known):
            yield Request(Kind(operation), Origin.STATE_MACHINE, body.value)
