"""SM112."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from smlint.container import Container, Known, Witness, is_resolved
from smlint.diagnostics import FileLocation, Severity
from smlint.rule import ContainerRule, Context, Finding
from smlint.workload import Workload

_SIGTERM: Final = frozenset({"SIGTERM", "TERM", "15"})
#: Signals that nobody can handle.
_KILLING: Final = frozenset({"SIGKILL", "KILL", "9"})


class StopSignal(ContainerRule):
    """The image asks to be stopped by another signal than SIGTERM.

    What it checks
    --------------
    A STOPSIGNAL of the judged stage, or of the image, that is not SIGTERM. nginx images bring SIGQUIT, httpd images
    SIGWINCH. Processing, for which SageMaker documents SIGINT, is left alone.

    Why it matters on SageMaker
    ---------------------------
    SageMaker documents that it stops a training job with SIGTERM and SIGKILL 120 seconds later, and an endpoint's
    container with SIGTERM and SIGKILL 30 seconds later. Whether it sends an image's STOPSIGNAL instead is not
    documented, so a program that only handles the other signal may be killed without having been told.

    Example
    -------
    ```dockerfile
    FROM python:3.12-slim
    STOPSIGNAL SIGINT
    ENTRYPOINT ["python", "/opt/program/train.py"]
    ```

    Use instead
    -----------
    ```dockerfile
    FROM python:3.12-slim
    ENTRYPOINT ["python", "/opt/program/train.py"]
    ```

    References
    ----------
    - [How SageMaker signals a training container](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html)
    - [How SageMaker stops an inference container](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html)
    - [docker container stop](https://docs.docker.com/reference/cli/docker/container/stop/)
    """

    code = "SM112"
    name = "stop-signal"
    level = {Workload.TRAINING: Severity.WARNING, Workload.INFERENCE: Severity.WARNING}
    witnesses = frozenset({Witness.DOCKERFILE, Witness.IMAGE})

    def check(self, container: Container, context: Context) -> Iterator[Finding]:
        """Report a stop signal that is known and is not SIGTERM."""
        signal = container.stop_signal
        if not isinstance(signal, Known) or not is_resolved(signal.value):
            return
        name = signal.value.strip().upper()
        if name in _SIGTERM:
            return
        lost = "the program may be killed without having been told"
        if name not in _KILLING:
            lost = f"a handler for {signal.value} may never be called"
        written = isinstance(signal.location, FileLocation)
        yield Finding(
            signal.location,
            f"STOPSIGNAL is {signal.value}, but SageMaker documents SIGTERM: {lost}",
            f"delete `STOPSIGNAL {signal.value}` and handle SIGTERM"
            if written
            else "write `STOPSIGNAL SIGTERM` into the Dockerfile and handle SIGTERM",
        )
