"""SM109."""

from __future__ import annotations

from collections.abc import Iterator

from smlint.container import Container, Known, Witness
from smlint.diagnostics import Related, Severity
from smlint.dockerfile.bases import base_knowledge
from smlint.launch.executables import find_program
from smlint.rule import ContainerRule, Context, Finding
from smlint.workload import Workload
from smlint_rules import exec_form, words
from smlint_rules.cmd_overridden import has_payload


class InitWithoutProgram(ContainerRule):
    """The ENTRYPOINT is only an init; the program sits in CMD and is replaced by `train` or `serve`.

    What it checks
    --------------
    An ENTRYPOINT such as `["dumb-init", "--"]` beside a CMD with a program, where nothing called `train` or `serve`
    is known to be in the image.

    Why it matters on SageMaker
    ---------------------------
    `docker run IMAGE train` makes the init run a program called `train`. Where there is none the container ends with
    `exec train failed: No such file or directory`, and the CMD that worked locally is never looked at.

    Example
    -------
    ```dockerfile
    FROM scratch
    COPY dumb-init app /usr/bin/
    ENTRYPOINT ["/usr/bin/dumb-init", "--"]
    # smlint ignore=SM104 -- the same mistake from the other side
    CMD ["/usr/bin/app"]
    ```

    Use instead
    -----------
    ```dockerfile
    FROM scratch
    COPY dumb-init app /usr/bin/
    ENTRYPOINT ["/usr/bin/dumb-init", "--", "/usr/bin/app"]
    ```

    References
    ----------
    - [Run your training image](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html)
    - [Run your inference image](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html)
    - [A job that ended so](https://github.com/aws/sagemaker-python-sdk/issues/4113)
    """

    code = "SM109"
    name = "init-without-program"
    level = {Workload.TRAINING: Severity.ERROR, Workload.INFERENCE: Severity.ERROR}
    witnesses = frozenset({Witness.DOCKERFILE, Witness.IMAGE})

    def check(self, container: Container, context: Context) -> Iterator[Finding]:
        """Report an init alone beside a CMD with a program, unless ``train`` or ``serve`` may be there."""
        entry, cmd = container.entrypoint, container.cmd
        if not isinstance(entry, Known) or not isinstance(cmd, Known) or not entry.value.argv:
            return
        argv = entry.value.words
        if words.program(argv[0]) not in words.INITS or words.after_init(argv) or not has_payload(cmd.value):
            return
        if _answers(container, context):
            return
        word = words.platform_words(context.workloads)
        # tini would be the next finding (SM103).
        kept = () if words.program(argv[0]) in words.TINI else argv
        program = exec_form.array([*kept, *cmd.value.words])
        yield Finding(
            entry.value.location,
            f"ENTRYPOINT is only an init: {word} replaces CMD, so {words.program(argv[0])} looks for a program of that "
            "name and the container ends with 127",
            words.as_script(cmd.value.words, context.workloads, "ENTRYPOINT and CMD")
            or f"write ENTRYPOINT {program} and delete CMD",
            related=(Related("this program is never started", cmd.value.location),),
            level=None if _is_plain(container) else dict.fromkeys(self.level, Severity.WARNING),
        )


_TOOLKITS = r"sagemaker[-_](?:training|inference|containers)|multi-model-server"


def _answers(container: Container, context: Context) -> bool:
    """Whether something in the image is known to be called like the platform's word."""
    names = [workload.word for workload in context.workloads if workload.word]
    if any(isinstance(find_program(container, name), Known) for name in names):
        return True
    return bool(container.evidence.run_commands(_TOOLKITS))


def _is_plain(container: Container) -> bool:
    """Whether the base is one that certainly brings no ``train`` or ``serve``."""
    if container.base is None or container.base.reference == "scratch":
        return True
    known = base_knowledge(container.base.reference)
    return known is not None and known.commands is not None and not {"train", "serve"} & set(known.commands)
