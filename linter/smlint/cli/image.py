"""``smlint image``: judge built images."""

from __future__ import annotations

import os
import shlex
import sys
from contextlib import nullcontext
from typing import Annotated, Any

import typer

from smlint import config as settings_of
from smlint import registry
from smlint.check import Result
from smlint.cli import options, probe_options
from smlint.cli.judging import Judging
from smlint.cli.probe_options import ProbeArguments
from smlint.cli.reporting import conclude, refuse_unknown_format
from smlint.cli.together import together
from smlint.config import ConfigError, Settings
from smlint.plan import make_plan
from smlint.registry import BrokenPackError, UnknownRuleError
from smlint.report.emit import OutputError
from smlint.workload import DEFAULT_WORKLOADS


@together
def image(
    references: Annotated[
        list[str],
        typer.Argument(
            metavar="[REF]...",
            help="Images: docker-daemon:NAME, docker-archive:FILE, oci:DIR[:TAG], oci-archive:FILE, docker://NAME "
            "(registry), or a bare NAME: the engine's, else the registry's.",
        ),
    ] = [],  # noqa: B006  typer makes a new list of it
    from_file: Annotated[
        str | None,
        typer.Option(
            metavar="LIST", help="Judge the images named in this file, one a line; - is standard input."
        ),
    ] = None,
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", metavar="NUMBER", min=1, help="Images judged side by side.")
    ] = 1,
    platform: options.Platform = None,
    layers: Annotated[
        bool, typer.Option("--layers", help="Download a registry image's layers and look at its files.")
    ] = False,
    insecure_registry: options.InsecureRegistries = [],  # noqa: B006
    dockerfile: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="The Dockerfile of the image: findings point into it."),
    ] = None,
    *,
    probe_sigterm: probe_options.ProbeSigterm = False,
    clean_probes: probe_options.CleanProbes = False,
    probe: ProbeArguments,
    workload: options.Workloads = [],  # noqa: B006
    stage: options.Stage = None,
    judging: Judging,
) -> None:
    """Say what SageMaker will not accept in a built image, and why.

    Reads archives and layouts from disk. A running engine or a registry is asked only for references that name one:
    on an engine a container is created, never started, and removed; only --probe-sigterm starts one.
    """
    from smlint.image.lint import lint_images
    from smlint.image.open import Options
    from smlint.report.progress import Bars

    words = judging.settings() | {"workload": tuple(workload), "stage": stage}
    refuse_unknown_format(judging.format)
    named = [*references, *(_listed(from_file) if from_file is not None else [])]
    if clean_probes:
        from smlint.cli import probing

        probing.clean()
        if not named:
            return
    if not named:
        options.usage("no image is named; write a reference or --from-file LIST")
    if not probe_sigterm and (idle := probe_options.only_for_probes(probe)) is not None:
        options.usage(
            f"{idle} says how to probe; add --probe-sigterm{_instead(idle, probe.request, named[0])}"
        )
    try:
        known = registry.installed()
        settings = settings_of.load(
            ".", explicit=judging.config, isolated=judging.isolated, environ=os.environ, rules=known
        )
        settings = settings_of.override(settings, "command line", **words)
        plan = make_plan(settings, (), known)
        origin = _origin(dockerfile, settings) if dockerfile is not None else None
        foresight = None
        if probe_sigterm:
            from smlint.cli import probing

            foresight = probing.Foresight(probing.Asked(probe, settings.workload, plan, origin))
        with Bars() as bars:
            result = lint_images(
                named,
                Options(platform=platform, layers=layers, insecure_registries=frozenset(insecure_registry)),
                plan,
                settings.workload or DEFAULT_WORKLOADS,
                origin=origin,
                jobs=jobs,
                progress=bars.bar,
                look=foresight.look if foresight is not None else None,
            )
        if foresight is not None:
            probes = probing.run(named, result.outcomes, foresight)
            result = result._replace(outcomes=probes.outcomes, failures=(*result.failures, *probes.failures))
        code = conclude(Result(*result, settings), judging.reporting())
    except (ConfigError, UnknownRuleError, BrokenPackError, OutputError) as error:
        options.usage(str(error))
    raise typer.Exit(int(code))


def _instead(option: str, request: str | None, reference: str) -> str:
    """What to type where the option means something to another command."""
    if option != "--request" or request is None:
        return ""
    command = shlex.join(["smlint", "job", request, "--image", reference])
    return f", or judge the image as the request starts it: {command}"


def _listed(path: str) -> list[str]:
    """The references in a file ("-": standard input): one a line, blank lines and those that begin with # left out."""
    if path == "-" and sys.stdin is None:
        options.usage("standard input is closed")
    try:
        with nullcontext(sys.stdin) if path == "-" else open(path, encoding="utf-8") as file:
            lines = [line.strip() for line in file]
    except (OSError, UnicodeDecodeError) as error:
        options.usage(f"{path}: cannot be read: {getattr(error, 'strerror', None) or 'not UTF-8'}")
    return [line for line in lines if line and not line.startswith("#")]


def _origin(path: str, settings: Settings) -> Any:
    from smlint.dockerfile import DockerfileSyntaxError, UnreadableInputError, read
    from smlint.dockerfile.stages import UnknownStageError
    from smlint.image.origin import Origin

    try:
        return Origin(read(path), path, settings.stage)
    except DockerfileSyntaxError as error:
        options.usage(f"{path}:{error.line}: {error.message}")
    except (UnreadableInputError, UnknownStageError) as error:
        options.usage(f"{path}: {error}")
