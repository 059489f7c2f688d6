"""SM303."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from smlint.container import Container, Known, Witness
from smlint.diagnostics import Location, Severity
from smlint.rule import ContainerRule, Context, Finding

_FOLDER: Final = re.compile(r"(?:^|[:\s])([^:\s]*/stubs)/?(?=[:\s]|$)")


class CudaStubsOnPath(ContainerRule):
    """The CUDA stub libraries are on the loader's path, so the program may load a driver that does nothing.

    What it checks
    --------------
    A `stubs` folder in LD_LIBRARY_PATH or in a file of `/etc/ld.so.conf.d`, and a `libcuda.so.1` that is a link to the
    stub, in `/usr/local/lib` or a folder of LD_LIBRARY_PATH. `LIBRARY_PATH`, which only the linker reads, is right, and
    so is what is taken back before the build ends: `ldconfig …/stubs` for the length of one RUN, a link that is removed.
    A file behind `x86_64-linux-gnu.conf` in the alphabet, such as `z-cuda-stubs.conf`, is read after the one that names
    the driver's folder, and does no harm.

    Why it matters on SageMaker
    ---------------------------
    The stub `libcuda.so` exists for linking without a GPU. Found before the driver that SageMaker mounts, it makes
    CUDA calls fail with `CUDA driver is a stub library`, on an instance that is paid for.

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
            for folder in _FOLDER.findall(path.value):
                yield Finding(
                    path.location,
                    f"LD_LIBRARY_PATH holds {folder}: the program may load the stub driver instead of SageMaker's",
                    "take the stubs folder out of LD_LIBRARY_PATH; for linking, name it in LIBRARY_PATH",
                )
        if container.witness is Witness.IMAGE:
            yield from _loader(container)
        elif container.evidence.run_commands("stubs") or container.evidence.placed_files(r"ld\.so\.conf"):
            # Few files have steps that can put a stub there.
            yield from _steps(container)


def _steps(container: Container) -> Iterator[Finding]:
    from smlint_rules.cuda_stubs import configured, linked

    for place in configured(container):
        yield _configured(place.path, place.folder, place.location)
    for place in linked(container):
        yield Finding(
            place.location,
            f"{place.path} leads to the stub in {place.folder}: the program may load the stub driver instead of "
            "SageMaker's",
            f"rm {place.path} in the same RUN, behind what is linked against it",
        )


def _loader(container: Container) -> Iterator[Finding]:
    from smlint_rules.cuda_stubs import DRIVER, is_before_driver
    from smlint_rules.loader_config import loader_files

    files = loader_files(container)
    names_driver = any(posixpath.basename(placed.path) == DRIVER for placed, _ in files)
    for placed, text in files:
        part = posixpath.basename(placed.path)
        if names_driver and part != "ld.so.conf" and not is_before_driver(part):
            continue
        for folder in _FOLDER.findall(text):
            yield _configured(placed.path, folder, placed.location)


def _configured(path: str, folder: str, location: Location) -> Finding:
    return Finding(
        location,
        f"{path} gives {folder} to the dynamic loader: the program may load the stub driver instead of SageMaker's",
        f"delete the line from {path} and run ldconfig",
    )
