"""Input channels of a training job, and which of them a command names."""

from __future__ import annotations

import enum
import os.path
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from smlint.container import ABSENT, Absent, Fact, Known, Overrides, Unknown, Word
from smlint.request import Value
from smlint_rules import commands

ROOT: Final = "/opt/ml/input/data/"
_CHANNEL: Final = re.compile(r"/opt/ml/input/data/([A-Za-z0-9._-]+)")


class Use(enum.Enum):
    """What a path in a channel is to the command."""

    #: The first word: the engine executes it.
    PROGRAM = "program"
    #: A shell or interpreter is to run it.
    SCRIPT = "script"
    #: Anything else: an argument of the program.
    DATA = "data"


class Named(NamedTuple):
    """A channel that a word of the command names."""

    channel: str
    word: Word
    use: Use


def named(overrides: Overrides) -> Iterator[Named]:
    """The channels that a request's command names, each word once per channel."""
    words = (*(overrides.entrypoint or ()), *(overrides.arguments or ()))
    script = _script(overrides)
    for index, word in enumerate(words):
        before = words[index - 1].text if index else ""
        for channel in dict.fromkeys(_CHANNEL.findall(word.text)):
            if index == 0 and overrides.entrypoint and word.text.startswith(ROOT):
                yield Named(channel, word, Use.PROGRAM)
            elif word is script or (overrides.entrypoint and commands.takes_command_line(before)):
                yield Named(channel, word, Use.SCRIPT)
            else:
                yield Named(channel, word, Use.DATA)


def _script(overrides: Overrides) -> Word | None:
    """The operand of the shell or interpreter that the request starts."""
    if not overrides.entrypoint:
        return None
    program, *rest = (*overrides.entrypoint, *(overrides.arguments or ()))
    if not commands.is_interpreter(os.path.basename(program.text)):
        return None
    for word in rest:
        if commands.takes_command_line(word.text) or word.text == "-m":
            return None
        if not word.text.startswith("-"):
            return word
    return None


def find(training: Value, name: str) -> Fact[Value]:
    """The channel of a name; unknown when a channel's name, or the list, is."""
    channels = training.items("InputDataConfig")
    if not isinstance(channels, Known):
        return ABSENT if isinstance(channels, Absent) else channels
    hidden = False
    for channel in channels.value:
        found = channel.text("ChannelName")
        if isinstance(found, Known) and found.value == name:
            return Known(channel, channel.location)
        hidden = hidden or isinstance(found, Unknown)
    return Unknown("a channel's name is not known") if hidden else ABSENT


def input_mode(training: Value, channel: Value) -> Fact[str]:
    """The input mode that holds for a channel: its own, else the algorithm's."""
    own = channel.text("InputMode")
    return training.text("AlgorithmSpecification", "TrainingInputMode") if isinstance(own, Absent) else own
