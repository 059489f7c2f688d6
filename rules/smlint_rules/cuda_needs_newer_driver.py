"""SM306."""

from __future__ import annotations

from collections.abc import Iterator

from smlint.container import Container, Known, Unknown, Witness
from smlint.diagnostics import Related, Severity
from smlint.request import Request
from smlint.request.instances import family, instance_types, variants
from smlint.rule import ContainerRule, Context, Finding
from smlint.workload import Workload
from smlint_rules.requirements import Requirement, ami_drivers, default_drivers, requirement_of


class CudaNeedsNewerDriver(ContainerRule):
    """The image asks for a newer NVIDIA driver than some endpoints have by default.

    What it checks
    --------------
    `NVIDIA_REQUIRE_CUDA`, or `CUDA_VERSION` where the former is missing, against the drivers that AWS documents for
    the GPU instances of endpoints. `NVIDIA_DISABLE_REQUIRE` switches the requirement off. Drivers of training and
    processing instances are not published, so nothing is said about them. With the request of an endpoint configuration:
    against the driver of each variant's instance type, or of its `InferenceAmiVersion`.

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
        if context.request is not None and instance_types(context.request):
            yield from _under(context.request, requirement)
            return
        refused = [driver for driver in default_drivers() if requirement.is_met_by(driver) is False]
        if not refused:
            return
        families = ", ".join(family for driver in refused for family in driver.names)
        branches = " or ".join(str(driver.branch) for driver in refused)
        ami = next((driver.names[0] for driver in ami_drivers() if requirement.is_met_by(driver)), None)
        yield Finding(
            requirement.location,
            f"{requirement.variable} asks for a newer driver than {branches}, which endpoints on {families} have by default: "
            "the container does not start there",
            f"set InferenceAmiVersion to {ami} in the production variant, or use a base image for an older CUDA"
            if ami
            else "use a base image for an older CUDA",
        )


def _under(request: Request, requirement: Requirement) -> Iterator[Finding]:
    """The variants of an endpoint configuration whose driver is too old; of other requests no source names the driver."""
    for variant in variants(request):
        instance = variant.text("InstanceType")
        version = variant.text("InferenceAmiVersion")
        if not isinstance(instance, Known) or isinstance(version, Unknown):
            continue
        if isinstance(version, Known):
            place, drivers = version, [driver for driver in ami_drivers() if version.value in driver.names]
        else:
            place, drivers = instance, [d for d in default_drivers() if family(instance.value) in d.names]
        for driver in drivers:
            if requirement.is_met_by(driver) is False:
                newer = next((d.names[0] for d in ami_drivers() if requirement.is_met_by(d)), None)
                yield Finding(
                    place.location,
                    f"{place.value} has driver {driver.branch} and the image's {requirement.variable} asks for a newer one: "
                    "the container does not start",
                    f'write "InferenceAmiVersion": "{newer}"'
                    if newer
                    else "use a base image for an older CUDA",
                    (Related("what the image asks for", requirement.location),),
                    level=Severity.ERROR,
                )
