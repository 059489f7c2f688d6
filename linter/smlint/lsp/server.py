"""The server: which requests it answers, and the documents it knows. Speaks over standard input and output."""

from __future__ import annotations

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from smlint import __version__
from smlint.config import ConfigError
from smlint.lsp.actions import FIX_ALL, actions
from smlint.lsp.document import Document, is_ours
from smlint.lsp.findings import by_file, hover
from smlint.lsp.symbols import symbols
from smlint.registry import BrokenPackError, Registry, UnknownRuleError


class Server(LanguageServer):
    """A language server that keeps the judged version of every open Dockerfile."""

    def __init__(self, registry: Registry) -> None:
        super().__init__("smlint", __version__)
        self.registry = registry
        self._documents: dict[str, Document] = {}
        self._published: dict[str, set[str]] = {}
        self._told = ""

    def judge(self, uri: str) -> None:
        """Judge the current text of an open document and publish what was found."""
        open_document = self.workspace.get_text_document(uri)
        if not is_ours(uri, open_document.language_id or ""):
            return
        codec = self.workspace.position_codec
        try:
            document = Document(uri, open_document.source, codec, self.registry)
        except (ConfigError, UnknownRuleError, BrokenPackError) as error:
            self.forget(uri)
            self._tell(str(error))
            return
        self._documents[uri] = document
        for failure in document.failures:
            self._tell(failure)
        found = by_file(document)
        for gone in self._published.get(uri, set()) - found.keys():
            self._publish(gone, [], None)
        for each, diagnostics in found.items():
            self._publish(each, diagnostics, open_document.version if each == uri else None)
        self._published[uri] = set(found)

    def forget(self, uri: str) -> None:
        """Take back what was published about a document."""
        self._documents.pop(uri, None)
        for each in self._published.pop(uri, set()):
            self._publish(each, [], None)

    def open_dockerfiles(self) -> tuple[str, ...]:
        """The addresses of all judged documents."""
        return tuple(self._documents)

    def document(self, uri: str) -> Document | None:
        """The judged version of an open Dockerfile."""
        return self._documents.get(uri)

    def _publish(self, uri: str, diagnostics: list[types.Diagnostic], version: int | None) -> None:
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, diagnostics, version))

    def _tell(self, message: str) -> None:
        """Say something once, not at every key stroke."""
        if message != self._told:
            self._told = message
            self.window_show_message(types.ShowMessageParams(types.MessageType.Error, f"smlint: {message}"))


def make(registry: Registry) -> Server:
    """A server with all its features, ready for ``start_io``."""
    server = Server(registry)

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def _opened(params: types.DidOpenTextDocumentParams) -> None:
        server.judge(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def _changed(params: types.DidChangeTextDocumentParams) -> None:
        server.judge(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def _saved(params: types.DidSaveTextDocumentParams) -> None:
        # An entry script may have been saved; it is read from the disk.
        for uri in server.open_dockerfiles():
            server.judge(uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def _closed(params: types.DidCloseTextDocumentParams) -> None:
        server.forget(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def _hover(params: types.HoverParams) -> types.Hover | None:
        document = server.document(params.text_document.uri)
        return hover(document, params.position, server.registry) if document else None

    kinds = types.CodeActionOptions([types.CodeActionKind.QuickFix, FIX_ALL])

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, kinds)
    def _actions(params: types.CodeActionParams) -> list[types.CodeAction]:
        document = server.document(params.text_document.uri)
        return actions(document, params.range, params.context.only) if document else []

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def _symbols(params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        document = server.document(params.text_document.uri)
        return symbols(document) if document else []

    return server
