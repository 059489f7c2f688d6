"""``smlint job``: judge job requests."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any

import typer

from smlint import registry
from smlint.check import Arguments
from smlint.cli import options
from smlint.cli.reporting import Reporting, conclude, refuse_unknown_format
from smlint.config import ConfigError
from smlint.registry import BrokenPackError, UnknownRuleError
from smlint.report.emit import Color, OutputError, parse_target
from smlint.request.document import MAX_BYTES
from smlint.request.model import Kind


def _stdin() -> bytes:
    """Standard input, up to one byte more than a request may have."""
    if sys.stdin is None:
        options.usage("standard input is closed")
    return sys.stdin.buffer.read(MAX_BYTES + 1)


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
    stdin_filename: Annotated[
        str | None, typer.Option(metavar="NAME", help="What findings call the text from standard input.")
    ] = None,
    stage: options.Stage = None,
    build_arg: options.BuildArgs = [],  # noqa: B006
    context: options.BuildContext = None,
    select: options.Select = [],  # noqa: B006
    ignore: options.Ignore = [],  # noqa: B006
    extend_select: options.ExtendSelect = [],  # noqa: B006
    severity: options.Severities = [],  # noqa: B006
    fail_level: options.FailLevel = None,
    baseline: options.BaselineFile = None,
    write_baseline: options.WriteBaseline = False,
    show_suppressed: options.ShowSuppressed = False,
    statistics: options.Statistics = False,
    format: options.Format = None,
    output: options.Output = [],  # noqa: B006
    config: options.ConfigFile = None,
    isolated: options.Isolated = False,
    color: options.ColorWhen = Color.AUTO,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
) -> None:
    """Say what SageMaker will refuse in a job request, and what the request does to the image that it starts.

    Reads files only, unless --image names an engine or a registry.
    """
    from smlint.request.check import RequestChecker, Target

    if dockerfile is not None and image is not None:
        options.usage("--dockerfile and --image name the same thing twice; give one of them")
    refuse_unknown_format(format)
    words: dict[str, Any] = {
        "stage": stage,
        "build_args": options.pairs(build_arg, "--build-arg", str),
        "context": os.path.abspath(options.folder(context, "--context")) if context is not None else None,
        "select": options.selectors(select),
        "ignore": options.selectors(ignore),
        "extend_select": options.selectors(extend_select),
        "severity": options.pairs(severity, "--severity", options.severity),
        "fail_level": options.severity(fail_level) if fail_level else None,
        "format": format,
        "baseline": os.path.abspath(baseline) if baseline is not None else None,
    }
    arguments = Arguments(
        paths=tuple(dict.fromkeys(files)),
        stdin=_stdin,
        stdin_filename=stdin_filename,
        overrides=words,
        config_file=config,
        isolated=isolated,
        environ=os.environ,
    )
    reporting = Reporting(
        write_baseline=write_baseline,
        show_suppressed=show_suppressed,
        statistics=statistics,
        targets=tuple(map(parse_target, output)),
        color=color,
        quiet=quiet,
        verbose=verbose,
    )
    try:
        result = RequestChecker(
            arguments, registry.installed(), Target(dockerfile, image, kind, layers)
        ).run()
        code = conclude(result, reporting)
    except (ConfigError, UnknownRuleError, BrokenPackError, OutputError) as error:
        options.usage(str(error))
    raise typer.Exit(int(code))
