"""SM710."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from smlint.container import Witness
from smlint.diagnostics import Severity
from smlint.probe.judge import Verdict, judge
from smlint.probe.record import Ping, ProbeRecord
from smlint.probe.wording import seconds
from smlint.rule import Finding, LiveRule
from smlint.workload import Workload


class PingFailed(LiveRule):
    """The container runs and never answers `GET /ping` on port 8080 with 200.

    What it checks
    --------------
    The container was asked from outside its loopback until it answered 200 within 2 s, ended, or 8 minutes
    (`--ready-timeout`) were over.

    Why it matters on SageMaker
    ---------------------------
    A new container that does not become healthy in that time fails the endpoint's creation; an error page behind
    `/ping` counts as unhealthy as well.

    Example
    -------
    ```dockerfile
    FROM python:3.12
    COPY serve.py /serve.py
    ENTRYPOINT ["python3", "/serve.py"]
    ```
    ```python serve.py
    from http.server import HTTPServer, SimpleHTTPRequestHandler

    HTTPServer(("0.0.0.0", 8080), SimpleHTTPRequestHandler).serve_forever()
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
    """

    code = "SM710"
    name = "ping-failed"
    level: ClassVar = {Workload.INFERENCE: Severity.ERROR}
    witnesses = frozenset({Witness.LIVE})

    def check(self, record: ProbeRecord) -> Iterator[Finding]:
        for run in record.runs:
            ping = run.ping
            if ping is None or ping.ok or (ping.status is None and ping.on_loopback):
                continue
            if judge(run).verdict is not Verdict.NEVER_READY or not ping.tries:
                continue
            yield Finding(
                location=record.anchor,
                message=f"GET /ping on port 8080 {_answer(ping)} after {seconds(run.kill_at or 0.0)} and {ping.tries} "
                "tries, so SageMaker never takes the endpoint into service",
                help="answer GET /ping with 200 on 0.0.0.0:8080 as soon as the model is loaded; give the model with --model",
            )
            return


def _answer(ping: Ping) -> str:
    return f"still answers {ping.status}" if ping.status is not None else f"still fails ({ping.problem})"
