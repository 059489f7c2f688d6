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


class Channels:
    """The channels of a training job by name."""

    def __init__(self, training: Value) -> None:
        self._by_name: dict[str, Value] = {}
        channels = training.items("InputDataConfig")
        #: Why there may be channels beside those that are known.
        self._others = channels if isinstance(channels, Unknown) else None
        for channel in channels.value if isinstance(channels, Known) else ():
            name = channel.text("ChannelName")
            if isinstance(name, Known):
                self._by_name.setdefault(name.value, channel)
            elif isinstance(name, Unknown):
                self._others = Unknown("a channel's name is not known")

    def find(self, name: str) -> Fact[Value]:
        """The channel of a name; unknown when a channel's name, or the list, is."""
        channel = self._by_name.get(name)
        if channel is not None:
            return Known(channel, channel.location)
        return self._others or ABSENT


def input_mode(training: Value, channel: Value) -> Fact[str]:
    """The input mode that holds for a channel: its own, else the algorithm's."""
    own = channel.text("InputMode")
    return training.text("AlgorithmSpecification", "TrainingInputMode") if isinstance(own, Absent) else own
