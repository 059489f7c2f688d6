"""SM104."""

from __future__ import annotations

from collections.abc import Iterator

from smlint.container import UNRESOLVED, Command, Container, Form, Known, Witness
from smlint.diagnostics import RequestLocation, Severity
from smlint.rule import ContainerRule, Context, Finding
from smlint.workload import Workload
from smlint_rules import words
from smlint_rules.launches import knows_the_word


class CmdOverridden(ContainerRule):
    """CMD carries a program or options that never take part in training or hosting.

    What it checks
    --------------
    A CMD with a payload. `CMD ["train"]` and `CMD ["serve"]` repeat what the platform says, a bare shell or
    interpreter and `--help` serve local runs: none of them is reported. Nor is anything for processing, which keeps CMD,
    or in an image that is made for the platform's words: a `train` or `serve` of its own is on PATH, or the entry script
    asks for the word, or cannot be seen in an image with SageMaker's labels. Its CMD is for other places.

    Why it matters on SageMaker
    ---------------------------
    SageMaker runs `docker run IMAGE train` or `docker run IMAGE serve`, and the word replaces CMD. What works with
    `docker run IMAGE` on a laptop starts without these words, or does not start at all, on SageMaker.

    Example
    -------
    ```dockerfile
    FROM python:3.12-slim
    COPY main.py /opt/program/main.py
    ENTRYPOINT ["python", "/opt/program/main.py"]
    CMD ["--epochs", "10"]
    ```

    Use instead
    -----------
    ```dockerfile
    FROM python:3.12-slim
    COPY main.py /opt/program/main.py
    ENTRYPOINT ["python", "/opt/program/main.py", "--epochs", "10"]
    ```

    References
    ----------
    - [Run your training image](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html)
    - [Run your inference image](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html)
    - [How CMD and ENTRYPOINT interact](https://docs.docker.com/reference/dockerfile/#understand-how-cmd-and-entrypoint-interact)
    """

    code = "SM104"
    name = "cmd-overridden"
    level = {Workload.TRAINING: Severity.WARNING, Workload.INFERENCE: Severity.WARNING}
    witnesses = frozenset({Witness.DOCKERFILE, Witness.IMAGE})

    def check(self, container: Container, context: Context) -> Iterator[Finding]:
        """Report a CMD with a payload, unless a job request stands in its place."""
        cmd = container.cmd
        if (
            not isinstance(cmd, Known)
            or isinstance(cmd.value.location, RequestLocation)
            or not has_payload(cmd.value)
        ):
            return
        knows = knows_the_word(container, context)
        if knows is True:
            return
        entry = container.entrypoint
        behind = isinstance(entry, Known) and entry.value.argv
        options = behind and cmd.value.words[0].startswith("-")
        what = "these options" if options else "this command line"
        word = words.platform_words(context.workloads)
        advice = (
            f"put what the program needs behind ENTRYPOINT, or handle {word} in it"
            if behind
            else words.as_script(cmd.value.words, context.workloads, "CMD")
            or "name the program in ENTRYPOINT and delete CMD"
        )
        yield Finding(
            cmd.value.location,
            f"CMD never takes part on SageMaker: {word} replaces {what}",
            advice,
            level=dict.fromkeys(self.level, Severity.INFO) if knows is None and not options else None,
        )


_INTERACTIVE = words.SHELLS | {"python", "python3", "ipython", "node", "R", "irb", "julia", "jshell"}
_HARMLESS = frozenset({"train", "serve", "help", "--help", "-h", "--version", "version"})


def has_payload(cmd: Command) -> bool:
    """Whether a CMD says something that is lost when the platform replaces it."""
    argv = (
        cmd.text.split() if cmd.form in (Form.SHELL, Form.SHELL_OR_EXEC, Form.MALFORMED) else list(cmd.words)
    )
    if not argv or all(word.strip() in ("", UNRESOLVED) for word in argv):
        return False
    first = words.program(argv[0])
    if len(argv) == 1:
        return first not in _HARMLESS | _INTERACTIVE
    if argv[1:] in (["infinity"], ["-f", "/dev/null"]):
        return False
    return not (first in words.SHELLS and all(word in {"-l", "-i", "-li", "--login"} for word in argv[1:]))
