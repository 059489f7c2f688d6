"""Fixing the files of a call: the checker judges, :mod:`smlint.fix` changes texts, and files are written when asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

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


def in_files(
    arguments: Arguments, registry: Registry, *, unsafe: bool, failed: Callable[[str], object]
) -> int:
    """Fix the inputs on the disk; returns how many findings were fixed. Raises as ``in_memory``.

    ``failed`` is told, in one line, of every file that cannot be written; the others are fixed all the same.
    """
    fixed = 0
    refused: set[str] = set()
    for _ in range(fix.LIMIT):
        result = in_memory(arguments, registry, unsafe=unsafe)
        todo = result.after.keys() - refused
        for path in sorted(todo):
            try:
                fix.write(path, result.after[path])
            except fix.FixError as error:
                refused.add(path)
                failed(str(error))
        if todo <= refused:
            break
        fixed += sum(refused.isdisjoint(_changed(finding)) for finding in result.applied)
    return fixed


def _changed(finding: Diagnostic) -> set[str]:
    """The files that the finding's fix changes."""
    return {edit.path for edit in finding.fix.edits} if finding.fix is not None else set()


def is_accepted(text: str) -> bool:
    """Whether ``docker build`` could still read a Dockerfile."""
    try:
        parse(text)
    except DockerfileSyntaxError:
        return False
    return True


def _out_of_sight(finding: Diagnostic, changed: set[str]) -> bool:
    """Whether the finding's fix concerns a file that has been changed since the checker looked at it."""
    return not changed.isdisjoint(_changed(finding))


def _text(path: str, arguments: Arguments) -> str:
    if path == arguments.stdin_name:
        return arguments.stdin().decode()
    return fix.read(path)
