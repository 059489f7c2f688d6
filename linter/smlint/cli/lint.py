"""``smlint lint``: judge Dockerfiles."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any

import typer

from smlint import registry
from smlint.check import Arguments, Checker
from smlint.cli import options
from smlint.config import FORMATS, ConfigError
from smlint.exit_code import ExitCode
from smlint.registry import BrokenPackError, UnknownRuleError
from smlint.report import Report
from smlint.report.emit import Color, OutputError, emit, parse_target


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
    workload: options.Workloads = [],  # noqa: B006
    stage: options.Stage = None,
    build_arg: options.BuildArgs = [],  # noqa: B006
    context: options.BuildContext = None,
    select: options.Select = [],  # noqa: B006
    ignore: options.Ignore = [],  # noqa: B006
    extend_select: options.ExtendSelect = [],  # noqa: B006
    severity: options.Severities = [],  # noqa: B006
    fail_level: options.FailLevel = None,
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
        "context": os.path.abspath(context) if context is not None else None,
        "select": options.selectors(select),
        "ignore": options.selectors(ignore),
        "extend_select": options.selectors(extend_select),
        "severity": options.pairs(severity, "--severity", options.severity),
        "fail_level": options.severity(fail_level) if fail_level else None,
        "format": format,
    }
    if format is not None and format not in FORMATS:
        options.usage(f"there is no format {format!r}; write one of {', '.join(FORMATS)}")
    arguments = Arguments(
        paths=tuple(paths),
        stdin=sys.stdin.buffer.read,
        stdin_filename=stdin_filename,
        workloads=tuple(workload),
        overrides=words,
        exclude=tuple(exclude),
        force_exclude=force_exclude,
        config_file=config,
        isolated=isolated,
        environ=os.environ,
    )
    try:
        result = Checker(arguments, registry.installed()).run()
        report = Report(result.outcomes)
        if verbose:
            for outcome in result.outcomes:
                options.complain(_told(outcome.subject.name, result.settings.file, outcome.subject.stage))
        emit(report, result.settings.format, map(parse_target, output), color, quiet=quiet)
    except (ConfigError, UnknownRuleError, BrokenPackError, OutputError) as error:
        options.usage(str(error))
    for failure in result.failures:
        options.complain(failure)
    raise typer.Exit(int(_exit_code(report, bool(result.failures), result.settings.fail_level)))


def _told(name: str, file: str | None, stage: str | None) -> str:
    return f"{name}: stage {stage or 'of the last FROM'}, configuration {file or 'none'}"


def _exit_code(report: Report, failed: bool, fail_level: int) -> ExitCode:
    if failed:
        return ExitCode.USAGE
    worst = report.worst()
    return ExitCode.FINDINGS if worst is not None and worst >= fail_level else ExitCode.CLEAN
