"""What one simple command of a RUN does to one path of the container.

Only commands whose effect can be read from their words are understood. For the others the answer errs towards "cannot
be known" when they name the path, and towards "nothing" when they do not: ``pip install`` does not rewrite the script
that was copied before it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeAlias

from smlint.container import UNRESOLVED, SimpleCommand
from smlint.dockerfile import changes
from smlint.dockerfile.changes import Changed, CopiedFrom, Effect, LinkTo, Mode, Opaque, Removed
from smlint.dockerfile.operands import Match, Operands, match, match_above
from smlint.dockerfile.paths import is_directory_name, join, name, within

IsDirectory: TypeAlias = Callable[[str], bool]


_INTERPRETERS: Final = re.compile(r"(?:ba|da|z|k|a)?sh|python[\d.]*|perl|ruby|node|Rscript|source|\.")
# fmt: off
#: Programs that read the files they are given and leave them alone.
READERS: Final = frozenset((
    "cat", "ls", "test", "[", "[[", "grep", "egrep", "fgrep", "head", "tail", "stat", "file", "wc",
    "md5sum", "sha1sum", "sha256sum", "sha512sum", "cut", "sort", "diff", "cmp", "readlink", "realpath",
    "basename", "dirname", "which", "type", "echo", "printf", "cd", "pushd", "export", "set", "less",
    "more", "du", "df", "pip", "pip3", "conda", "mamba", "micromamba", "apt", "apt-get", "yum", "dnf",
    "apk", "dpkg", "rpm", "gem", "npm", "yarn", "uv", "poetry", "pipenv", "useradd", "adduser",
    "groupadd", "usermod", "chown", "chgrp", "setcap", "getcap", "ldconfig", "true", "false", "exit",
    "pytest", "shellcheck",
))
#: Programs that xargs may feed this file to, and that would change it.
CHANGERS: Final = frozenset((
    "bash", "chmod", "cp", "dos2unix", "ln", "mv", "patch", "perl", "python", "python3", "rename", "rm",
    "sed", "sh", "strip", "tee", "truncate", "unix2dos", "unlink",
))
#: Programs that change the mode or content of files that are there, or may make files of names that they do not say.
CHANGES_ONLY: Final = frozenset((
    "aws", "chmod", "dos2unix", "git", "gsutil", "rsync", "scp", "sed", "svn", "tar", "unix2dos", "unzip",
))
# fmt: on
_MENDS: Final = re.compile(r"s(.)(?:\\r|\^M|\\x0[dD]|\\015|\r)\+?\$?\1\1[gm]*")


def changers(commands: Iterable[SimpleCommand]) -> Iterator[Operands]:
    """The commands, freed of their wrappers, that may change files at all."""
    for command in commands:
        operands = Operands.of(command)
        if operands.program not in READERS or any(">" in redirect.operator for redirect in command.redirects):
            yield operands


def effect(operands: Operands, path: str, is_directory: IsDirectory) -> Effect | None:
    """What a command, freed of its wrappers, does to ``path`` (absolute, known); None for nothing.

    ``is_directory`` says whether a path certainly is a directory when the command runs.
    """
    written = _redirected(operands.command, path)
    if written is not None:
        return written
    return _HANDLERS.get(operands.program, _other)(operands, path, is_directory) if operands.program else None


def _redirected(command: SimpleCommand, path: str) -> Effect | None:
    for redirect in command.redirects:
        if ">" not in redirect.operator or redirect.operator.endswith(">&"):
            continue
        found = match(redirect.target.text, command.directory, path)
        if found is Match.PERHAPS:
            return Opaque(f"a RUN may write it ({_shown(redirect.target.text)})")
        if found is Match.YES:
            append = redirect.operator.endswith(">>")
            return Changed(changes.written(path, changes.output(command), command.location, append=append))
    return None


def _chmod(operands: Operands, path: str, is_directory: IsDirectory) -> Effect | None:
    # "chmod -x file" takes a right away; "-x" is no option.
    words = [word for word in operands.words if not re.fullmatch(r"-[Rvcf]+|--\w[\w-]*", word)]
    if not words:
        return None
    mode, *files = words
    recursive = operands.has("R", "--recursive")
    found = _strongest(_touched(each, operands, path, recursive=recursive) for each in files)
    if found is Match.NO:
        return None
    return Changed(changes.with_mode(mode if found is Match.YES and UNRESOLVED not in mode else None))


def _remove(operands: Operands, path: str, is_directory: IsDirectory) -> Effect | None:
    recursive = operands.has("r", "R", "--recursive")
    found = _strongest(_touched(each, operands, path, recursive=recursive) for each in operands.files)
    if found is Match.PERHAPS:
        return Opaque(f"{operands.program} may have removed it")
    return Removed() if found is Match.YES else None


def _copy(operands: Operands, path: str, is_directory: IsDirectory) -> Effect | None:
    sources, target = operands.sources_and_target()
    if target is None:
        return None
    destination = join(operands.directory, target)
    into = (
        len(sources) > 1
        or is_directory_name(target)
        or operands.target is not None
        or is_directory(destination)
    )
    for source in reversed(sources):
        found = _copied(source, destination, operands, path, into=into)
        if found is not None:
            return found
    return None


def _cp(operands: Operands, path: str, is_directory: IsDirectory) -> Effect | None:
    found = _copy(operands, path, is_directory)
    if not isinstance(found, CopiedFrom):
        return found
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


def _copied(source: str, destination: str, operands: Operands, path: str, *, into: bool) -> Effect | None:
    if UNRESOLVED in destination or UNRESOLVED in source:
        if match_above(destination, "/", path) is Match.NO:
            return None
        return Opaque(f"{operands.program} may have put it there from {_shown(source)}")
    rest = within(path, destination)
    if rest is None:
        return None
    where = join(operands.directory, source)
    first, _, further = rest.partition("/")
    if match(f"/{name(where)}", "/", f"/{first}") is Match.YES and not is_directory_name(source):
        # The destination was a directory; if it was not known to be one, that it now holds the name says so.
        found = join(where.rpartition("/")[0], first)
        return CopiedFrom(f"{found}/{further}" if further else found)
    if into and not is_directory_name(source):
        return None
    return CopiedFrom(f"{where.rstrip('/')}/{rest}" if rest else where)


def _move(operands: Operands, path: str, is_directory: IsDirectory) -> Effect | None:
    arrived = _copy(operands, path, is_directory)
    if arrived is not None and operands.has("n", "u", "i", "--no-clobber", "--update", "--interactive"):
        return Opaque("mv may have left what was there")
    if arrived is not None:
        return arrived
    sources, _ = operands.sources_and_target()
    found = _strongest(_touched(source, operands, path, recursive=True) for source in sources)
    uncertain = operands.has("n", "u", "i", "--no-clobber", "--update", "--interactive")
    if found is Match.PERHAPS or (found is Match.YES and uncertain):
        return Opaque("mv may have taken it away")
    return Removed() if found is Match.YES else None


def _link(operands: Operands, path: str, is_directory: IsDirectory) -> Effect | None:
    sources, target = operands.sources_and_target()
    if target is None:
        sources, target = operands.files, "."
    destination = join(operands.directory, target)
    into = len(sources) > 1 or is_directory_name(target) or operands.target is not None
    if not into and is_directory(destination) and not operands.has("n", "T", "--no-dereference"):
        into = True
    for source in sources:
        link = f"{destination.rstrip('/')}/{name(source)}" if into else destination
        found = match_above(link, "/", path)
        if found is Match.PERHAPS or (found is Match.YES and UNRESOLVED in source):
            return Opaque(f"it may be a link to {_shown(source)}")
        rest = within(path, link)
        if rest is None:
            continue
        symbolic = operands.has("s", "--symbolic")
        where = join(link.rpartition("/")[0] if symbolic else operands.directory, source)
        where = f"{where}/{rest}" if rest else where
        return LinkTo(where) if symbolic else CopiedFrom(where)
    return None


def _install(operands: Operands, path: str, is_directory: IsDirectory) -> Effect | None:
    if operands.has("d", "--directory"):
        return _make_directory(operands, path, is_directory)
    found = _copy(operands, path, is_directory)
    if not isinstance(found, CopiedFrom):
        return found
    mode = next((value for option, value in operands.pairs() if option in ("-m", "--mode")), "755")
    # "-m755", "-Dm755": the value is a part of the word.
    joined = next((word for word in operands.words if re.fullmatch(r"-\w*m[0-7]+", word)), None)
    return found._replace(mode=joined.rpartition("m")[2] if joined else mode)


def _make_directory(operands: Operands, path: str, is_directory: IsDirectory) -> Effect | None:
    for each in operands.files:
        made = join(operands.directory, each)
        if UNRESOLVED not in made and within(made, path) is not None:
            return Changed(changes.made_directory(path, operands.command.location))
    return None


def _touch(operands: Operands, path: str, is_directory: IsDirectory) -> Effect | None:
    if _strongest(match(each, operands.directory, path) for each in operands.files) is Match.YES:
        return Changed(changes.touched(path, operands.command.location))
    return None


def _sed(operands: Operands, path: str, is_directory: IsDirectory) -> Effect | None:
    if not any(re.match(r"-[nErsuz]*i|--in-place", word) for word in operands.words):
        return None
    if _strongest(match(each, operands.directory, path) for each in operands.words) is Match.NO:
        return None
    scripts = [word for word in operands.words if re.match(r"[sydc/0-9$]", word) and "/" in word + "/"]
    mends = any(_MENDS.fullmatch(script) for script in scripts) and len(operands.files) <= 2
    return Changed(changes.without_carriage_returns if mends else changes.rewritten)


def _line_ends(operands: Operands, path: str, is_directory: IsDirectory) -> Effect | None:
    if _strongest(match(each, operands.directory, path) for each in operands.files) is Match.NO:
        return None
    simple = operands.program == "dos2unix" and not operands.has("n", "--newfile")
    return Changed(changes.without_carriage_returns if simple else changes.rewritten)


def _tee(operands: Operands, path: str, is_directory: IsDirectory) -> Effect | None:
    if _strongest(match(each, operands.directory, path) for each in operands.files) is Match.NO:
        return None
    append = operands.has("a", "--append")
    command = operands.command
    return Changed(changes.written(path, command.stdin, command.location, append=append))


def _download(operands: Operands, path: str, is_directory: IsDirectory) -> Effect | None:
    outputs = {"curl": ("-o", "--output"), "wget": ("-O", "--output-document")}[operands.program]
    given = [value for option, value in operands.pairs() if option in outputs]
    found = _strongest(match(value, operands.directory, path) for value in given)
    if found is Match.YES:
        return Changed(changes.written(path, None, operands.command.location, append=False))
    if given and found is Match.NO and not operands.has("--output-dir"):
        return None
    return _fills(operands, path, is_directory)


def _fills(operands: Operands, path: str, is_directory: IsDirectory) -> Effect | None:
    """Programs that unpack or fetch many files: what was copied before stays, what was not there may be now."""
    places = [operands.directory, *(value for _, value in operands.pairs()), *operands.files]
    if _strongest(match_above(each, operands.directory, path) for each in places) is Match.NO:
        return None
    return Changed(changes.perhaps_made(f"{operands.program} may have made it"))


def _find(operands: Operands, path: str, is_directory: IsDirectory) -> Effect | None:
    words = operands.words
    start = next(
        (at for at, word in enumerate(words) if word.startswith("-") or word in ("(", "!")), len(words)
    )
    roots = words[:start] or ["."]
    found = _strongest(match_above(root, operands.directory, path) for root in roots)
    expression = words[start:]
    composed = any(word in ("-o", "-or", "!", "-not", "(") for word in expression)
    for test, value in itertools.pairwise(expression):
        if test == "-name" and not composed and match(f"/{value}", "/", f"/{name(path)}") is Match.NO:
            return None
    if found is Match.NO:
        return None
    if "-delete" in expression:
        return Opaque("find may have deleted it")
    executed = next((at for at, word in enumerate(expression) if word in ("-exec", "-execdir", "-ok")), None)
    if executed is None:
        return None
    simple = not composed and found is Match.YES
    return _on_many(expression[executed + 1 :], certain=simple)


def _xargs(operands: Operands, path: str, is_directory: IsDirectory) -> Effect | None:
    words = operands.words
    while words and words[0].startswith("-"):
        words = words[2:] if words[0] in ("-n", "-I", "-P", "-L", "-d", "-a", "-s") else words[1:]
    # Files reach what xargs runs from all over; only what changes files can have changed this one.
    return _on_many(words, certain=False) if words and name(words[0]) in CHANGERS else None


def _on_many(words: list[str], *, certain: bool) -> Effect | None:
    """A command that is run on files which nobody lists: by find and xargs."""
    program = name(words[0]) if words else ""
    if program in READERS or not program:
        return None
    if program == "chmod":
        modes = [word for word in words[1:] if not re.fullmatch(r"-[Rvcf]+|\{\}.*|[;+]|\\;", word)]
        return Changed(changes.with_mode(modes[0] if certain and modes else None))
    if program in ("dos2unix", "sed", "perl"):
        mends = certain and (program == "dos2unix" or any(_MENDS.fullmatch(word) for word in words))
        return Changed(changes.without_carriage_returns if mends else changes.rewritten)
    return Opaque(f"{program} may have changed it")


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


def _strongest(matches: Iterable[Match]) -> Match:
    return max(matches, default=Match.NO)


def _shown(text: str) -> str:
    return text.replace(UNRESOLVED, "…")


_HANDLERS: Final[dict[str, Callable[[Operands, str, IsDirectory], Effect | None]]] = {
    "aws": _fills,
    "chmod": _chmod,
    "cp": _cp,
    "curl": _download,
    "dos2unix": _line_ends,
    "find": _find,
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
    "svn": _fills,
    "tar": _fills,
    "tee": _tee,
    "touch": _touch,
    "unix2dos": _line_ends,
    "unlink": _remove,
    "unzip": _fills,
    "wget": _download,
    "xargs": _xargs,
}
