"""What every judging command does with what it found: baseline, reports, what could not be read, the exit code."""

from __future__ import annotations

import os
from typing import NamedTuple

from smlint.check import Result
from smlint.cli.messages import complain, usage
from smlint.config import FORMATS
from smlint.engine import Outcome
from smlint.exit_code import ExitCode
from smlint.report import Report
from smlint.report.emit import Color, Target, emit, write_text


class Reporting(NamedTuple):
    """What the call says about its findings."""

    write_baseline: bool = False
    show_suppressed: bool = False
    statistics: bool = False
    targets: tuple[Target, ...] = ()
    color: Color = Color.AUTO
    quiet: bool = False
    verbose: bool = False

    def asked_for(self) -> str | None:
        """The first option that only a report can obey; None where there is none."""
        if self.targets:
            return "--output"
        if self.show_suppressed:
            return "--show-suppressed"
        return "--statistics" if self.statistics else None


def refuse_unknown_format(name: object) -> None:
    """End the call where ``name``, what --format says, is no format; None is none said."""
    if name is not None and name not in FORMATS:
        usage(f"there is no format {name!r}; write one of {', '.join(FORMATS)}")


def conclude(result: Result, reporting: Reporting) -> ExitCode:
    """Take away what the baseline knows, or write it; report the rest and say how it ended. Raises OutputError."""
    if reporting.verbose:
        _tell(result)
    if reporting.write_baseline:
        _write_baseline(result)
        report = Report(())
    else:
        report = Report(_without_known(result), reporting.show_suppressed, result.failures)
        _emit(report, result, reporting)
    for failure in result.failures:
        complain(failure)
    if result.failures:
        return ExitCode.USAGE
    worst = report.worst()
    return ExitCode.FINDINGS if worst is not None and worst >= result.settings.fail_level else ExitCode.CLEAN


def _emit(report: Report, result: Result, reporting: Reporting) -> None:
    name = "statistics" if reporting.statistics else result.settings.format
    # Where nothing could be read, "no findings" would be true and misleading; a program still gets its document.
    unread = bool(result.failures) and not result.outcomes
    emit(report, name, reporting.targets, reporting.color, quiet=reporting.quiet or unread)


def _tell(result: Result) -> None:
    for subject in (outcome.subject for outcome in result.outcomes):
        stage = f"stage {subject.stage or 'of the last FROM'}, " if subject.kind == "dockerfile" else ""
        workloads = ", ".join(subject.workloads) or "nothing"
        complain(f"{subject.name}: {stage}for {workloads}, configuration {result.settings.file or 'none'}")


def _without_known(result: Result) -> tuple[Outcome, ...]:
    """The outcomes, with the findings that the baseline knows among the suppressed ones."""
    path = result.settings.baseline
    if path is None:
        return result.outcomes
    from smlint import baseline

    try:
        verdict = baseline.apply(result.outcomes, baseline.load(path))
    except baseline.BaselineError as error:
        usage(str(error))
    for entry in verdict.gone:
        complain(
            f"{entry.subject}: the baseline's {entry.code} no longer occurs; --write-baseline takes it out"
        )
    return verdict.outcomes


def _write_baseline(result: Result) -> None:
    """Store every finding, beside what the baseline knows of inputs that were not judged now."""
    from smlint import baseline

    path = result.settings.baseline
    if path is None:
        usage("--write-baseline needs --baseline FILE, or baseline in the configuration")
    try:
        before = baseline.load(path) if os.path.exists(path) else None
    except baseline.BaselineError as error:
        usage(str(error))
    write_text(baseline.dump(result.outcomes, path, before), path)
    known = sum(len(outcome.diagnostics) for outcome in result.outcomes)
    complain(f"wrote {known} finding{'' if known == 1 else 's'} to {path}")
