"""The instance types on which a request's containers run, and the variants of an endpoint."""

from __future__ import annotations

from collections.abc import Iterator

from smlint.container import Known
from smlint.request.model import Kind, Request
from smlint.request.value import Value

_TYPE = "InstanceType"


def instance_types(request: Request) -> tuple[Known[str], ...]:
    """The types that are known, each with the place that says so; none where another request decides."""
    found = (holder.text(_TYPE) for holder in _holders(request))
    return tuple(fact for fact in found if isinstance(fact, Known) and fact.value.startswith("ml."))


def variants(request: Request) -> tuple[Value, ...]:
    """The production variants of an endpoint configuration, shadow variants included."""
    if request.kind is not Kind.ENDPOINT_CONFIG:
        return ()
    return (*request.body.each("ProductionVariants"), *request.body.each("ShadowProductionVariants"))


def serving(request: Request) -> tuple[Value, ...]:
    """The objects that say on what a model is served: the variants of an endpoint, the resources of a transform job."""
    resources = request.body.get("TransformResources")
    if request.kind is Kind.TRANSFORM_JOB and isinstance(resources, Known):
        return (resources.value,)
    return variants(request)


def family(instance_type: str) -> str:
    """``ml.g5.xlarge`` is of the family ``ml.g5``; the sizes of one generation's name (``ml.p6-b200``) count as one."""
    return instance_type.rpartition(".")[0]


def _holders(request: Request) -> Iterator[Value]:
    for training in request.trainings:
        for key, many in (
            ("ResourceConfig", "InstanceGroups"),
            ("HyperParameterTuningResourceConfig", "InstanceConfigs"),
        ):
            resources = training.get(key)
            if isinstance(resources, Known):
                yield resources.value
                yield from resources.value.each(many)
    cluster = request.body.get("ProcessingResources", "ClusterConfig")
    if request.kind is Kind.PROCESSING_JOB and isinstance(cluster, Known):
        yield cluster.value
    for holder in serving(request):
        yield holder
        yield from holder.each("InstancePools")
