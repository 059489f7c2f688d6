"""Programs that only run another one, as they appear in RUN lines: which of their words come before that program.

What launchers do to signals and arguments is another matter (:mod:`smlint.launch`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from smlint.container import UNRESOLVED, SimpleCommand, Word
from smlint.shell.state import ends_by_failure

_ASSIGNMENT: Final = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=(.*)", re.DOTALL)
_SHELLS: Final = frozenset(("sh", "bash", "dash", "ash", "zsh", "ksh"))


class Inner(NamedTuple):
    """Text that a shell runs. ``arguments`` are its ``$1`` …, None where they are not known."""

    text: Word
    arguments: tuple[Word, ...] | None
    #: Whether the shell is given ``-e``.
    errexit: bool = False


class _Options(NamedTuple):
    """How a wrapper's own words look: options with a word of their own, and words between options and program."""

    with_word: frozenset[str] = frozenset()
    operands: int = 0
    assignments: bool = False


def _options(text: str = "", operands: int = 0, *, assignments: bool = False) -> _Options:
    return _Options(frozenset(text.split()), operands, assignments)


# sudo(8), env(1), nice(1), timeout(1), ionice(1), stdbuf(1), chroot(1), taskset(1), xargs(1), time(1), bash(1).
_WRAPPERS: Final = {
    "sudo": _options(
        "-u --user -g --group -h --host -p --prompt -C --close-from -D --chdir -R --chroot -T "
        "--command-timeout -r --role -t --type -U --other-user",
        assignments=True,
    ),
    "doas": _options("-u -C"),
    "env": _options("-u --unset -C --chdir", assignments=True),
    "time": _options("-f --format -o --output"),
    "nice": _options("-n --adjustment"),
    "ionice": _options("-c --class -n --classdata"),
    "nohup": _options(),
    "setsid": _options(),
    "stdbuf": _options("-i --input -o --output -e --error"),
    "timeout": _options("-k --kill-after -s --signal", operands=1),
    "chroot": _options("--userspec --groups", operands=1),
    "xargs": _options(
        "-a --arg-file -d --delimiter -E -I -L --max-lines -n --max-args -P --max-procs -s --max-chars"
    ),
    "eatmydata": _options(),
    "retry": _options("-t --times -d --delay"),
    "exec": _options("-a"),
    "command": _options(),
    "builtin": _options(),
    "!": _options(),
}


def is_at_exit(words: Sequence[str]) -> bool:
    """Whether ``words`` are a ``trap`` that runs its text when the shell ends."""
    return words[0] == "trap" and not {"EXIT", "0"}.isdisjoint(words[2:])


def strip(command: SimpleCommand) -> SimpleCommand | Inner | None:
    """``command`` without its outermost wrapper; None when it has none, or when its options are not understood."""
    name = command.words[0].text.rpartition("/")[2]
    if name in _SHELLS or (name == "busybox" and len(command.words) > 1 and command.words[1].text in _SHELLS):
        return _shell_string(command.words[1 if name in _SHELLS else 2 :])
    if name == "eval":
        return _eval(command.words[1:])
    if name == "trap" and is_at_exit([word.text for word in command.words]):
        return Inner(command.words[1], None)
    if name == "su" or name == "runuser":
        return _su(command.words[1:])
    wrapper = _WRAPPERS.get(name)
    return None if wrapper is None else _behind(command, wrapper, _SPECIAL.get(name))


def _behind(
    command: SimpleCommand, wrapper: _Options, stops: Callable[[str], bool] | None
) -> SimpleCommand | None:
    words = command.words
    assignments = list(command.assignments)
    operands = wrapper.operands
    at = 1
    while at < len(words):
        text = words[at].text
        assignment = _ASSIGNMENT.fullmatch(text) if wrapper.assignments else None
        if text == "--":
            at += 1
            break
        if assignment is not None:
            word = words[at]
            assignments.append((assignment.group(1), Word(assignment.group(2), word.location)))
        elif len(text) > 1 and text.startswith("-"):
            if stops is not None and stops(text):
                return None
            at += text in wrapper.with_word
        else:
            break
        at += 1
    while at < len(words) and wrapper.assignments:
        assignment = _ASSIGNMENT.fullmatch(words[at].text)
        if assignment is None:
            break
        assignments.append((assignment.group(1), Word(assignment.group(2), words[at].location)))
        at += 1
    rest = words[at + operands :]
    if not rest:
        return None
    return command._replace(words=rest, assignments=tuple(assignments))


#: Options that make a wrapper do something else: ``command -v`` asks, ``env -S`` splits, ``sudo -l`` lists.
_SPECIAL: Final[dict[str, Callable[[str], bool]]] = {
    "command": lambda option: "v" in option.lower(),
    "env": lambda option: option.startswith(("-S", "--split-string", "-vS")),
    "sudo": lambda option: bool(re.fullmatch(r"-[a-zA-Z]*[leKkVv]|--(?:list|edit|version|validate)", option)),
}


def _shell_string(words: Sequence[Word]) -> Inner | None:
    at = 0
    is_string = False
    while at < len(words):
        text = words[at].text
        if text == UNRESOLVED or not text.startswith(("-", "+")) or len(text) < 2:
            break
        at += 1
        if text == "--":
            break
        if text.startswith("--"):
            at += text in ("--rcfile", "--init-file")
            continue
        is_string = is_string or (text[0] == "-" and "c" in text)
        at += sum(letter in "oO" for letter in text[1:])
    if not is_string or at >= len(words):
        return None
    options = [word.text for word in words[:at]]
    return Inner(words[at], tuple(words[at + 2 :]), ends_by_failure(options))


def _eval(words: Sequence[Word]) -> Inner | None:
    if not words or any(UNRESOLVED in word.text for word in words):
        return None
    return Inner(Word(" ".join(word.text for word in words), words[0].location), None)


def _su(words: Sequence[Word]) -> Inner | None:
    for at, word in enumerate(words[:-1]):
        if word.text in ("-c", "--command") or re.fullmatch(r"-[a-z]*c", word.text):
            return Inner(words[at + 1], None)
    return None
