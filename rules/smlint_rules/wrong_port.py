"""SM401."""

from __future__ import annotations

from collections.abc import Iterator

from smlint.container import Container, Witness
from smlint.diagnostics import Severity
from smlint.rule import ContainerRule, Context, Finding
from smlint.workload import Workload
from smlint_rules.servers import PORT, listening


class WrongPort(ContainerRule):
    """The server listens on another port than 8080, the one that SageMaker asks.

    What it checks
    --------------
    The command line of the server that `serve` ends in: uvicorn, gunicorn, hypercorn, flask, fastapi, waitress, vLLM
    and Python's http.server, with their default ports. A server behind nginx or another proxy, one with a settings
    file, and one whose port comes from a variable (such as `SAGEMAKER_BIND_TO_PORT`) are left alone.

    Why it matters on SageMaker
    ---------------------------
    SageMaker sends `GET /ping` and `POST /invocations` to port 8080; EXPOSE does not change that. Only the containers of
    a model with several of them get another port, in `SAGEMAKER_BIND_TO_PORT`. The container is never healthy, and
    after eight minutes, unless the endpoint asks for another time, the endpoint fails.

    Example
    -------
    ```dockerfile
    FROM python:3.12-slim
    COPY --chmod=755 serve /usr/local/bin/serve
    ```
    ```sh serve
    #!/bin/sh
    exec uvicorn app:app --host 0.0.0.0 --port 8000
    ```

    Use instead
    -----------
    ```dockerfile
    FROM python:3.12-slim
    COPY --chmod=755 serve /usr/local/bin/serve
    ```
    ```sh serve
    #!/bin/sh
    exec uvicorn app:app --host 0.0.0.0 --port 8080
    ```

    References
    ----------
    - [Custom inference code with hosting services](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html)
    - [Custom inference code with batch transform](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-batch-code.html)
    """

    code = "SM401"
    name = "wrong-port"
    level = {Workload.INFERENCE: Severity.WARNING}
    witnesses = frozenset({Witness.DOCKERFILE, Witness.IMAGE})

    def check(self, container: Container, context: Context) -> Iterator[Finding]:
        """Report each server with a known port other than 8080."""
        for server in listening(container):
            if server.port is None or server.port == PORT:
                continue
            by_default = "" if server.is_port_written else " by default"
            yield Finding(
                server.location,
                f"{server.program} listens on port {server.port}{by_default}, and SageMaker asks only port {PORT}: "
                "the endpoint's health check fails",
                f"let {server.program} listen on port {PORT}",
            )
