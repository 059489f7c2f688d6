"""SM703."""

from __future__ import annotations

from collections.abc import Iterator

from smlint.container import Witness
from smlint.diagnostics import Severity
from smlint.probe.judge import lost_words, shell_string
from smlint.probe.record import ProbeRecord
from smlint.probe.wording import exec_form, named
from smlint.rule import Finding, LiveRule


class ArgumentsLost(LiveRule):
    """The program never saw the word (`train`, `serve`) or the arguments that SageMaker starts it with.

    What it checks
    --------------
    The engine was given a `sh -c` string that uses no parameter, and no other process was ever seen with the words
    that stand behind it. A script that gets them and starts something else with other arguments has seen them.

    Why it matters on SageMaker
    ---------------------------
    SageMaker runs `docker run IMAGE train` or `docker run IMAGE serve`, and ContainerArguments stand in the same
    place. Behind a `sh -c` string they become `$0`, `$1` … of the shell; the program starts without them.

    Example
    -------
    ```dockerfile
    FROM python:3.12
    COPY train.py /train.py
    ENTRYPOINT python3 /train.py
    ```
    ```python train.py
    import time

    while True:
        time.sleep(1)
    ```

    Use instead
    -----------
    ```dockerfile
    FROM python:3.12
    COPY train.py /train.py
    ENTRYPOINT ["python3", "/train.py"]
    ```
    ```python train.py
    import signal, sys, time

    def stop(number, frame):
        open("/opt/ml/model/weights", "w").write("…")
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)
    while True:
        time.sleep(1)
    ```

    References
    ----------
    - https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html
    - https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
    - https://docs.docker.com/reference/dockerfile/#shell-form-entrypoint-example
    """

    code = "SM703"
    name = "arguments-lost"
    level = Severity.ERROR
    witnesses = frozenset({Witness.LIVE})

    def check(self, record: ProbeRecord) -> Iterator[Finding]:
        program = lost_words(record)
        text = shell_string(record.argv)
        if program is None or text is None:
            return
        words = " ".join(record.passed)
        yield Finding(
            location=record.anchor,
            message=f"{named(program)} never sees `{words}`, which SageMaker puts behind the image name: the shell takes "
            "it as its own name",
            help=f"write {exec_form(text)}",
        )
