"""``smlint lint``: judge Dockerfiles."""

from __future__ import annotations

import os
import sys
from functools import cache
from typing import Annotated, Any

import typer

from smlint import registry
from smlint.check import STDIN, Arguments, Checker, Result
from smlint.cli import options
from smlint.config import FORMATS, ConfigError
from smlint.exit_code import ExitCode
from smlint.registry import BrokenPackError, Registry, UnknownRuleError
from smlint.report import Report
from smlint.report.emit import Color, OutputError, emit, parse_target, write_text


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
        "context": os.path.abspath(context) if context is not None else None,
        "select": options.selectors(select),
        "ignore": options.selectors(ignore),
        "extend_select": options.selectors(extend_select),
        "severity": options.pairs(severity, "--severity", options.severity),
        "fail_level": options.severity(fail_level) if fail_level else None,
        "format": format,
        "baseline": os.path.abspath(baseline) if baseline is not None else None,
    }
    if unsafe_fixes and not (fix or fix_only or diff):
        options.usage("--unsafe-fixes says which fixes to apply; add --fix, --fix-only or --diff")
    if (fix or fix_only) and STDIN in paths:
        options.usage("standard input cannot be fixed in place; --diff shows what would change")
    if format is not None and format not in FORMATS:
        options.usage(f"there is no format {format!r}; write one of {', '.join(FORMATS)}")
    arguments = Arguments(
        paths=tuple(paths),
        stdin=cache(sys.stdin.buffer.read),
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
        rules = registry.installed()
        if diff:
            raise typer.Exit(int(_diff(arguments, rules, unsafe_fixes)))
        if fix or fix_only:
            _fix(arguments, rules, unsafe_fixes)
        result = Checker(arguments, rules).run()
        if write_baseline:
            result = _write_baseline(result)
        elif result.settings.baseline is not None:
            result = _without_known(result, result.settings.baseline)
        report = Report(result.outcomes, show_suppressed)
        if verbose:
            for outcome in result.outcomes:
                options.complain(_told(outcome.subject.name, result.settings.file, outcome.subject.stage))
        if not fix_only and not write_baseline:
            name = "statistics" if statistics else result.settings.format
            emit(report, name, map(parse_target, output), color, quiet=quiet)
    except (ConfigError, UnknownRuleError, BrokenPackError, OutputError) as error:
        options.usage(str(error))
    for failure in result.failures:
        options.complain(failure)
    if fix_only:
        raise typer.Exit(int(ExitCode.USAGE if result.failures else ExitCode.CLEAN))
    raise typer.Exit(int(_exit_code(report, bool(result.failures), result.settings.fail_level)))


def _diff(arguments: Arguments, rules: Registry, unsafe: bool) -> ExitCode:
    from smlint.fix import FixError, unified
    from smlint.mend import in_memory

    try:
        patch = unified(in_memory(arguments, rules, unsafe=unsafe))
    except FixError as error:
        options.usage(str(error))
    sys.stdout.write(patch)
    failures = Checker(arguments, rules).run().failures
    for failure in failures:
        options.complain(failure)
    if failures:
        return ExitCode.USAGE
    return ExitCode.FINDINGS if patch else ExitCode.CLEAN


def _fix(arguments: Arguments, rules: Registry, unsafe: bool) -> None:
    from smlint.fix import FixError
    from smlint.mend import in_files

    try:
        fixed = in_files(arguments, rules, unsafe=unsafe)
    except FixError as error:
        options.usage(str(error))
    if fixed:
        options.complain(f"fixed {fixed} finding{'s' if fixed > 1 else ''}")


def _without_known(result: Result, path: str) -> Result:
    from smlint import baseline

    try:
        verdict = baseline.apply(result.outcomes, baseline.load(path))
    except baseline.BaselineError as error:
        options.usage(str(error))
    for entry in verdict.gone:
        options.complain(
            f"{entry.subject}: the baseline's {entry.code} no longer occurs; --write-baseline takes it out"
        )
    return result._replace(outcomes=verdict.outcomes)


def _write_baseline(result: Result) -> Result:
    """Store every finding; the call is then content with all of them."""
    from smlint import baseline

    path = result.settings.baseline
    if path is None:
        options.usage("--write-baseline needs --baseline FILE, or baseline in the configuration")
    write_text(baseline.dump(result.outcomes, path), path)
    known = sum(len(outcome.diagnostics) for outcome in result.outcomes)
    options.complain(f"wrote {known} finding{'' if known == 1 else 's'} to {path}")
    return result._replace(outcomes=())


def _told(name: str, file: str | None, stage: str | None) -> str:
    return f"{name}: stage {stage or 'of the last FROM'}, configuration {file or 'none'}"


def _exit_code(report: Report, failed: bool, fail_level: int) -> ExitCode:
    if failed:
        return ExitCode.USAGE
    worst = report.worst()
    return ExitCode.FINDINGS if worst is not None and worst >= fail_level else ExitCode.CLEAN
