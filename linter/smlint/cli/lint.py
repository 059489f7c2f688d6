"""``smlint lint``: the options. What is done with them stands in :mod:`smlint.cli.linting`."""

from __future__ import annotations

import os
from typing import Annotated, Any

import typer

from smlint.check import Arguments
from smlint.cli import options
from smlint.cli.linting import Wishes, perform, read_stdin
from smlint.cli.reporting import Reporting
from smlint.report.emit import Color, parse_target


def lint(
    paths: Annotated[
        list[str],
        typer.Argument(metavar="[PATH]...", help="Dockerfiles, folders, or - for standard input; default: ."),
    ] = [],  # noqa: B006  typer makes a new list of it
    stdin_filename: Annotated[
        str | None, typer.Option(metavar="NAME", help="What findings call the text from standard input.")
    ] = None,
    exclude: Annotated[
        list[str],
        typer.Option(metavar="PATTERN", help="Leave out what a gitignore pattern matches; repeatable."),
    ] = [],  # noqa: B006
    force_exclude: Annotated[
        bool, typer.Option("--force-exclude", help="Leave out excluded files even when they are named.")
    ] = False,
    request: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="The job request that starts the image: judge the one Dockerfile as it does, as smlint job does.",
        ),
    ] = None,
    workload: options.Workloads = [],  # noqa: B006
    stage: options.Stage = None,
    build_arg: options.BuildArgs = [],  # noqa: B006
    context: options.BuildContext = None,
    select: options.Select = [],  # noqa: B006
    ignore: options.Ignore = [],  # noqa: B006
    extend_select: options.ExtendSelect = [],  # noqa: B006
    severity: options.Severities = [],  # noqa: B006
    fail_level: options.FailLevel = None,
    fix: options.FixFiles = False,
    unsafe_fixes: options.UnsafeFixes = False,
    fix_only: options.FixOnly = False,
    diff: options.ShowDiff = False,
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
    """Say what SageMaker will not accept in a Dockerfile, and why. Reads files only: no network, no engine."""
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
        paths=tuple(paths),
        stdin=read_stdin,
        stdin_filename=stdin_filename,
        workloads=tuple(workload),
        overrides=words,
        exclude=tuple(exclude),
        force_exclude=force_exclude,
        config_file=config,
        isolated=isolated,
        environ=os.environ,
    )
    wishes = Wishes(
        fix=fix or fix_only,
        fix_only=fix_only,
        unsafe_fixes=unsafe_fixes,
        diff=diff,
        reporting=Reporting(
            write_baseline=write_baseline,
            show_suppressed=show_suppressed,
            statistics=statistics,
            targets=tuple(map(parse_target, output)),
            color=color,
            quiet=quiet,
            verbose=verbose,
        ),
        request=request,
    )
    raise typer.Exit(int(perform(arguments, wishes)))
