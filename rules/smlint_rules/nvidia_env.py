"""SM304."""

from __future__ import annotations

from collections.abc import Iterator

from smlint.container import Container, Known, Witness, is_resolved
from smlint.diagnostics import Severity
from smlint.rule import ContainerRule, Context, Finding

_HIDING = {
    "": "for no GPU at all",
    "void": "for no GPU at all",
    "none": "for the driver's libraries but no GPU",
}


class NvidiaEnv(ContainerRule):
    """A variable of the NVIDIA runtime hides the GPU, or the part of the driver that CUDA needs.

    What it checks
    --------------
    `NVIDIA_VISIBLE_DEVICES` that is empty, `void` or `none`, and `NVIDIA_DRIVER_CAPABILITIES` without `compute`
    (warning) or without `utility` (info).

    Why it matters on SageMaker
    ---------------------------
    NVIDIA's runtime, which gives a container its GPU, reads these variables of the image; which of them SageMaker sets
    itself is not documented. Where it sets none, the job runs on a GPU instance and sees no GPU. Without `utility`
    there is no nvidia-smi, by which the training toolkit counts GPUs.

    Example
    -------
    ```dockerfile
    FROM nvidia/cuda:12.4.1-base-ubuntu22.04
    ENV NVIDIA_VISIBLE_DEVICES=none
    ```

    Use instead
    -----------
    ```dockerfile
    FROM nvidia/cuda:12.4.1-base-ubuntu22.04
    ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
    ```

    References
    ----------
    - [Run your training image](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html)
    - [Environment variables of the NVIDIA container runtime](https://docs.nvidia.com/datacenter/cloud-native/container-toolkit/latest/docker-specialized.html)
    """

    code = "SM304"
    name = "nvidia-env"
    level = Severity.WARNING
    witnesses = frozenset({Witness.DOCKERFILE, Witness.IMAGE})

    def check(self, container: Container, context: Context) -> Iterator[Finding]:
        """Report values that are known in full."""
        devices = container.variable("NVIDIA_VISIBLE_DEVICES")
        if isinstance(devices, Known) and devices.value.strip() in _HIDING:
            shown = devices.value.strip() or "(empty)"
            yield Finding(
                devices.location,
                f"NVIDIA_VISIBLE_DEVICES={shown} asks the NVIDIA runtime {_HIDING[devices.value.strip()]}",
                "write ENV NVIDIA_VISIBLE_DEVICES=all, or delete the variable",
            )
        given = container.variable("NVIDIA_DRIVER_CAPABILITIES")
        if not isinstance(given, Known) or not is_resolved(given.value) or not given.value.strip():
            return
        capabilities = {part.strip() for part in given.value.split(",")}
        if "all" in capabilities:
            return
        for wanted, level, loss in (
            ("compute", Severity.WARNING, "CUDA finds no driver"),
            ("utility", Severity.INFO, "nvidia-smi is missing, by which the training toolkit counts GPUs"),
        ):
            if wanted not in capabilities:
                yield Finding(
                    given.location,
                    f"NVIDIA_DRIVER_CAPABILITIES={given.value} lacks {wanted}: {loss}",
                    "write ENV NVIDIA_DRIVER_CAPABILITIES=compute,utility",
                    level=level,
                )
                return
