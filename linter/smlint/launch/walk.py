"""The walk along the launch chain: from the effective argument vector, hop by hop, to the program."""

from __future__ import annotations

from smlint.container import Container, Known, Overrides
from smlint.launch.chain import YES, Hop, Kind, Launch, Relation
from smlint.launch.matrix import docker_command, effective_argv
from smlint.workload import Workload


def resolve(container: Container, workload: Workload, overrides: Overrides | None = None) -> Launch:
    """The chain that starts when SageMaker runs ``container`` for ``workload``.

    ``overrides`` defaults to those of the request that the container belongs to. The result is kept in
    ``container.memo``, so that rules can ask for it as often as they like.
    """
    applied = container.overrides if overrides is None else overrides
    key = (resolve, workload, applied)
    found = container.memo.get(key)
    if found is None:
        found = container.memo[key] = _resolved(container, workload, applied)
    assert isinstance(found, Launch)
    return found


def _resolved(container: Container, workload: Workload, overrides: Overrides) -> Launch:
    argv = effective_argv(workload, container.entrypoint, container.cmd, overrides, container.anchor)
    root = None
    if isinstance(argv, Known):
        root = Hop(
            argv=argv.value.texts,
            kind=Kind.PROGRAM,
            relation=Relation.PID1,
            relation_reason="",
            location=argv.location,
            word=YES,
            sigterm=YES,
            exit_code=YES,
        )
    return Launch(workload, docker_command(workload, overrides), argv, root)
