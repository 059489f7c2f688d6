"""ONBUILD: what BuildKit checks only in the build that runs the trigger, if anywhere."""

from __future__ import annotations

import pytest

from smlint.container import ABSENT, Known
from smlint.dockerfile import parse
from smlint.dockerfile.build import build_container


@pytest.mark.parametrize("trigger", ["COPY x", "SHELL bash", "HEALTHCHECK NONE", "MAINTAINERS me"])
def test_a_trigger_that_says_nothing_of_the_image_changes_nothing(trigger: str) -> None:
    text = f'FROM scratch AS base\nCOPY <<a /a\na\nONBUILD {trigger}\nFROM base\nENTRYPOINT x "$@"\n'
    container = build_container(parse(text), path="Dockerfile", context=None)
    assert isinstance(container.files.lookup("/a"), Known)
    assert container.files.lookup("/x") is ABSENT
    assert isinstance(container.entrypoint, Known)
    assert [word.text for word in container.entrypoint.value.argv] == ["/bin/sh", "-c", 'x "$@"']
