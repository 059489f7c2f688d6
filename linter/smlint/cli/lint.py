"""``smlint lint``: the options. What is done with them stands in :mod:`smlint.cli.linting`."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from smlint.check import Arguments
from smlint.cli import options
from smlint.cli.judging import Judging, dockerfile_settings
from smlint.cli.linting import Wishes, perform, read_stdin
from smlint.cli.together import together


@together
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
    *,
    workload: options.Workloads = [],  # noqa: B006
    stage: options.Stage = None,
    build_arg: options.BuildArgs = [],  # noqa: B006
    context: options.BuildContext = None,
    fix: options.FixFiles = False,
    unsafe_fixes: options.UnsafeFixes = False,
    fix_only: options.FixOnly = False,
    diff: options.ShowDiff = False,
    judging: Judging,
) -> None:
    """Say what SageMaker will not accept in a Dockerfile, and why. Reads files only: no network, no engine."""
    arguments = Arguments(
        paths=tuple(paths),
        stdin=read_stdin,
        stdin_filename=stdin_filename,
        workloads=tuple(workload),
        overrides=judging.settings() | dockerfile_settings(stage, build_arg, context),
        exclude=tuple(exclude),
        force_exclude=force_exclude,
        config_file=judging.config,
        isolated=judging.isolated,
        environ=os.environ,
    )
    wishes = Wishes(
        fix=fix or fix_only,
        fix_only=fix_only,
        unsafe_fixes=unsafe_fixes,
        diff=diff,
        reporting=judging.reporting(),
        request=request,
    )
    raise typer.Exit(int(perform(arguments, wishes)))
