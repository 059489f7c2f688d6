"""What a probe costs besides the container's own start and stop, measured side by side in one run.

    python benchmarks/probe_overhead.py [--rounds 7] [--image REF]

The image's program ends at once on SIGTERM. Each round runs ``docker run`` + ``docker stop`` + ``docker rm``, the same
with ``--init``, a probe, which does both, and the whole command ``smlint image REF --probe-sigterm``, which also starts
an interpreter and judges the image's content. Medians of the times and of the differences are printed, in seconds.
Without ``--image`` the test suite's Debian base is used, which needs mmdebstrap.
"""

from __future__ import annotations

import argparse
import os
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
    columns: dict[str, list[float]] = {}
    for _ in range(arguments.rounds):
        plain = timed(lambda: start_and_stop(image))
        init = timed(lambda: start_and_stop(image, "--init"))
        probed = timed(lambda: probe(image))
        command = timed(lambda: whole_command(image))
        for name, value in (
            ("docker run + docker stop", plain),
            ("the same with --init", init),
            ("probe: both", probed),
            ("smlint image --probe-sigterm", command),
            ("probe, over docker run + stop", probed - plain),
            ("probe, over both of them", probed - plain - init),
            ("command, over docker run + stop", command - plain),
            ("command, over both of them", command - plain - init),
        ):
            columns.setdefault(name, []).append(value)
    for name, values in columns.items():
        print(f"{name:<32} {statistics.median(values):5.2f} s  ({min(values):.2f} to {max(values):.2f})")
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


def start_and_stop(image: str, *options: str) -> None:
    """What anyone would type."""
    started = docker_command("run", "--detach", "--network=none", *options, image, "train")
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


def whole_command(image: str) -> None:
    """What a user waits for."""
    command = "import sys; from smlint.cli import run; run()"
    options = ["--probe-sigterm", "--isolated", "--output", os.devnull]
    subprocess.run([sys.executable, "-c", command, "image", image, *options], check=True, capture_output=True)


if __name__ == "__main__":
    raise SystemExit(main())
