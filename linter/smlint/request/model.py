"""One request: its kind, what it says to the image it names, and the places in which rules look.

A file can hold several (templates, pipelines, state machines). Nothing here judges.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple, TypeVar

from smlint.container import UNRESOLVED, Absent, Container, Known, Overrides, Word
from smlint.request.value import Value
from smlint.workload import Workload

T = TypeVar("T")


class Kind(enum.StrEnum):
    """The SageMaker operations whose requests are understood."""

    TRAINING_JOB = "CreateTrainingJob"
    PROCESSING_JOB = "CreateProcessingJob"
    MODEL = "CreateModel"
    TRANSFORM_JOB = "CreateTransformJob"
    TUNING_JOB = "CreateHyperParameterTuningJob"
    ENDPOINT_CONFIG = "CreateEndpointConfig"

    @property
    def workload(self) -> Workload:
        """What the containers of such a request are started for."""
        return _WORKLOADS.get(self, Workload.INFERENCE)


_WORKLOADS: Final = {
    Kind.TRAINING_JOB: Workload.TRAINING,
    Kind.TUNING_JOB: Workload.TRAINING,
    Kind.PROCESSING_JOB: Workload.PROCESSING,
}


class Origin(enum.StrEnum):
    """What kind of document a request stands in."""

    API = "request"
    PIPELINE = "pipeline definition"
    STATE_MACHINE = "state machine"
    TEMPLATE = "CloudFormation template"


class NamedImage(NamedTuple):
    """An image that a request names, and the object that says from where it may be pulled."""

    definition: Value
    image_key: str
    #: Path from ``definition`` to ``Platform`` or ``Vpc``; empty where the API has no such field.
    access_path: tuple[str, ...]


#: Where the command of a training or processing request stands.
SPECIFICATIONS: Final = {Kind.TRAINING_JOB: "AlgorithmSpecification", Kind.PROCESSING_JOB: "AppSpecification"}
_TRAINING_ACCESS: Final = ("TrainingImageConfig", "TrainingRepositoryAccessMode")
_MODEL_ACCESS: Final = ("ImageConfig", "RepositoryAccessMode")


class Request:
    """A job request. ``body`` is the object that the API's operation would be given."""

    def __init__(self, kind: Kind, origin: Origin, body: Value) -> None:
        self.kind = kind
        self.origin = origin
        self.body = body
        self._memo: dict[Any, Any] = {}

    @property
    def workload(self) -> Workload:
        """What the request's containers are started for."""
        return self.kind.workload

    def remembered(self, compute: Callable[[Request], T]) -> T:
        """``compute(self)``, computed once for all rules."""
        if compute not in self._memo:
            self._memo[compute] = compute(self)
        found: T = self._memo[compute]
        return found

    @property
    def trainings(self) -> tuple[Value, ...]:
        """Objects that describe a training run: the request itself, or a tuning job's definitions."""
        if self.kind is Kind.TRAINING_JOB:
            return (self.body,)
        if self.kind is not Kind.TUNING_JOB:
            return ()
        single = self.body.get("TrainingJobDefinition")
        return (
            *((single.value,) if isinstance(single, Known) else ()),
            *self.body.each("TrainingJobDefinitions"),
        )

    @property
    def containers(self) -> tuple[Value, ...]:
        """The container definitions of a model."""
        if self.kind is not Kind.MODEL:
            return ()
        primary = self.body.get("PrimaryContainer")
        return (*((primary.value,) if isinstance(primary, Known) else ()), *self.body.each("Containers"))

    def images(self) -> Iterator[NamedImage]:
        """The images that the request names."""
        for training in self.trainings:
            found = training.get("AlgorithmSpecification")
            if isinstance(found, Known):
                yield NamedImage(found.value, "TrainingImage", _TRAINING_ACCESS)
        application = self.body.get("AppSpecification")
        if self.kind is Kind.PROCESSING_JOB and isinstance(application, Known):
            yield NamedImage(application.value, "ImageUri", ())
        for container in self.containers:
            yield NamedImage(container, "Image", _MODEL_ACCESS)

    @property
    def overrides(self) -> Overrides:
        """What the request puts in the place of the image's ENTRYPOINT and CMD; an unknown list is one unknown word."""
        return self.remembered(_overrides)

    def start(self, container: Container) -> Container:
        """``container`` as this request starts it; see :mod:`smlint.request.effective`."""
        from smlint.request.effective import started

        return started(container, self)

    def alone(self) -> Container:
        """What the request says of its container when the image is not at hand."""
        from smlint.request.effective import alone

        return alone(self)


def _overrides(request: Request) -> Overrides:
    specification = SPECIFICATIONS.get(request.kind)
    if specification is None:
        return Overrides()
    return Overrides(
        _words(request.body, specification, "ContainerEntrypoint"),
        _words(request.body, specification, "ContainerArguments"),
    )


def _words(body: Value, specification: str, key: str) -> tuple[Word, ...] | None:
    found = body.items(specification, key)
    if isinstance(found, Known):
        return tuple(item.word() for item in found.value) or None
    if isinstance(found, Absent):
        return None
    # A reference, or something that is no list: one word that nobody knows.
    places = [member.location for member in body.members(specification) if member.key == key]
    return (Word(UNRESOLVED, places[0] if places else body.location),)
