"""A real client of the language server, over standard input and output, with a Dockerfile open in it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pygls", reason="the extra lsp is not installed")

from lsprotocol import types
from pygls.lsp.client import LanguageClient

SMLINT = str(Path(sys.executable).parent / "smlint")
PATIENCE = 60

Session = Callable[["Editor"], Coroutine[Any, Any, None]]


class Editor:
    """A client with one open document, and what the server has told it."""

    def __init__(self, folder: Path, encoding: types.PositionEncodingKind | None = None) -> None:
        self.folder = folder
        self.client = LanguageClient("test-editor", "1")
        self.published: dict[str, types.PublishDiagnosticsParams] = {}
        self.shown: list[str] = []
        self._news = asyncio.Event()
        self._encoding = encoding
        self._version = 0

        @self.client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def _published(params: types.PublishDiagnosticsParams) -> None:
            self.published[params.uri] = params
            self._news.set()

        @self.client.feature(types.WINDOW_SHOW_MESSAGE)
        def _shown(params: types.ShowMessageParams) -> None:
            self.shown.append(params.message)
            self._news.set()

    @property
    def uri(self) -> str:
        return (self.folder / "Dockerfile").as_uri()

    async def start(self) -> types.InitializeResult:
        await self.client.start_io(SMLINT, "lsp", cwd=str(self.folder))
        encodings = [self._encoding] if self._encoding else None
        general = types.GeneralClientCapabilities(position_encodings=encodings)
        result = await self.client.initialize_async(
            types.InitializeParams(
                capabilities=types.ClientCapabilities(general=general), root_uri=self.folder.as_uri()
            )
        )
        self.client.initialized(types.InitializedParams())
        return result

    async def stop(self) -> None:
        await self.client.shutdown_async(None)
        self.client.exit(None)
        await self.client.stop()

    async def open(self, text: str, name: str = "Dockerfile", language: str = "dockerfile") -> str:
        uri = (self.folder / name).as_uri()
        item = types.TextDocumentItem(uri, language, self._next_version(), text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return uri

    async def type(self, start: tuple[int, int], end: tuple[int, int], text: str) -> None:
        """Replace a 0-based range, as an editor does while somebody types."""
        document = types.VersionedTextDocumentIdentifier(self._next_version(), self.uri)
        change = types.TextDocumentContentChangePartial(
            types.Range(types.Position(*start), types.Position(*end)), text
        )
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))

    def _next_version(self) -> int:
        self._version += 1
        return self._version

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                self._news.clear()
                await self._news.wait()

    async def diagnostics(self, uri: str | None = None) -> list[types.Diagnostic]:
        """What the server says about the current version."""
        wanted = uri or self.uri
        await self.until(
            lambda: wanted in self.published and self.published[wanted].version in (None, self._version)
        )
        return list(self.published[wanted].diagnostics)

    async def actions(self, place: types.Range, only: list[str] | None = None) -> list[types.CodeAction]:
        found = await self.client.text_document_code_action_async(
            types.CodeActionParams(
                types.TextDocumentIdentifier(self.uri), place, types.CodeActionContext([], only=only)
            )
        )
        return [each for each in found or [] if isinstance(each, types.CodeAction)]

    async def hover(self, line: int, character: int) -> str:
        found = await self.client.text_document_hover_async(
            types.HoverParams(types.TextDocumentIdentifier(self.uri), types.Position(line, character))
        )
        if found is None:
            return ""
        assert isinstance(found.contents, types.MarkupContent)
        return found.contents.value


def drive(folder: Path, session: Session, encoding: types.PositionEncodingKind | None = None) -> None:
    async def whole() -> None:
        editor = Editor(folder, encoding)
        await editor.start()
        try:
            await session(editor)
        finally:
            await editor.stop()

    asyncio.run(whole())


def edited(text: str, edits: list[types.TextEdit]) -> str:
    """What an editor makes of edits (ASCII texts only)."""
    lines = text.split("\n")
    for edit in sorted(
        edits, key=lambda each: (each.range.start.line, each.range.start.character), reverse=True
    ):
        start, end = edit.range.start, edit.range.end
        before = lines[start.line][: start.character]
        after = lines[end.line][end.character :]
        lines[start.line : end.line + 1] = (before + edit.new_text + after).split("\n")
    return "\n".join(lines)


def changes(action: types.CodeAction, uri: str) -> list[types.TextEdit]:
    assert action.edit is not None
    assert action.edit.changes is not None
    return list(action.edit.changes[uri])
