"""What is run: argument vector, environment, limits, and the ``/opt/ml`` of the workload with its config files.

A pure description; ``volumes`` carries the files over, ``container`` starts it. Sources: the "running container" pages
for training, processing and hosting of the SageMaker Developer Guide.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from smlint.container import (
    ABSENT,
    Absent,
    Command,
    Fact,
    Form,
    Known,
    Overrides,
    Unknown,
    Word,
)
from smlint.diagnostics import ImageLocation, Location
from smlint.launch.matrix import EffectiveArgv, effective_argv
from smlint.probe import signals
from smlint.probe.signals import Signal
from smlint.workload import Workload

#: The account of AWS's own documentation examples.
_ARN: Final = "arn:aws:sagemaker:us-east-1:123456789012"
_HOST: Final = "algo-1"
_INSTANCE: Final = "ml.m5.xlarge"

#: Seconds a processing container is given; no source says what the platform gives it (contract C48).
PROCESSING_GRACE: Final = 30
#: Seconds after which a signal that the kernel had to drop counts as dropped.
CONFIRMATION: Final = 10.0
#: Seconds a new inference container has to answer pings (contract C114).
PING_TIMEOUT: Final = 480.0
READY_TIMEOUT: Final = 60.0


class ProbeError(Exception):
    """A probe that cannot be made, for a reason that the user can change; the message is one line."""


class Readiness(NamedTuple):
    """When the container counts as ready for the signal."""

    #: Regular expression that a log line must match.
    log: str | None = None
    #: ``GET /ping`` must answer 200; None means: for inference, unless ``log`` is given.
    ping: bool | None = None
    #: Seconds that the process tree must be unchanged; None means that the probe chooses.
    settle: float | None = None
    #: Seconds after which the wait is given up; None means the default of the workload.
    timeout: float | None = None
    #: Whether the program is known to install a handler, so that readiness includes it.
    expects_handler: bool = False


class Limits(NamedTuple):
    """What keeps a container from harming the engine's machine."""

    pids: int = 1024
    #: Bytes; None means three quarters of the engine's memory.
    memory: int | None = None


class ProbePlan(NamedTuple):
    """One probe, complete."""

    image: str
    workload: Workload = Workload.TRAINING
    entrypoint: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = {}
    hyperparameters: Mapping[str, str] = {}
    #: Channel name to local directory; "" is a channel without files.
    channels: Mapping[str, str] = {}
    #: Where a processing job's channels are mounted, by name; the others are below /opt/ml/processing/input.
    places: Mapping[str, str] = {}
    #: Where a processing job's results are looked for.
    outputs: tuple[str, ...] = ("/opt/ml/processing/output",)
    #: Local directory of the model, for inference.
    model: str | None = None
    network: str | None = None
    #: ``all`` or a number, as ``docker run --gpus`` takes it.
    gpus: str | None = None
    #: Seconds between signal and SIGKILL; None means the platform's.
    grace: float | None = None
    #: Whether the whole budget is waited out even where the kernel must drop the signal.
    full_grace: bool = False
    ready: Readiness = Readiness()
    limits: Limits = Limits()
    #: Where findings stand; None means the image.
    anchor: Location | None = None

    @property
    def budget(self) -> float:
        """Seconds between signal and SIGKILL."""
        if self.grace is not None:
            return self.grace
        return float(self.workload.grace or PROCESSING_GRACE)

    @property
    def wants_ping(self) -> bool:
        """Whether readiness means an answer to ``GET /ping``."""
        if self.ready.ping is not None:
            return self.ready.ping
        return self.workload is Workload.INFERENCE and self.ready.log is None

    @property
    def ready_timeout(self) -> float:
        """Seconds after which the container counts as never ready."""
        if self.ready.timeout is not None:
            return self.ready.timeout
        return PING_TIMEOUT if self.wants_ping else READY_TIMEOUT

    @property
    def place(self) -> Location:
        """Where findings stand."""
        return self.anchor or ImageLocation(self.image)


#: Names of channels, of processing inputs the same (API reference of SageMaker, Channel and ProcessingInput).
_CHANNEL: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


def check(plan: ProbePlan) -> None:
    """Raise ProbeError for what can be seen to be wrong without asking the engine."""
    for name, path in plan.channels.items():
        if not _CHANNEL.fullmatch(name) or not name.strip("."):
            raise ProbeError(f"{name!r} is no channel name: letters, digits, `.`, `_` and `-`, at most 64")
        if path and not os.path.isdir(path):
            raise ProbeError(f"{path} is no directory")
    if plan.model is not None and not os.path.isdir(plan.model):
        raise ProbeError(f"{plan.model} is no directory")
    if plan.gpus is not None and plan.gpus != "all" and not plan.gpus.isdecimal():
        raise ProbeError(f"--gpus takes `all` or a number, not {plan.gpus!r}")
    if plan.ready.log is not None:
        _check_log(plan.ready.log, bool(plan.ready.ping))
    if plan.wants_ping and plan.network is not None and borrowed(plan.network):
        # Asked on 127.0.0.1, every server answers; one that listens there alone could not be told from the others.
        raise ProbeError(
            f"--network {plan.network} gives the container no address of its own to ping; give --ready-log instead"
        )
    if plan.workload is Workload.INFERENCE and (plan.entrypoint or plan.arguments):
        raise ProbeError("an inference request has no entrypoint and no arguments: the platform runs `serve`")


def borrowed(network: str) -> bool:
    """Whether ``network`` is one that gives a container no address of its own."""
    return network in ("none", "host") or network.startswith("container:")


def _check_log(pattern: str, with_ping: bool) -> None:
    if with_ping:
        raise ProbeError("--ready-log and --ready-ping are two ways to be ready; give one of them")
    try:
        re.compile(pattern)
    except re.error as error:
        raise ProbeError(f"--ready-log {pattern!r} is no regular expression: {error}") from error


class Stop(NamedTuple):
    """One start and stop to be made."""

    init: bool
    signal: Signal


def stops(workload: Workload, stop_signal: str) -> tuple[Stop, ...]:
    """The runs of a probe: without and with an init as PID 1, since the platform has been seen to do either.

    Like ``docker stop``, the image's STOPSIGNAL takes the place of SIGTERM. Processing is documented to be stopped by
    SIGINT, so it gets both (contract C48, C56, C57, C59).
    """
    declared = signals.SIGTERM
    if stop_signal:
        found = signals.parse(stop_signal)
        if found is None:
            raise ProbeError(f"the image's STOPSIGNAL {stop_signal!r} is no signal")
        declared = found
    sent = [declared]
    if workload is Workload.PROCESSING:
        sent = [signals.SIGINT] + [declared] * (declared != signals.SIGINT)
    return tuple(Stop(init, signal) for init in (False, True) for signal in sent)


def argv(plan: ProbePlan, config: Mapping[str, Any]) -> EffectiveArgv:
    """What the engine will start, given the image's config; raises ProbeError when that is nothing."""
    place = plan.place
    overrides = Overrides(entrypoint=_words(plan.entrypoint, place), arguments=_words(plan.arguments, place))
    found = effective_argv(
        plan.workload,
        _command(config.get("Entrypoint"), place),
        _command(config.get("Cmd"), place),
        overrides,
        place,
    )
    if isinstance(found, Absent | Unknown):
        raise ProbeError(
            f"{plan.image} has neither ENTRYPOINT nor CMD, so there is nothing to start; give --entrypoint"
        )
    return found.value


def _words(texts: tuple[str, ...], place: Location) -> tuple[Word, ...] | None:
    return tuple(Word(text, place) for text in texts) or None


def _command(words: list[str] | None, place: Location) -> Fact[Command]:
    if not words:
        return ABSENT
    parts = tuple(Word(word, place) for word in words)
    return Known(Command(Form.EXEC, parts, " ".join(words), place), place)


def engine_command(plan: ProbePlan) -> tuple[list[str] | None, list[str] | None]:
    """Entrypoint and command for the engine's create call; None leaves the image's own."""
    command = list(plan.arguments)
    if not plan.entrypoint and not command and plan.workload.word is not None:
        command = [plan.workload.word]
    return list(plan.entrypoint) or None, command or None


def environment(plan: ProbePlan, probe_id: str) -> dict[str, str]:
    """What the platform sets (contract C86), and the user's variables on top."""
    variables: dict[str, str] = {}
    if plan.workload is Workload.TRAINING:
        name = job_name(probe_id)
        variables = {"TRAINING_JOB_NAME": name, "TRAINING_JOB_ARN": f"{_ARN}:training-job/{name}"}
    return {**variables, **plan.environment}


def job_name(probe_id: str) -> str:
    """The name the job would have."""
    return f"smlint-probe-{probe_id}"


class Directory(NamedTuple):
    """A directory that the platform mounts, and what it puts there.

    ``texts`` are files by path below the directory, ``trees`` local directories by path below it, ``empty`` further
    directories.
    """

    target: str
    read_only: bool = False
    texts: Mapping[str, str] = {}
    trees: Mapping[str, str] = {}
    empty: tuple[str, ...] = ()


def directories(plan: ProbePlan, probe_id: str) -> tuple[Directory, ...]:
    """What the platform mounts for the workload; each covers what the image has there."""
    if plan.workload is Workload.TRAINING:
        return _training(plan)
    if plan.workload is Workload.PROCESSING:
        return _processing(plan, probe_id)
    # Without model data the platform mounts nothing, and a model baked into the image is what is served.
    return (Directory("/opt/ml/model", True, trees={"": plan.model}),) if plan.model else ()


def saved(plan: ProbePlan) -> tuple[str, ...]:
    """Where results are looked for, before and after the signal."""
    if plan.workload is Workload.TRAINING:
        return ("/opt/ml/model", "/opt/ml/checkpoints", "/opt/ml/output")
    if plan.workload is Workload.PROCESSING:
        return (*plan.outputs, "/opt/ml/output")
    return ()


def _training(plan: ProbePlan) -> tuple[Directory, ...]:
    channel = {
        "TrainingInputMode": "File",
        "S3DistributionType": "FullyReplicated",
        "RecordWrapperType": "None",
    }
    config = {
        "hyperparameters": dict(plan.hyperparameters),
        "inputdataconfig": dict.fromkeys(plan.channels, channel),
        "resourceconfig": _resources(),
    }
    return (
        Directory(
            "/opt/ml/input",
            texts={f"config/{name}.json": json.dumps(content) for name, content in config.items()},
            trees={f"data/{name}": path for name, path in plan.channels.items() if path},
            empty=("data", *(f"data/{name}" for name, path in plan.channels.items() if not path)),
        ),
        Directory("/opt/ml/model"),
        Directory("/opt/ml/output", empty=("data",)),
        Directory("/opt/ml/checkpoints"),
    )


def _processing(plan: ProbePlan, probe_id: str) -> tuple[Directory, ...]:
    name = job_name(probe_id)
    places = {
        channel: plan.places.get(channel, f"/opt/ml/processing/input/{channel}") for channel in plan.channels
    }
    job = {
        "ProcessingJobArn": f"{_ARN}:processing-job/{name}",
        "ProcessingJobName": name,
        "Environment": dict(plan.environment),
        "AppSpecification": {
            "ImageUri": plan.image,
            "ContainerEntrypoint": list(plan.entrypoint) or None,
            "ContainerArguments": list(plan.arguments) or None,
        },
        "ProcessingInputs": [
            {"InputName": channel, "S3Input": {"LocalPath": place}} for channel, place in places.items()
        ],
        "ProcessingOutputConfig": {
            "Outputs": [
                {"OutputName": place.rpartition("/")[2], "S3Output": {"LocalPath": place}}
                for place in plan.outputs
            ]
        },
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": _INSTANCE, "VolumeSizeInGB": 30}
        },
        "RoleArn": "arn:aws:iam::123456789012:role/smlint-probe",
        "StoppingCondition": {"MaxRuntimeInSeconds": 86400},
    }
    config = {"processingjobconfig": job, "resourceconfig": {"current_host": _HOST, "hosts": [_HOST]}}
    return (
        Directory(
            "/opt/ml/config", texts={f"{key}.json": json.dumps(value) for key, value in config.items()}
        ),
        *(
            Directory(place, trees={"": plan.channels[channel]} if plan.channels[channel] else {})
            for channel, place in places.items()
        ),
        *(Directory(place) for place in plan.outputs if place not in places.values()),
        Directory("/opt/ml/output"),
    )


def _resources() -> dict[str, Any]:
    group = {"instance_group_name": "homogeneousCluster", "instance_type": _INSTANCE, "hosts": [_HOST]}
    return {
        "current_host": _HOST,
        "current_instance_type": _INSTANCE,
        "current_group_name": "homogeneousCluster",
        "hosts": [_HOST],
        "instance_groups": [group],
        "network_interface_name": "eth0",
    }


def hyperparameters(document: Any) -> dict[str, str]:
    """The values of a hyperparameter file as the platform hands them over: all of them strings (contract C88).

    Raises ProbeError when the document is no mapping.
    """
    if not isinstance(document, dict):
        raise ProbeError("the hyperparameters are no JSON object of names and values")
    return {
        str(key): value if isinstance(value, str) else json.dumps(value) for key, value in document.items()
    }
