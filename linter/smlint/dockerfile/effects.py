"""What one simple command of a RUN does to one path of the container.

Only commands whose effect can be read from their words are understood. For the others the answer errs towards "cannot
be known" when they name the path, and towards "nothing" when they do not: ``pip install`` does not rewrite the script
that was copied before it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from smlint.container import UNRESOLVED, SimpleCommand
from smlint.dockerfile import changes
from smlint.dockerfile.changes import Changed, CopiedFrom, Effect, LinkTo, Mode, Opaque, Removed
from smlint.dockerfile.links import led_to
from smlint.dockerfile.operands import (
    IsDirectory,
    Match,
    Operands,
    has_wildcard,
    match,
    match_above,
    pattern,
    strongest,
)
from smlint.dockerfile.paths import is_directory_name, join, name, within
from smlint.dockerfile.programs import READERS
from smlint.dockerfile.sweeps import found_by_find, given_by_xargs

#: Redirections of standard output.
_STANDARD_OUTPUT: Final = frozenset((">", ">>", ">|", ">&", "&>", "&>>"))
_INTERPRETERS: Final = re.compile(r"(?:ba|da|z|k|a)?sh|python[\d.]*|perl|ruby|node|Rscript|source|\.")


def changers(commands: Iterable[SimpleCommand], *, literal: bool = False) -> Iterator[Operands]:
    """The commands, freed of their wrappers, that may change files at all; ``literal``: no shell has read them."""
    for command in commands:
        operands = Operands.of(command, literal=literal)
        if operands.program not in READERS or any(">" in redirect.operator for redirect in command.redirects):
            yield operands


def effect(operands: Operands, path: str, is_directory: IsDirectory) -> Effect | None:
    """What a command, freed of its wrappers, does to ``path`` (absolute, known); None for nothing.

    ``is_directory`` says whether a path is a directory when the command runs.
    """
    written = _redirected(operands.command, path)
    if written is not None:
        return written
    return _HANDLERS.get(operands.program, _other)(operands, path, is_directory) if operands.program else None


def _redirected(command: SimpleCommand, path: str) -> Effect | None:
    captured = [each.operator for each in command.redirects if each.operator in _STANDARD_OUTPUT]
    for redirect in command.redirects:
        if ">" not in redirect.operator or redirect.operator.endswith(">&"):
            continue
        target = pattern(redirect.target)
        found = match(target, command.directory, path)
        # What dash makes of wildcards is not what bash does.
        if found is Match.PERHAPS or (found is Match.YES and has_wildcard(target)):
            return Opaque(f"a RUN may write it ({_shown(redirect.target.text)})")
        if found is Match.YES:
            append = redirect.operator.endswith(">>")
            # "2>" gets something else, "a > b > c" nothing; what dash makes of "&>" is not what bash does.
            alone = captured == [redirect.operator] and redirect.operator[0] == ">"
            output = changes.output(command) if alone else None
            return Changed(changes.written(path, output, command.location, append=append))
    return None


def _chmod(operands: Operands, path: str, is_directory: IsDirectory) -> Effect | None:
    # "chmod -x file" takes a right away; "-x" is no option.
    words = [word for word in operands.words if not re.fullmatch(r"-[Rvcf]+|--\w[\w-]*", word)]
    if not words:
        return None
    mode, *files = words
    recursive = operands.has("R", "--recursive")
    found = strongest(_touched(each, operands, path, recursive=recursive) for each in files)
    if found is Match.NO:
        return None
    return Changed(changes.with_mode(mode if found is Match.YES and UNRESOLVED not in mode else None))


def _remove(operands: Operands, path: str, is_directory: IsDirectory) -> Effect | None:
    recursive = operands.has("r", "R", "--recursive")
    # rm refuses to take the directory away in which it runs.
    files = [each for each in operands.files if name(each) not in (".", "..")]
    found = strongest(_touched(each, operands, path, recursive=recursive) for each in files)
    if found is Match.PERHAPS:
        return Opaque(f"{operands.program} may have removed it")
    return Removed() if found is Match.YES else None


def _copy(operands: Operands, path: str, is_directory: IsDirectory) -> Effect | None:
    sources, target = operands.sources_and_target()
    if target is None:
        return None
    destination = join(operands.directory, target)
    into = _is_into(operands, sources, target, destination, path, is_directory)
    for source in reversed(sources):
        found = _copied(source, destination, operands, path, into=into)
        if found is not None:
            return found
    return None


def _is_into(
    operands: Operands,
    sources: list[str],
    target: str,
    destination: str,
    path: str,
    is_directory: IsDirectory,
) -> bool | None:
    """Whether files go into ``destination`` under their own names; None where nobody knows."""
    if len(sources) > 1 or is_directory_name(target) or operands.target is not None:
        return True
    if operands.has("T", "--no-target-directory"):
        return False
    # Elsewhere it does not matter, and the answer may cost a look at all that was before.
    return is_directory(destination) if within(path, destination) is not None else None


def _cp(operands: Operands, path: str, is_directory: IsDirectory) -> Effect | None:
    found = _copy(operands, path, is_directory)
    if not isinstance(found, CopiedFrom):
        return found
    if operands.has("--parents"):
        return Opaque("cp may have put it there")
    if operands.has("n", "u", "i", "s", "--no-clobber", "--update", "--interactive", "--symbolic-link"):
        return Opaque("cp may have left what was there, or made a link")
    if operands.has("--attributes-only"):
        return Opaque("cp may have changed its mode")
    return found._replace(how=_mode_of_copy(operands))


def _mode_of_copy(operands: Operands) -> Mode:
    preserved = [value for option, value in operands.pairs() if option == "--preserve" and value]
    if operands.has("p", "a", "--archive") or "--preserve" in operands.words:
        return Mode.COPIED
    if any(each in ("mode", "all") for value in preserved for each in value.split(",")):
        return Mode.COPIED
    # The file that stood there is put aside, or linked to instead of written.
    if operands.has("b", "l", "--backup", "--link"):
        return Mode.COPIED
    if operands.has("--no-preserve"):
        return Mode.NOT_COPIED
    return Mode.EITHER if operands.has("--remove-destination") else Mode.WRITTEN


def _copied(
    source: str, destination: str, operands: Operands, path: str, *, into: bool | None
) -> Effect | None:
    if UNRESOLVED in destination or UNRESOLVED in source:
        if match_above(destination, "/", path) is Match.NO:
            return None
        return Opaque(f"{operands.program} may have put it there from {_shown(source)}")
    rest = within(path, destination)
    if rest is None:
        return None
    where = join(operands.directory, source)
    first, _, further = rest.partition("/")
    is_content = name(source) in (".", "..")
    named = into is not False and not is_content and bool(rest)
    if named and match(f"/{name(where)}", "/", f"/{first}") is Match.YES:
        # The destination was a directory; if it was not known to be one, that it now holds the name says so.
        found = join(where.rpartition("/")[0], first)
        return CopiedFrom(f"{found}/{further}" if further else found)
    if into and not is_content:
        return None
    if has_wildcard(where):
        return Opaque(f"{operands.program} may have put it there from {source}")
    return CopiedFrom(f"{where.rstrip('/')}/{rest}" if rest else where)


def _move(operands: Operands, path: str, is_directory: IsDirectory) -> Effect | None:
    arrived = _copy(operands, path, is_directory)
    if arrived is not None and operands.has("n", "u", "i", "--no-clobber", "--update", "--interactive"):
        return Opaque("mv may have left what was there")
    if arrived is not None:
        return arrived
    sources, _ = operands.sources_and_target()
    found = strongest(_touched(source, operands, path, recursive=True) for source in sources)
    uncertain = operands.has("n", "u", "i", "--no-clobber", "--update", "--interactive")
    if found is Match.PERHAPS or (found is Match.YES and uncertain):
        return Opaque("mv may have taken it away")
    return Removed() if found is Match.YES else None


def _link(operands: Operands, path: str, is_directory: IsDirectory) -> Effect | None:
    sources, target = operands.sources_and_target()
    if target is None:
        sources, target = operands.files, "."
    destination = join(operands.directory, target)
    into = _is_into(operands, sources, target, destination, path, is_directory)
    for source in sources:
        link = f"{destination.rstrip('/')}/{name(source)}" if into else destination
        found = match_above(link, "/", path)
        if found is Match.PERHAPS or (found is Match.YES and UNRESOLVED in source):
            return Opaque(f"it may be a link to {_shown(source)}")
        rest = within(path, link)
        if rest is None:
            continue
        where = led_to(link, source, operands)
        where = f"{where}/{rest}" if rest else where
        return LinkTo(where) if operands.has("s", "--symbolic") else CopiedFrom(where)
    return None


def _install(operands: Operands, path: str, is_directory: IsDirectory) -> Effect | None:
    if operands.has("d", "--directory"):
        return _make_directory(operands, path, is_directory)
    found = _copy(operands, path, is_directory)
    if not isinstance(found, CopiedFrom):
        return found
    return found._replace(mode=_mode_of_new(operands) or "755")


def _mode_of_new(operands: Operands) -> str | None:
    """The mode that install and mkdir are given, in octal digits; UNRESOLVED where nobody knows what it means."""
    given = [value for option, value in operands.pairs() if re.fullmatch(r"-\w*m|--mode", option)]
    # "-m755", "-Dm755": the value is a part of the word.
    given += [word.rpartition("m")[2] for word in operands.words if re.fullmatch(r"-[A-Za-z]*m[0-7]+", word)]
    if not given:
        return None
    # GNU install begins with no rights, BusyBox with 0755.
    modes = {changes.changed_mode(mode, given[-1]) for mode in (0, 0o755)}
    mode = modes.pop() if len(modes) == 1 else None
    return UNRESOLVED if mode is None else f"{mode:o}"


def _make_directory(operands: Operands, path: str, is_directory: IsDirectory) -> Effect | None:
    mode = _mode_of_new(operands)
    for each in operands.files:
        made = join(operands.directory, each)
        rest = None if UNRESOLVED in made else within(made, path)
        if rest is not None:
            location = operands.command.location
            # What is made on the way to it gets the usual mode; install gives it also to what was there.
            always = operands.program == "install" and not rest
            return Changed(changes.made_directory(path, location, None if rest else mode, always=always))
    return None


def _touch(operands: Operands, path: str, is_directory: IsDirectory) -> Effect | None:
    if operands.has("c", "--no-create"):
        return None
    # A wildcard means files that are there.
    named = [each for each in operands.files if not has_wildcard(each)]
    if strongest(match(each, operands.directory, path) for each in named) is Match.YES:
        return Changed(changes.touched(path, operands.command.location))
    return None


def _sed(operands: Operands, path: str, is_directory: IsDirectory) -> Effect | None:
    if not any(re.match(r"-[nErsuz]*i|--in-place", word) for word in operands.words):
        return None
    if strongest(match(each, operands.directory, path) for each in operands.words) is Match.NO:
        return None
    scripts = [word for word in operands.words if re.match(r"[sydc/0-9$]", word) and "/" in word + "/"]
    mends = any(map(changes.mends_line_ends, scripts)) and len(operands.files) <= 2
    silent = any(re.match(r"-[Ersuz]*n|--quiet|--silent", word) for word in operands.words)
    return Changed(changes.without_carriage_returns if mends and not silent else changes.rewritten)


def _sort(operands: Operands, path: str, is_directory: IsDirectory) -> Effect | None:
    return _other(operands, path, is_directory) if operands.has("o", "--output") else None


def _line_ends(operands: Operands, path: str, is_directory: IsDirectory) -> Effect | None:
    if strongest(match(each, operands.directory, path) for each in operands.files) is Match.NO:
        return None
    simple = operands.program == "dos2unix" and not operands.has("n", "--newfile")
    return Changed(changes.without_carriage_returns if simple else changes.rewritten)


def _tee(operands: Operands, path: str, is_directory: IsDirectory) -> Effect | None:
    if strongest(match(each, operands.directory, path) for each in operands.files) is Match.NO:
        return None
    append = operands.has("a", "--append")
    command = operands.command
    return Changed(changes.written(path, command.stdin, command.location, append=append))


def _download(operands: Operands, path: str, is_directory: IsDirectory) -> Effect | None:
    outputs = {"curl": ("-o", "--output"), "wget": ("-O", "--output-document")}[operands.program]
    given = [value for option, value in operands.pairs() if option in outputs]
    found = strongest(match(value, operands.directory, path) for value in given)
    if found is Match.YES:
        return Changed(changes.written(path, None, operands.command.location, append=False))
    if given and found is Match.NO and not operands.has("--output-dir"):
        return None
    return _fills(operands, path, is_directory)


def _fills(operands: Operands, path: str, is_directory: IsDirectory) -> Effect | None:
    """Programs that unpack or fetch many files: what was copied before stays, what was not there may be now."""
    places = [operands.directory, *(value for _, value in operands.pairs()), *operands.files]
    if strongest(match_above(each, operands.directory, path) for each in places) is Match.NO:
        return None
    return Changed(changes.perhaps_made(f"{operands.program} may have made it"))


def _other(operands: Operands, path: str, is_directory: IsDirectory) -> Effect | None:
    program = operands.program
    if program in READERS:
        return None
    words = operands.words
    if _INTERPRETERS.fullmatch(program) and words:
        # The first file is run, not changed.
        first = next((at for at, word in enumerate(words) if not word.startswith("-")), 0)
        words = words[first + 1 :]
    for word in words:
        # "--output=file", "of=file".
        values = {word.partition("=")[2], "" if word.startswith("-") else word} - {""}
        if any(match(value, operands.directory, path) is Match.YES for value in values):
            return Opaque(f"{_shown(program)} may have changed it")
    return None


def _touched(word: str, operands: Operands, path: str, *, recursive: bool) -> Match:
    return (match_above if recursive else match)(word, operands.directory, path)


def _shown(text: str) -> str:
    return text.replace(UNRESOLVED, "…")


_HANDLERS: Final[dict[str, Callable[[Operands, str, IsDirectory], Effect | None]]] = {
    "aws": _fills,
    "chmod": _chmod,
    "cp": _cp,
    "curl": _download,
    "dos2unix": _line_ends,
    "find": found_by_find,
    "git": _fills,
    "gsutil": _fills,
    "install": _install,
    "ln": _link,
    "mkdir": _make_directory,
    "mv": _move,
    "rm": _remove,
    "rmdir": _remove,
    "rsync": _fills,
    "scp": _fills,
    "sed": _sed,
    "sort": _sort,
    "svn": _fills,
    "tar": _fills,
    "tee": _tee,
    "touch": _touch,
    "unix2dos": _line_ends,
    "unlink": _remove,
    "unzip": _fills,
    "wget": _download,
    "xargs": given_by_xargs,
}
