"""SM402."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from smlint.container import Container, Witness
from smlint.diagnostics import Severity
from smlint.rule import ContainerRule, Context, Finding
from smlint.workload import Workload
from smlint_rules.servers import listening

_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1", "[::1]"})


class LoopbackBind(ContainerRule):
    """The server listens on the loopback address, which nothing outside the container reaches.

    What it checks
    --------------
    The address on the command line of the server that `serve` ends in, and the default of those that listen on
    127.0.0.1 unless told otherwise: uvicorn, gunicorn, hypercorn, flask. Servers behind nginx or another proxy and
    those with a settings file are left alone, and so is one beside which a script starts something unknown.

    Why it matters on SageMaker
    ---------------------------
    Pings have been seen to come from an address outside the container. A server on 127.0.0.1 answers when it is tried
    inside the container and is never healthy on an endpoint.

    Example
    -------
    ```dockerfile
    FROM python:3.12-slim
    ENTRYPOINT ["gunicorn", "--bind", "127.0.0.1:8080", "app:app"]
    ```

    Use instead
    -----------
    ```dockerfile
    FROM python:3.12-slim
    ENTRYPOINT ["gunicorn", "--bind", "0.0.0.0:8080", "app:app"]
    ```

    References
    ----------
    - [Custom inference code with hosting services](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html)
    - [Pings that come from another address](https://github.com/aws/amazon-sagemaker-examples/issues/2028)
    """

    code = "SM402"
    name = "loopback-bind"
    level = {Workload.INFERENCE: Severity.WARNING}
    witnesses = frozenset({Witness.DOCKERFILE, Witness.IMAGE})

    def check(self, container: Container, context: Context) -> Iterator[Finding]:
        """Report each server with a known loopback address."""
        for server in listening(container):
            if server.host not in _LOOPBACK:
                continue
            by_default = "" if server.is_host_written else " by default"
            yield Finding(
                server.location,
                f"{server.program} listens on {server.host}{by_default}, which SageMaker's requests do not reach: "
                "the endpoint's health check fails",
                f"let {server.program} listen on 0.0.0.0",
            )
