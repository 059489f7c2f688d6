"""What ``smlint launch`` looks at: a Dockerfile or an image, opened, with its chains followed."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from smlint.container import Container, Overrides, Word
from smlint.diagnostics import Location
from smlint.launch.chain import Launch
from smlint.launch.walk import resolve
from smlint.workload import DEFAULT_WORKLOADS, Workload

if TYPE_CHECKING:
    from smlint.image.open import Options
    from smlint.request import Request

_WORKLOAD: Final = re.compile(r"smlint\s+workload\s*=\s*(\w+)", re.IGNORECASE)


class LaunchError(Exception):
    """What was named cannot be looked at; the message is one line."""


class Question(NamedTuple):
    """What is asked about a container."""

    #: None: what the Dockerfile's comments say, else ``fallback``.
    workloads: tuple[Workload, ...] | None = None
    fallback: tuple[Workload, ...] = DEFAULT_WORKLOADS
    #: ContainerEntrypoint and ContainerArguments; empty means not given.
    entrypoint: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    #: Job requests that start the container, in place of all the rest.
    requests: tuple[Request, ...] = ()


def of_dockerfile(
    path: str,
    question: Question,
    *,
    context: str | None = None,
    stage: str | None = None,
    build_args: Mapping[str, str] | None = None,
) -> tuple[Launch, ...]:
    """The chains of the Dockerfile at ``path`` (or in that folder); raises LaunchError."""
    from smlint.dockerfile import DockerfileSyntaxError, UnreadableInputError, parse, read
    from smlint.dockerfile.build import build_container
    from smlint.dockerfile.stages import UnknownStageError

    if os.path.isdir(path):
        path = os.path.normpath(os.path.join(path, "Dockerfile"))
    try:
        dockerfile = parse(read(path))
        container = build_container(
            dockerfile,
            path=path,
            context=context or os.path.dirname(path) or ".",
            stage=stage,
            build_args=build_args,
        )
    except DockerfileSyntaxError as error:
        raise LaunchError(f"{path}:{error.line}: {error.message}") from None
    except (UnreadableInputError, UnknownStageError) as error:
        raise LaunchError(f"{path}: {error}") from None
    said = [
        Workload(match[1].lower())
        for comment in dockerfile.comments
        if (match := _WORKLOAD.search(comment.text)) and match[1].lower() in list(Workload)
    ]
    return _launches(container, question, tuple(dict.fromkeys(said)))


def of_image(reference: str, question: Question, options: Options) -> tuple[Launch, ...]:
    """The chains of a built image; raises LaunchError."""
    from smlint.image.facts import container_of
    from smlint.image.open import open_image
    from smlint.image.reference import ImageError, parse_reference

    try:
        source = open_image(parse_reference(reference), options)
    except ImageError as error:
        raise LaunchError(str(error)) from None
    try:
        return _launches(container_of(source), question, ())
    except ImageError as error:
        raise LaunchError(f"{reference}: {error}") from None
    finally:
        source.close()


def _launches(container: Container, question: Question, comments: tuple[Workload, ...]) -> tuple[Launch, ...]:
    if question.requests:
        started = ((request.start(container), request.workload) for request in question.requests)
        return tuple(resolve(each, workload, by_name=True) for each, workload in started)
    workloads = question.workloads or comments or question.fallback
    overrides = None
    if question.entrypoint or question.arguments:
        if Workload.INFERENCE in (question.workloads or ()) or set(workloads) == {Workload.INFERENCE}:
            raise LaunchError("an endpoint's request has no entrypoint and no arguments; they are for jobs")
        # Nothing said means training and inference, of which only the first can be asked so.
        workloads = tuple(workload for workload in workloads if workload is not Workload.INFERENCE)
        overrides = Overrides(
            _words(question.entrypoint, container.anchor), _words(question.arguments, container.anchor)
        )
    return tuple(resolve(container, workload, overrides, by_name=True) for workload in workloads)


def _words(texts: tuple[str, ...], anchor: Location) -> tuple[Word, ...] | None:
    return tuple(Word(text, anchor) for text in texts) or None
