"""``smlint launch``: what SageMaker starts, process by process."""

from __future__ import annotations

import enum
import os
from typing import Annotated, Any

import typer

from smlint import config as settings_of
from smlint.cli import options
from smlint.cli.judging import dockerfile_settings
from smlint.config import ConfigError, Settings
from smlint.launch.subject import LaunchError, Question, of_dockerfile, of_image
from smlint.workload import DEFAULT_WORKLOADS


class Shape(enum.StrEnum):
    """How chains are printed."""

    TEXT = "text"
    JSON = "json"


def launch(
    target: Annotated[
        list[str],
        typer.Argument(
            metavar="[PATH | image REF]",
            help="A Dockerfile or its folder (default: here), or the word image and a built image's reference.",
        ),
    ] = [],  # noqa: B006  typer makes a new list of it
    workload: options.Workloads = [],  # noqa: B006
    stage: options.Stage = None,
    build_arg: options.BuildArgs = [],  # noqa: B006
    context: options.BuildContext = None,
    platform: options.Platform = None,
    layers: Annotated[
        bool, typer.Option("--layers", help="Download a registry image's layers and follow its scripts.")
    ] = False,
    insecure_registry: options.InsecureRegistries = [],  # noqa: B006
    entrypoint: Annotated[
        list[str], typer.Option(metavar="WORD", help="A word of the job's ContainerEntrypoint; repeatable.")
    ] = [],  # noqa: B006
    argument: Annotated[
        list[str], typer.Option(metavar="WORD", help="A word of the job's ContainerArguments; repeatable.")
    ] = [],  # noqa: B006
    request: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="The job request whose workload and command start the image."),
    ] = None,
    format: Annotated[Shape, typer.Option("--format", "-f", help="How to print it.")] = Shape.TEXT,
) -> None:
    """Show what becomes PID 1, what gets `train` or `serve`, and what hears SIGTERM. Starts nothing."""
    from smlint.report import launch as printed

    is_image = target[:1] == ["image"] and len(target) == 2
    path = target[0] if target and not is_image else "."
    settings = _settings(path, dockerfile_settings(stage, build_arg, context))
    name = os.path.join(path, "Dockerfile") if os.path.isdir(path) else path
    question = Question(
        tuple(workload) or None,
        (settings.workload if is_image else settings.workload_of(name)) or DEFAULT_WORKLOADS,
        tuple(entrypoint),
        tuple(argument),
    )
    if request is not None:
        if workload or entrypoint or argument:
            options.usage("--request says workload, entrypoint and arguments; leave out the other options")
        from smlint.request.files import RequestFileError, requests_in

        try:
            question = Question(requests=requests_in(request))
        except RequestFileError as error:
            options.usage(str(error))
    try:
        if target == ["image"] and not os.path.exists("image"):
            options.usage("name the image behind the word image: smlint launch image REF")
        if is_image:
            if stage or build_arg or context:
                options.usage(
                    "--stage, --build-arg and --context are for Dockerfiles; a built image has none of them"
                )
            from smlint.image.open import Options

            opening = Options(platform, layers, frozenset(insecure_registry))
            launches = of_image(target[1], question, opening)
        elif len(target) > 1:
            options.usage("name one Dockerfile or folder, or the word image and one reference")
        elif platform or layers or insecure_registry:
            options.usage(
                "--platform, --layers and --insecure-registry are for built images: smlint launch image REF"
            )
        else:
            launches = of_dockerfile(
                path,
                question,
                context=settings.build_context(),
                stage=settings.stage,
                build_args=settings.build_args,
            )
    except (LaunchError, ConfigError) as error:
        options.usage(str(error))
    typer.echo(printed.to_json(launches) if format is Shape.JSON else printed.text(launches), nl=False)


def _settings(path: str, words: dict[str, Any]) -> Settings:
    """The settings for the file or folder at ``path`` under the command line's words."""
    try:
        settings = settings_of.load(path, environ=os.environ)
    except ConfigError as error:
        options.usage(str(error))
    return settings_of.override(settings, "command line", **words)
