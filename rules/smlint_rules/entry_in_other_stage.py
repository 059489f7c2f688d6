"""SM117."""

from __future__ import annotations

from collections.abc import Iterator

from smlint.container import Container, Known, OtherEntry, Witness, is_resolved
from smlint.diagnostics import Related, Severity
from smlint.launch.executables import find_program
from smlint.rule import ContainerRule, Context, Finding
from smlint.workload import Workload
from smlint_rules.launches import is_supplied
from smlint_rules.no_train_or_serve import brings, has_no_entrypoint


class EntryInOtherStage(ContainerRule):
    """ENTRYPOINT is set in a stage that the judged image does not descend from.

    What it checks
    --------------
    A multi-stage Dockerfile whose judged stage sets no ENTRYPOINT, neither itself nor through the local stages it
    stands on, while another stage does. For processing, where CMD is used, the same is said of CMD. Silent when
    something in the judged stage answers `train` or `serve`.

    Why it matters on SageMaker
    ---------------------------
    `COPY --from` brings files, never the ENTRYPOINT. The image then runs what its base brings, or looks for a program
    called `train` or `serve` on PATH, and the job ends before it began.

    Example
    -------
    ```dockerfile
    FROM python:3.12-slim AS build
    RUN pip install --prefix /install numpy
    ENTRYPOINT ["python", "/opt/program/train.py"]

    FROM python:3.12-slim
    COPY --from=build /install /usr/local
    ```

    Use instead
    -----------
    ```dockerfile
    FROM python:3.12-slim AS build
    RUN pip install --prefix /install numpy

    FROM python:3.12-slim
    COPY --from=build /install /usr/local
    ENTRYPOINT ["python", "/opt/program/train.py"]
    ```

    References
    ----------
    - [Multi-stage builds](https://docs.docker.com/build/building/multi-stage/)
    - [Run your training image](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html)
    """

    code = "SM117"
    name = "entry-in-other-stage"
    level = Severity.WARNING
    witnesses = frozenset({Witness.DOCKERFILE})

    def check(self, container: Container, context: Context) -> Iterator[Finding]:
        """Report the entry of another stage where the judged one has none and nothing takes its place."""
        if isinstance(container.entrypoint, Known) or container.overrides.entrypoint:
            return
        if container.base is not None and not is_resolved(container.base.reference):
            # It may be the very stage that has the entry: FROM program-$TARGETOS.
            return
        entry = next((entry for entry in container.other_entries if _would_be_used(entry, context)), None)
        if entry is None or any(_answered(container, workload) for workload in context.workloads):
            return
        yield Finding(
            container.anchor,
            f"this stage has no ENTRYPOINT: the {entry.keyword} of stage {entry.stage!r} is not part of the image, "
            "and SageMaker starts what the base brings, or nothing",
            f"move that {entry.keyword} into this stage, or begin the stage with `FROM {entry.stage}`",
            related=(Related("set here, in another stage", entry.location),),
            level=None if has_no_entrypoint(container) else dict.fromkeys(Workload, Severity.INFO),
        )


def _would_be_used(entry: OtherEntry, context: Context) -> bool:
    return entry.keyword == "ENTRYPOINT" or Workload.PROCESSING in context.workloads


def _answered(container: Container, workload: Workload) -> bool:
    """Whether something in the stage is meant to be started for ``workload``."""
    if workload.word is None:
        return isinstance(container.cmd, Known)
    if isinstance(find_program(container, workload.word), Known):
        return True
    return is_supplied(container, workload.word) or brings(container, workload.word) is True
