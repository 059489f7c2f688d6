"""Verdicts from records alone, without an engine."""

from __future__ import annotations

import pytest

from smlint.diagnostics import ImageLocation
from smlint.probe.judge import Verdict, judge, lost_words, must_drop, shell_string, wrote_read_only
from smlint.probe.record import (
    EngineFacts,
    FileStat,
    Listing,
    Masks,
    Phase,
    ProbeRecord,
    Process,
    Run,
    Snapshot,
)
from smlint.probe.signals import SIGINT, SIGTERM
from smlint.workload import Workload

TERM = SIGTERM.bit
CATCHES = Masks(TERM, 0, 0, 0)
IGNORES = Masks(0, TERM, 0, 0)
BLOCKS = Masks(0, 0, TERM, 0)
PENDING = Masks(0, 0, TERM, TERM)
NOTHING = Masks(0, 0, 0, 0)
SAVED = Listing({"/opt/ml/model/w": FileStat(1, 1)})


def process(pid: int, ppid: int, args: str, masks: Masks | None = NOTHING, wait: str | None = "x") -> Process:
    return Process(pid, ppid, args, "S", masks, wait)


INIT = process(1, 0, "/sbin/docker-init -- x", wait="do_sigtimedwait")
SHELL = process(1, 0, "/bin/sh /run.sh train")
PROGRAM = process(2, 1, "python3 train.py train", CATCHES)


def run(*processes: Process, after: tuple[Process, ...] | None = None, **values: object) -> Run:
    """A run that got its signal one second after the start, with a grace period of 120 s."""
    snapshots = [Snapshot(0.9, Phase.READY, processes)] if processes else []
    if after is not None:
        snapshots.append(Snapshot(2.0, Phase.STOPPING, after))
    made = Run(False, SIGTERM, 120.0, ready_at=0.8, signal_at=1.0, snapshots=tuple(snapshots))
    return made._replace(**values)  # type: ignore[arg-type]


def killed(*processes: Process, after: tuple[Process, ...] | None = None, **values: object) -> Run:
    return run(*processes, after=after, **{"kill_at": 121.0, "ended_at": 121.1, "exit_code": 137, **values})


def ended(*processes: Process, seconds: float = 0.1, code: int = 0, **values: object) -> Run:
    return run(*processes, **{"ended_at": 1.0 + seconds, "exit_code": code, **values})


def alone(masks: Masks | None = NOTHING, wait: str | None = "x") -> Process:
    return process(1, 0, "python3 train.py train", masks, wait)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        # PID 1 alone
        (killed(alone()), Verdict.DROPPED),
        (killed(alone(IGNORES)), Verdict.DROPPED),
        (killed(alone(BLOCKS), after=(alone(PENDING),)), Verdict.DROPPED),
        (killed(alone(BLOCKS), after=(alone(BLOCKS),)), Verdict.KILLED),
        (killed(alone(CATCHES)), Verdict.KILLED),
        (killed(alone(None)), Verdict.KILLED),
        (killed(alone(wait=None)), Verdict.KILLED),
        (killed(alone(wait="do_sigtimedwait")), Verdict.KILLED),
        (ended(alone(CATCHES)), Verdict.STOPPED),
        (ended(alone(CATCHES), seconds=99.9), Verdict.STOPPED),
        (ended(alone(CATCHES), seconds=100.1), Verdict.SLOW),
        (ended(alone(CATCHES), seconds=25.1, grace=30.0), Verdict.SLOW),
        (ended(alone(CATCHES), code=143), Verdict.STOPPED),
        (ended(alone(), code=0), Verdict.STOPPED),
        # awake in one look, waiting in another
        (killed(alone(wait=None), after=(alone(wait="hrtimer_nanosleep"),)), Verdict.DROPPED),
        (killed(alone(wait=None), after=(alone(wait="do_sigtimedwait"),)), Verdict.KILLED),
        (killed(alone(wait=""), after=(alone(wait="do_sigtimedwait"),)), Verdict.KILLED),
        (killed(alone(wait=None), after=(alone(BLOCKS),)), Verdict.KILLED),
        # a shell in front
        (killed(SHELL, PROGRAM), Verdict.NOT_FORWARDED),
        (killed(SHELL._replace(masks=CATCHES), PROGRAM), Verdict.NOT_FORWARDED),
        (killed(SHELL._replace(masks=CATCHES), PROGRAM._replace(masks=NOTHING)), Verdict.KILLED),
        (killed(SHELL, PROGRAM._replace(masks=NOTHING)), Verdict.DROPPED),
        (killed(SHELL._replace(masks=None), PROGRAM._replace(masks=None)), Verdict.KILLED),
        # a Python parent with a handler: whether it told its slow child cannot be seen
        (killed(alone(CATCHES), PROGRAM), Verdict.KILLED),
        # behind an init
        (killed(INIT, process(2, 1, "x", IGNORES), init=True), Verdict.DROPPED),
        (killed(INIT, process(2, 1, "x", CATCHES), init=True), Verdict.KILLED),
        (
            ended(INIT, process(2, 1, "sh x"), process(3, 2, "y", CATCHES), init=True, code=143),
            Verdict.CUT_OFF,
        ),
        (ended(INIT, process(2, 1, "x"), init=True, code=143), Verdict.CUT_OFF),
        (ended(INIT, process(2, 1, "x"), code=143), Verdict.CUT_OFF),
        (
            ended(INIT, process(2, 1, "x", wait=None), after=(INIT, process(2, 1, "x")), init=True, code=143),
            Verdict.CUT_OFF,
        ),
        (ended(INIT, process(2, 1, "x", CATCHES), init=True, code=143), Verdict.STOPPED),
        (ended(INIT, process(2, 1, "x", None), init=True, code=143), Verdict.STOPPED),
        (ended(INIT, process(2, 1, "x"), init=True, code=0), Verdict.STOPPED),
        (ended(INIT, process(2, 1, "x"), init=True, code=143, files_after=SAVED), Verdict.STOPPED),
        # an init whose program has already gone
        (ended(INIT, init=True, code=143), Verdict.STOPPED),
        # no signal
        (run(start_error="exec: train: not found", signal_at=None), Verdict.NOT_STARTED),
        (run(alone(), signal_at=None, ended_at=0.5, exit_code=0), Verdict.GONE),
        (run(alone(), signal_at=None, kill_at=60.0, ended_at=60.1), Verdict.NEVER_READY),
        # never seen
        (killed(), Verdict.KILLED),
        (ended(), Verdict.STOPPED),
    ],
)
def test_verdict(seen: Run, expected: Verdict) -> None:
    assert judge(seen).verdict is expected


def test_the_process_that_was_not_told() -> None:
    found = judge(killed(SHELL, process(2, 1, "sh -c x"), process(3, 2, "python3 train.py", CATCHES)))
    assert found.program == SHELL
    assert found.unheard is not None
    assert found.unheard.args == "python3 train.py"


def test_other_signals_have_other_bits() -> None:
    assert judge(killed(alone(CATCHES), signal=SIGINT)).verdict is Verdict.DROPPED


@pytest.mark.parametrize(
    ("processes", "init", "expected"),
    [
        ((alone(),), False, True),
        ((alone(CATCHES),), False, False),
        ((alone(BLOCKS),), False, False),
        ((alone(wait="do_sigtimedwait.isra.0"),), False, False),
        ((alone(wait=None),), False, False),
        ((alone(None),), False, False),
        ((alone(IGNORES),), True, True),
        ((INIT, process(2, 1, "x")), True, False),
        ((INIT, process(2, 1, "x", IGNORES)), True, True),
        ((process(1, 0, "tini -- x", wait="do_sigtimedwait"), process(2, 1, "x")), False, False),
        ((), False, False),
    ],
)
def test_what_the_kernel_must_drop(processes: tuple[Process, ...], init: bool, expected: bool) -> None:
    assert must_drop(Snapshot(0.0, Phase.READY, processes), SIGTERM, init) is expected


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (("/bin/sh", "-c", "python train.py", "train"), "python train.py"),
        (("bash", "-lc", "python train.py", "train"), "python train.py"),
        (("bash", "-e", "-o", "pipefail", "-c", "x"), None),
        (("bash", "-e", "-c", "x", "train"), "x"),
        (("/bin/busybox", "sh", "-c", "x", "train"), "x"),
        (("tini", "-g", "--", "sh", "-c", "x", "train"), "x"),
        (("sh", "-c", 'exec x "$@"', "train"), None),
        (("sh", "-c", "x ${1}", "train"), None),
        (("sh", "-c", 'case "$0" in train) x;; esac', "train"), None),
        (("sh", "-c", "echo $HOME", "train"), "echo $HOME"),
        (("sh", "run.sh", "train"), None),
        (("python", "-c", "x", "train"), None),
        (("sh", "-c"), None),
        ((), None),
    ],
)
def test_shell_string(argv: tuple[str, ...], expected: str | None) -> None:
    assert shell_string(argv) == expected


def record(argv: tuple[str, ...], *processes: Process, passed: tuple[str, ...] = ("train",)) -> ProbeRecord:
    return ProbeRecord(
        id="1",
        image="i",
        image_id="sha256:0",
        workload=Workload.TRAINING,
        argv=argv,
        passed=passed,
        stop_signal="",
        engine=EngineFacts("Docker", "1"),
        runs=(ended(*processes),),
        anchor=ImageLocation("i"),
    )


SHELL_FORM = ("/bin/sh", "-c", "python3 train.py", "train")


def test_words_are_lost_behind_a_shell_string() -> None:
    shell = process(1, 0, "/bin/sh -c python3 train.py train")
    found = lost_words(record(SHELL_FORM, shell, process(2, 1, "python3 train.py")))
    assert found is not None
    assert found.args == "python3 train.py"


@pytest.mark.parametrize(
    "seen",
    [
        record(SHELL_FORM, process(1, 0, "/bin/sh -c python3 train.py train")),
        record(SHELL_FORM),
        record(SHELL_FORM, process(1, 0, "python3 train.py train")),
        record(SHELL_FORM, process(1, 0, "python3 train.py"), passed=()),
        record(("/run.sh", "train"), process(1, 0, "sh /run.sh train"), process(2, 1, "python3 train.py")),
        record(SHELL_FORM, process(2, 1, "/usr/bin/python3 /usr/bin/flask run --port=8080")),
    ],
    ids=[
        "only the shell seen",
        "nothing seen",
        "words arrive",
        "no words",
        "a script has seen them",
        "a server would refuse them",
    ],
)
def test_words_are_not_lost(seen: ProbeRecord) -> None:
    assert lost_words(seen) is None


def test_a_refused_write_beside_the_model() -> None:
    line = "OSError: [Errno 30] Read-only file system: '/opt/ml/model/.lock'"
    assert wrote_read_only(run(log_tail=("x", line))) == line
    assert wrote_read_only(run(log_tail=("[Errno 30] Read-only file system: '/etc/x'",))) is None


def test_what_was_saved_since_the_signal() -> None:
    before = Listing({"/a": FileStat(1, 1), "/b": FileStat(1, 1), "/c": FileStat(1, 1)})
    after = Listing({"/a": FileStat(1, 1), "/b": FileStat(2, 1), "/c": FileStat(1, 2), "/d": FileStat(1, 1)})
    assert run(files_before=before, files_after=after).saved == ("/b", "/c", "/d")
