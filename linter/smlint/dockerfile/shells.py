"""What the default shell of an image makes of words that dash and bash read differently: nobody knows which it is."""

from __future__ import annotations

import re
from typing import Final

from smlint.container import UNRESOLVED, SimpleCommand, Word
from smlint.dockerfile.paths import name

_BRACES: Final = re.compile(r"(?<!\$)\{[^{}\s]*(?:,|\.\.)[^{}\s]*\}")
_QUOTED: Final = re.compile(r"'[^']*'|\"(?:\\.|[^\"\\])*\"|\\.|\$\{[^{}]*\}", re.DOTALL)
#: Programs that do their work whatever files there are.
_SUCCEEDS: Final = frozenset(("echo", "install", "mkdir", "printf", "rm", "tee", "touch"))
_ECHO_OPTION: Final = re.compile(r"-[neE]*[eE][neE]*")


def in_any_shell(command: SimpleCommand) -> SimpleCommand:
    """``command`` with UNRESOLVED where dash and bash differ: braces, and what ``echo -e`` writes."""
    words = command.words
    if len(words) > 1 and name(words[0].text) == "echo" and _ECHO_OPTION.fullmatch(words[1].text):
        return command._replace(words=(words[0], words[1]._replace(text=UNRESOLVED)))
    # Others fail where there is no file of the name with the braces in it.
    if words and name(words[0].text) in _SUCCEEDS and any(map(_expands, words)):
        return command._replace(words=tuple(map(_without_braces, words)))
    return command


def _expands(word: Word) -> bool:
    written = word.written
    return written is not None and "{" in written and _BRACES.search(_QUOTED.sub("", written)) is not None


def _without_braces(word: Word) -> Word:
    if not _expands(word):
        return word
    written = word.written or ""
    # With quotes, variables or escapes in it, what stands beside the braces is more than its text.
    if re.search(r"['\"$\\]", written):
        return word._replace(text=UNRESOLVED)
    return word._replace(text=written[: written.index("{")] + UNRESOLVED + written[written.rindex("}") + 1 :])
