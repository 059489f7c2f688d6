"""SM303."""

from __future__ import annotations

import re
from collections.abc import Iterator

from smlint.container import Container, Known, Witness
from smlint.diagnostics import Severity
from smlint.rule import ContainerRule, Context, Finding

_STUBS = re.compile(r"(?:^|[:\s])([^:\s]*/stubs)/?(?=[:\s]|$)")


class CudaStubsOnPath(ContainerRule):
    """The CUDA stub libraries are on the loader's path, so the program loads a driver that does nothing.

    What it checks
    --------------
    A `stubs` folder in LD_LIBRARY_PATH and, in an image, in the configuration of the dynamic loader. `LIBRARY_PATH`,
    which only the linker reads, is right, and so is `ldconfig …/stubs` for the length of one RUN.

    Why it matters on SageMaker
    ---------------------------
    The stub `libcuda.so` exists for linking without a GPU. Found before the driver that SageMaker mounts, it makes
    every CUDA call fail with `CUDA driver is a stub library`, on an instance that is paid for.

    Example
    -------
    ```dockerfile
    FROM nvidia/cuda:12.4.1-devel-ubuntu22.04
    ENV LD_LIBRARY_PATH=/usr/local/cuda/lib64/stubs:/usr/local/cuda/lib64
    ```

    Use instead
    -----------
    ```dockerfile
    FROM nvidia/cuda:12.4.1-devel-ubuntu22.04
    ENV LD_LIBRARY_PATH=/usr/local/cuda/lib64
    ENV LIBRARY_PATH=/usr/local/cuda/lib64/stubs
    ```

    References
    ----------
    - [Run your training image](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html)
    - [A container that loaded the stub](https://github.com/NVIDIA/nvidia-container-toolkit/issues/668)
    """

    code = "SM303"
    name = "cuda-stubs-on-path"
    level = Severity.WARNING
    witnesses = frozenset({Witness.DOCKERFILE, Witness.IMAGE})

    def check(self, container: Container, context: Context) -> Iterator[Finding]:
        """Report the variable, then the loader's files."""
        path = container.variable("LD_LIBRARY_PATH")
        if isinstance(path, Known):
            for folder in _STUBS.findall(path.value):
                yield Finding(
                    path.location,
                    f"LD_LIBRARY_PATH holds {folder}: the program loads the stub driver instead of SageMaker's",
                    "take the stubs folder out of LD_LIBRARY_PATH; for linking, name it in LIBRARY_PATH",
                )
        if container.witness is Witness.IMAGE:
            yield from _loader(container)


def _loader(container: Container) -> Iterator[Finding]:
    from smlint_rules.loader_config import loader_files

    for placed, text in loader_files(container):
        for folder in _STUBS.findall(text):
            yield Finding(
                placed.location,
                f"{placed.path} gives {folder} to the dynamic loader: the program loads the stub driver instead of "
                "SageMaker's",
                f"delete the line from {placed.path} and run ldconfig",
            )
