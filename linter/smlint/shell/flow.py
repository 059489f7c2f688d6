"""What a shell script or ``-c`` string finally runs, and how: the static half of "who becomes PID 1".

Answers are three-valued. Undecidable is unknown, never guessed: a way that depends on a file, on an unknown variable or
on a command's output becomes a path of its own, with the condition that leads to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from smlint.container import UNRESOLVED
from smlint.shell.execute import Executor
from smlint.shell.forwarding import forwarding
from smlint.shell.machine import Machine
from smlint.shell.outcome import Answer, Argument, Condition, Flow, How, Path, Started
from smlint.shell.scripts import Sourced
from smlint.shell.source import LIMIT
from smlint.shell.tail import tail_commands
from smlint.shell.verdict import Shell, flow
from smlint.shell.words import Parameters, Value

__all__ = [
    "Answer",
    "Argument",
    "Condition",
    "Flow",
    "How",
    "Path",
    "Sourced",
    "Started",
    "analyse",
    "dialect_of",
]

_SHEBANG: Final = re.compile(r"#!\s*(?:\S*/)?(?:env\s+(?:-\S+\s+)*)?(?:\S*/)?([^\s/]+)")
_DIALECTS: Final = {"ash": "busybox", "rbash": "bash", "ksh93": "ksh"}
#: Shells whose text is read; tcsh and fish speak another language.
_READABLE: Final = frozenset(("sh", "bash", "dash", "busybox", "zsh", "ksh", "mksh"))


def dialect_of(text: str) -> str | None:
    """The shell that a script's ``#!`` line names: ``bash``, ``dash``, ``busybox`` (ash), ``sh`` …; None without one.

    ``sh`` says nothing about which shell that is.
    """
    match = _SHEBANG.match(text)
    if match is None:
        return None
    return _DIALECTS.get(match.group(1), match.group(1))


def analyse(
    text: str | bytes,
    *,
    dialect: str | None = None,
    arguments: Sequence[str] | None = (),
    lookup: Callable[[str], str | None] = lambda name: None,
    read_source: Callable[[str, str], Sourced | None] = lambda path, directory: None,
    is_command_string: bool = False,
    options: frozenset[str] = frozenset(),
    directory: str = UNRESOLVED,
    name: str = "",
) -> Flow:
    """Follow every way through a script.

    ``text``: the script, or the string behind ``-c`` (``is_command_string``).
    ``dialect``: the shell that runs it: ``dash``, ``bash``, ``busybox``, ``zsh`` … or ``sh`` where it is not known which;
    default: what the ``#!`` line says.
    ``arguments``: the words that the shell is given behind the script or the string, None where they are not known. As
    the shell does it, ``arguments[0]`` is ``$1`` of a script, but ``$0`` of a string. :attr:`Argument.used` counts them
    from 1 either way.
    ``lookup``: the value of an environment variable; None where it is not known (or not known to be unset).
    ``read_source``: the file behind ``source PATH``, asked with the path as written (expanded) and the directory the
    shell is in; None where it is not visible.
    ``options``: options given to the shell on its command line: ``e``, ``pipefail`` …
    ``name``: what locations in the script are called.

    Never raises. Text that is no shell, too long or too deep gives no paths, and says so in :attr:`Flow.unseen`.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "surrogateescape")
    if "\0" in text:
        return Flow((), "it is no text")
    if len(text) > LIMIT:
        return Flow((), "it is too long")
    shell = dialect or dialect_of(text) or "sh"
    if shell not in _READABLE:
        return Flow((), f"{shell} scripts are not read")
    values = (
        None if arguments is None else [Value(word, frozenset((n,))) for n, word in enumerate(arguments, 1)]
    )
    executor = Executor(
        read_source=read_source,
        tail=lambda script: tail_commands(script, shell) if is_command_string else frozenset(),
        dialect=shell,
    )
    ends = executor.run(name, text, _machine(values, lookup, directory, is_command_string, options))
    known = None if values is None else frozenset(range(1, len(values) + 1))
    scripts = executor.scripts
    return flow(
        ends, Shell(shell, known), executor.unseen, lambda end, trap: forwarding(end, scripts, trap, shell)
    )


def _machine(
    values: list[Value] | None,
    lookup: Callable[[str], str | None],
    directory: str,
    is_command_string: bool,
    options: frozenset[str],
) -> Machine:
    if values is None:
        machine = Machine(lookup, Parameters((), rest=2 if is_command_string else 1), directory)
        if is_command_string:
            machine.variables["0"] = Value(UNRESOLVED, frozenset((1,)))
    else:
        zero, rest = (values[:1], values[1:]) if is_command_string else ([], values)
        machine = Machine(lookup, Parameters(tuple(rest)), directory)
        if zero:
            machine.variables["0"] = zero[0]
    machine.options = options
    return machine
