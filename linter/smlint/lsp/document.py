"""An open Dockerfile: its text judged, and positions translated between smlint's and the client's."""

from __future__ import annotations

import os
from typing import Final
from urllib.parse import urlsplit

from lsprotocol import types
from pygls.uris import from_fs_path, to_fs_path
from pygls.workspace import PositionCodec

from smlint.check import Arguments, Checker, Result
from smlint.diagnostics import Diagnostic, Edit, FileLocation, RequestLocation
from smlint.discover import is_dockerfile
from smlint.engine import Outcome
from smlint.registry import Registry
from smlint.report import lines_of_file

_LANGUAGES: Final = frozenset({"dockerfile", "containerfile"})


class Document:
    """One version of an open Dockerfile."""

    def __init__(self, uri: str, text: str, codec: PositionCodec, registry: Registry) -> None:
        self.uri = uri
        self.path = path_of(uri)
        self.text = text
        self._codec = codec
        self._registry = registry
        self._lines: dict[str, list[str]] = {self.path: text.split("\n")}
        result = self._judge()
        #: What was found; None for a text that cannot be judged, and then ``failures`` says why.
        self.outcome: Outcome | None = result.outcomes[0] if result.outcomes else None
        self.failures = result.failures
        self.settings = result.settings

    def _judge(self) -> Result:
        """Judge the text as the command line would; raises ConfigError and UnknownRuleError."""
        raw = self.text.encode("utf-8", "replace")
        arguments = Arguments(paths=("-",), stdin=lambda: raw, stdin_filename=self.path, environ=os.environ)
        return Checker(arguments, self._registry).run()

    def with_text(self, text: str) -> Document:
        """The same document with another text."""
        return Document(self.uri, text, self._codec, self._registry)

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """The findings of this version."""
        return self.outcome.diagnostics if self.outcome else ()

    @property
    def context(self) -> str:
        """The build context that it is judged with: the settings', or its own folder, saved or not."""
        return self.settings.context or os.path.dirname(self.path) or "."

    def lines(self, path: str) -> list[str]:
        """The lines of a file that a location names; of the open document, its text in the editor."""
        if path not in self._lines:
            self._lines[path] = lines_of_file(path) or [""]
        return self._lines[path]

    def range(self, location: FileLocation | RequestLocation | Edit) -> types.Range:
        """A span in the client's units."""
        start = types.Position(location.line - 1, location.column - 1)
        end = types.Position(location.end_line - 1, location.end_column - 1)
        return self._codec.range_to_client_units(self.lines(location.path), types.Range(start, end))

    def whole(self) -> types.Range:
        """All of the open document."""
        lines = self.lines(self.path)
        last = FileLocation(self.path, 1, 1, len(lines), len(lines[-1]) + 1)
        return self.range(last)

    def place(self, position: types.Position) -> tuple[int, int]:
        """1-based line and column, in code points, of a position of the client."""
        found = self._codec.position_from_client_units(self.lines(self.path), position)
        return found.line + 1, found.character + 1

    def location(self, location: FileLocation | RequestLocation) -> types.Location:
        """A span with the address of its file."""
        return types.Location(self.uri_of(location.path), self.range(location))

    def uri_of(self, path: str) -> str:
        """The address of a file that a location names."""
        return self.uri if path == self.path else from_fs_path(os.path.abspath(path)) or self.uri


def path_of(uri: str) -> str:
    """The file behind ``uri``; for a document that is in no file yet, a name for it in the working directory."""
    if urlsplit(uri).scheme == "file":
        return to_fs_path(uri) or uri
    return os.path.basename(urlsplit(uri).path) or "Dockerfile"


def is_ours(uri: str, language: str) -> bool:
    """Whether an open document is a Dockerfile, by the editor's word or by its name."""
    return language.lower() in _LANGUAGES or is_dockerfile(os.path.basename(path_of(uri)))


def covers(location: FileLocation, line: int, column: int) -> bool:
    """Whether a place lies in a span; the place right behind it counts, since that is where a cursor rests."""
    return (location.line, location.column) <= (line, column) <= (location.end_line, location.end_column)
