"""The sentences of live findings, without an engine."""

from __future__ import annotations

import pytest

from smlint.diagnostics import Diagnostic, ImageLocation
from smlint.engine import Plan
from smlint.probe.diagnose import diagnostics
from smlint.probe.record import EngineFacts, ProbeRecord, Run
from smlint.probe.signals import SIGTERM
from smlint.probe.wording import exec_form
from smlint.registry import installed
from smlint.workload import Workload
from tests.probe.containers import process, snapshot


def found(code: str, run: Run) -> Diagnostic:
    """What the rule ``code`` says of ``run``."""
    record = ProbeRecord(
        id="1",
        image="i",
        image_id="sha256:0",
        workload=Workload.TRAINING,
        argv=("/train.py", "train"),
        passed=("train",),
        stop_signal="",
        engine=EngineFacts("Docker", "1"),
        runs=(run,),
        anchor=ImageLocation("i"),
    )
    (diagnostic,) = diagnostics(record, Plan(installed(), frozenset({code})))
    return diagnostic


@pytest.mark.parametrize(
    ("log", "said"),
    [
        ((), "it has logged nothing"),
        (("", "  "), "it has logged nothing"),
        (("Traceback", "KeyError: 'lr'", ""), "its last log line is \"KeyError: 'lr'\""),
        (("x" * 500,), f"its last log line is '{'x' * 159}…'"),
    ],
)
def test_the_last_words_of_a_program_that_ended(log: tuple[str, ...], said: str) -> None:
    run = Run(False, SIGTERM, 120.0, ended_at=0.52, exit_code=3, log_tail=log)
    assert found("SM714", run).message == (
        f"`/train.py train` ended by itself after 0.5 s with exit code 3 ({said}), before the stop could be tried"
    )


@pytest.mark.parametrize(
    ("program", "advice"),
    [
        ("python3 train.py", "signal.signal(signal.SIGTERM, stop)"),
        ("sh run.sh", "tart the program with `exec`, so that it becomes PID 1"),
        ("node server.js", "nstall a handler for SIGTERM in the program that saves and exits"),
    ],
)
def test_what_a_program_without_a_handler_needs(program: str, advice: str) -> None:
    first = process(1, 0, program)
    run = Run(False, SIGTERM, 120.0, signal_at=1.0, kill_at=11.0, ended_at=11.1, snapshots=(snapshot(first),))
    assert advice in found("SM701", run).help


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("python train.py --name 'a b'", 'ENTRYPOINT ["python", "train.py", "--name", "a b"]'),
        *(
            (text, 'ENTRYPOINT ["/bin/sh", "-c", "… exec program \\"$0\\" \\"$@\\""]')
            for text in ("python train.py | tee log", "cd /x && python train.py", 'echo "x', "")
        ),
    ],
)
def test_the_exec_form_of_a_shell_string(text: str, expected: str) -> None:
    assert exec_form(text) == expected
