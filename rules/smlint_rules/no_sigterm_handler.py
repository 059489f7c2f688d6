"""SM114."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from smlint.container import Container, FileEntry, Witness
from smlint.diagnostics import Severity
from smlint.launch import Hop, Launch
from smlint.launch.programs import is_known, is_python
from smlint.rule import ContainerRule, Context, Finding
from smlint.workload import Workload
from smlint_rules.launches import entry_word, launches, related


class NoSigtermHandler(ContainerRule):
    """The entry Python program installs no SIGTERM handler, so a stopped job saves nothing.

    What it checks
    --------------
    The Python program at the end of the chain and the modules that lie beside it: `signal.signal`, `signal.sigwait`,
    `add_signal_handler`, and libraries that install a handler of their own (Lightning, Ray, uvicorn, gunicorn, aiohttp,
    the JIT checkpoints of Transformers). Said only when every module it imports could be read or is known to install
    none. For processing, where SageMaker documents SIGINT, a handled KeyboardInterrupt counts as well.

    Why it matters on SageMaker
    ---------------------------
    Stopping a training job gives the program SIGTERM and 120 seconds. Without a handler Python, as process 1, ignores
    the signal and is killed when the time is up; as the child of an init it ends at once. Either way the model since
    the last checkpoint is lost.

    Example
    -------
    ```dockerfile
    FROM python:3.12-slim
    COPY train.py /opt/program/train.py
    ENTRYPOINT ["python", "/opt/program/train.py"]
    ```
    ```python train.py
    for epoch in range(100):
        print("epoch", epoch)
    ```

    Use instead
    -----------
    ```dockerfile
    FROM python:3.12-slim
    COPY train.py /opt/program/train.py
    ENTRYPOINT ["python", "/opt/program/train.py"]
    ```
    ```python train.py
    import signal

    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    for epoch in range(100):
        print("epoch", epoch)
        if stopped:
            break
    ```

    References
    ----------
    - [How SageMaker signals a training container](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html)
    - [Run your processing image](https://docs.aws.amazon.com/sagemaker/latest/dg/byoc-run-image.html)
    - [Signals in Python](https://docs.python.org/3/library/signal.html)
    """

    code = "SM114"
    name = "no-sigterm-handler"
    level = {Workload.TRAINING: Severity.INFO, Workload.PROCESSING: Severity.INFO}
    witnesses = frozenset({Witness.DOCKERFILE, Witness.IMAGE})

    def check(self, container: Container, context: Context) -> Iterator[Finding]:
        """Report a Python program that certainly handles no stop signal, where SIGTERM reaches it."""
        reported: set[str] = set()
        for launch in launches(container, context):
            if launch.workload not in self.level:
                continue
            for program in launch.programs:
                entry = _python_source(program)
                if entry is None or entry.path in reported or program.sigterm.value is False:
                    continue
                from smlint.launch.python_program import handles

                if handles(container, entry, _signals(launch), _root(program, entry)).value is False:
                    reported.add(entry.path)
                    yield _finding(launch, program, entry)


def _python_source(program: Hop) -> FileEntry | None:
    """The Python file that decides; a server's console script (``uvicorn``) says nothing about the server."""
    if not is_python(program.argv[0]) or is_known(posixpath.basename(program.argv[program.operand])):
        return None
    return program.source


def _signals(launch: Launch) -> frozenset[str]:
    if launch.workload is Workload.PROCESSING:
        return frozenset({"SIGTERM", "SIGINT"})
    return frozenset({"SIGTERM"})


def _root(program: Hop, entry: FileEntry) -> str:
    """Where a module given with ``-m`` looks for its imports: what is left of its path without the module's own."""
    if "-m" not in program.argv[: program.operand]:
        return ""
    root = posixpath.dirname(entry.path)
    for _ in range(program.argv[program.operand].count(".")):
        root = posixpath.dirname(root)
    return root


def _finding(launch: Launch, program: Hop, entry: FileEntry) -> Finding:
    primary = entry_word(launch, program)
    script = posixpath.basename(entry.path)
    signals = " or ".join(sorted(_signals(launch), reverse=True))
    return Finding(
        primary,
        f"`{script}` installs no handler for {signals}: what it has not saved when the job is stopped is lost",
        "write `signal.signal(signal.SIGTERM, handler)` with a handler that saves the model and ends the program",
        related(entry.location, "no signal handler in this program", primary),
    )
