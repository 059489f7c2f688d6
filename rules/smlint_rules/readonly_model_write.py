"""SM712."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from smlint.container import Witness
from smlint.diagnostics import Severity
from smlint.probe.judge import judge, wrote_read_only
from smlint.probe.record import ProbeRecord
from smlint.probe.wording import named
from smlint.rule import Finding, LiveRule
from smlint.workload import Workload


class ReadonlyModelWrite(LiveRule):
    """The server tries to write to `/opt/ml/model`, which is read-only when serving.

    What it checks
    --------------
    The model given with `--model` was mounted read-only, as the platform does, and the log tells of a refused write
    there.

    Why it matters on SageMaker
    ---------------------------
    The model directory of an endpoint cannot be written to. Caches, lock files and unpacked archives beside the model
    fail, and many servers do not start without them.

    Example
    -------
    ```dockerfile
    FROM python:3.12
    COPY serve.py /serve.py
    ENTRYPOINT ["python3", "/serve.py"]
    ```
    ```python serve.py
    open("/opt/ml/model/.cache", "w").write("…")
    ```
    ```console
    $ smlint image my-image --probe-sigterm --workload inference --model model
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

    open("/tmp/.cache", "w").write("…")
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    HTTPServer(("0.0.0.0", 8080), Handler).serve_forever()
    ```
    ```console
    $ smlint image my-image --probe-sigterm --workload inference --model model
    ```

    References
    ----------
    - https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
    - https://github.com/aws/sagemaker-python-sdk/issues/5698
    """

    code = "SM712"
    name = "readonly-model-write"
    level: ClassVar = {Workload.INFERENCE: Severity.WARNING}
    witnesses = frozenset({Witness.LIVE})

    def check(self, record: ProbeRecord) -> Iterator[Finding]:
        if "/opt/ml/model" not in record.mounts:
            return
        for run in record.runs:
            line = wrote_read_only(run)
            if line is not None:
                yield Finding(
                    location=record.anchor,
                    message=f"{named(judge(run).program)} writes to /opt/ml/model, which is read-only on an endpoint: "
                    f"{line.strip()[:160]}",
                    help="write to /tmp instead; for Hugging Face libraries set `ENV HF_HOME=/tmp/hf`",
                )
                return
