"""Options that several commands share, and how their words become values."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Annotated, TypeVar

import typer

from smlint.cli import completion, messages
from smlint.diagnostics import Severity
from smlint.report.emit import Color
from smlint.workload import Workload

T = TypeVar("T")

complain = messages.complain
usage = messages.usage

Workloads = Annotated[
    list[Workload],
    typer.Option(
        "--workload",
        "-w",
        help="What the image is for; repeatable. Default: what the file's comment or the configuration says, "
        "else training and inference.",
    ),
]
Stage = Annotated[
    str | None,
    typer.Option(
        autocompletion=completion.stages,
        metavar="NAME",
        help="The stage to judge. Default: the one named sagemaker or ending in -sagemaker, else the last.",
    ),
]
BuildArgs = Annotated[
    list[str],
    typer.Option(
        "--build-arg", metavar="KEY=VALUE", help="A value for an ARG, as docker build has it; repeatable."
    ),
]
BuildContext = Annotated[
    str | None,
    typer.Option("--context", metavar="DIR", help="The build context. Default: the Dockerfile's folder."),
]
Platform = Annotated[
    str | None,
    typer.Option(metavar="OS/ARCH", help="What to take from a multi-platform image. Default: linux/amd64."),
]
InsecureRegistries = Annotated[
    list[str],
    typer.Option(
        "--insecure-registry",
        metavar="HOST[:PORT]",
        help="Speak plain HTTP with this test registry; repeatable.",
    ),
]
Select = Annotated[
    list[str],
    typer.Option(
        autocompletion=completion.rules,
        metavar="RULES",
        help="Run only these rules: codes, beginnings of codes (SM2), names or ALL.",
    ),
]
ExtendSelect = Annotated[
    list[str],
    typer.Option(
        autocompletion=completion.rules, metavar="RULES", help="Run these rules besides the selected ones."
    ),
]
Ignore = Annotated[
    list[str],
    typer.Option(
        autocompletion=completion.rules,
        metavar="RULES",
        help="Do not run these rules; the narrower selector wins.",
    ),
]
Severities = Annotated[
    list[str],
    typer.Option(
        "--severity",
        autocompletion=completion.severities,
        metavar="RULES=LEVEL",
        help="Give rules another level: error, warning or info.",
    ),
]
FailLevel = Annotated[
    str | None,
    typer.Option(
        autocompletion=completion.levels,
        metavar="LEVEL",
        help="The least severity that makes the exit code 1. Default: warning.",
    ),
]
FixFiles = Annotated[
    bool, typer.Option("--fix", help="Apply safe fixes to the files, then report what remains.")
]
UnsafeFixes = Annotated[
    bool, typer.Option("--unsafe-fixes", help="With --fix, --fix-only or --diff: unsafe fixes as well.")
]
FixOnly = Annotated[bool, typer.Option("--fix-only", help="Apply safe fixes and report nothing.")]
ShowDiff = Annotated[
    bool, typer.Option("--diff", help="Print what --fix would change as a patch, and write nothing.")
]
BaselineFile = Annotated[
    str | None, typer.Option("--baseline", metavar="FILE", help="Do not report the findings that FILE knows.")
]
WriteBaseline = Annotated[
    bool, typer.Option("--write-baseline", help="Write all findings to the baseline and report nothing.")
]
ShowSuppressed = Annotated[
    bool, typer.Option("--show-suppressed", help="Show what comments and baselines hide (text, json, sarif).")
]
Statistics = Annotated[
    bool, typer.Option("--statistics", help="Count findings by rule instead of showing them.")
]
Format = Annotated[
    str | None,
    typer.Option(
        "--format", "-f", autocompletion=completion.formats, metavar="FORMAT", help="The report's format."
    ),
]
Output = Annotated[
    list[str],
    typer.Option(
        "--output",
        "-o",
        autocompletion=completion.outputs,
        metavar="[FORMAT=]FILE",
        help="Write the report to FILE instead of standard output; with FORMAT=, besides it. Repeatable.",
    ),
]
ConfigFile = Annotated[
    str | None,
    typer.Option("--config", metavar="FILE", help="Take this configuration instead of the closest one."),
]
Isolated = Annotated[bool, typer.Option("--isolated", help="Read no configuration file.")]
ColorWhen = Annotated[
    Color, typer.Option("--color", help="When to colour; auto obeys NO_COLOR and FORCE_COLOR.")
]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print findings only: nothing when there are none.")
]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="Say on standard error what is done with what.")
]


def selectors(values: Iterable[str]) -> tuple[str, ...]:
    """``SM1,SM2 SM3`` and repeated options to single selectors."""
    return tuple(part for value in values for part in value.replace(",", " ").split())


def folder(path: str, option: str) -> str:
    """``path``, which is a folder; ends the call with a usage error for anything else."""
    if not os.path.isdir(path):
        usage(f"{option}: {path} is not a folder")
    return path


def pairs(values: Iterable[str], option: str, of: Callable[[str], T]) -> dict[str, T]:
    """``KEY=VALUE`` words to a mapping; ends the call with a usage error where one has no ``=``."""
    found: dict[str, T] = {}
    for value in values:
        key, equals, rest = value.partition("=")
        if not equals or not key:
            usage(f"{option} takes KEY=VALUE, not {value!r}")
        found[key] = of(rest)
    return found


def severity(word: str) -> Severity:
    """A level by its name; ends the call with a usage error for anything else."""
    for level in Severity:
        if level.label == word.strip().lower():
            return level
    usage(f"there is no level {word!r}; write error, warning or info")
