"""What shells offer when somebody presses Tab: codes and names of rules, formats, levels, stages of the Dockerfile.

Imported with the options, so nothing is looked up before a shell asks.
"""

from __future__ import annotations

from collections.abc import Iterator

import typer


def rules(incomplete: str) -> Iterator[tuple[str, str]]:
    """Codes and names, each with the rule's first line; the last of several selectors is the one being typed."""
    from smlint import registry
    from smlint.registry import BrokenPackError

    before, comma, typed = incomplete.rpartition(",")
    try:
        known = list(registry.installed().rules())
    except BrokenPackError:
        return
    for rule in known:
        summary = (rule.__doc__ or "").strip().partition("\n")[0]
        for word in (rule.code, rule.name):
            if word.lower().startswith(typed.lower()):
                yield f"{before}{comma}{word}", summary


def severities(incomplete: str) -> Iterator[str]:
    """``RULE=LEVEL``: first the rule, then, once it is the only one, the level."""
    rule, equals, typed = incomplete.partition("=")
    words = [rule] if equals else [word for word, _ in rules(rule)]
    if len(words) > 1 and rule not in words:
        yield from (f"{word}=" for word in words)
        return
    # A single word that ends in "=" would be given a space.
    yield from (f"{word}={level}" for word in words for level in levels(typed))


def levels(incomplete: str) -> Iterator[str]:
    """``error``, ``warning``, ``info``."""
    from smlint.diagnostics import Severity

    yield from (level.label for level in Severity if level.label.startswith(incomplete))


def formats(incomplete: str) -> Iterator[str]:
    """The names of the report formats."""
    from smlint.report import FORMATS

    yield from (name for name in FORMATS if name.startswith(incomplete))


def outputs(incomplete: str) -> Iterator[str]:
    """``FORMAT=`` in front of a file name; once there is only one, with a name."""
    names = list(formats(incomplete))
    if len(names) == 1:
        yield f"{names[0]}=smlint.{names[0]}"
        return
    yield from (f"{name}=" for name in names)


def stages(context: typer.Context, incomplete: str) -> Iterator[str]:
    """The names of the stages in the named Dockerfiles, or in ``Dockerfile`` where none is named yet."""
    from smlint.dockerfile import DockerfileSyntaxError, UnreadableInputError, parse, read

    # An option without its value stops the parser, which then leaves the paths among the arguments.
    for path in context.params.get("paths") or context.args or ("Dockerfile",):
        try:
            instructions = parse(read(path)).instructions
        except (UnreadableInputError, DockerfileSyntaxError):
            continue
        for instruction in instructions:
            words = instruction.value.split()
            if instruction.keyword == "FROM" and len(words) == 3 and words[2].startswith(incomplete):
                yield words[2]
