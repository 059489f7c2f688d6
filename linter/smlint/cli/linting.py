"""What ``smlint lint`` does once its options are understood. A call without options needs no option parser."""

from __future__ import annotations

import sys
from functools import cache
from typing import NamedTuple

from smlint import registry
from smlint.check import STDIN, Arguments, Checker, Result
from smlint.cli.messages import complain, usage
from smlint.cli.reporting import Reporting, conclude, refuse_unknown_format
from smlint.config import ConfigError
from smlint.dockerfile.source import MAX_SIZE
from smlint.exit_code import ExitCode
from smlint.registry import BrokenPackError, Registry, UnknownRuleError
from smlint.report.emit import OutputError


class Wishes(NamedTuple):
    """What is to be done besides judging, and with the findings."""

    fix: bool = False
    fix_only: bool = False
    unsafe_fixes: bool = False
    diff: bool = False
    reporting: Reporting = Reporting()
    #: The file of the job request that starts the image.
    request: str | None = None


@cache
def read_stdin() -> bytes:
    """Standard input, up to one byte more than a Dockerfile may have; it can be read only once, and fixing looks twice."""
    if sys.stdin is None:
        usage("standard input is closed")
    return sys.stdin.buffer.read(MAX_SIZE + 1)


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
    mends = wishes.fix or wishes.diff
    if wishes.request is not None and (mends or len(arguments.paths) != 1):
        usage("--request takes one Dockerfile, and neither --fix nor --diff beside it")
    silent = "--diff" if wishes.diff else "--fix-only" if wishes.fix_only else None
    if silent and (idle := wishes.reporting.asked_for()):
        usage(f"{silent} gives no report; leave out {idle}")
    refuse_unknown_format(arguments.overrides.get("format"))


def _perform(arguments: Arguments, wishes: Wishes) -> ExitCode:
    rules = registry.installed()
    if wishes.diff:
        return _diff(arguments, rules, wishes.unsafe_fixes)
    unwritten = _fix(arguments, rules, wishes.unsafe_fixes) if wishes.fix else []
    result = (
        Checker(arguments, rules).run()
        if wishes.request is None
        else _under(wishes.request, arguments, rules)
    )
    result = result._replace(failures=(*unwritten, *result.failures))
    if wishes.fix_only and not wishes.reporting.write_baseline:
        for failure in result.failures:
            complain(failure)
        return ExitCode.USAGE if result.failures else ExitCode.CLEAN
    return conclude(result, wishes.reporting)


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


def _fix(arguments: Arguments, rules: Registry, unsafe: bool) -> list[str]:
    """Fix the files; returns a line for each that could not be written."""
    from smlint.fix import FixError
    from smlint.mend import in_files

    unwritten: list[str] = []
    try:
        fixed = in_files(arguments, rules, unsafe=unsafe, failed=unwritten.append)
    except FixError as error:
        usage(str(error))
    if fixed:
        complain(f"fixed {fixed} finding{'s' if fixed > 1 else ''}")
    return unwritten
