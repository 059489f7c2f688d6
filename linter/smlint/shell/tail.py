"""Which commands a shell runs in its own process because nothing is left to do behind them (the implicit ``exec``).

Measured with the program printing its process id, dash 0.5.12-2, bash 5.2.15 (also as ``sh``) and BusyBox 1.35 ash:

* None of them does it for a script file: the shell cannot know that the file ends.
* dash never does it.
* bash, for a ``-c`` string, does it for a simple command at top level that is last in the text or behind the last
  ``;``, ``&&``, ``||`` or newline (not behind ``&`` on the same line), without redirections, when nothing but one
  newline follows, and when no trap is set (an ignored signal does not count, an ignored EXIT does). Lists are treated
  so since bash 5.1; older ones do it for a single command only. Not so the last of ``&&`` and ``||`` behind a ``;`` on
  the same line.
* BusyBox ash, for a ``-c`` string, does it for whatever stands last: also inside ``{ }``, ``( )``, ``if`` and ``case``
  (not loops), with redirections, when no newline follows and when no trap is set, nor was any before that is reset
  (ignored signals do not count).
* Nobody does it in pipelines, behind ``!``, in functions, ``eval`` or sourced files.
"""

from __future__ import annotations

from smlint.shell.parse import Script
from smlint.shell.syntax import AndOr, Block, Case, Group, If, Node, Simple


def tail_commands(script: Script, dialect: str) -> frozenset[int]:
    """Identities (``id``) of the simple commands that ``dialect`` would run in place of itself, traps aside.

    ``sh``, which may be any of the three, gives those that at least one of them would.
    """
    if dialect == "sh":
        return tail_commands(script, "bash") | tail_commands(script, "busybox")
    if not script.body:
        return frozenset()
    last = script.body[-1]
    behind = _behind(script, last.node.end)
    if last.background or dialect not in ("bash", "busybox"):
        return frozenset()
    if dialect == "busybox":
        return frozenset() if "\n" in behind else frozenset(_busybox(last.node))
    if behind not in ("", "\n") or _is_behind_ampersand(script):
        return frozenset()
    node: Node = last.node
    if isinstance(node, AndOr):
        if len(script.body) > 1 and not _is_on_new_line(script):
            return frozenset()
        node = node.rest[-1][1]
    if isinstance(node, Simple) and not node.redirects:
        return frozenset((id(node),))
    return frozenset()


def _behind(script: Script, end: int) -> str:
    """The newlines behind the last command; a heredoc's body counts as one."""
    newlines = "".join(char for char in script.source.text[end:] if char == "\n")
    if any(
        heredoc.operator != "<<<" and at >= script.body[-1].node.start
        for at, heredoc in script.source.heredocs.items()
    ):
        newlines += "\n"
    return newlines


def _is_behind_ampersand(script: Script) -> bool:
    return len(script.body) > 1 and script.body[-2].background and not _is_on_new_line(script)


def _is_on_new_line(script: Script) -> bool:
    return "\n" in script.source.text[script.body[-2].node.end : script.body[-1].node.start]


def _busybox(node: Node) -> list[int]:
    found: list[int] = []
    nodes = [node]
    while nodes:
        here = nodes.pop()
        if isinstance(here, Simple):
            found.append(id(here))
        elif isinstance(here, AndOr):
            nodes.append(here.rest[-1][1])
        elif isinstance(here, Group):
            nodes += _last(here.body)
        elif isinstance(here, If):
            for _, body in here.branches:
                nodes += _last(body)
            nodes += _last(here.otherwise or ())
        elif isinstance(here, Case):
            for item in here.items:
                nodes += _last(item.body)
    return found


def _last(block: Block) -> list[Node]:
    return [block[-1].node] if block and not block[-1].background else []


def is_hindered(dialect: str, traps: tuple[tuple[str, str], ...], *, was_trapped: bool) -> bool:
    """Whether a trap keeps the shell from running its last command in place of itself; ``was_trapped``: one was set."""
    if dialect == "busybox":
        return was_trapped
    return any(text or signal in ("EXIT", "ERR") for signal, text in traps)
