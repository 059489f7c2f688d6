"""Images judged: one opened, asked and closed at a time, several side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from smlint.container import Container
from smlint.diagnostics import Diagnostic
from smlint.engine import Outcome, Plan, Subject, diagnose, in_order, judge
from smlint.image.facts import ImageEvidence, container_of
from smlint.image.open import Options, open_image
from smlint.image.progress import Progress
from smlint.image.reference import ImageError, parse_reference
from smlint.image.source import ImageSource, Unseen
from smlint.rule import Finding
from smlint.workload import Workload

if TYPE_CHECKING:
    from smlint.image.origin import Origin

_NOT_LOOKED_AT: Final = "SM903"


class Result(NamedTuple):
    """What came of several images: an outcome for each that could be read, one line for each that could not."""

    outcomes: tuple[Outcome, ...]
    failures: tuple[str, ...]


def lint_images(
    references: Sequence[str],
    options: Options,
    plan: Plan,
    workloads: tuple[Workload, ...],
    *,
    origin: Origin | None = None,
    jobs: int = 1,
    progress: Callable[[str], Progress] | None = None,
    look: Callable[[str, Container], None] | None = None,
) -> Result:
    """Judge every image, ``jobs`` of them at a time; outcomes keep the order of ``references``.

    ``look`` is given every container while its image is open.
    """

    def one(text: str) -> Outcome | str:
        told = options if progress is None else options.telling(progress(text))
        try:
            return lint_image(text, told, plan, workloads, origin, look)
        except ImageError as error:
            return str(error)

    results = _side_by_side(one, references, jobs)
    return Result(
        tuple(result for result in results if isinstance(result, Outcome)),
        tuple(result for result in results if isinstance(result, str)),
    )


def lint_image(
    text: str,
    options: Options,
    plan: Plan,
    workloads: tuple[Workload, ...],
    origin: Origin | None = None,
    look: Callable[[str, Container], None] | None = None,
) -> Outcome:
    """Judge one image; raises :class:`ImageError` when it cannot be read."""
    source = open_image(parse_reference(text), options)
    try:
        container = container_of(source)
        found = judge(container, plan, workloads)
        found.extend(not_looked_at(source, container, plan, workloads))
        if look is not None:
            look(text, container)
    except ImageError as error:
        raise ImageError(f"{text}: {error}") from None
    finally:
        source.close()
    subject = Subject("image", source.reference, workloads)
    if origin is None:
        return Outcome(subject, tuple(in_order(found)))
    history = [step.created_by for step in source.config.history]
    verdict = origin.obey(origin.relate(found, history), plan.registry)
    return Outcome(
        subject, tuple(in_order(verdict.kept)), tuple(in_order(verdict.suppressed)), origin.sources
    )


def not_looked_at(
    source: ImageSource, container: Container, plan: Plan, workloads: tuple[Workload, ...]
) -> Iterator[Diagnostic]:
    """One information on everything that no rule could see: an image is never called clean unseen."""
    for finding in _unseen(source, container):
        diagnostic = diagnose(plan.registry.load(_NOT_LOOKED_AT), finding, plan, workloads)
        if diagnostic is not None:
            yield diagnostic


def _unseen(source: ImageSource, container: Container) -> Iterator[Finding]:
    files = source.files
    if isinstance(files, Unseen):
        yield Finding(
            container.anchor,
            f"{files.reason}: its scripts, /opt/ml, driver files and packages were not looked at",
            files.help,
        )
        return
    evidence = container.evidence
    if isinstance(evidence, ImageEvidence) and evidence.not_looked_at:
        places = "; ".join(f"{place}: {reason}" for place, reason in sorted(evidence.not_looked_at.items()))
        yield Finding(
            container.anchor,
            f"not everything was looked at ({places}), so findings there may be missing",
            "save the image and check the archive: docker save -o image.tar, then smlint image docker-archive:image.tar",
        )


def _side_by_side(
    one: Callable[[str], Outcome | str], references: Sequence[str], jobs: int
) -> Iterable[Outcome | str]:
    if jobs <= 1 or len(references) <= 1:
        return [one(reference) for reference in references]
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(max_workers=min(jobs, len(references))) as pool:
        return list(pool.map(one, references))
