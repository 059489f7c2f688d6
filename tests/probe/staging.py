"""Brings a scenario on stage: the image, what its Dockerfile and its files let one predict, and what a probe sees.

Shared by the tests, which judge one scenario at a time, and by ``python -m tests.probe``, which makes a table of all.
"""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from smlint.dockerfile import parse
from smlint.dockerfile.build import build_container
from smlint.image.daemon import open_daemon
from smlint.image.facts import container_of
from smlint.image.reference import parse_reference
from smlint.launch import Launch
from smlint.probe.cleanup import LABEL
from smlint.probe.expectation import expect
from smlint.probe.judge import Verdict, judge
from smlint.probe.plan import ProbePlan
from smlint.probe.record import Listing, ProbeRecord
from smlint.probe.session import probe
from tests.engine.images import File, Symlink, mode_of, on_top
from tests.probe.agreement import Answers, predicted
from tests.probe.scenarios import Scenario

if TYPE_CHECKING:
    import docker

    from tests.engine.images import Images

#: Seconds between signal and SIGKILL; the slow handler of the scenarios is made for it.
GRACE: Final = 6.0
SIDE_BY_SIDE: Final = 6

_DEBIAN: Final = (
    "FROM debian:bookworm-slim\n"
    "RUN apt-get update && apt-get install -y --no-install-recommends python3 busybox-static tini dumb-init\n"
)
#: What a user would write in place of the tests' own base images.
_BASES: Final = {
    "dash": _DEBIAN,
    "bash": f"{_DEBIAN}RUN ln -sf bash /bin/sh\n",
    "busybox": f"{_DEBIAN}RUN ln -sf busybox /bin/sh\n",
    "nginx": f"{_DEBIAN}RUN apt-get install -y --no-install-recommends nginx-light\n",
}


class Staged(NamedTuple):
    """A scenario that has been played."""

    scenario: Scenario
    from_dockerfile: Answers
    from_image: Answers
    #: The chain that the image's files let one expect.
    launch: Launch
    record: ProbeRecord
    #: What was on the engine of this probe when it was over; nothing, or it is a bug.
    left: tuple[object, ...]

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """The verdict of every run."""
        return tuple(judge(run).verdict for run in self.record.runs)


def play(images: Images, scenario: Scenario) -> Staged:
    """Predict from both witnesses, then probe."""
    import docker

    reference = images.make(
        scenario.base, scenario.files, entrypoint=scenario.entrypoint, config=scenario.config
    )
    with tempfile.TemporaryDirectory(prefix="smlint-test-") as folder:
        model = Path(folder, "model")
        model.mkdir()
        (model / "weights").write_text("1")
        plan = ProbePlan(reference, grace=GRACE, model=str(model) if scenario.model else None)
        plan = plan._replace(**scenario.plan)
        from_dockerfile = _by_dockerfile(scenario, plan, Path(folder, "context"))
        with closing(open_daemon(parse_reference(reference), None)) as source:
            container = container_of(source)
            from_image = predicted(container, plan)
            launch = expect(container, plan).launch
        client = docker.from_env()
        try:
            record = probe(client.api, plan)
            return Staged(
                scenario, from_dockerfile, from_image, launch, record, tuple(left(client, record.id))
            )
        finally:
            client.close()


def told(record: ProbeRecord) -> str:
    """A record line by line, for the message of a test that fails."""
    lines: list[str] = []
    for run in record.runs:
        last = run._replace(snapshots=(), files_before=Listing({}), files_after=Listing({}))
        lines += [repr(last), f"saved {run.saved}", *map(repr, run.snapshots)]
    return "\n".join(lines)


def left(client: docker.DockerClient, probe_id: str) -> list[object]:
    """What the engine still has of a probe."""
    chosen = {"label": f"{LABEL}={probe_id}"}
    return [
        *client.containers.list(all=True, filters=chosen),
        *client.volumes.list(filters=chosen),
        *client.networks.list(filters=chosen),
    ]


def _by_dockerfile(scenario: Scenario, plan: ProbePlan, context: Path) -> Answers:
    recipe = on_top(scenario.files, entrypoint=scenario.entrypoint, config=scenario.config)
    context.mkdir()
    for name, content in recipe.context.items():
        path = context / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, Symlink):
            path.symlink_to(content.target)
            continue
        text = content.content if isinstance(content, File) else content
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        path.chmod(mode_of(content))
    dockerfile = parse(_BASES[scenario.base] + recipe.instructions)
    return predicted(build_container(dockerfile, path="Dockerfile", context=str(context)), plan)
