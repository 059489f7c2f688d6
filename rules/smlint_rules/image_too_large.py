"""SM503."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from smlint.container import Container, Known, Witness
from smlint.diagnostics import Severity
from smlint.request import Kind, Request
from smlint.request.instances import variants
from smlint.rule import ContainerRule, Context, Finding
from smlint.workload import Workload

#: Bytes that a serverless endpoint takes: the number in its error message.
LIMIT: Final = 10 * 1024**3


class ImageTooLarge(ContainerRule):
    """The image is larger than a serverless endpoint takes.

    What it checks
    --------------
    The sum of the uncompressed layers, where it can be known without reading them, against 10 GiB. An image alone
    does not say whether it is for a serverless endpoint, so it gets an information only; images for GPUs, which
    serverless endpoints do not have, get none. A request that asks for one gets the warning.

    Why it matters on SageMaker
    ---------------------------
    CreateEndpoint refuses a larger image for a serverless variant after the push has taken its time. Other endpoints,
    training and processing have no documented limit but the instance's disk.

    Example
    -------
    ```json
    {"config": {"Entrypoint": ["python", "/opt/program/server.py"]}, "size": 12000000000}
    ```

    Use instead
    -----------
    ```json
    {"config": {"Entrypoint": ["python", "/opt/program/server.py"]}, "size": 4000000000}
    ```

    References
    ----------
    - [Serverless endpoints](https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html)
    - [An image that was refused](https://github.com/aws/deep-learning-containers/issues/3803)
    """

    code = "SM503"
    name = "image-too-large"
    level = {Workload.INFERENCE: Severity.WARNING}
    witnesses = frozenset({Witness.IMAGE, Witness.REQUEST})

    def check(self, container: Container, context: Context) -> Iterator[Finding]:
        """Report a known size above the limit."""
        size = container.image.size if container.image is not None else None
        if size is None or size <= LIMIT or isinstance(container.variable("CUDA_VERSION"), Known):
            return
        if context.request is not None and context.request.kind is not Kind.MODEL:
            yield from _serverless(context.request, size)
            return
        yield Finding(
            container.anchor,
            f"the image has {_shown(size)} uncompressed: a serverless endpoint takes at most {_most(size)}",
            "leave out what serving does not need, or use an endpoint with instances",
            level={Workload.INFERENCE: Severity.INFO},
        )


def _serverless(request: Request, size: int) -> Iterator[Finding]:
    """The variants that are serverless; the others have instances, which nobody limits."""
    for variant in variants(request):
        serverless = variant.get("ServerlessConfig")
        if isinstance(serverless, Known):
            yield Finding(
                serverless.location,
                f"the variant is serverless and the image has {_shown(size)} uncompressed: it takes at most {_most(size)}",
                "leave out what serving does not need, or give the variant an InstanceType",
            )


def _is_close(size: int) -> bool:
    """Whether the size would read like the limit."""
    return f"{size / 1024**3:.1f}" == "10.0"


def _shown(size: int) -> str:
    return f"{size:,} bytes" if _is_close(size) else f"{size / 1024**3:.1f} GiB"


def _most(size: int) -> str:
    return f"{LIMIT:,} (10 GiB)" if _is_close(size) else "10 GiB"
