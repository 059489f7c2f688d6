"""SM302."""

from __future__ import annotations

from collections.abc import Iterator

from smlint.container import Container, Known, Witness
from smlint.diagnostics import Severity
from smlint.rule import ContainerRule, Context, Finding
from smlint_rules.driver_search import driver_files


class NvidiaLeftover(ContainerRule):
    """Empty files with the names of NVIDIA driver files were left in the image.

    What it checks
    --------------
    Files that are called like the driver's (`libcuda.so.535.183.01`, `nvidia-smi` …) and have no content. Files with
    content are the driver itself and have a rule of their own.

    Why it matters on SageMaker
    ---------------------------
    They are mount points of the machine on which the image was made: `docker commit`, or a build under the NVIDIA
    runtime. They do no harm while the container runs, and they show that the image came about in a way that may carry
    more of that machine along.

    Example
    -------
    ```json
    {"config": {"Entrypoint": ["python", "/opt/program/server.py"]},
     "files": {"/usr/lib/x86_64-linux-gnu/libcuda.so.535.183.01": 0}}
    ```

    Use instead
    -----------
    ```json
    {"config": {"Entrypoint": ["python", "/opt/program/server.py"]}}
    ```

    References
    ----------
    - [Where the empty files come from](https://github.com/NVIDIA/libnvidia-container/issues/140)
    - [Run your training image](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html)
    """

    code = "SM302"
    name = "nvidia-leftover"
    level = Severity.INFO
    witnesses = frozenset({Witness.IMAGE})

    def check(self, container: Container, context: Context) -> Iterator[Finding]:
        """Report once, at the first of them."""
        found = driver_files(container)
        empty = [file for file in found.value if file.size == 0] if isinstance(found, Known) else []
        if empty:
            yield Finding(
                empty[0].location,
                f"{empty[0].path} is an empty file that a driver was once mounted on: the image was made on a machine "
                "with a GPU from a running container",
                "build the image from its Dockerfile without the NVIDIA runtime",
            )
