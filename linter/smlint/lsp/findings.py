"""Findings and rule pages in the protocol's words."""

from __future__ import annotations

import re
from typing import Final

from lsprotocol import types

from smlint.diagnostics import Diagnostic, FileLocation, ImageLocation, Severity
from smlint.documentation import MissingDocumentationError, markdown
from smlint.lsp.document import Document, covers
from smlint.registry import Registry, UnknownRuleError

_SEVERITIES: Final = {
    Severity.ERROR: types.DiagnosticSeverity.Error,
    Severity.WARNING: types.DiagnosticSeverity.Warning,
    Severity.INFO: types.DiagnosticSeverity.Information,
}
_SELECTOR: Final = re.compile(r"[\w-]+")


def by_file(document: Document) -> dict[str, list[types.Diagnostic]]:
    """The findings by the address of the file they stand in; the document itself is always there."""
    found: dict[str, list[types.Diagnostic]] = {document.uri: []}
    for finding in document.diagnostics:
        if isinstance(finding.location, FileLocation):
            found.setdefault(document.uri_of(finding.location.path), []).append(
                as_diagnostic(finding, document)
            )
    return found


def as_diagnostic(finding: Diagnostic, document: Document) -> types.Diagnostic:
    """One finding that stands in a file."""
    assert not isinstance(finding.location, ImageLocation)
    related = [
        types.DiagnosticRelatedInformation(document.location(each.location), each.message)
        for each in finding.related
        if not isinstance(each.location, ImageLocation)
    ]
    return types.Diagnostic(
        range=document.range(finding.location),
        severity=_SEVERITIES[finding.severity],
        code=finding.code,
        code_description=types.CodeDescription(finding.url) if finding.url else None,
        source="smlint",
        message=f"{finding.message}\n{finding.help}" if finding.help else finding.message,
        related_information=related or None,
    )


def hover(document: Document, position: types.Position, registry: Registry) -> types.Hover | None:
    """The page of the rule whose finding, or whose name in an ignore comment, stands at ``position``."""
    line, column = document.place(position)
    for finding in document.diagnostics:
        place = finding.location
        if isinstance(place, FileLocation) and place.path == document.path and covers(place, line, column):
            return _page(finding.code, registry, document.range(place))
    text = document.lines(document.path)[line - 1]
    if "smlint" not in text or not text.lstrip().startswith("#"):
        return None
    for word in _SELECTOR.finditer(text):
        if word.start() < column <= word.end() + 1:
            place = FileLocation(document.path, line, word.start() + 1, line, word.end() + 1)
            return _page(word[0], registry, document.range(place))
    return None


def _page(selector: str, registry: Registry, place: types.Range) -> types.Hover | None:
    try:
        codes = registry.matching(selector)
        if len(codes) != 1:
            return None
        text = markdown(registry.load(*codes))
    except (UnknownRuleError, MissingDocumentationError):
        return None
    return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, text), place)
