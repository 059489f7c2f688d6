"""SM109."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from smlint.container import Container, Known, Witness
from smlint.diagnostics import Location, Related, Severity
from smlint.dockerfile.bases import base_knowledge
from smlint.launch.executables import find_program
from smlint.rule import ContainerRule, Context, Finding
from smlint.workload import Workload
from smlint_rules import exec_form, words
from smlint_rules.cmd_overridden import has_payload
from smlint_rules.launches import is_supplied


class InitWithoutProgram(ContainerRule):
    """The ENTRYPOINT is only an init; the program sits in CMD and is replaced by `train` or `serve`.

    What it checks
    --------------
    An ENTRYPOINT such as `["dumb-init", "--"]`, alone or beside a CMD with a program, where nothing called `train` or
    `serve` is known to be in the image; and a request's ContainerEntrypoint that is one, without ContainerArguments.

    Why it matters on SageMaker
    ---------------------------
    `docker run IMAGE train` makes the init run a program called `train`. Where there is none the container ends with
    `train: No such file or directory`, and the CMD that worked locally is never looked at. A request that
    names only an init gives it nothing at all to run: it prints how it is used and the job fails.

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
        if not isinstance(entry, Known) or not entry.value.argv:
            return
        argv = entry.value.words
        init = words.program(argv[0])
        if init not in words.INITS or words.after_init(argv):
            return
        if container.overrides.entrypoint:
            yield _of_request(entry.value.location, argv)
            return
        if container.overrides.arguments or _answers(container, context):
            return
        replaced = cmd.value if isinstance(cmd, Known) and has_payload(cmd.value) else None
        plain = _is_plain(container) and not any(is_supplied(container, name) for name in _names(context))
        if replaced is None and not plain:
            # What an image is for that names no program of its own, its base may know.
            return
        word = words.platform_words(context.workloads)
        program = exec_form.array([*_kept(argv), *(replaced.words if replaced else _PROGRAM)])
        cause = f"{word} replaces CMD, so {init}" if replaced else init
        object_ = "a program of that name" if replaced else f"a program called {word}"
        yield Finding(
            entry.value.location,
            f"ENTRYPOINT is only an init: {cause} looks for {object_} and the container ends before it begins",
            (words.as_script(replaced.words, context.workloads, "ENTRYPOINT and CMD") if replaced else None)
            or f"write ENTRYPOINT {program}" + (" and delete CMD" if replaced else ""),
            related=(Related("this program is never started", replaced.location),) if replaced else (),
            level=None if plain and replaced else dict.fromkeys(self.level, Severity.WARNING),
        )


_PROGRAM: Final = ("python", "/opt/program/train.py")


def _kept(argv: Sequence[str]) -> Sequence[str]:
    """The init, unless it is tini, which would be the next finding (SM103)."""
    return () if words.program(argv[0]) in words.TINI else argv


def _of_request(location: Location, argv: Sequence[str]) -> Finding:
    return Finding(
        location,
        f"ContainerEntrypoint is only an init: {words.program(argv[0])} is given no program to run and the job fails at "
        "once",
        f'name the program: "ContainerEntrypoint": {exec_form.array([*_kept(argv), *_PROGRAM])}',
        level=dict.fromkeys(Workload, Severity.ERROR),
    )


_TOOLKITS = r"sagemaker[-_](?:training|inference|containers)|multi-model-server"


def _names(context: Context) -> list[str]:
    return [workload.word for workload in context.workloads if workload.word]


def _answers(container: Container, context: Context) -> bool:
    """Whether something in the image is known to be called like the platform's word."""
    if any(isinstance(find_program(container, name), Known) for name in _names(context)):
        return True
    return bool(container.evidence.run_commands(_TOOLKITS))


def _is_plain(container: Container) -> bool:
    """Whether the base is one that certainly brings no ``train`` or ``serve``."""
    if container.base is None or container.base.reference == "scratch":
        return True
    known = base_knowledge(container.base.reference)
    return known is not None and known.commands is not None and not {"train", "serve"} & set(known.commands)
