"""SM205."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from smlint.container import Container, Known, Witness, is_resolved
from smlint.diagnostics import Severity
from smlint.rule import ContainerRule, Context, Finding
from smlint.workload import Workload

_MODEL: Final = "/opt/ml/model"
_CACHE: Final = re.compile(
    r"HF_HOME|TORCH_HOME|XDG_CACHE_HOME|NUMBA_CACHE_DIR|MPLCONFIGDIR|\w+_CACHE(?:_DIR|_HOME|_PATH)?"
)


class CacheInModelDir(ContainerRule):
    """A cache lies in /opt/ml/model, which an endpoint cannot write to.

    What it checks
    --------------
    Variables that tell libraries where to keep caches (`HF_HOME`, `TRANSFORMERS_CACHE`, `TORCH_HOME`,
    `XDG_CACHE_HOME`, anything ending in `_CACHE` or `_CACHE_DIR`) with a value in /opt/ml/model.

    Why it matters on SageMaker
    ---------------------------
    An endpoint unpacks the model into /opt/ml/model, which is read-only. A download or a lock file there ends in
    `Read-only file system`; where the server cannot do without, the health check fails and the endpoint is never in
    service.

    Example
    -------
    ```dockerfile
    FROM python:3.12-slim
    ENV HF_HOME=/opt/ml/model/cache
    ENTRYPOINT ["python", "/opt/program/server.py"]
    ```

    Use instead
    -----------
    ```dockerfile
    FROM python:3.12-slim
    ENV HF_HOME=/tmp/cache
    ENTRYPOINT ["python", "/opt/program/server.py"]
    ```

    References
    ----------
    - [Custom inference code with hosting services](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html)
    - [An endpoint whose cache could not be written](https://github.com/aws/sagemaker-python-sdk/issues/5698)
    """

    code = "SM205"
    name = "cache-in-model-dir"
    level = {Workload.INFERENCE: Severity.WARNING}
    witnesses = frozenset({Witness.DOCKERFILE, Witness.IMAGE})

    def check(self, container: Container, context: Context) -> Iterator[Finding]:
        """Report each such variable."""
        for name, fact in container.environment.items():
            if not isinstance(fact, Known) or not _CACHE.fullmatch(name) or not is_resolved(fact.value):
                continue
            path = posixpath.normpath(fact.value)
            if path == _MODEL or path.startswith(f"{_MODEL}/"):
                yield Finding(
                    fact.location,
                    f"{name} puts a cache into {path}, which is read-only on an endpoint: what the library writes "
                    "there fails, and the endpoint may not get into service",
                    f"set {name} to a folder below /tmp",
                )
