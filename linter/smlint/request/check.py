"""One call over many request files, each alone or together with the Dockerfile or image that it starts."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from smlint.check import STDIN, Arguments, Checker, Result
from smlint.container import Container
from smlint.diagnostics import Diagnostic, RequestLocation
from smlint.dockerfile import UnreadableInputError
from smlint.dockerfile import read as read_text
from smlint.dockerfile.lint import DockerfileOptions, lint_dockerfile
from smlint.dockerfile.stages import UnknownStageError
from smlint.engine import Outcome, Plan, Subject, diagnose, in_order, judge, judge_request
from smlint.registry import Registry
from smlint.request.document import Document, parse, read
from smlint.request.files import content
from smlint.request.kinds import requests
from smlint.request.model import Kind, Request
from smlint.request.nodes import RequestSyntaxError
from smlint.request.secrets import secrets, without_secrets
from smlint.rule import Finding
from smlint.workload import Workload

if TYPE_CHECKING:
    from smlint.image.open import Options
    from smlint.image.source import ImageSource

_SYNTAX_ERROR = "SM900"
#: Among the references of that rule, the one about requests.
_REQUESTS_IN_FILES = "https://docs.aws.amazon.com/cli/latest/userguide/cli-usage-skeleton.html"


class Target(NamedTuple):
    """What the requests start: a Dockerfile, a built image, or (both None) something that is not at hand."""

    dockerfile: str | None = None
    image: str | None = None
    #: The kind of plain requests; None recognises it.
    kind: Kind | None = None
    #: How the image is opened; None: as it is without options.
    opening: Options | None = None


class _Image(NamedTuple):
    """The built image that the requests start, open."""

    source: ImageSource
    container: Container


class RequestChecker:
    """Judges request files; settings and plans are those of a :class:`~smlint.check.Checker`."""

    def __init__(self, arguments: Arguments, registry: Registry, target: Target) -> None:
        self._arguments = arguments
        self._checker = Checker(arguments, registry)
        self._target = target
        self._failures: list[str] = []

    def run(self) -> Result:
        """Judge every file; raises ConfigError and UnknownRuleError, which concern the whole call."""
        outcomes: list[Outcome] = []
        if self._target.image is not None:
            outcomes = self._with_image(self._target.image)
        else:
            outcomes = [outcome for path in self._arguments.paths for outcome in self._one(path, None)]
        failures = tuple(dict.fromkeys(self._failures))
        return Result(tuple(outcomes), failures, self._checker.settings(self._arguments.paths[0]))

    def _with_image(self, name: str) -> list[Outcome]:
        from smlint.image.facts import container_of
        from smlint.image.open import Options, open_image
        from smlint.image.reference import ImageError, parse_reference

        try:
            source = open_image(parse_reference(name), self._target.opening or Options())
        except ImageError as error:
            self._failures.append(str(error))
            return [outcome for path in self._arguments.paths for outcome in self._one(path, None)]
        try:
            image = _Image(source, container_of(source))
            return [outcome for path in self._arguments.paths for outcome in self._one(path, image)]
        finally:
            source.close()

    def _one(self, path: str, image: _Image | None) -> Iterator[Outcome]:
        name = self._arguments.stdin_name if path == STDIN else path
        plan = self._checker.plan(name)
        data = b""
        try:
            data = self._bytes(path)
            document = parse(name, data)
            found = requests(document, self._target.kind)
        except OSError as error:
            self._failures.append(f"{name}: It cannot be read: {error.strerror or error}.")
        except RequestSyntaxError as error:
            yield _refused(error, name, data, plan)
        else:
            yield self._judged(document, found, image, plan)

    def _bytes(self, path: str) -> bytes:
        if path == STDIN:
            return read(io.BytesIO(self._arguments.stdin()))
        return content(path)

    def _judged(
        self, document: Document, found: tuple[Request, ...], image: _Image | None, plan: Plan
    ) -> Outcome:
        workloads = tuple(sorted({request.workload for request in found}))
        diagnostics = dict.fromkeys(_repeated(document, plan, workloads or (Workload.TRAINING,)))
        suppressed: dict[Diagnostic, None] = {}
        sources = {document.path: _shown(document, found)}
        for request in found:
            outcome = self._with_dockerfile(request) if self._target.dockerfile is not None else None
            if outcome is not None:
                diagnostics.update(dict.fromkeys(outcome.diagnostics))
                suppressed.update(dict.fromkeys(outcome.suppressed))
                sources = {**outcome.sources, **sources}
                continue
            diagnostics.update(dict.fromkeys(self._of(request, image, plan)))
        if image is not None and found:
            diagnostics.update(dict.fromkeys(_unseen(image, plan, workloads)))
        subject = Subject("request", document.path, workloads)
        return Outcome(subject, tuple(in_order(diagnostics)), tuple(in_order(suppressed)), sources)

    def _of(self, request: Request, image: _Image | None, plan: Plan) -> list[Diagnostic]:
        """The findings of the request's rules, and of the image's under it where that can be read to the end."""
        if image is not None:
            from smlint.image.reference import ImageError

            container = request.start(image.container)
            try:
                found = judge(container, plan, (request.workload,), request)
                return found + judge_request(request, container, plan)
            except ImageError as error:
                self._failures.append(f"{self._target.image}: {error}")
        return judge(request.alone(), plan, (request.workload,), request) + judge_request(request, None, plan)

    def _with_dockerfile(self, request: Request) -> Outcome | None:
        """The findings of the request's rules and of the Dockerfile's under it; None when that cannot be read."""
        path = self._target.dockerfile
        assert path is not None
        if os.path.isdir(path):
            path = os.path.normpath(os.path.join(path, "Dockerfile"))
        settings = self._checker.settings(path)
        options = DockerfileOptions(
            stage=settings.stage,
            build_args=settings.build_args,
            context=settings.build_context() or os.path.dirname(path) or ".",
            request=request,
        )
        try:
            return lint_dockerfile(read_text(path), path, options, self._checker.plan(path))
        except (UnreadableInputError, UnknownStageError) as error:
            self._failures.append(f"{path}: {error}")
            return None


def _unseen(image: _Image, plan: Plan, workloads: tuple[Workload, ...]) -> Iterable[Diagnostic]:
    """What no rule could see of the image: an image in a registry shows its config only."""
    from smlint.image.lint import not_looked_at

    return not_looked_at(image.source, image.container, plan, workloads)


def _refused(error: RequestSyntaxError, name: str, data: bytes, plan: Plan) -> Outcome:
    place = RequestLocation(name, "", error.line, error.column, error.line, error.column + 1)
    finding = Finding(
        place, f"the file cannot be read as a job request: {error}", error.help, url=_REQUESTS_IN_FILES
    )
    found = _diagnostics([finding], plan, (Workload.TRAINING,))
    # Reports quote the line: it may hold a secret, and what cannot be read has no environment to look for it in.
    text = without_secrets(data.decode("utf-8-sig", "replace"), [], set())
    return Outcome(Subject("request", name, ()), tuple(found), sources={name: text})


def _repeated(document: Document, plan: Plan, workloads: tuple[Workload, ...]) -> Iterable[Diagnostic]:
    findings = (
        Finding(problem.location, problem.message, problem.help, url=_REQUESTS_IN_FILES)
        for problem in document.problems()
    )
    return _diagnostics(findings, plan, workloads)


def _diagnostics(
    findings: Iterable[Finding], plan: Plan, workloads: tuple[Workload, ...]
) -> Iterator[Diagnostic]:
    rule = plan.registry.load(_SYNTAX_ERROR)
    for finding in findings:
        diagnostic = diagnose(rule, finding, plan, workloads)
        if diagnostic is not None:
            yield diagnostic


def _shown(document: Document, found: tuple[Request, ...]) -> str:
    """The text that reports quote lines of, with secrets blotted out, also where they stand a second time."""
    spans: list[tuple[int, int]] = []
    values: set[str] = set()
    for secret in (secret for request in found for secret in secrets(request)):
        span = secret.value.node.span
        spans.append((span.start, span.end))
        values.add(secret.text)
    return without_secrets(document.text, spans, values)
