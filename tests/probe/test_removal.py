"""Removing what a probe made, against an engine that is still busy with it, or that has lost it."""

from __future__ import annotations

from collections.abc import Callable

import docker.errors
import pytest
import requests

from smlint.probe import cleanup


def refusal(status: int) -> docker.errors.APIError:
    response = requests.Response()
    response.status_code = status
    return docker.errors.APIError("refused", response, "busy")


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that would have been made."""
    made: list[float] = []
    monkeypatch.setattr("smlint.probe.cleanup.time.sleep", made.append)
    return made


def answering(*answers: Exception | None) -> tuple[Callable[[str], None], list[str]]:
    """A call that fails with each of ``answers`` in turn, and what it was called with."""
    calls: list[str] = []
    left = list(answers)

    def call(name: str) -> None:
        calls.append(name)
        error = left.pop(0)
        if error is not None:
            raise error

    return call, calls


def test_what_is_busy_is_tried_again_after_a_longer_pause_each_time(pauses: list[float]) -> None:
    call, calls = answering(refusal(409), refusal(500), refusal(403), None)
    cleanup._forgiving(call, "volume")
    assert calls == ["volume"] * 4
    assert pauses == sorted(set(pauses))


def test_what_is_gone_is_what_was_wanted(pauses: list[float]) -> None:
    call, calls = answering(docker.errors.NotFound("no such volume"))
    cleanup._forgiving(call, "volume")
    assert (len(calls), pauses) == (1, [])


def test_another_refusal_is_an_error_at_once(pauses: list[float]) -> None:
    call, _ = answering(refusal(400))
    with pytest.raises(docker.errors.APIError):
        cleanup._forgiving(call, "volume")
    assert pauses == []


def test_what_stays_busy_is_an_error_in_the_end(pauses: list[float]) -> None:
    call, calls = answering(*[refusal(409)] * 99)
    with pytest.raises(docker.errors.APIError):
        cleanup._forgiving(call, "volume")
    assert len(calls) == len(pauses) + 1 < 99
    assert sum(pauses) > 5
