"""What a probe costs besides the container's own start and stop, measured side by side in one run.

    python benchmarks/probe_overhead.py [--rounds 7] [--image REF]

The image's program ends at once on SIGTERM. Each round runs ``docker run`` + ``docker stop`` + ``docker rm`` and a
whole probe, which starts and stops the container twice (without and with an init); the medians and the median of the
differences are printed, in seconds. Without ``--image`` the test suite's Debian base is used, which needs mmdebstrap.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parent.parent
#: A shell has its trap within a millisecond, so that ``docker stop`` cannot come before it.
PROGRAM = """#!/bin/dash
trap 'exit 0' TERM
mkfifo /wait
exec 3<>/wait
read -r _ <&3
"""


def main() -> int:
    """Print the seconds."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--image", help="an image on the engine whose program ends at once on SIGTERM")
    arguments = parser.parse_args()
    image = arguments.image or build()
    own: list[float] = []
    probed: list[float] = []
    for _ in range(arguments.rounds):
        own.append(timed(lambda: start_and_stop(image)))
        probed.append(timed(lambda: probe(image)))
    over = [after - before for before, after in zip(own, probed, strict=True)]
    for name, values in (("docker run + docker stop", own), ("probe, two runs", probed), ("overhead", over)):
        print(f"{name:<26} {statistics.median(values):5.2f} s  ({min(values):.2f} to {max(values):.2f})")
    return 0


def build() -> str:
    """An image made as the tests make theirs."""
    import docker

    sys.path.insert(0, str(ROOT))
    from tests.engine.images import Images

    client = docker.from_env()
    try:
        return Images(client).make("dash", {"/train": PROGRAM}, entrypoint=["/train"])
    finally:
        client.close()


def timed(call: Callable[[], None]) -> float:
    """Seconds that ``call`` takes."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def start_and_stop(image: str) -> None:
    """What anyone would type."""
    started = docker_command("run", "--detach", "--network=none", image, "train")
    docker_command("stop", "--time=120", started)
    docker_command("rm", started)


def docker_command(*words: str) -> str:
    """One call of the docker command; its output."""
    return subprocess.run(["docker", *words], check=True, capture_output=True, text=True).stdout.strip()


def probe(image: str) -> None:
    """A probe, without the judging of the image's content and the start of the interpreter."""
    from smlint.image.connection import connect
    from smlint.probe import session
    from smlint.probe.plan import ProbePlan

    client = connect()
    try:
        session.probe(client.api, ProbePlan(image))
    finally:
        client.close()


if __name__ == "__main__":
    raise SystemExit(main())
