"""What a job request says to a probe: workload, command, environment, hyperparameters, and what is mounted where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from smlint.container import UNRESOLVED, Known, Overrides
from smlint.probe.plan import ProbeError
from smlint.request import document, kinds
from smlint.request.model import Request
from smlint.request.nodes import RequestSyntaxError
from smlint.request.value import Value
from smlint.workload import Workload

_ENVIRONMENT: Final = "Environment"
_HYPERPARAMETERS: Final = "HyperParameters"


class Requested(NamedTuple):
    """The parts of a request that a probe can follow; values that are references are left out."""

    workload: Workload
    overrides: Overrides
    environment: dict[str, str]
    hyperparameters: dict[str, str]
    #: Names of the channels, or of a processing job's inputs.
    channels: tuple[str, ...] = ()
    #: Where a processing job's inputs are mounted, by name.
    places: dict[str, str] = {}
    #: Where a processing job's outputs are mounted.
    outputs: tuple[str, ...] = ()


def read(path: str) -> Requested:
    """The single request in a file; raises ProbeError, one line, when it cannot be read or holds several."""
    try:
        with open(path, "rb") as file:
            found = kinds.requests(document.parse(path, document.read(file)))
    except OSError as error:
        raise ProbeError(f"{path} cannot be read: {error.strerror}") from error
    except RequestSyntaxError as error:
        raise ProbeError(f"{path}: {error}") from error
    if len(found) != 1:
        raise ProbeError(f"{path} holds {len(found)} requests; a probe follows one")
    return _requested(path, found[0])


def _requested(path: str, request: Request) -> Requested:
    overrides = request.overrides
    for word in (*(overrides.entrypoint or ()), *(overrides.arguments or ())):
        if UNRESOLVED in word.text:
            raise ProbeError(
                f"{path}: a word of the container's command is a reference; give it with --argument"
            )
    environment: dict[str, str] = {}
    hyperparameters: dict[str, str] = {}
    for described in (*request.trainings, request.body, *request.containers[:1]):
        environment |= _texts(described, _ENVIRONMENT)
        hyperparameters |= _texts(described, _HYPERPARAMETERS)
        hyperparameters |= _texts(described, "StaticHyperParameters")
    places = dict(_inputs(request.body))
    channels = [
        name.value
        for training in request.trainings
        for channel in training.each("InputDataConfig")
        if isinstance(name := channel.text("ChannelName"), Known)
    ]
    outputs = [
        place.value
        for output in request.body.each("ProcessingOutputConfig", "Outputs")
        if isinstance(place := output.text("S3Output", "LocalPath"), Known)
    ]
    return Requested(
        request.workload,
        overrides,
        environment,
        hyperparameters,
        (*channels, *places),
        places,
        tuple(dict.fromkeys(outputs)),
    )


def _inputs(body: Value) -> Iterator[tuple[str, str]]:
    """Name and path of every processing input whose place in the container is written out."""
    for given in body.each("ProcessingInputs"):
        name = given.text("InputName")
        for kind in ("S3Input", "DatasetDefinition"):
            path = given.text(kind, "LocalPath")
            if isinstance(name, Known) and isinstance(path, Known):
                yield name.value, path.value


def _texts(value: Value, key: str) -> dict[str, str]:
    words = ((member.key, member.value.word().text) for member in value.members(key))
    return {name: text for name, text in words if UNRESOLVED not in text}
