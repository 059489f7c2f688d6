"""What ``smlint lint`` does once its options are understood. A call without options needs no option parser."""

from __future__ import annotations

import sys
from functools import cache
from typing import NamedTuple

from smlint import registry
from smlint.check import STDIN, Arguments, Checker, Result
from smlint.cli.messages import complain, usage
from smlint.config import FORMATS, ConfigError
from smlint.exit_code import ExitCode
from smlint.registry import BrokenPackError, Registry, UnknownRuleError
from smlint.report import Report
from smlint.report.emit import Color, OutputError, Target, emit, write_text


class Wishes(NamedTuple):
    """What is to be done besides judging, and with the findings."""

    fix: bool = False
    fix_only: bool = False
    unsafe_fixes: bool = False
    diff: bool = False
    write_baseline: bool = False
    show_suppressed: bool = False
    statistics: bool = False
    targets: tuple[Target, ...] = ()
    color: Color = Color.AUTO
    quiet: bool = False
    verbose: bool = False
    #: The file of the job request that starts the image.
    request: str | None = None


@cache
def read_stdin() -> bytes:
    """All of standard input; it can be read only once, and fixing looks at it twice."""
    return sys.stdin.buffer.read()


def perform(arguments: Arguments, wishes: Wishes) -> ExitCode:
    """Judge, mend, report; raises UsageError."""
    _refuse(arguments, wishes)
    try:
        return _perform(arguments, wishes)
    except (ConfigError, UnknownRuleError, BrokenPackError, OutputError) as error:
        usage(str(error))


def _refuse(arguments: Arguments, wishes: Wishes) -> None:
    if wishes.unsafe_fixes and not (wishes.fix or wishes.diff):
        usage("--unsafe-fixes says which fixes to apply; add --fix, --fix-only or --diff")
    if wishes.fix and STDIN in arguments.paths:
        usage("standard input cannot be fixed in place; --diff shows what would change")
    mends = wishes.fix or wishes.diff or wishes.write_baseline
    if wishes.request is not None and (mends or len(arguments.paths) != 1):
        usage("--request takes one Dockerfile, and neither --fix, --diff nor --write-baseline beside it")
    name = arguments.overrides.get("format")
    if name is not None and name not in FORMATS:
        usage(f"there is no format {name!r}; write one of {', '.join(FORMATS)}")


def _perform(arguments: Arguments, wishes: Wishes) -> ExitCode:
    rules = registry.installed()
    if wishes.diff:
        return _diff(arguments, rules, wishes.unsafe_fixes)
    if wishes.fix:
        _fix(arguments, rules, wishes.unsafe_fixes)
    result = (
        Checker(arguments, rules).run()
        if wishes.request is None
        else _under(wishes.request, arguments, rules)
    )
    if wishes.write_baseline:
        result = _write_baseline(result)
    elif result.settings.baseline is not None:
        result = _without_known(result, result.settings.baseline)
    report = Report(result.outcomes, wishes.show_suppressed)
    if wishes.verbose:
        for outcome in result.outcomes:
            complain(_told(outcome.subject.name, result.settings.file, outcome.subject.stage))
    if not wishes.fix_only and not wishes.write_baseline:
        name = "statistics" if wishes.statistics else result.settings.format
        emit(report, name, wishes.targets, wishes.color, quiet=wishes.quiet)
    for failure in result.failures:
        complain(failure)
    if wishes.fix_only:
        return ExitCode.USAGE if result.failures else ExitCode.CLEAN
    return _exit_code(report, bool(result.failures), result.settings.fail_level)


def _under(request: str, arguments: Arguments, rules: Registry) -> Result:
    """Judge the one Dockerfile as the requests of a file start it."""
    from smlint.request.check import RequestChecker, Target

    target = Target(dockerfile=arguments.paths[0])
    return RequestChecker(arguments._replace(paths=(request,)), rules, target).run()


def _diff(arguments: Arguments, rules: Registry, unsafe: bool) -> ExitCode:
    from smlint.fix import FixError, unified
    from smlint.mend import in_memory

    try:
        patch = unified(in_memory(arguments, rules, unsafe=unsafe))
    except FixError as error:
        usage(str(error))
    sys.stdout.write(patch)
    failures = Checker(arguments, rules).run().failures
    for failure in failures:
        complain(failure)
    if failures:
        return ExitCode.USAGE
    return ExitCode.FINDINGS if patch else ExitCode.CLEAN


def _fix(arguments: Arguments, rules: Registry, unsafe: bool) -> None:
    from smlint.fix import FixError
    from smlint.mend import in_files

    try:
        fixed = in_files(arguments, rules, unsafe=unsafe)
    except FixError as error:
        usage(str(error))
    if fixed:
        complain(f"fixed {fixed} finding{'s' if fixed > 1 else ''}")


def _without_known(result: Result, path: str) -> Result:
    from smlint import baseline

    try:
        verdict = baseline.apply(result.outcomes, baseline.load(path))
    except baseline.BaselineError as error:
        usage(str(error))
    for entry in verdict.gone:
        complain(
            f"{entry.subject}: the baseline's {entry.code} no longer occurs; --write-baseline takes it out"
        )
    return result._replace(outcomes=verdict.outcomes)


def _write_baseline(result: Result) -> Result:
    """Store every finding; the call is then content with all of them."""
    from smlint import baseline

    path = result.settings.baseline
    if path is None:
        usage("--write-baseline needs --baseline FILE, or baseline in the configuration")
    write_text(baseline.dump(result.outcomes, path), path)
    known = sum(len(outcome.diagnostics) for outcome in result.outcomes)
    complain(f"wrote {known} finding{'' if known == 1 else 's'} to {path}")
    return result._replace(outcomes=())


def _told(name: str, file: str | None, stage: str | None) -> str:
    return f"{name}: stage {stage or 'of the last FROM'}, configuration {file or 'none'}"


def _exit_code(report: Report, failed: bool, fail_level: int) -> ExitCode:
    if failed:
        return ExitCode.USAGE
    worst = report.worst()
    return ExitCode.FINDINGS if worst is not None and worst >= fail_level else ExitCode.CLEAN
