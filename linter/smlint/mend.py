"""Fixing the files of a call: the checker judges, :mod:`smlint.fix` changes texts, and files are written when asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from smlint import fix
from smlint.check import Arguments, Checker
from smlint.diagnostics import Diagnostic
from smlint.dockerfile import DockerfileSyntaxError, parse
from smlint.registry import Registry


def in_memory(arguments: Arguments, registry: Registry, *, unsafe: bool) -> fix.Result:
    """What fixing the inputs would make of them; nothing is written.

    A Dockerfile is fixed in as many rounds as it needs. Other files (entry scripts) are judged as they are on the disk, so
    that each gets one round. Raises FixError and what the checker raises.
    """
    dockerfiles: set[str] = set()

    def judge(texts: Mapping[str, str]) -> Sequence[Diagnostic]:
        outcomes = Checker(arguments._replace(texts=texts), registry).run().outcomes
        dockerfiles.update(outcome.subject.name for outcome in outcomes)
        return [
            finding
            for outcome in outcomes
            for finding in outcome.diagnostics
            if not _out_of_sight(finding, texts.keys() - dockerfiles)
        ]

    def accepts(path: str, text: str) -> bool:
        return path not in dockerfiles or is_accepted(text)

    return fix.run(judge, lambda path: _text(path, arguments), accepts, unsafe=unsafe)


def in_files(arguments: Arguments, registry: Registry, *, unsafe: bool) -> int:
    """Fix the inputs on the disk; returns how many findings were fixed. Raises as ``in_memory``."""
    fixed = 0
    for _ in range(fix.LIMIT):
        result = in_memory(arguments, registry, unsafe=unsafe)
        for path, text in result.after.items():
            fix.write(path, text)
        if not result.after:
            break
        fixed += len(result.applied)
    return fixed


def is_accepted(text: str) -> bool:
    """Whether ``docker build`` could still read a Dockerfile."""
    try:
        parse(text)
    except DockerfileSyntaxError:
        return False
    return True


def _out_of_sight(finding: Diagnostic, changed: set[str]) -> bool:
    """Whether the finding's fix concerns a file that has been changed since the checker looked at it."""
    return finding.fix is not None and any(edit.path in changed for edit in finding.fix.edits)


def _text(path: str, arguments: Arguments) -> str:
    if path == arguments.stdin_name:
        return arguments.stdin().decode()
    return fix.read(path)
