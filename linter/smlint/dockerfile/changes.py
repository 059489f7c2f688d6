"""What RUN commands can do to a file of the container, as values: to its mode, its content, that it is there at all."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from typing import Final, NamedTuple, TypeAlias

from smlint.container import (
    ABSENT,
    PERHAPS_REMOVED,
    UNRESOLVED,
    Absent,
    Fact,
    FileEntry,
    FileKind,
    Known,
    SimpleCommand,
    Unknown,
    Word,
)
from smlint.diagnostics import Location
from smlint.dockerfile.paths import name

#: What root's umask 022 leaves of 0666 and 0777.
NEW_FILE_MODE: Final = 0o644
NEW_DIRECTORY_MODE: Final = 0o755
_CLAUSE: Final = re.compile(r"([ugoa]*)([-+=])([rwxXst]*)")
_WHO: Final = {"u": 0o4700, "g": 0o2070, "o": 0o1007, "a": 0o7777}
_RIGHTS: Final = {"r": 0o444, "w": 0o222, "x": 0o111, "X": 0o111, "s": 0o6000, "t": 0o1000}
#: What all shells' echo and printf replace; with others, they differ.
_ESCAPES: Final = {
    "n": "\n",
    "t": "\t",
    "r": "\r",
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "v": "\v",
    "\\": "\\",
}


#: Parts of a word in which a shell looks for no files.
QUOTED: Final = re.compile(r"'[^']*'|\"(?:\\.|[^\"\\])*\"|\\.|\$[?*]", re.DOTALL)
_MENDS: Final = re.compile(r"s(.)(?:\\r|\\x0[dD]|\r)\+?\$?\1\1[gm]*")


Change: TypeAlias = Callable[[Fact[FileEntry]], Fact[FileEntry]]


class Mode(enum.Enum):
    """Where the mode of what arrives somewhere comes from."""

    #: From the source, to the bit.
    COPIED = enum.auto()
    #: From what stands there already, else from the source, as far as the umask lets it.
    WRITTEN = enum.auto()
    #: From what stands there already, else the one of every new file.
    NOT_COPIED = enum.auto()
    #: COPIED or WRITTEN: GNU cp and BusyBox do different things with ``--remove-destination``.
    EITHER = enum.auto()


class CopiedFrom(NamedTuple):
    """What stands at the path came from another one, as that was before the command."""

    path: str
    #: The mode it was given on the way, as chmod takes it.
    mode: str | None = None
    how: Mode = Mode.COPIED


class LinkTo(NamedTuple):
    """The path is a symbolic link; it is followed when somebody looks, not when it is made."""

    path: str


class Changed(NamedTuple):
    """What stood at the path before is still there, changed."""

    change: Change


class Removed(NamedTuple):
    """Nothing stands at the path any more."""


class Opaque(NamedTuple):
    """The command may have done anything to the path."""

    reason: str


Effect: TypeAlias = CopiedFrom | LinkTo | Changed | Removed | Opaque


def changed_mode(mode: int | None, written: str) -> int | None:
    """``mode`` after ``chmod written``; None where that is not known.

    Of a file whose mode is not known, only a right that is given for certain is known afterwards: ``+x`` makes it
    executable whatever it was.
    """
    if re.fullmatch(r"[0-7]{1,5}", written):
        return int(written, 8) & 0o7777
    clauses = [_CLAUSE.fullmatch(clause) for clause in written.split(",")]
    if mode is None and not re.search(r"(?:^|,)(?:[ugo]*[ua][ugoa]*)?[+=][rwst]*x", written):
        return None
    result = NEW_FILE_MODE if mode is None else mode
    for clause in clauses:
        if clause is None:
            return None
        who, operator, letters = clause.groups()
        # Without "who", the umask spares the others' right to write; "=" takes that away too.
        mask = 0o7755 if not who else 0
        for each in who:
            mask |= _WHO[each]
        rights = 0
        for letter in letters:
            if letter != "X" or result & 0o111:
                rights |= _RIGHTS[letter]
        result = _with_rights(result, operator, rights & mask, mask if who else 0o7777)
    return result


def _with_rights(mode: int, operator: str, rights: int, mask: int) -> int:
    if operator == "+":
        return mode | rights
    if operator == "-":
        return mode & ~rights
    return (mode & ~mask) | rights


def with_mode(written: str | None) -> Change:
    """``chmod``; None stands for a mode, or a set of files, that is not known."""

    def change(before: Fact[FileEntry]) -> Fact[FileEntry]:
        if not isinstance(before, Known):
            return before
        entry = before.value
        mode = None if written is None else changed_mode(entry.mode, written)
        if entry.kind is FileKind.DIRECTORY:
            # What is given to a mode that is not known is enough to know of a program, and only of that.
            is_unknown = entry.mode is None and not (written or "").isdigit()
            # GNU chmod leaves the set-id bits of directories where they are not named; BusyBox takes them away.
            if is_unknown or (entry.mode or 0) & ~(mode or 0) & 0o6000:
                mode = None
        return Known(entry._replace(mode=mode), before.location)

    return change


def copied_onto(old: Fact[FileEntry], how: Mode) -> Change:
    """``cp`` to where ``old`` stood."""

    def change(source: Fact[FileEntry]) -> Fact[FileEntry]:
        if not isinstance(source, Known):
            return source
        mode = source.value.mode
        arrives = _written_mode(source.value, old, how)
        if how is Mode.EITHER and arrives != mode:
            arrives = None
        return Known(source.value._replace(mode=arrives), source.location)

    return change


def _written_mode(source: FileEntry, old: Fact[FileEntry], how: Mode) -> int | None:
    if not isinstance(old, Absent):
        return old.value.mode if isinstance(old, Known) else None
    if how is Mode.NOT_COPIED:
        return NEW_DIRECTORY_MODE if source.kind is FileKind.DIRECTORY else NEW_FILE_MODE
    # GNU cp takes the set-id bits away from a new file, BusyBox leaves them.
    return None if source.mode is None or source.mode & 0o7000 else source.mode & NEW_DIRECTORY_MODE


def written(path: str, content: str | None, location: Location, *, append: bool) -> Change:
    """A redirection into ``path``; ``content`` is None where it is not known what was written."""

    def change(before: Fact[FileEntry]) -> Fact[FileEntry]:
        if isinstance(before, Known) and before.value.kind is FileKind.DIRECTORY:
            return before
        new = None if content is None else content.encode()
        mode: int | None = None
        if isinstance(before, Absent):
            mode = NEW_FILE_MODE
        elif isinstance(before, Known):
            mode = before.value.mode
            if append:
                old = before.value.content
                new = None if old is None or new is None else old + new
        elif append:
            new = None
        size = None if new is None or UNRESOLVED.encode() in new else len(new)
        return Known(FileEntry(path, FileKind.FILE, location, mode, size, new), location)

    return change


def touched(path: str, location: Location) -> Change:
    """``touch``: an empty file where there was none."""

    def change(before: Fact[FileEntry]) -> Fact[FileEntry]:
        if isinstance(before, Known):
            return before
        if isinstance(before, Absent):
            return Known(FileEntry(path, FileKind.FILE, location, NEW_FILE_MODE, 0, b""), location)
        return Known(FileEntry(path, FileKind.FILE, location), location)

    return change


def made_directory(
    path: str, location: Location, written: str | None = None, *, always: bool = False
) -> Change:
    """``mkdir -p``; ``written`` is the mode that a new directory is given, with ``always`` also one that was there."""

    def change(before: Fact[FileEntry]) -> Fact[FileEntry]:
        if isinstance(before, Known) and (before.value.kind is FileKind.FILE or not always):
            return before
        mode = None
        if isinstance(before, Absent) or always:
            mode = NEW_DIRECTORY_MODE if written is None else changed_mode(None, written)
        return Known(FileEntry(path, FileKind.DIRECTORY, location, mode), location)

    return change


def perhaps_made(reason: str) -> Change:
    """A step that may have put something where nothing was."""

    def change(before: Fact[FileEntry]) -> Fact[FileEntry]:
        return Unknown(reason) if isinstance(before, Absent) else before

    return change


def only(kind: FileKind, change: Change) -> Change:
    """``change`` where there is a file, or a directory."""

    def changed(before: Fact[FileEntry]) -> Fact[FileEntry]:
        other = isinstance(before, Known) and before.value.kind is not kind
        return before if other else change(before)

    return changed


def perhaps(change: Change) -> Change:
    """``change`` that may or may not have been made: what is known is what holds either way."""

    def changed(before: Fact[FileEntry]) -> Fact[FileEntry]:
        after = change(before)
        if not (isinstance(before, Known) and isinstance(after, Known)):
            return before if before == after else Unknown("a RUN changes it under a condition")
        old, new = before.value, after.value
        if old.kind is not new.kind:
            return Unknown("a RUN changes it under a condition")
        same = old.content == new.content
        merged = new._replace(
            mode=old.mode if old.mode == new.mode else None,
            size=old.size if same else None,
            content=old.content if same else None,
        )
        return Known(merged, after.location)

    return changed


def removed(before: Fact[FileEntry]) -> Fact[FileEntry]:
    """Nothing is there any more."""
    return ABSENT


def perhaps_removed(before: Fact[FileEntry]) -> Fact[FileEntry]:
    """Nothing may be there any more."""
    return before if isinstance(before, Absent) else PERHAPS_REMOVED


def unless_it_failed(change: Change) -> Change:
    """``change`` by a command that may have failed where nothing was: in a directory that is not there."""

    def changed(before: Fact[FileEntry]) -> Fact[FileEntry]:
        return (change if isinstance(before, Known) else perhaps(change))(before)

    return changed


def mends_line_ends(script: str) -> bool:
    """Whether sed's ``script`` takes carriage returns away and does nothing else."""
    return _MENDS.fullmatch(script) is not None


def rewritten(before: Fact[FileEntry]) -> Fact[FileEntry]:
    """The content is another one now."""
    if not isinstance(before, Known):
        return before
    return Known(before.value._replace(content=None, size=None), before.location)


def without_carriage_returns(before: Fact[FileEntry]) -> Fact[FileEntry]:
    """``dos2unix``, ``sed -i 's/\\r$//'``."""
    if not isinstance(before, Known) or before.value.content is None:
        return rewritten(before)
    content = before.value.content.replace(b"\r\n", b"\n").removesuffix(b"\r")
    return Known(before.value._replace(content=content, size=len(content)), before.location)


def output(command: SimpleCommand) -> str | None:
    """What ``command`` writes on standard output, where its words say so; lines may hold UNRESOLVED among other text."""
    text = _output(command)
    # A line of which nothing is known may be many.
    return None if text is not None and UNRESOLVED in text.split("\n") else text


def _output(command: SimpleCommand) -> str | None:
    words = [word.text for word in command.words]
    program, arguments = name(words[0]), words[1:]
    if any(map(_names_files, command.words)):
        return None
    if program in (":", "true"):
        return ""
    if program == "cat" and not arguments:
        return command.stdin
    if program == "echo":
        return _echoed(arguments)
    return _printed(arguments) if program == "printf" else None


def _names_files(word: Word) -> bool:
    """Whether a shell looks for files, or for a home directory, to find out what ``word`` is."""
    if word.written is None:
        return re.fullmatch(r"~.*|\S*[*?]\S*", word.text) is not None
    return re.search(r"[*?]|^~", QUOTED.sub("", word.written)) is not None


def _echoed(arguments: list[str]) -> str | None:
    newline, escapes = "\n", False
    while arguments and re.fullmatch(r"-[neE]+", arguments[0]):
        newline = "" if "n" in arguments[0] else newline
        escapes = escapes or "e" in arguments[0]
        arguments = arguments[1:]
    text = " ".join(arguments)
    if "\\" not in text:
        return text + newline
    # Without -e it depends on the shell: dash unescapes, bash does not.
    unescaped = _unescaped(text) if escapes else None
    return None if unescaped is None else unescaped + newline


def _printed(arguments: list[str]) -> str | None:
    if arguments[:1] == ["--"]:
        arguments = arguments[1:]
    if not arguments:
        return None
    template, values = arguments[0], arguments[1:]
    slots = len(re.findall("%s", template))
    if template.replace("%%", "").replace("%s", "").count("%") or (slots == 0 and values):
        return None
    unescaped = _unescaped(template.replace("%%", "\0"))
    if unescaped is None:
        return None
    plain = unescaped.replace("\0", "%")
    if not slots:
        return plain
    pieces = plain.split("%s")
    rounds = [values[at : at + slots] for at in range(0, len(values), slots)] or [[]]
    return "".join(
        "".join(
            piece + value for piece, value in zip(pieces, [*(each + [""] * slots)[:slots], ""], strict=True)
        )
        for each in rounds
    )


def _unescaped(text: str) -> str | None:
    """``text`` without its escapes; None where it depends on the shell."""
    if any(each not in _ESCAPES for each in re.findall(r"\\(.)", text, flags=re.DOTALL)):
        return None
    return re.sub(r"\\(.)", lambda match: _ESCAPES[match.group(1)], text)
