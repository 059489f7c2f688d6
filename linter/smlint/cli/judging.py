"""The options of every command that judges: which rules run, what of their findings is reported, and how."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

from smlint.cli import options
from smlint.cli.messages import usage
from smlint.cli.reporting import Reporting, refuse_unknown_format
from smlint.report.emit import Color, Target, parse_target


class Judging(NamedTuple):
    """Their words; :func:`smlint.cli.together.together` makes typer ask for them."""

    select: options.Select = []
    ignore: options.Ignore = []
    extend_select: options.ExtendSelect = []
    severity: options.Severities = []
    fail_level: options.FailLevel = None
    baseline: options.BaselineFile = None
    write_baseline: options.WriteBaseline = False
    show_suppressed: options.ShowSuppressed = False
    statistics: options.Statistics = False
    format: options.Format = None
    output: options.Output = []
    config: options.ConfigFile = None
    isolated: options.Isolated = False
    color: options.ColorWhen = Color.AUTO
    quiet: options.Quiet = False
    verbose: options.Verbose = False

    def settings(self) -> dict[str, Any]:
        """What takes the place of settings, by their keys; None where the call does not say. Raises UsageError."""
        if self.isolated and self.config is not None:
            usage("--isolated reads no configuration file; leave out --config")
        return {
            "select": options.selectors(self.select),
            "ignore": options.selectors(self.ignore),
            "extend_select": options.selectors(self.extend_select),
            "severity": options.pairs(self.severity, "--severity", options.severity),
            "fail_level": options.severity(self.fail_level) if self.fail_level else None,
            "format": self.format,
            "baseline": os.path.abspath(self.baseline) if self.baseline is not None else None,
        }

    def reporting(self) -> Reporting:
        """What is done with the findings. Raises UsageError."""
        return Reporting(
            write_baseline=self.write_baseline,
            show_suppressed=self.show_suppressed,
            statistics=self.statistics,
            targets=tuple(map(_target, self.output)),
            color=self.color,
            quiet=self.quiet,
            verbose=self.verbose,
        )


def _target(text: str) -> Target:
    """What --output names; a word before ``=`` is meant to be a format."""
    word, equals, _ = text.partition("=")
    if equals and word.isalpha():
        refuse_unknown_format(word)
    target = parse_target(text)
    if target.path in ("", "-"):
        usage("--output names a file; --format NAME says what goes to standard output")
    return target


def dockerfile_settings(stage: str | None, build_arg: list[str], context: str | None) -> dict[str, Any]:
    """What the options about a Dockerfile say, as :meth:`Judging.settings` does."""
    return {
        "stage": stage,
        "build_args": options.pairs(build_arg, "--build-arg", str),
        "context": os.path.abspath(options.folder(context, "--context")) if context is not None else None,
    }
