"""The launch chain: what SageMaker starts, what becomes PID 1, what it gets as arguments, who hears SIGTERM."""

from smlint.launch.chain import Answer, Hop, Kind, Launch, Relation
from smlint.launch.matrix import EffectiveArgv, Origin, docker_command, effective_argv
from smlint.launch.walk import resolve, started

__all__ = [
    "Answer",
    "EffectiveArgv",
    "Hop",
    "Kind",
    "Launch",
    "Origin",
    "Relation",
    "docker_command",
    "effective_argv",
    "resolve",
    "started",
]
