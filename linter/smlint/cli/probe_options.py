"""Options of ``smlint image`` that start the image, and how their words become a plan."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

import typer

if TYPE_CHECKING:
    from smlint.diagnostics import Location
    from smlint.probe.plan import ProbePlan
    from smlint.workload import Workload

_PANEL: Final = "Probe"

ProbeSigterm = Annotated[
    bool,
    typer.Option(
        "--probe-sigterm",
        help="Start the image on the engine as SageMaker would, stop it as SageMaker would, and say who did not hear.",
        rich_help_panel=_PANEL,
    ),
]
CleanProbes = Annotated[
    bool,
    typer.Option(
        "--clean-probes",
        help="Remove from the engine what probes left that were killed; every probe does so first.",
        rich_help_panel=_PANEL,
    ),
]
Entrypoint = Annotated[
    list[str],
    typer.Option(
        "--entrypoint",
        metavar="WORD",
        help="The request's ContainerEntrypoint, word by word; repeatable.",
        rich_help_panel=_PANEL,
    ),
]
Argument = Annotated[
    list[str],
    typer.Option(
        "--argument",
        metavar="WORD",
        help="The request's ContainerArguments, word by word; repeatable.",
        rich_help_panel=_PANEL,
    ),
]
RequestFile = Annotated[
    str | None,
    typer.Option(
        "--request",
        metavar="FILE",
        help="Take workload, command, environment, hyperparameters and channels from a job request.",
        rich_help_panel=_PANEL,
    ),
]
Hyperparameters = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="A JSON object of hyperparameters; values are handed over as strings.",
        rich_help_panel=_PANEL,
    ),
]
Channels = Annotated[
    list[str],
    typer.Option(
        "--channel",
        metavar="NAME=DIR",
        help="The content of an input channel; repeatable.",
        rich_help_panel=_PANEL,
    ),
]
Model = Annotated[
    str | None,
    typer.Option(
        metavar="DIR", help="The model of an inference container, mounted read-only.", rich_help_panel=_PANEL
    ),
]
Variables = Annotated[
    list[str],
    typer.Option(
        "--env", metavar="NAME=VALUE", help="An environment variable; repeatable.", rich_help_panel=_PANEL
    ),
]
Network = Annotated[
    str | None,
    typer.Option(
        metavar="NAME", help="The engine's network to use. Default: no network.", rich_help_panel=_PANEL
    ),
]
Gpus = Annotated[
    str | None,
    typer.Option(metavar="all|NUMBER", help="GPUs to pass through. Default: none.", rich_help_panel=_PANEL),
]
Memory = Annotated[
    str | None,
    typer.Option(
        metavar="SIZE",
        help="The container's memory (8g, 512m). Default: three quarters of the engine's.",
        rich_help_panel=_PANEL,
    ),
]
PidsLimit = Annotated[
    int,
    typer.Option("--pids-limit", min=1, metavar="NUMBER", help="Most processes.", rich_help_panel=_PANEL),
]
Grace = Annotated[
    float | None,
    typer.Option(
        min=0.1,
        metavar="SECONDS",
        help="Time between the signal and SIGKILL. Default: the platform's, 120 (training) or 30 (inference); 30 for "
        "processing, for which no source names one.",
        rich_help_panel=_PANEL,
    ),
]
FullGrace = Annotated[
    bool,
    typer.Option(
        "--full-grace",
        help="Wait the whole time out even where the kernel must drop the signal; else ten seconds confirm it.",
        rich_help_panel=_PANEL,
    ),
]
ReadyLog = Annotated[
    str | None,
    typer.Option(
        "--ready-log", metavar="REGEX", help="Ready once a log line matches.", rich_help_panel=_PANEL
    ),
]
ReadyPing = Annotated[
    bool | None,
    typer.Option(
        "--ready-ping/--no-ready-ping",
        help="Ready once GET /ping on port 8080 answers 200. Default for inference.",
        rich_help_panel=_PANEL,
    ),
]
Settle = Annotated[
    float | None,
    typer.Option(
        min=0,
        metavar="SECONDS",
        help="How long the process tree must be unchanged, or how long to wait once ready by log line or ping.",
        rich_help_panel=_PANEL,
    ),
]
ReadyTimeout = Annotated[
    float | None,
    typer.Option(
        "--ready-timeout",
        min=0.1,
        metavar="SECONDS",
        help="Give up waiting. Default: 480 for pings, as the platform, else 60.",
        rich_help_panel=_PANEL,
    ),
]


class ProbeArguments(NamedTuple):
    """The words of the options above that say how to probe."""

    entrypoint: Entrypoint = []
    argument: Argument = []
    request: RequestFile = None
    hyperparameters: Hyperparameters = None
    channel: Channels = []
    model: Model = None
    env: Variables = []
    network: Network = None
    gpus: Gpus = None
    memory: Memory = None
    pids_limit: PidsLimit = 1024
    grace: Grace = None
    full_grace: FullGrace = False
    ready_log: ReadyLog = None
    ready_ping: ReadyPing = None
    settle: Settle = None
    ready_timeout: ReadyTimeout = None


def plans(
    words: ProbeArguments, image: str, workloads: tuple[Workload, ...], anchor: Location | None = None
) -> tuple[ProbePlan, ...]:
    """One plan for each workload: those given, else the request's, else training.

    Raises ProbeError for words that mean nothing, or nothing for these workloads.
    """
    from smlint.probe.plan import Limits, ProbePlan, Readiness, check
    from smlint.workload import Workload

    given = ProbePlan(
        image=image,
        entrypoint=tuple(words.entrypoint),
        arguments=tuple(words.argument),
        environment=_pairs(words.env, "--env"),
        hyperparameters=_hyperparameters(words.hyperparameters),
        channels=_pairs(words.channel, "--channel", "NAME=DIR"),
        model=words.model,
        network=words.network,
        gpus=words.gpus,
        grace=words.grace,
        full_grace=words.full_grace,
        ready=Readiness(words.ready_log, words.ready_ping, words.settle, words.ready_timeout),
        limits=Limits(words.pids_limit, _bytes(words.memory)),
        anchor=anchor,
    )
    if words.request is not None:
        given, workload = _requested(words.request, given)
        workloads = workloads or (workload,)
    workloads = workloads or (Workload.TRAINING,)
    _refuse_idle(words, workloads)
    found = tuple(given._replace(workload=workload) for workload in workloads)
    for plan in found:
        check(plan)
    return found


def _requested(path: str, given: ProbePlan) -> tuple[ProbePlan, Workload]:
    """What the request says, under what the command line says."""
    from smlint.probe import from_request

    requested = from_request.read(path)
    overrides = requested.overrides
    plan = given._replace(
        entrypoint=given.entrypoint or tuple(word.text for word in overrides.entrypoint or ()),
        arguments=given.arguments or tuple(word.text for word in overrides.arguments or ()),
        environment={**requested.environment, **given.environment},
        hyperparameters={**requested.hyperparameters, **given.hyperparameters},
        channels={**dict.fromkeys(requested.channels, ""), **given.channels},
        places=requested.places,
        outputs=requested.outputs or given.outputs,
    )
    return plan, requested.workload


def _refuse_idle(words: ProbeArguments, workloads: tuple[Workload, ...]) -> None:
    """Refuse what none of the workloads would take notice of."""
    from smlint.probe.plan import ProbeError
    from smlint.workload import Workload

    if words.model is not None and Workload.INFERENCE not in workloads:
        raise ProbeError("--model is what an endpoint serves; add --workload inference")
    if words.hyperparameters is not None and Workload.TRAINING not in workloads:
        raise ProbeError("--hyperparameters are a training job's; add --workload training")
    if words.channel and set(workloads) == {Workload.INFERENCE}:
        raise ProbeError("--channel is the input of a job, which an endpoint has not")


def only_for_probes(words: ProbeArguments) -> str | None:
    """The first option that was given and means nothing without a probe."""
    for name, value, default in zip(words._fields, words, ProbeArguments(), strict=True):
        if value != default:
            return "--" + name.replace("_", "-")
    return None


def _hyperparameters(path: str | None) -> Mapping[str, str]:
    from smlint.probe.plan import ProbeError, hyperparameters

    if path is None:
        return {}
    try:
        with open(path, encoding="utf-8") as file:
            return hyperparameters(json.load(file))
    except OSError as error:
        raise ProbeError(f"--hyperparameters {path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ProbeError(f"--hyperparameters {path} is no JSON: {error}") from error


def _pairs(words: Sequence[str], option: str, shape: str = "NAME=VALUE") -> dict[str, str]:
    from smlint.probe.plan import ProbeError

    found: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name or (shape == "NAME=DIR" and not value):
            raise ProbeError(f"{option} takes {shape}, not {word!r}")
        found[name] = value
    return found


_SIZE: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)b?", re.IGNORECASE)
_POWERS: Final = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


def _bytes(text: str | None) -> int | None:
    from smlint.probe.plan import ProbeError

    if text is None:
        return None
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ProbeError(f"--memory takes a size such as 8g or 512m, not {text!r}")
    return int(float(match[1]) * 1024 ** _POWERS[match[2].lower()])
