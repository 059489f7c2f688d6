"""SM201."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from smlint.container import ABSENT, PERHAPS_REMOVED, Container, Known, PlacedFile, Witness
from smlint.diagnostics import Location, Severity
from smlint.rule import ContainerRule, Context, Finding
from smlint_rules import opt_ml


class DataUnderOptMl(ContainerRule):
    """Files are placed under /opt/ml, where SageMaker makes and mounts its own folders.

    What it checks
    --------------
    COPY and ADD, and the commands of RUN that write files (`curl -o`, `wget`, `git clone`, `tar -C`, `cp`, `mv`,
    `pip --target`, redirections …) into a part of /opt/ml. In an image, the files found there. Folders made ahead of
    time, `chmod`, `chown`, variables and what a later command removes are no data. `/opt/ml/code` has a rule of its own.

    Why it matters on SageMaker
    ---------------------------
    /opt/ml and all below it is reserved: what the image holds there may no longer be visible when the container runs.
    Below `input`, `output`, `checkpoints` and `processing` the platform has folders of its own, and the program may
    find an empty one where the files were during the build.

    Example
    -------
    ```dockerfile
    FROM python:3.12-slim
    COPY vocabulary.txt /opt/ml/input/data/vocabulary.txt
    ENTRYPOINT ["python", "/opt/program/train.py"]
    ```

    Use instead
    -----------
    ```dockerfile
    FROM python:3.12-slim
    COPY vocabulary.txt /opt/program/vocabulary.txt
    ENTRYPOINT ["python", "/opt/program/train.py"]
    ```

    References
    ----------
    - [Run your training image](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html)
    - [How SageMaker provides training information](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html)
    - [Build your own processing container](https://docs.aws.amazon.com/sagemaker/latest/dg/build-your-own-processing-container.html)
    """

    code = "SM201"
    name = "data-under-opt-ml"
    level = Severity.ERROR
    witnesses = frozenset({Witness.DOCKERFILE, Witness.IMAGE})

    def check(self, container: Container, context: Context) -> Iterator[Finding]:
        """Report every place that writes there; in an image, one finding per part of /opt/ml."""
        if container.witness is Witness.IMAGE:
            yield from _in_image(container)
            return
        # Where no command speaks of /opt/ml, none removes anything there.
        may_go = bool(container.evidence.run_commands(opt_ml.HINT))
        copied: dict[Location, list[PlacedFile]] = {}
        for placed in container.evidence.placed_files(opt_ml.HINT):
            # An empty file keeps a folder there, such as .gitkeep.
            if (
                _counts(placed.path)
                and placed.size != 0
                and not (may_go and _is_gone(placed.path, container))
            ):
                copied.setdefault(placed.destination or placed.location, []).append(placed)
        for location, files in copied.items():
            yield _finding(files[0].path, f"{files[0].how} puts {_listed(files)}", location)
        for target in opt_ml.written(container):
            if _counts(target.path) and not _is_gone(target.path, container):
                yield _finding(target.path, f"`{target.program}` writes to {target.path}", target.location)


def _counts(path: str) -> bool:
    return opt_ml.below(path) and bool(opt_ml.worth(path))


def _is_gone(path: str, container: Container) -> bool:
    """Whether a later command removed it again; what is removed on some condition nobody is told to remove."""
    return container.files.lookup(path) in (ABSENT, PERHAPS_REMOVED)


def _listed(files: list[PlacedFile]) -> str:
    more = f" and {len(files) - 1} more" if len(files) > 1 else ""
    return f"{files[0].path}{more}"


def _finding(path: str, what: str, location: Location) -> Finding:
    moved = "/opt/program" + posixpath.normpath(path)[len(opt_ml.ROOT) :]
    return Finding(
        location,
        f"{what} where SageMaker reserves the folder: it may not be visible when the container runs",
        f"put it outside /opt/ml, for example at {moved}, and read it from there",
        level=opt_ml.worth(path),
    )


def _in_image(container: Container) -> Iterator[Finding]:
    found = container.evidence.files_matching([r"^/opt/ml/"], opt_ml.PLACES)
    if not isinstance(found, Known):
        return
    areas: dict[str, list[PlacedFile]] = {}
    for file in found.value:
        if file.size and not file.is_directory and opt_ml.worth(file.path):
            areas.setdefault(opt_ml.area(file.path), []).append(file)
    for area, files in areas.items():
        first = files[0]
        yield Finding(
            first.location,
            f"the image holds {_listed(files)} under {area}, which SageMaker reserves: what lies there may not be "
            "visible when the container runs",
            "put it outside /opt/ml, for example under /opt/program, and read it from there",
            level=opt_ml.worth(first.path),
        )
