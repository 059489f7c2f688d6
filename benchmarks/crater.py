"""Runs smlint over folders of other people's Dockerfiles and prints what it finds, so that two versions can be compared.

    python benchmarks/crater.py FOLDER… [--smlint PATH] [--select RULES] [--against OLD.txt] > NEW.txt

One line per finding, sorted, then one line per code and one for all. With ``--against`` only the lines that came (+) and went (-) since
OLD.txt are printed, with both counts per code; the exit code is then 1 when anything differs. A Dockerfile is judged with
the nearest folder that holds everything it copies as its build context, since most are built from above their own folder.
Nothing of what is read is kept here: bring the folders, and say in notes which commits they were.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from glob import iglob
from pathlib import Path
from typing import Final, NamedTuple

from smlint.discover import dockerfiles
from smlint.dockerfile import DockerfileSyntaxError, Instruction, UnreadableInputError, parse, read

#: Files per call: enough to pay for the start, few enough for a call to stay below any limit on arguments.
_SLICE: Final = 200
_SUMMARY: Final = "# "


class Found(NamedTuple):
    """One finding, ordered as it is printed; the path begins with the name of the folder that was asked for."""

    path: str
    line: int
    column: int
    severity: str
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.severity} {self.code} {self.message}"


class SmlintFailedError(Exception):
    """smlint ended with something else than its answer; the message holds what it said."""


def main(argv: Sequence[str] | None = None) -> int:
    """Print the findings, or what changed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--smlint", default=str(Path(sys.executable).parent / "smlint"), metavar="PATH")
    parser.add_argument("--select", default="SM", metavar="RULES")
    parser.add_argument("--against", type=Path, metavar="OLD.txt")
    arguments = parser.parse_args(argv)
    command = [arguments.smlint, "lint", "--isolated", "--select", arguments.select]
    files = 0
    found: list[Found] = []
    for folder in (each.resolve() for each in arguments.folders):
        paths = list(dockerfiles(str(folder), lambda _: False, lambda line: print(line, file=sys.stderr)))
        files += len(paths)
        found += findings(paths, folder, command)
    lines = [*map(str, sorted(found)), *summary(found, files)]
    if arguments.against is None:
        sys.stdout.writelines(f"{line}\n" for line in lines)
        return 0
    changes = list(compared(arguments.against.read_text(encoding="utf-8").splitlines(), lines))
    sys.stdout.writelines(f"{line}\n" for line in changes)
    return 1 if changes else 0


def findings(paths: Iterable[str], folder: Path, command: Sequence[str]) -> Iterator[Found]:
    """What ``command`` finds in the Dockerfiles ``paths`` below ``folder``; raises SmlintFailedError.

    A file's own folder is its context without being named, so all of these can share a call.
    """
    by_context: dict[str | None, list[str]] = defaultdict(list)
    for path in paths:
        context = context_of(Path(path), folder)
        by_context[None if context == os.path.dirname(path) else context].append(path)
    for named, inside in by_context.items():
        words = [*command, "--format", "jsonl", *(() if named is None else ("--context", named))]
        for start in range(0, len(inside), _SLICE):
            yield from run([*words, *inside[start : start + _SLICE]], folder)


def run(command: Sequence[str], folder: Path) -> Iterator[Found]:
    """The findings that one call prints; unreadable files are named on standard error and left out."""
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    sys.stderr.write(done.stderr)
    if done.returncode not in (0, 1, 2):
        raise SmlintFailedError(f"exit code {done.returncode}: {done.stderr}")
    for line in done.stdout.splitlines():
        finding = json.loads(line)
        place = finding["location"]
        path = os.path.relpath(place["path"], folder.parent)
        yield Found(
            path, place["line"], place["column"], finding["severity"], finding["code"], finding["message"]
        )


def context_of(path: Path, top: Path) -> str:
    """The nearest folder, from the Dockerfile's own up to ``top``, that holds all it copies; else its own."""
    wanted = copied(path)
    for folder in path.parents:
        if all(holds(folder, source) for source in wanted):
            return str(folder)
        if folder == top:
            break
    return str(path.parent)


def copied(path: Path) -> list[str]:
    """What COPY and ADD take from the build context, as far as it is written without variables."""
    try:
        instructions = parse(read(str(path))).instructions
    except (DockerfileSyntaxError, UnreadableInputError):
        return []
    return [source for instruction in instructions for source in sources(instruction)]


def sources(instruction: Instruction) -> Iterator[str]:
    """The sources of one COPY or ADD that lie in the build context."""
    if instruction.keyword not in ("COPY", "ADD") or any(flag.name == "from" for flag in instruction.flags):
        return
    words = instruction.exec_form or tuple(instruction.value.split())
    for word in words[:-1]:
        if "$" not in word and "://" not in word and "<<" not in word:
            yield word.strip("\"'").lstrip("/")


def holds(folder: Path, source: str) -> bool:
    """Whether something in ``folder`` matches the pattern ``source``."""
    inside = os.path.normpath(f"/{source}").lstrip("/")
    return not inside or next(iglob(inside, root_dir=folder), None) is not None


def summary(found: Sequence[Found], files: int) -> Iterator[str]:
    """One line per code: findings, and in how many files; the last line is about all codes and all ``files``."""
    counts = Counter(finding.code for finding in found)
    files_of = Counter(code for code, _ in {(finding.code, finding.path) for finding in found})
    for code, count in sorted(counts.items()):
        yield f"{_SUMMARY}{code}: {count} in {files_of[code]} files"
    touched = len({finding.path for finding in found})
    yield f"{_SUMMARY}all: {len(found)} in {touched} of {files} files"


def compared(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    """The findings of only one side, sorted by place, then both counts of each code that changed."""
    gone = Counter(line for line in old if not line.startswith(_SUMMARY))
    came = Counter(line for line in new if not line.startswith(_SUMMARY))
    changed = [(line, "-") for line in (gone - came).elements()] + [
        (line, "+") for line in (came - gone).elements()
    ]
    for line, sign in sorted(changed):
        yield f"{sign} {line}"
    before, after = tally(old), tally(new)
    for code in sorted(before.keys() | after.keys()):
        if before.get(code) != after.get(code):
            yield f"{_SUMMARY}{code}: {before.get(code, 'none')} -> {after.get(code, 'none')}"


def tally(lines: Sequence[str]) -> dict[str, str]:
    """What the summary lines say, by code."""
    said = (line.removeprefix(_SUMMARY).split(": ", 1) for line in lines if line.startswith(_SUMMARY))
    return dict(said)


if __name__ == "__main__":
    raise SystemExit(main())
