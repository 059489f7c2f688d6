"""What a probe looks like on the terminal: the tree beside the prediction, the timeline, the log."""

from __future__ import annotations

import pytest

from smlint.container import Unknown
from smlint.diagnostics import ImageLocation
from smlint.engine import Outcome, Subject
from smlint.launch.chain import Launch
from smlint.probe.record import (
    EngineFacts,
    FileStat,
    Listing,
    Masks,
    Phase,
    Probed,
    ProbeRecord,
    Process,
    Run,
    Snapshot,
)
from smlint.probe.signals import SIGTERM
from smlint.report import Report, render
from smlint.workload import Workload

CATCHES = Masks(SIGTERM.bit, 0, 0, 0)
NOTHING = Masks(0, 0, 0, 0)
PROGRAM = Process(7, 0, "python3 train.py train", "S", CATCHES, "x")
UNKNOWN = Launch(Workload.TRAINING, "docker run IMAGE train", Unknown("the base image is not known"), None)


def before(*processes: Process, left_out: int = 0) -> Snapshot:
    return Snapshot(0.9, Phase.READY, processes, left_out)


STOPPED = Run(
    False,
    SIGTERM,
    120.0,
    ready_at=0.8,
    ready_by="the process tree is at rest",
    signal_at=1.0,
    ended_at=1.5,
    exit_code=0,
    snapshots=(before(PROGRAM),),
)


def shown(run: Run, launch: Launch | None = None, stop_signal: str = "") -> list[str]:
    """The lines about ``run``, with those of the whole probe before them."""
    record = ProbeRecord(
        id="1",
        image="model:1",
        image_id="sha256:0",
        workload=Workload.TRAINING,
        argv=("python3", "train.py", "train"),
        passed=("train",),
        stop_signal=stop_signal,
        engine=EngineFacts("Docker Engine", "29"),
        runs=(run,),
        anchor=ImageLocation("model:1"),
        platform_grace=120,
    )
    subject = Subject("image", "model:1", (Workload.TRAINING,))
    text = render("text", Report((Outcome(subject, (), probes=(Probed(record, launch),)),)))
    assert text.endswith("\n\nNo findings in model:1.\n")
    return text.splitlines()[:-2]


def test_a_program_that_stops() -> None:
    assert shown(STOPPED) == [
        "probe of model:1 for training on Docker Engine 29: python3 train.py train",
        "",
        "run 1, without init, SIGTERM and 120 s: stopped",
        "  observed                                            SIGTERM",
        "  PID 1  python3 train.py train                       catches",
        "       0.0 s  started",
        "       0.8 s  ready: the process tree is at rest",
        "       1.0 s  SIGTERM sent to PID 1",
        "       1.5 s  ended with exit code 0, nothing saved since the signal",
    ]


def test_a_stop_signal_of_the_image_is_told() -> None:
    assert shown(STOPPED, stop_signal="SIGQUIT")[1] == (
        "  the image's STOPSIGNAL SIGQUIT is sent in place of SIGTERM"
    )


def test_a_container_that_could_not_be_started() -> None:
    run = Run(False, SIGTERM, 120.0, start_error='exec: "train":\n  not found', ended_at=0.1, exit_code=127)
    assert shown(run)[2:] == [
        "run 1, without init, SIGTERM and 120 s: not started",
        '       0.0 s  not started: exec: "train": not found',
    ]


def test_the_last_lines_of_one_that_was_never_ready() -> None:
    run = Run(
        False,
        SIGTERM,
        120.0,
        kill_at=60.0,
        ended_at=60.2,
        exit_code=137,
        snapshots=(before(PROGRAM),),
        log_tail=tuple(f"line {number}" for number in range(9)),
    )
    assert shown(run)[5:] == [
        "       0.0 s  started",
        "      60.0 s  SIGKILL",
        "      60.2 s  ended with exit code 137",
        *(f"           log  line {number}" for number in range(4, 9)),
    ]


def test_the_first_lines_after_the_signal() -> None:
    run = STOPPED._replace(
        log_tail=("before",), log_after=("stopping\x1b[2J", "x" * 300, *"cdefg"), out_of_memory=True
    )
    assert shown(run)[8:] == [
        "       1.5 s  ended with exit code 0, out of memory, nothing saved since the signal",
        "           log  stopping\\x1b[2J",
        f"           log  {'x' * 160}",
        *(f"           log  {letter}" for letter in "cde"),
    ]


def test_an_end_that_the_engine_never_told() -> None:
    run = STOPPED._replace(ended_at=None, exit_code=None, kill_at=121.0)
    assert shown(run)[-1] == "     121.0 s  SIGKILL"


def test_what_was_saved() -> None:
    files = {f"/opt/ml/model/{letter}": FileStat(1, 1) for letter in "abcdefg"}
    run = STOPPED._replace(files_after=Listing({"/opt/ml/model/a": FileStat(1, 1)}))
    assert shown(run)[-1].endswith(", saved since the signal: /opt/ml/model/a")
    named = ", ".join(list(files)[:5])
    assert shown(run._replace(files_after=Listing(files)))[-1].endswith(f": {named} and 2 more")


def test_files_that_were_not_all_looked_at() -> None:
    run = STOPPED._replace(files_after=Listing({}, "more than 512 MiB"))
    assert shown(run)[-1].endswith("nothing saved since the signal (looked until more than 512 MiB)")


def test_who_went_when() -> None:
    worker = Process(8, 7, "python3 worker.py", "S", NOTHING, "x")
    run = STOPPED._replace(
        snapshots=(before(PROGRAM, worker), Snapshot(1.2, Phase.STOPPING, (PROGRAM,))),
        confirmed=True,
        kill_at=1.4,
    )
    lines = shown(run)
    assert lines[5] == "  └─ python3 worker.py                                default"
    assert "       1.2 s  gone: python3 worker.py" in lines
    assert any("the kernel had to drop the signal, so the rest of the time was not" in line for line in lines)


@pytest.mark.parametrize(("processes", "left_out", "hidden"), [(12, 0, None), (13, 0, 1), (20, 5, 13)])
def test_a_large_tree_is_cut(processes: int, left_out: int, hidden: int | None) -> None:
    children = [
        Process(8 + number, 7, f"worker {number}", "S", NOTHING, "x") for number in range(processes - 1)
    ]
    lines = shown(STOPPED._replace(snapshots=(before(PROGRAM, *children, left_out=left_out),)))
    more = [line.strip() for line in lines if "more" in line]
    assert more == ([] if hidden is None else [f"… and {hidden} more"])
    assert sum("worker" in line for line in lines) == 11


def test_the_prediction_stands_beside_it() -> None:
    lines = shown(STOPPED, UNKNOWN)
    assert lines[3].endswith("SIGTERM     predicted")
    assert lines[4] == "  PID 1  python3 train.py train                       catches     unknown"
