"""A container that floods its log: what smlint holds in memory does not grow with it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Final

import pytest

from tests.probe.programs import HANDLER, SAVE

if TYPE_CHECKING:
    from tests.engine.images import Images

pytestmark = pytest.mark.engine

#: Megabytes that are logged before the container counts as ready, as fast as the engine takes them.
FLOOD: Final = 96
#: Megabytes that a probe may need for it beyond what a quiet container needs; a log kept whole would need them all.
BOUND: Final = 24
#: Seconds; a loaded machine logs some megabytes in each.
PATIENCE: Final = 600.0

PROGRAM: Final = f"""#!/usr/bin/python3
import os, signal, sys

def stop(number, frame):
    {SAVE}
    os._exit(0)

signal.signal(signal.SIGTERM, stop)
end = b"\\n" * int(sys.argv[1])
total = 0
while True:
    total += os.write(1, (b"x" * 1023 + end) * 64)
    if total > {FLOOD} << 20:
        os.write(1, b"the flood is here" + end)
"""

#: A process of its own, in which nothing else has raised the peak: first the quiet container, then the flood.
PROBES: Final = """
import json, sys, docker
from smlint.probe.judge import judge
from smlint.probe.plan import ProbePlan, Readiness
from smlint.probe.session import probe

def peak():
    # Not getrusage: its peak is inherited from the process that started this one.
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) / 1024 for line in file if line.startswith("VmHWM"))

api = docker.from_env().api
ready = Readiness(log="argv", timeout=120)
probe(api, ProbePlan(sys.argv[1], grace=30, ready=ready))
before = peak()
ready = Readiness(log="the flood is here", timeout=240)
record = probe(api, ProbePlan(sys.argv[2], arguments=(sys.argv[3],), grace=30, ready=ready))
print(json.dumps([[str(judge(run).verdict) for run in record.runs], before, peak()]))
"""


@pytest.mark.parametrize("newlines", ["1", "0"], ids=["lines", "one endless line"])
def test_memory_does_not_grow_with_the_log(images: Images, newlines: str) -> None:
    quiet = images.make("dash", {"/train.py": HANDLER}, entrypoint=["/train.py"])
    flood = images.make("dash", {"/train.py": PROGRAM}, entrypoint=["/train.py"])
    done = subprocess.run(
        [sys.executable, "-c", PROBES, quiet, flood, newlines],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    verdicts, before, after = json.loads(done.stdout)
    assert verdicts == ["stopped", "stopped"]
    assert after - before < BOUND, (before, after)
