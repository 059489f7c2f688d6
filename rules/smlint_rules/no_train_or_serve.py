"""SM108."""

from __future__ import annotations

from collections.abc import Iterator

from smlint.container import Absent, Container, FileEntry, Known, Witness
from smlint.diagnostics import Related, Severity
from smlint.dockerfile.bases import BaseKnowledge, base_knowledge
from smlint.launch import Launch
from smlint.launch.executables import find_program, may_be_executed
from smlint.launch.programs import refuses_words
from smlint.rule import ContainerRule, Context, Finding
from smlint.workload import Workload
from smlint_rules import words
from smlint_rules.cmd_overridden import has_payload
from smlint_rules.launches import entry_word, is_supplied, launches, related, short


class NoTrainOrServe(ContainerRule):
    """Nothing in the image answers `train` or `serve`: no ENTRYPOINT that takes the word, and no such executable on PATH.

    What it checks
    --------------
    An image without ENTRYPOINT in which no directory of PATH holds an executable called like the word that SageMaker
    appends, or whose ENTRYPOINT leads to a server that was seen to refuse a further word (uvicorn, hypercorn, flask …).
    A file of that name without execute bit is reported as such. Looked at together for all assumed workloads: an image
    that can train need not be able to serve. In a Dockerfile `pip install sagemaker-training`, a COPY of such a file,
    and whatever cannot be seen count as an answer; where nothing of the build context is copied and CMD names no
    program, the image may be meant as a base for others, and the finding is an information.

    Why it matters on SageMaker
    ---------------------------
    `docker run IMAGE train` makes `train` the program when there is no ENTRYPOINT, whatever CMD says. Where there is
    none, the job ends with `exec: "train": executable file not found in $PATH`. `uvicorn app:app serve` ends with
    `Got unexpected extra argument (serve)`, and the endpoint never gets into service.

    Example
    -------
    ```dockerfile
    FROM python:3.12-slim
    COPY train.py /opt/program/train.py
    ```

    Use instead
    -----------
    ```dockerfile
    FROM python:3.12-slim
    COPY train.py /opt/program/train.py
    ENTRYPOINT ["python", "/opt/program/train.py"]
    ```

    References
    ----------
    - [Run your training image](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html)
    - [Run your inference image](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html)
    - [Adapt your own training container](https://docs.aws.amazon.com/sagemaker/latest/dg/adapt-training-container.html)
    - [A job that ended so](https://github.com/aws/sagemaker-python-sdk/issues/222)
    """

    code = "SM108"
    name = "no-train-or-serve"
    level = Severity.ERROR
    witnesses = frozenset({Witness.DOCKERFILE, Witness.IMAGE})

    def check(self, container: Container, context: Context) -> Iterator[Finding]:
        """Report files of that name that cannot be executed, and an image that can start for no assumed workload."""
        yield from _refused(container, context)
        inert = dict.fromkeys(filter(None, (_inert(container, workload) for workload in context.workloads)))
        for entry in inert:
            yield _not_executable(container, entry)
        if inert or any(not cannot_start(container, workload) for workload in context.workloads):
            return
        if any(entry.keyword == "ENTRYPOINT" for entry in container.other_entries):
            # SM117 names the line that was meant.
            return
        missing = words.platform_words(context.workloads)
        of_image = container.witness is Witness.IMAGE
        where = "no such executable on PATH" if of_image else "nothing in this file puts one on PATH"
        yield Finding(
            container.anchor,
            f"nothing answers {missing}: there is no ENTRYPOINT and {where}, so the container ends before it begins",
            'write ENTRYPOINT ["python", "/opt/program/train.py"] with your program, or put an executable of that name on PATH',
            level=None if of_image else dict.fromkeys(Workload, _severity(container)),
        )


def _severity(container: Container) -> Severity:
    """A base for other images has no program and names none."""
    copies = any(placed.from_stage is None for placed in container.evidence.placed_files())
    starts = isinstance(container.cmd, Known) and has_payload(container.cmd.value)
    return Severity.WARNING if copies or starts else Severity.INFO


def _refused(container: Container, context: Context) -> Iterator[Finding]:
    """An ENTRYPOINT whose program refuses the word of every assumed workload."""
    if container.overrides.entrypoint or container.overrides.arguments:
        return
    found = list(launches(container, context))
    if len(found) < len(context.workloads) or not all(map(_refuses_its_word, found)):
        return
    launch = found[-1]
    program = launch.programs[0]
    primary = entry_word(launch, program)
    advice = (
        words.as_script(program.argv[:-1], context.workloads, "ENTRYPOINT")
        if program.location == primary
        else f'write `exec {short(launch, program)}` there, without `"$@"`'
    )
    yield Finding(
        primary,
        f"`{short(launch, program)}` refuses {words.platform_words(context.workloads)}, which SageMaker puts behind it: "
        "the container ends with a usage error",
        advice or "",
        related(program.location, "started here, with the word", primary),
        level=None if container.witness is Witness.IMAGE else dict.fromkeys(Workload, Severity.WARNING),
    )


def _refuses_its_word(launch: Launch) -> bool:
    return bool(launch.programs) and all(
        hop.argv[-1] == launch.workload.word and refuses_words(hop.argv) for hop in launch.programs
    )


def cannot_start(container: Container, workload: Workload) -> bool:
    """Whether nothing in the image is called like the word that SageMaker appends, and no ENTRYPOINT takes it."""
    if workload.word is None or not has_no_entrypoint(container) or container.overrides.entrypoint:
        return False
    found = find_program(container, workload.word)
    if isinstance(found, Known) or is_supplied(container, workload.word):
        return _inert(container, workload) is not None
    return isinstance(found, Absent) or brings(container, workload.word) is False


def _inert(container: Container, workload: Workload) -> FileEntry | None:
    """The file on PATH that the workload's word means, if it cannot be executed and nothing else may answer."""
    if workload.word is None or not has_no_entrypoint(container) or container.overrides.entrypoint:
        return None
    found = find_program(container, workload.word)
    if not isinstance(found, Known) or is_supplied(container, workload.word):
        return None
    return None if may_be_executed(found.value) else found.value


def _not_executable(container: Container, entry: FileEntry) -> Finding:
    return Finding(
        container.anchor,
        f"`{entry.path}` has no execute bit and there is no ENTRYPOINT, so the container ends before it begins",
        "run `chmod +x` on it before the build, or COPY it with --chmod=755",
        (Related("the file comes from here", entry.location),),
        level=None if container.witness is Witness.IMAGE else dict.fromkeys(Workload, Severity.WARNING),
    )


def has_no_entrypoint(container: Container) -> bool:
    """Whether the image has none, or stands on a base that is known, by its name, to have none."""
    entry = container.entrypoint
    if isinstance(entry, Known):
        return not entry.value.argv
    if isinstance(entry, Absent):
        return True
    known = _base(container)
    return known is not None and known.entrypoint == ()


def brings(container: Container, word: str) -> bool | None:
    """Whether the base image is known, by its name, to have a program called ``word`` on PATH."""
    known = _base(container)
    return None if known is None or known.commands is None else word in known.commands


def _base(container: Container) -> BaseKnowledge | None:
    return base_knowledge(container.base.reference) if container.base is not None else None
