"""Answers of the engine's *top* call become trees."""

from __future__ import annotations

from typing import Any

import docker.errors
import pytest
import requests

from smlint.probe import observe
from smlint.probe.record import Hearing, Masks, Phase, Process
from smlint.probe.signals import SIGTERM

TITLES = ["PID", "PPID", "STAT", "CAUGHT", "IGNORED", "BLOCKED", "PENDING", "WCHAN", "COMMAND"]
ZERO = "0000000000000000"
TERM = "0000000000004000"


def row(pid: int, ppid: int, args: str, **columns: str) -> list[str]:
    values = {
        "STAT": "S",
        "CAUGHT": ZERO,
        "IGNORED": ZERO,
        "BLOCKED": ZERO,
        "PENDING": ZERO,
        "WCHAN": "do_wait",
    }
    values |= columns
    return [str(pid), str(ppid), *(values[title] for title in TITLES[2:-1]), args]


def answer(*rows: list[str]) -> dict[str, Any]:
    return {"Titles": TITLES, "Processes": list(rows)}


def test_a_process_with_its_masks() -> None:
    (process,) = observe.parse(
        answer(row(40, 1, "python3 train.py train", CAUGHT=TERM, WCHAN="hrtimer_nanosleep"))
    )
    assert process == Process(
        40, 1, "python3 train.py train", "S", Masks(0x4000, 0, 0, 0), "hrtimer_nanosleep"
    )
    assert process.hearing(SIGTERM) is Hearing.CATCHES


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"CAUGHT": TERM}, Hearing.CATCHES),
        ({"IGNORED": TERM}, Hearing.IGNORES),
        ({"BLOCKED": TERM}, Hearing.BLOCKS),
        ({"WCHAN": "do_sigtimedwait.isra.0"}, Hearing.AWAITS),
        ({"WCHAN": "hrtimer_nanosleep"}, Hearing.DEFAULT),
        ({"STAT": "Rl", "WCHAN": "-"}, Hearing.DEFAULT),
        # A sleeping process without a wait channel: the kernel hides it, and the process may be in sigwait.
        ({"STAT": "Ssl", "WCHAN": "-"}, Hearing.UNKNOWN),
        ({"STAT": "S", "WCHAN": "0"}, Hearing.UNKNOWN),
        ({"CAUGHT": "-"}, Hearing.UNKNOWN),
    ],
)
def test_hearing(columns: dict[str, str], expected: Hearing) -> None:
    (process,) = observe.parse(answer(row(1, 0, "x", **columns)))
    assert process.hearing(SIGTERM) is expected


def test_podmans_own_columns_hold_no_masks() -> None:
    found = observe.parse(
        {"Titles": ["PID", "PPID", "STATE", "COMMAND"], "Processes": [["1", "0", "S", "sleep 9"]]}
    )
    assert found == [Process(1, 0, "sleep 9", "S")]
    assert found[0].hearing(SIGTERM) is Hearing.UNKNOWN


def test_podmans_lines_are_split() -> None:
    titles = "PID    PPID STAT           CAUGHT          IGNORED          BLOCKED          PENDING WCHAN           COMMAND"
    line = f"1       0 Ss   {TERM} {ZERO} {ZERO} {ZERO} hrtimer_nanosleep                python3 train.py  a"
    assert observe.parse({"Titles": [titles], "Processes": [[line]]}) == [
        Process(1, 0, "python3 train.py  a", "S", Masks(0x4000, 0, 0, 0), "hrtimer_nanosleep")
    ]


def test_the_observer_does_not_see_itself() -> None:
    itself = row(9, 0, "ps -eo pid,ppid,stat,caught,ignored,blocked,pending,wchan:32,args")
    assert [process.pid for process in observe.parse(answer(row(1, 0, "sh"), itself))] == [1]


@pytest.mark.parametrize(
    "broken", [{}, {"Titles": None, "Processes": None}, {"Titles": ["PID"], "Processes": [["x"]]}]
)
def test_answers_without_sense_are_empty(broken: dict[str, Any]) -> None:
    assert observe.parse(broken) == []


def test_the_tree_stands_in_order() -> None:
    processes = observe.parse(
        answer(
            row(70, 50, "grandchild"),
            row(20, 7, "exec'd shell"),
            row(60, 40, "second child"),
            row(50, 40, "first child"),
            row(40, 7, "first process"),
            row(80, 40, "dead", STAT="Z"),
        )
    )
    snapshot = observe.tree(processes, 1.0, Phase.READY, first=40)
    assert [process.args for process in snapshot.processes] == [
        "first process",
        "first child",
        "grandchild",
        "second child",
        "exec'd shell",
    ]
    assert snapshot.pid1 is not None
    assert [process.pid for process in snapshot.leaves()] == [70, 60, 20]


def test_an_orphan_stands_behind_the_first_child_where_the_ids_have_begun_again() -> None:
    processes = [
        Process(301, 32700, "orphan"),
        Process(32760, 32700, "program"),
        Process(32700, 1, "docker-init"),
    ]
    snapshot = observe.tree(processes, 1.0, Phase.READY, first=32700)
    assert [process.args for process in snapshot.processes] == ["docker-init", "program", "orphan"]


def test_a_fork_bomb_is_cut() -> None:
    processes = [Process(pid, 1, "bomb") for pid in range(2, 1000)]
    snapshot = observe.tree([Process(1, 0, "bomb"), *processes], 0.0, Phase.READY)
    assert len(snapshot.processes) == observe.KEPT
    assert snapshot.left_out == 999 - observe.KEPT


def test_names_and_commands() -> None:
    assert Process(1, 0, "/usr/bin/python3 -u train.py").name == "python3"
    assert Process(1, 0, "-bash").name == "bash"
    assert Process(1, 0, "nginx: master process nginx").name == "nginx"
    assert Process(1, 0, "").name == "?"
    assert len(Process(1, 0, "x" * 500).command) == 120


class Engine:
    """Refuses what is not among its columns, the way Podman does in an image without ps."""

    def top(self, container: str, ps_args: str) -> dict[str, Any]:
        if ps_args.startswith("-eo"):
            raise requests.exceptions.JSONDecodeError("Expecting value", "", 0)
        return {"Titles": ["PID", "PPID", "STATE", "COMMAND"], "Processes": [["1", "0", "S", "sleep 9"]]}


def test_an_engine_without_ps_is_asked_for_its_own_columns() -> None:
    snapshot = observe.Observer(Engine(), "c", 1).snapshot(0.5, Phase.READY)  # type: ignore[arg-type]
    assert snapshot is not None
    assert snapshot.processes == (Process(1, 0, "sleep 9", "S"),)


class Refusing:
    """An engine whose first answer is an error, and which knows its own columns then."""

    def __init__(self, error: Exception) -> None:
        self._error: Exception | None = error

    def top(self, container: str, ps_args: str) -> dict[str, Any]:
        error, self._error = self._error, None
        if error is not None:
            raise error
        return {"Titles": ["PID", "PPID", "STATE", "COMMAND"], "Processes": [["1", "0", "S", ps_args]]}


def refusal(status: int, explanation: str) -> docker.errors.APIError:
    response = requests.Response()
    response.status_code = status
    return docker.errors.APIError("refused", response, explanation)


def looked(error: Exception) -> str | None:
    """The columns that were asked for in the end; None when there is no snapshot."""
    snapshot = observe.Observer(Refusing(error), "c", 1).snapshot(0.5, Phase.READY)  # type: ignore[arg-type]
    return snapshot.processes[0].args if snapshot is not None else None


def test_unknown_columns_are_given_up_for_those_that_every_engine_knows() -> None:
    assert looked(refusal(500, "unknown descriptor 'caught'")) == "pid,ppid,state,args"


@pytest.mark.parametrize(
    "error",
    [
        refusal(404, "No such container"),
        refusal(409, "Container c is not running"),
        refusal(500, "top can only be done on running containers"),
        requests.exceptions.ReadTimeout(),
    ],
    ids=["gone", "stopped", "stopped, as Docker 20.10 says it", "no answer in time"],
)
def test_there_is_no_tree_of_what_is_over_or_does_not_answer(error: Exception) -> None:
    assert looked(error) is None


def test_an_engine_that_refuses_everything_shows_nothing() -> None:
    class Mute:
        def top(self, container: str, ps_args: str) -> dict[str, Any]:
            raise refusal(500, "ps: not found")

    observer = observe.Observer(Mute(), "c", 1)  # type: ignore[arg-type]
    assert observer.snapshot(0.5, Phase.READY) is None
    assert observer.snapshot(0.7, Phase.READY) is None
