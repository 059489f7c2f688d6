"""Document symbols: for each assumed workload the launch chain, from PID 1 to the program."""

from __future__ import annotations

from lsprotocol import types

from smlint.diagnostics import FileLocation, ImageLocation, Location
from smlint.dockerfile import DockerfileSyntaxError, parse
from smlint.dockerfile.build import build_container
from smlint.dockerfile.stages import UnknownStageError
from smlint.launch import Hop, Relation, resolve
from smlint.lsp.document import Document


def symbols(document: Document) -> list[types.DocumentSymbol]:
    """One tree per workload; nothing for a file that cannot be read or whose command is unknown."""
    if document.outcome is None:
        return []
    subject = document.outcome.subject
    try:
        container = build_container(
            parse(document.text),
            path=document.path,
            context=document.context,
            stage=document.settings.stage,
            build_args=document.settings.build_args,
        )
    except (DockerfileSyntaxError, UnknownStageError):
        return []
    found: list[types.DocumentSymbol] = []
    for workload in subject.workloads:
        launch = resolve(container, workload)
        place = _range(container.anchor, document, document.whole())
        found.append(
            types.DocumentSymbol(
                name=launch.command,
                detail=str(workload),
                kind=types.SymbolKind.Event,
                range=document.whole(),
                selection_range=place,
                children=[_hop(launch.root, document, place)] if launch.root else [],
            )
        )
    return found


def _hop(hop: Hop, document: Document, outer: types.Range) -> types.DocumentSymbol:
    """A process; one that is started in another file gets the place of the process above it."""
    place = _range(hop.location, document, outer)
    return types.DocumentSymbol(
        name=hop.text or "(nothing)",
        detail=", ".join(_remarks(hop)),
        kind=types.SymbolKind.Function if hop.relation is Relation.PID1 else types.SymbolKind.Method,
        range=place,
        selection_range=place,
        children=[_hop(each, document, place) for each in hop.then],
    )


def _remarks(hop: Hop) -> list[str]:
    """How the process comes about, and what does not reach it."""
    remarks = [str(hop.relation)]
    if hop.condition:
        remarks.append(f"if {hop.condition}")
    for name, answer in (("arguments", hop.word), ("SIGTERM", hop.sigterm), ("exit code", hop.exit_code)):
        if answer.value is False:
            remarks.append(f"✗ {name}: {answer.reason}")
    return remarks


def _range(location: Location, document: Document, otherwise: types.Range) -> types.Range:
    if isinstance(location, ImageLocation) or location.path != document.path:
        return otherwise
    assert isinstance(location, FileLocation)
    return document.range(location)
