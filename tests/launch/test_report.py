"""The chain in print: the tree for people, the JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Callable

from smlint.container import Container
from smlint.launch import resolve
from smlint.report.launch import text, to_json
from smlint.workload import Workload

Make = Callable[..., Container]
SCRIPT = "#!/bin/bash\nset -e\n\npython train.py\n"
TREE = """\
docker run IMAGE train                                       workload: training, SIGTERM then SIGKILL after 120 s
└─ PID 1  bash ./entrypoint.sh train                         Dockerfile:9
   └─ child  python train.py                                 entrypoint.sh:4   ✗ no exec: SIGTERM stops at bash
                                                                               ✗ "train" is not passed on
"""
WAYS = """\
docker run IMAGE serve                                       workload: inference, SIGTERM then SIGKILL after 30 s
└─ PID 1  bash ./entrypoint.sh serve                         Dockerfile:9
   ├─ child  python train.py serve                           entrypoint.sh:2   when not [ -n "$DEBUG" ]
                                                                               ✗ no exec: SIGTERM stops at bash
   └─ exec  python debug.py serve                            entrypoint.sh:1   when [ -n "$DEBUG" ]
"""


def test_tree(container: Make) -> None:
    image = container("bash", "./entrypoint.sh", files={"/opt/program/entrypoint.sh": SCRIPT})
    assert text([resolve(image, Workload.TRAINING)]) == TREE


def test_ways(container: Make) -> None:
    script = '[ -n "$DEBUG" ] && exec python debug.py "$@"\npython train.py "$@"\n'
    image = container("bash", "./entrypoint.sh", files={"/opt/program/entrypoint.sh": script})
    assert text([resolve(image, Workload.INFERENCE)]) == WAYS


def test_nothing_to_start(container: Make) -> None:
    assert "└─ nothing: the image has neither" in text([resolve(container(), Workload.PROCESSING)])


def test_what_is_not_in_view_is_said(container: Make) -> None:
    printed = text([resolve(container("/usr/bin/start", unseen=["/usr"]), Workload.TRAINING)])
    assert "? the base image is not in view" in printed


def test_json(container: Make) -> None:
    image = container("bash", "./entrypoint.sh", files={"/opt/program/entrypoint.sh": SCRIPT})
    document = json.loads(to_json([resolve(image, Workload.TRAINING)]))
    assert document["version"] == 1
    (launch,) = document["launches"]
    assert launch["argv"] == ["bash", "./entrypoint.sh", "train"]
    assert launch["pid1"] == "bash ./entrypoint.sh train"
    assert launch["sigterm_arrives"] == {"answer": "no", "reason": "no exec: SIGTERM stops at bash"}
    assert launch["word_arrives"]["answer"] == "no"
    (child,) = launch["chain"]["then"]
    assert child["argv"] == ["python", "train.py"]
    assert child["location"]["line"] == 4
