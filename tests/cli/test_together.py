"""Groups of options: typer sees each option where the group stands, the command gets one value."""

from __future__ import annotations

import inspect
from typing import Annotated, NamedTuple

import pytest
import typer
from typer.testing import CliRunner

from smlint.cli import whole
from smlint.cli.judging import Judging
from smlint.cli.together import together


class Group(NamedTuple):
    words: Annotated[list[str], typer.Option("--word", help="A word; repeatable.")] = []
    deep: Annotated[bool, typer.Option("--deep")] = False


@together
def command(first: str, *, group: Group, last: int = 3) -> None:
    """What the command does."""
    typer.echo(f"{first} {group} {last}")


def test_the_options_of_a_group_stand_where_it_stood() -> None:
    assert list(inspect.signature(command).parameters) == ["first", "words", "deep", "last"]
    assert command.__doc__ == "What the command does."


@pytest.mark.parametrize(
    ("words", "got"),
    [
        (["a"], "a Group(words=[], deep=False) 3\n"),
        (["a", "--word", "b", "--deep", "--word", "c"], "a Group(words=['b', 'c'], deep=True) 3\n"),
    ],
)
def test_the_command_gets_one_value(words: list[str], got: str) -> None:
    app = typer.Typer()
    app.command()(command)
    assert CliRunner().invoke(app, words).output == got


def test_all_judging_commands_take_the_same_options() -> None:
    commands = {each.name: each.callback for each in whole().registered_commands}
    for name in ("lint", "image", "job"):
        callback = commands[name]
        assert callback is not None
        assert set(Judging._fields) <= set(inspect.signature(callback).parameters)
