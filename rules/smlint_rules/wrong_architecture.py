"""SM501."""

from __future__ import annotations

from collections.abc import Iterator

from smlint.container import Container, Known, Witness, is_resolved
from smlint.diagnostics import Related, Severity
from smlint.rule import ContainerRule, Context, Finding
from smlint.workload import Workload
from smlint_rules.architectures import arm64_families


class WrongArchitecture(ContainerRule):
    """The image is for a processor that SageMaker's instances do not have.

    What it checks
    --------------
    The platform in the image's config, or the one that `FROM --platform` asks for. amd64 is right everywhere. arm64
    runs on Graviton endpoints, so for inference alone it is only an information; other architectures and Windows run
    nowhere. With a job request: the image's architecture against that of each instance type that the request names.

    Why it matters on SageMaker
    ---------------------------
    Training, processing and batch transform run on x86 instances (the one exception for training is ml.p6e-gb200).
    An arm64 image, which is what a Mac builds by default, ends there with `exec format error`.

    Example
    -------
    ```dockerfile
    FROM --platform=linux/arm64 python:3.12-slim
    COPY train.py /opt/program/train.py
    ENTRYPOINT ["python", "/opt/program/train.py"]
    ```

    Use instead
    -----------
    ```dockerfile
    FROM --platform=linux/amd64 python:3.12-slim
    COPY train.py /opt/program/train.py
    ENTRYPOINT ["python", "/opt/program/train.py"]
    ```

    References
    ----------
    - [Instance types for training](https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ResourceConfig.html)
    - [Graviton for inference](https://docs.aws.amazon.com/sagemaker/latest/dg/realtime-endpoints-graviton.html)
    """

    code = "SM501"
    name = "wrong-architecture"
    level = Severity.ERROR
    witnesses = frozenset({Witness.DOCKERFILE, Witness.IMAGE, Witness.REQUEST})

    def check(self, container: Container, context: Context) -> Iterator[Finding]:
        """Report a platform other than linux/amd64."""
        platform = container.platform
        if not isinstance(platform, Known) or not is_resolved(platform.value):
            return
        system, _, rest = platform.value.lower().partition("/")
        architecture = rest.partition("/")[0]
        architecture = _ARCHITECTURES.get(architecture, architecture)
        if context.request is not None and system == "linux" and architecture in ("amd64", "arm64"):
            from smlint.request.instances import instance_types

            types = instance_types(context.request)
            yield from _on(types, Known(architecture, platform.location), context.request.workload)
            if types:
                return
        if (system, architecture) == ("linux", "amd64"):
            return
        where = "it starts on no SageMaker instance (exec format error)"
        level = dict.fromkeys(Workload, Severity.ERROR)
        if (system, architecture) == ("linux", "arm64"):
            families = arm64_families()
            training = ", ".join(families[Workload.TRAINING])
            where = (
                f"except for {training}, training, processing and batch instances stop with exec format error"
            )
            level[Workload.INFERENCE] = Severity.INFO
            if context.workloads == (Workload.INFERENCE,):
                where = f"it starts only on endpoints of {', '.join(families[Workload.INFERENCE])}"
        yield Finding(
            platform.location,
            f"the image is for {platform.value}: {where}",
            "build it with --platform linux/amd64",
            level=level,
        )


#: Other names of the same thing, as `docker build --platform` takes them.
_ARCHITECTURES = {
    "x86_64": "amd64",
    "x86-64": "amd64",
    "amd64": "amd64",
    "aarch64": "arm64",
    "arm64": "arm64",
}


def _on(types: tuple[Known[str], ...], architecture: Known[str], workload: Workload) -> Iterator[Finding]:
    """The request's instance types that cannot run the image."""
    from smlint.request.instances import family

    arm64 = arm64_families()[workload]
    for instance in types:
        machine = "arm64" if family(instance.value) in arm64 else "amd64"
        if machine != architecture.value:
            yield Finding(
                instance.location,
                f"{instance.value} is {machine} and the image is for linux/{architecture.value}: the container stops with "
                "exec format error",
                f"build the image with --platform linux/{machine}, or take another instance type",
                (Related("the image's platform", architecture.location),),
                level=Severity.ERROR,
            )
