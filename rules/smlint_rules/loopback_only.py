"""SM711."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from smlint.container import Witness
from smlint.diagnostics import Severity
from smlint.probe.judge import judge
from smlint.probe.record import ProbeRecord
from smlint.probe.wording import named
from smlint.rule import Finding, LiveRule
from smlint.workload import Workload


class LoopbackOnly(LiveRule):
    """The server answers on 127.0.0.1 inside the container and nowhere else.

    What it checks
    --------------
    Nothing answered on port 8080 of the container's network address, while a program started inside the container got
    an answer on 127.0.0.1.

    Why it matters on SageMaker
    ---------------------------
    SageMaker's pings and invocations come from another address, so the endpoint never becomes healthy although the
    same image works on a laptop.

    Example
    -------
    ```dockerfile
    FROM python:3.12
    COPY serve.py /serve.py
    ENTRYPOINT ["python3", "/serve.py"]
    ```
    ```python serve.py
    from http.server import BaseHTTPRequestHandler, HTTPServer

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/ping" else 404)
            self.end_headers()

    HTTPServer(("127.0.0.1", 8080), Handler).serve_forever()
    ```
    ```console
    $ smlint image my-image --probe-sigterm --workload inference --ready-timeout 3
    ```

    Use instead
    -----------
    ```dockerfile
    FROM python:3.12
    COPY serve.py /serve.py
    ENTRYPOINT ["python3", "/serve.py"]
    ```
    ```python serve.py
    import signal, sys
    from http.server import BaseHTTPRequestHandler, HTTPServer

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/ping" else 404)
            self.end_headers()

    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    HTTPServer(("0.0.0.0", 8080), Handler).serve_forever()
    ```
    ```console
    $ smlint image my-image --probe-sigterm --workload inference --ready-timeout 30
    ```

    References
    ----------
    - https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
    - https://github.com/aws/amazon-sagemaker-examples/issues/2028
    """

    code = "SM711"
    name = "loopback-only"
    level: ClassVar = {Workload.INFERENCE: Severity.ERROR}
    witnesses = frozenset({Witness.LIVE})

    def check(self, record: ProbeRecord) -> Iterator[Finding]:
        for run in record.runs:
            if run.ping is None or run.ping.status is not None or not run.ping.on_loopback:
                continue
            yield Finding(
                location=record.anchor,
                message=f"{named(judge(run).program)} answers on 127.0.0.1:8080 only, which SageMaker's pings cannot "
                "reach, so the endpoint never becomes healthy",
                help="bind 0.0.0.0:8080 instead of 127.0.0.1 or localhost",
            )
            return
