"""What BuildKit's parser says of a Dockerfile, and where smlint says something else.

The oracle is the package ``dockerfile``, which is BuildKit 0.12.5's parser. It does the parser stage alone, so it is
compared with :func:`smlint.dockerfile.instructions.read_dockerfile`; the grammar has its own tests.
"""

from __future__ import annotations

import contextlib
import enum
from types import ModuleType
from typing import Final, NamedTuple
from unittest import mock

import dockerfile

from smlint.dockerfile import directives, heredocs, parse, words
from smlint.dockerfile.errors import DockerfileSyntaxError
from smlint.dockerfile.grammar import KEYWORDS
from smlint.dockerfile.instructions import Instruction, read_dockerfile
from smlint.dockerfile.reader import upper_keyword
from smlint.dockerfile.words import SPACE

_STRICT: Final = words.JSON


class _LenientDecoder:
    """Reads a JSON value and does not look at what follows it."""

    def decode(self, text: str) -> object:
        return _STRICT.raw_decode(text)[0]


class _SeparateWords(heredocs.Lexer):
    """Keeps the word before a ``${…}`` while it reads the words inside."""

    def _read(self, stop: str, raw_escapes: bool) -> tuple[str, list[str]]:
        outer, self._word = self._word, []
        try:
            return super()._read(stop, raw_escapes)
        finally:
            self._word = outer


_read_flags: Final = words.read_flags


#: Where newer BuildKits differ from 0.12.5 they are right. Each row makes smlint behave as 0.12.5 did, so that
#: everything else can still be compared.
#:
#: - ``# check=`` is a parser directive: other directives may follow it, and it may stand only once. Before, it was a
#:   comment like any other and ended the directives.
#: - ``#`` and the name of a directive may have any space between them, also one that is not ASCII.
#: - ``${X#p}``, ``${X%p}`` and ``${X/p/r}`` are substitutions. Before, a line with one of them had no heredocs.
#: - A word is forgotten up to a substitution with a word in it: ``<<A${X:-y}`` opens no heredoc.
#: - The escape directive holds in flags too. Before, the backslash was the escape character there.
#: - ``<< A`` is a heredoc as ``<<A`` is.
#: - ``["a"] b`` is no exec form. Before, what followed the closing bracket was dropped.
DIFFERENCES: Final[tuple[tuple[ModuleType, str, object], ...]] = (
    (directives, "NAMES", directives.NAMES - {"check"}),
    (directives, "INDENT", "\t\n\f\r "),
    (heredocs, "SUBSTITUTIONS", heredocs.SUBSTITUTIONS - {"#", "%", "/"}),
    (heredocs, "Lexer", _SeparateWords),
    (words, "read_flags", lambda text, _: _read_flags(text, "\\")),
    (heredocs, "BLANKS", ""),
    (words, "JSON", _LenientDecoder()),
)


class Seen(NamedTuple):
    """One instruction as far as both sides tell it."""

    keyword: str
    deferred_keyword: str | None
    json: bool
    text: str
    start_line: int
    end_line: int
    flags: tuple[str, ...]
    values: tuple[str, ...]
    heredocs: tuple[tuple[str, str], ...]


class Refused(NamedTuple):
    """The file is refused, and why."""

    reason: str


def expected(text: str) -> list[Seen] | Refused | None:
    """What BuildKit makes of ``text``; None when it cut a character into bytes, which Python cannot be shown."""
    try:
        commands = dockerfile.parse_string(text)
    except dockerfile.GoParseError as error:
        return Refused(str(error))
    except UnicodeDecodeError:
        return None
    return [
        Seen(
            upper_keyword(command.cmd or ""),
            command.sub_cmd and upper_keyword(command.sub_cmd),
            command.json,
            (command.original or "").partition("\n")[0].strip(SPACE),
            command.start_line,
            command.end_line,
            command.flags,
            command.value,
            tuple((each.name, each.content) for each in command.heredocs),
        )
        for command in commands
    ]


def actual(text: str) -> list[Seen] | Refused:
    """What smlint makes of ``text``, said in the oracle's words."""
    with contextlib.ExitStack() as stack:
        for module, name, former in DIFFERENCES:
            stack.enter_context(mock.patch.object(module, name, former))
        try:
            return [_seen(instruction) for instruction in read_dockerfile(text).instructions]
        except DockerfileSyntaxError as error:
            return Refused(str(error))


def _seen(instruction: Instruction) -> Seen:
    # The oracle shows the inner instruction of an ONBUILD, but neither its flags nor its heredocs.
    inner = instruction.onbuild or instruction
    heredocs = () if instruction.keyword == "ONBUILD" else instruction.heredocs
    nested = inner is not instruction and inner.keyword == "ONBUILD" and inner.value
    # The oracle hands its strings over as C strings, so they end at a NUL.
    values = tuple(argument.text.partition("\0")[0] for argument in inner.arguments)
    return Seen(
        instruction.keyword,
        instruction.onbuild and instruction.onbuild.keyword,
        inner.exec_form is not None,
        instruction.text,
        instruction.start_line,
        instruction.end_line,
        tuple(
            f"--{flag.name}" if flag.value is None else f"--{flag.name}={flag.value}"
            for flag in instruction.flags
        ),
        values if inner.keyword in KEYWORDS and not nested else ("",),
        tuple((each.name, each.content) for each in heredocs),
    )


class Verdict(enum.Enum):
    """How the two readings of a file relate."""

    AGREES = "agrees"
    BOTH_REFUSE = "refused"
    DISAGREES = "disagrees"
    #: The oracle's own boundary is in the way: it cannot hand over NULs, nor characters that BuildKit cut in two.
    NOT_COMPARED = "not compared"


def compare(text: str) -> tuple[Verdict, str]:
    """How smlint's reading of ``text`` relates to BuildKit's, and the first difference (or "")."""
    if "\0" in text:
        return Verdict.NOT_COMPARED, ""
    theirs, ours = expected(text), actual(text)
    if theirs is None:
        return Verdict.NOT_COMPARED, ""
    if isinstance(theirs, Refused):
        # Inside an ONBUILD of an ONBUILD smlint does not look: the grammar refuses it whatever it holds.
        if isinstance(ours, Refused) or _is_refused(text):
            return Verdict.BOTH_REFUSE, ""
        return Verdict.DISAGREES, f"BuildKit: {theirs}\nsmlint accepts it"
    if isinstance(ours, Refused):
        return Verdict.DISAGREES, f"BuildKit accepts it\nsmlint:   {ours}"
    for their, our in zip(theirs, ours, strict=False):
        if their != our:
            return Verdict.DISAGREES, f"BuildKit: {their}\nsmlint:   {our}"
    if len(theirs) != len(ours):
        return Verdict.DISAGREES, f"BuildKit: {len(theirs)} instructions\nsmlint:   {len(ours)} instructions"
    return Verdict.AGREES, ""


def difference(text: str) -> str:
    """The first thing that smlint and BuildKit see differently in ``text``, or "" where they agree."""
    return compare(text)[1]


def _is_refused(text: str) -> bool:
    try:
        parse(text)
    except DockerfileSyntaxError:
        return True
    return False
