"""``smlint job``: judge job requests."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from smlint import registry
from smlint.check import Arguments
from smlint.cli import options
from smlint.cli.judging import Judging, dockerfile_settings
from smlint.cli.reporting import conclude, refuse_unknown_format
from smlint.cli.together import together
from smlint.config import ConfigError
from smlint.registry import BrokenPackError, UnknownRuleError
from smlint.report.emit import OutputError
from smlint.request.document import MAX_BYTES
from smlint.request.model import Kind


def _stdin() -> bytes:
    """Standard input, up to one byte more than a request may have."""
    if sys.stdin is None:
        options.usage("standard input is closed")
    return sys.stdin.buffer.read(MAX_BYTES + 1)


@together
def job(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE...",
            help="Requests in JSON or YAML as the API takes them, pipeline definitions, CloudFormation templates, "
            "Step Functions state machines; - for standard input.",
        ),
    ],
    kind: Annotated[
        Kind | None,
        typer.Option(help="Which request a plain file is. Default: recognised by its members."),
    ] = None,
    dockerfile: Annotated[
        str | None,
        typer.Option(
            metavar="PATH", help="The Dockerfile of the image: it is judged as the request starts it."
        ),
    ] = None,
    image: Annotated[
        str | None,
        typer.Option(
            metavar="REF",
            help="The built image: it is judged as the request starts it. Asks an engine or a registry where REF names one.",
        ),
    ] = None,
    layers: Annotated[
        bool,
        typer.Option(
            "--layers", help="Read the layers of an --image in a registry too, not only its config."
        ),
    ] = False,
    platform: options.Platform = None,
    insecure_registry: options.InsecureRegistries = [],  # noqa: B006  typer makes a new list of it
    stdin_filename: Annotated[
        str | None, typer.Option(metavar="NAME", help="What findings call the text from standard input.")
    ] = None,
    *,
    stage: options.Stage = None,
    build_arg: options.BuildArgs = [],  # noqa: B006
    context: options.BuildContext = None,
    judging: Judging,
) -> None:
    """Say what SageMaker will refuse in a job request, and what the request does to the image that it starts.

    Reads files only, unless --image names an engine or a registry.
    """
    from smlint.image.open import Options
    from smlint.request.check import RequestChecker, Target

    if dockerfile is not None and image is not None:
        options.usage("--dockerfile and --image name the same thing twice; give one of them")
    refuse_unknown_format(judging.format)
    arguments = Arguments(
        paths=tuple(dict.fromkeys(files)),
        stdin=_stdin,
        stdin_filename=stdin_filename,
        overrides=judging.settings() | dockerfile_settings(stage, build_arg, context),
        config_file=judging.config,
        isolated=judging.isolated,
        environ=os.environ,
    )
    opening = Options(platform=platform, layers=layers, insecure_registries=frozenset(insecure_registry))
    try:
        result = RequestChecker(
            arguments, registry.installed(), Target(dockerfile, image, kind, opening)
        ).run()
        code = conclude(result, judging.reporting())
    except (ConfigError, UnknownRuleError, BrokenPackError, OutputError) as error:
        options.usage(str(error))
    raise typer.Exit(int(code))
