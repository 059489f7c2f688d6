"""One Dockerfile judged: its text, its comments, its container, its findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from smlint.diagnostics import Diagnostic, FileLocation
from smlint.dockerfile import Dockerfile, DockerfileSyntaxError, parse
from smlint.dockerfile.build import build_container
from smlint.dockerfile.source import split_lines
from smlint.engine import Outcome, Plan, Subject, diagnose, in_order, judge, judge_request
from smlint.registry import Registry
from smlint.rule import Finding
from smlint.workload import DEFAULT_WORKLOADS, Workload

if TYPE_CHECKING:
    from smlint import suppressions
    from smlint.request import Request


class DockerfileOptions(NamedTuple):
    """How a Dockerfile is to be understood."""

    #: None: what the file's own comment says, else :data:`DEFAULT_WORKLOADS`.
    workloads: tuple[Workload, ...] | None = None
    #: The configuration's workloads: they yield to a comment in the file.
    fallback_workloads: tuple[Workload, ...] = DEFAULT_WORKLOADS
    stage: str | None = None
    build_args: Mapping[str, str] = {}
    #: Directory of the build context; None when there is none to look into.
    context: str | None = None
    #: The job request that starts the image: its command takes the place of the image's.
    request: Request | None = None


def lint_dockerfile(text: str, path: str, options: DockerfileOptions, plan: Plan) -> Outcome:
    """Judge the text of one Dockerfile; ``path`` is what findings call it."""
    workloads = options.workloads or options.fallback_workloads
    try:
        dockerfile = parse(text)
        comments = comments_of(dockerfile, path, plan.registry)
        if options.workloads is None and comments is not None and comments.workloads:
            workloads = comments.workloads
        container = build_container(
            dockerfile, path=path, context=options.context, stage=options.stage, build_args=options.build_args
        )
        if options.request is not None:
            container, workloads = options.request.start(container), (options.request.workload,)
    except DockerfileSyntaxError as error:
        subject = Subject("dockerfile", path, workloads)
        return Outcome(
            subject, tuple(_syntax_error(error, text, path, plan, workloads)), sources={path: text}
        )
    subject = Subject("dockerfile", path, workloads, container.stage)
    found = judge(container, plan, workloads, options.request)
    if options.request is not None:
        # What the request replaces is not judged, so a comment about it is no idle one.
        found += judge_request(options.request, container, plan)
    if comments is None:
        return Outcome(subject, tuple(in_order(found)), sources={path: text})
    from smlint import suppressions

    verdict = suppressions.apply(found, comments.ignores)
    unused = verdict.unused if options.request is None else ()
    remarks = suppressions.apply(
        [*_about_comments(comments, plan, workloads), *_unused(unused, plan, workloads)],
        [ignore for ignore in comments.ignores if ignore.lines is None],
    )
    return Outcome(
        subject,
        tuple(in_order([*verdict.kept, *remarks.kept])),
        tuple(in_order([*verdict.suppressed, *remarks.suppressed])),
        {path: text},
    )


def comments_of(dockerfile: Dockerfile, path: str, registry: Registry) -> suppressions.Comments | None:
    """What the comments of a Dockerfile say to smlint; None where they say nothing."""
    comments = dockerfile.comments if "smlint" in dockerfile.text else []
    if not any("smlint" in comment.text for comment in comments):
        return None
    from smlint import suppressions

    lines = [suppressions.Line(comment.line, dockerfile.lines[comment.line - 1]) for comment in comments]
    spans = [(instruction.start_line, instruction.end_line) for instruction in dockerfile.instructions]
    return suppressions.read(path, lines, spans, registry)


def _syntax_error(
    error: DockerfileSyntaxError, text: str, path: str, plan: Plan, workloads: tuple[Workload, ...]
) -> Iterator[Diagnostic]:
    lines = split_lines(text)
    line = lines[error.line - 1] if 0 < error.line <= len(lines) else ""
    column = len(line) - len(line.lstrip()) + 1
    place = FileLocation(path, error.line, column, error.line, max(len(line.rstrip()) + 1, column))
    finding = Finding(place, f"docker build refuses this file: {error.message}", "correct the line")
    diagnostic = diagnose(plan.registry.load("SM900"), finding, plan, workloads)
    if diagnostic is not None:
        yield diagnostic


def _about_comments(
    comments: suppressions.Comments, plan: Plan, workloads: tuple[Workload, ...]
) -> Iterator[Diagnostic]:
    for finding in comments.findings:
        diagnostic = diagnose(plan.registry.load("SM902"), finding, plan, workloads)
        if diagnostic is not None:
            yield diagnostic


def _unused(
    ignores: Iterable[suppressions.Ignore], plan: Plan, workloads: tuple[Workload, ...]
) -> Iterator[Diagnostic]:
    for ignore in ignores:
        if not ignore.codes & plan.enabled - {"SM901", "SM902"}:
            continue
        scope = "this file" if ignore.lines is None else "the instruction below"
        finding = Finding(
            ignore.location,
            f"{scope} gives no {ignore.selector} finding, so the ignore hides nothing today and a real one tomorrow",
            f"delete {ignore.selector} from the comment",
        )
        diagnostic = diagnose(plan.registry.load("SM901"), finding, plan, workloads)
        if diagnostic is not None:
            yield diagnostic
