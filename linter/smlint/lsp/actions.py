"""Code actions: a finding's fix, all safe fixes of a file, and the comment that ignores a finding with a reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from lsprotocol import types

from smlint import fix
from smlint.diagnostics import Applicability, Diagnostic, Edit, FileLocation, Fix
from smlint.dockerfile import DockerfileSyntaxError, parse
from smlint.lsp.document import Document
from smlint.lsp.findings import as_diagnostic

FIX_ALL: Final = "source.fixAll.smlint"
_REASON: Final = "say why"


def actions(document: Document, wanted: types.Range, only: Sequence[str] | None) -> list[types.CodeAction]:
    """What can be done about the findings that touch ``wanted``, and about the whole file."""
    found: list[types.CodeAction] = []
    if _asked_for(types.CodeActionKind.QuickFix, only):
        for finding in _touching(document, wanted):
            found += _fixes(document, finding)
            found += _ignores(document, finding)
    if _asked_for(FIX_ALL, only):
        found += _fix_all(document)
    return found


def _asked_for(kind: str, only: Sequence[str] | None) -> bool:
    """Kinds are a hierarchy: asking for ``source`` asks for ``source.fixAll.smlint`` too."""
    return only is None or any(kind == each or kind.startswith(f"{each}.") for each in only)


def _touching(document: Document, wanted: types.Range) -> Iterator[Diagnostic]:
    for finding in document.diagnostics:
        if isinstance(finding.location, FileLocation) and finding.location.path == document.path:
            place = document.range(finding.location)
            if _before(place.start, wanted.end) and _before(wanted.start, place.end):
                yield finding


def _before(one: types.Position, other: types.Position) -> bool:
    return (one.line, one.character) <= (other.line, other.character)


def _fixes(document: Document, finding: Diagnostic) -> Iterator[types.CodeAction]:
    if finding.fix is None:
        return
    safe = finding.fix.applicability is Applicability.SAFE
    yield types.CodeAction(
        title=f"{finding.fix.title} ({finding.code})" + ("" if safe else ", unsafe: look at the result"),
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[as_diagnostic(finding, document)],
        is_preferred=safe,
        edit=_workspace_edit(document, finding.fix),
    )


def _workspace_edit(document: Document, wanted: Fix) -> types.WorkspaceEdit:
    changes: dict[str, list[types.TextEdit]] = {}
    for edit in wanted.edits:
        changes.setdefault(document.uri_of(edit.path), []).append(_text_edit(document, edit))
    return types.WorkspaceEdit(changes=changes)


def _text_edit(document: Document, edit: Edit) -> types.TextEdit:
    return types.TextEdit(document.range(edit), edit.text)


def _ignores(document: Document, finding: Diagnostic) -> Iterator[types.CodeAction]:
    location = finding.location
    assert isinstance(location, FileLocation)
    try:
        instructions = parse(document.text).instructions
    except DockerfileSyntaxError:
        return
    starts = [each.start_line for each in instructions if each.start_line <= location.line <= each.end_line]
    if not starts:
        return
    comment = f"# smlint ignore={finding.code} -- {_REASON}\n"
    above = Edit(document.path, starts[0], 1, starts[0], 1, comment)
    yield types.CodeAction(
        title=f"Ignore {finding.code} here, with a reason",
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[as_diagnostic(finding, document)],
        edit=types.WorkspaceEdit(changes={document.uri: [_text_edit(document, above)]}),
    )


def _fix_all(document: Document) -> Iterator[types.CodeAction]:
    """All safe fixes of this file, in as many rounds as they need; other files are left to the single fixes."""

    def judge(texts: Mapping[str, str]) -> Sequence[Diagnostic]:
        again = document.with_text(texts.get(document.path, document.text))
        return [each for each in again.diagnostics if each.fix and _stays_in(each.fix, document.path)]

    result = fix.run(judge, lambda _: document.text, accepts, unsafe=False)
    if document.path in result.after:
        edit = types.TextEdit(document.whole(), result.after[document.path])
        yield types.CodeAction(
            title="Apply all safe fixes of smlint",
            kind=FIX_ALL,
            edit=types.WorkspaceEdit(changes={document.uri: [edit]}),
        )


def _stays_in(wanted: Fix, path: str) -> bool:
    return all(edit.path == path for edit in wanted.edits)


def accepts(_: str, text: str) -> bool:
    """Whether ``docker build`` could still read the file."""
    try:
        parse(text)
    except DockerfileSyntaxError:
        return False
    return True
