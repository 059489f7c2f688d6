"""Fuzz the Dockerfile reader: only typed errors, spans inside the file, and the same reading as BuildKit's."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["smlint"]):
    from smlint.dockerfile import DockerfileSyntaxError, UnreadableInputError, decode, parse

from tests.conformance.oracle import difference


def target(raw: bytes) -> None:
    """One input."""
    try:
        text = decode(raw)
    except UnreadableInputError:
        return
    found = difference(text)
    if found:
        raise AssertionError(found)
    try:
        dockerfile = parse(text)
    except DockerfileSyntaxError as error:
        if not 1 <= error.line <= max(1, len(text.split("\n"))):
            raise AssertionError(f"line {error.line} is not in the file") from error
        return
    for instruction in dockerfile.instructions:
        for argument in instruction.arguments:
            place = instruction.location("f", argument.start, argument.end)
            line = dockerfile.lines[place.end_line - 1]
            if not 1 <= place.line <= place.end_line or not 1 <= place.end_column <= len(line) + 1:
                raise AssertionError(f"{argument} is not in the file: {place}")


#: The library around BuildKit's parser keeps three to four kilobytes of every call; smlint's reader keeps nothing. What
#: is given on the command line comes later and counts.
MEMORY = "-rss_limit_mb=8192"

if __name__ == "__main__":
    atheris.Setup([sys.argv[0], MEMORY, *sys.argv[1:]], target)
    atheris.Fuzz()
