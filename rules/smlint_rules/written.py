"""Which files the commands of a RUN instruction write, for the well-known programs that place data."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from smlint.container import UNRESOLVED, RunCommand, SimpleCommand, Word, is_resolved
from smlint.diagnostics import Location


class Written(NamedTuple):
    """A path that a command writes data to, and the word that says so."""

    program: str
    path: str
    location: Location


#: Options whose value is the file or folder written to.
_OPTIONS: Final = {
    "curl": ("-o", "--output", "--output-dir"),
    "wget": ("-O", "--output-document", "-P", "--directory-prefix"),
    "tar": ("-C", "--directory"),
    "unzip": ("-d",),
    "pip": ("-t", "--target"),
    "pip3": ("-t", "--target"),
    "aria2c": ("-d", "--dir"),
    "huggingface-cli": ("--local-dir", "--cache-dir"),
    "hf": ("--local-dir", "--cache-dir"),
}
#: Programs whose last operand is written to.
_LAST: Final = frozenset({"cp", "mv", "install", "rsync", "scp", "gsutil", "s3cmd"})
#: Programs that write into the directory they run in unless told otherwise.
_HERE: Final = {"curl": ("-O", "--remote-name"), "wget": (), "unzip": (), "tar": ()}
#: How tar is told to write an archive.
_CREATING: Final = (("c", {"--create"}), ("r", {"--append"}), ("u", {"--update"}))
_PYTHON: Final = re.compile(r"(?:python|pypy)[\d.]*$")
_WRITING_REDIRECTS: Final = frozenset({">", ">>", "&>", "&>>", ">|"})


def written_by(commands: Iterable[RunCommand]) -> Iterator[Written]:
    """Everything that RUN commands write.

    Only what arrives in the judged image counts: of a stage that is merely copied from, nothing does, since the COPY
    that brings it is looked at itself.
    """
    for run in commands:
        if run.copied is not None:
            continue
        for command in run.inner:
            for target in (*_redirected(command), *_by_program(command)):
                if not any(
                    f"{posixpath.normpath(target.path)}/".startswith(f"{mount}/") for mount in run.mounts
                ):
                    yield target


def _redirected(command: SimpleCommand) -> Iterator[Written]:
    name = posixpath.basename(command.words[0].text)
    if name in {":", "true", "touch"}:
        return
    for redirect in command.redirects:
        if redirect.operator in _WRITING_REDIRECTS:
            yield _at(name, redirect.target, command.directory)


def _by_program(command: SimpleCommand) -> Iterator[Written]:
    name = posixpath.basename(command.words[0].text)
    rest = command.words[1:]
    if _PYTHON.match(name) and [word.text for word in rest[:2]] == ["-m", "pip"]:
        name, rest = "pip", rest[2:]
    if name == "git":
        yield from _git(rest, command.directory)
    elif name == "tee":
        yield from (_at("tee", word, command.directory) for word in _operands(rest))
    elif name == "aws" and [word.text for word in rest[:1]] == ["s3"]:
        yield from _last("aws s3", rest[2:], command.directory)
    elif name == "install" and any(_makes_folders(word.text) for word in rest):
        return
    elif name in _LAST:
        target = _value(rest, ("-t", "--target-directory"))
        yield from [_at(name, target, command.directory)] if target else _last(name, rest, command.directory)
    elif name == "tar" and not _extracts(rest):
        target = _value(_with_dash(rest), ("-f", "--file")) if _creates(rest) else None
        yield from [_at(name, target, command.directory)] if target else []
    elif name in _OPTIONS:
        yield from _by_option(name, rest, command)


def _by_option(name: str, rest: Sequence[Word], command: SimpleCommand) -> Iterator[Written]:
    target = _value(rest, _OPTIONS[name])
    if target is not None:
        if target.text not in {"-", "/dev/null", "/dev/stdout"}:
            yield _at(name, target, command.directory)
        return
    if name not in _HERE:
        return
    flags = [word.text for word in rest if word.text.startswith("-")]
    wanted = _HERE[name]
    if not wanted or any(flag in wanted or (flag[:2] != "--" and wanted[0][1] in flag[1:]) for flag in flags):
        for base in _base_names(rest) or [""]:
            yield Written(name, posixpath.join(command.directory, base).rstrip("/") or "/", command.location)


def _base_names(rest: Sequence[Word]) -> list[str]:
    """What files downloaded under their own names are called; empty where that is not known of all of them."""
    addresses = [word.text for word in rest if "://" in word.text]
    found = [re.split("[?#]", address)[0].partition("://")[2].rpartition("/")[2] for address in addresses]
    return found if all(name and is_resolved(name) for name in found) else []


def _git(rest: Sequence[Word], directory: str) -> Iterator[Written]:
    operands = _operands(
        rest, with_values=("-b", "--branch", "--depth", "-c", "-C", "-j", "--jobs", "--origin", "-o")
    )
    if not operands or operands[0].text != "clone" or len(operands) < 2:
        return
    if len(operands) > 2:
        yield _at("git clone", operands[2], directory)
        return
    name = posixpath.basename(operands[1].text.rstrip("/")).removesuffix(".git")
    yield Written("git clone", posixpath.join(directory, name), operands[1].location)


def _makes_folders(option: str) -> bool:
    """Whether ``install`` is told to make folders, and copies nothing."""
    return option == "--directory" or bool(re.fullmatch("-[a-zA-Z]*d[a-zA-Z]*", option))


def _extracts(rest: Sequence[Word]) -> bool:
    return _is_told(rest, "x", {"--extract", "--get"})


def _creates(rest: Sequence[Word]) -> bool:
    return any(_is_told(rest, *told) for told in _CREATING)


def _is_told(rest: Sequence[Word], letter: str, options: Collection[str]) -> bool:
    """Whether tar is to do what ``letter`` or one of ``options`` says."""
    if not rest:
        return False
    if not rest[0].text.startswith("-"):
        return letter in rest[0].text
    return any(
        w.text in options or (w.text[:2] != "--" and letter in w.text) for w in rest if w.text[:1] == "-"
    )


def _with_dash(rest: Sequence[Word]) -> Sequence[Word]:
    """The words of tar, whose first one may be options without their dash: ``tar czf``."""
    if not rest or rest[0].text.startswith("-"):
        return rest
    return [rest[0]._replace(text=f"-{rest[0].text}"), *rest[1:]]


def _last(name: str, rest: Sequence[Word], directory: str) -> Iterator[Written]:
    operands = _operands(rest)
    if len(operands) > 1 and "://" not in operands[-1].text:
        yield _at(name, operands[-1], directory)


def _operands(rest: Sequence[Word], with_values: tuple[str, ...] = ()) -> list[Word]:
    found: list[Word] = []
    skip = False
    for word in rest:
        if skip:
            skip = False
        elif word.text.startswith("-") and word.text != "-":
            skip = word.text in with_values
        else:
            found.append(word)
    return found


def _value(rest: Sequence[Word], options: tuple[str, ...]) -> Word | None:
    """The value of the last of ``options``: the next word, or what follows ``=`` or a short option's letter."""
    found: Word | None = None
    for index, word in enumerate(rest):
        for option in options:
            if word.text == option and index + 1 < len(rest):
                found = rest[index + 1]
            elif word.text.startswith(option + "=") or (
                option[:2] != "--" and word.text.startswith(option) != (word.text == option)
            ):
                found = Word(word.text[len(option) :].removeprefix("="), word.location)
            elif _clustered(word.text, option) and index + 1 < len(rest):
                found = rest[index + 1]
    return found


def _clustered(text: str, option: str) -> bool:
    """Whether ``text`` is a cluster of short options that ends in ``option``: ``-sSLo``, ``xzC``."""
    return (
        len(option) == 2
        and len(text) > 2
        and text[0] == "-" != text[1]
        and text.isascii()
        and text[1:].isalpha()
        and text[-1] == option[1]
    )


def _at(program: str, word: Word, directory: str) -> Written:
    path = word.text if word.text.startswith(("/", UNRESOLVED)) else posixpath.join(directory, word.text)
    return Written(program, path, word.location)
