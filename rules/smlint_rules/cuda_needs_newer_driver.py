"""SM306."""

from __future__ import annotations

from collections.abc import Iterator

from smlint.container import Absent, Container, Known, Witness
from smlint.diagnostics import Related, Severity
from smlint.request import Kind, Request, Value
from smlint.request.instances import family, serving
from smlint.rule import ContainerRule, Context, Finding
from smlint.workload import Workload
from smlint_rules.requirements import Driver, Drivers, Requirement, batch, endpoints, requirement_of


class CudaNeedsNewerDriver(ContainerRule):
    """The image asks for a newer NVIDIA driver than some endpoints have by default.

    What it checks
    --------------
    `NVIDIA_REQUIRE_CUDA`, or `CUDA_VERSION` where the former is missing, against the drivers that AWS documents for
    the GPU instances of endpoints. `NVIDIA_DISABLE_REQUIRE` switches the requirement off. Drivers of training and
    processing instances are not published, so nothing is said about them. With the request of an endpoint configuration or a
    transform job: against the driver of each instance type that it names, or of its `InferenceAmiVersion` or
    `TransformAmiVersion`.

    Why it matters on SageMaker
    ---------------------------
    The container toolkit refuses to start a container whose requirement the driver does not meet: the endpoint fails
    with `CannotStartContainerError` and not one line of log. A newer driver has to be asked for in the endpoint's
    configuration.

    Example
    -------
    ```json
    {"config": {"Entrypoint": ["python", "/opt/program/server.py"],
                "Env": ["NVIDIA_REQUIRE_CUDA=cuda>=12.9 brand=tesla,driver>=535,driver<536"]}}
    ```

    Use instead
    -----------
    ```json
    {"config": {"Entrypoint": ["python", "/opt/program/server.py"],
                "Env": ["NVIDIA_REQUIRE_CUDA=cuda>=12.1 brand=tesla,driver>=470,driver<471"]}}
    ```

    References
    ----------
    - [GPU drivers for inference](https://docs.aws.amazon.com/sagemaker/latest/dg/inference-gpu-drivers.html)
    - [ProductionVariant](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariant.html)
    - [Constraints of the container toolkit](https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/docker-specialized.html)
    """

    code = "SM306"
    name = "cuda-needs-newer-driver"
    level = {Workload.INFERENCE: Severity.WARNING}
    witnesses = frozenset({Witness.IMAGE, Witness.REQUEST})

    def check(self, container: Container, context: Context) -> Iterator[Finding]:
        """Report once, with all instance families whose default driver is refused."""
        requirement = requirement_of(container)
        if requirement is None:
            return
        if context.request is not None and context.request.kind is not Kind.MODEL:
            yield from _under(context.request, requirement)
            return
        refused = [driver for driver in endpoints().default if requirement.is_met_by(driver) is False]
        if not refused:
            return
        families = ", ".join(family for driver in refused for family in driver.names)
        branches = " or ".join(str(driver.branch) for driver in refused)
        ami = endpoints().asked_for(requirement)
        yield Finding(
            requirement.location,
            f"{requirement.variable} asks for a newer driver than {branches}, which endpoints on {families} have by default: "
            "the container does not start there",
            f"set InferenceAmiVersion to {ami} in the production variant, or use a base image for an older CUDA"
            if ami
            else "use a base image for an older CUDA",
        )


def _under(request: Request, requirement: Requirement) -> Iterator[Finding]:
    """The instances of an endpoint or a transform job whose driver is too old; no source names those of other requests."""
    drivers = batch() if request.kind is Kind.TRANSFORM_JOB else endpoints()
    newer = drivers.asked_for(requirement)
    for place, driver in (pair for holder in serving(request) for pair in _drivers_of(holder, drivers)):
        if requirement.is_met_by(driver) is False:
            yield Finding(
                place.location,
                f"{place.value} has driver {driver.branch} and the image's {requirement.variable} asks for a newer one: "
                "the container does not start",
                f'write "{drivers.member}": "{newer}"' if newer else "use a base image for an older CUDA",
                (Related("what the image asks for", requirement.location),),
                level=Severity.ERROR,
            )


def _drivers_of(resources: Value, drivers: Drivers) -> Iterator[tuple[Known[str], Driver]]:
    """The drivers that a variant or a transform job gets, each with the text of the request that decides it."""
    version = resources.text(drivers.member)
    if isinstance(version, Known):
        yield from ((version, driver) for driver in drivers.ami if version.value in driver.names)
    elif isinstance(version, Absent):
        for holder in (resources, *resources.each("InstancePools")):
            instance = holder.text("InstanceType")
            if isinstance(instance, Known):
                named = family(instance.value)
                yield from ((instance, driver) for driver in drivers.default if named in driver.names)
