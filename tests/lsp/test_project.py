"""The language server while files around the open Dockerfile change: scripts, settings, what is told and taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("pygls", reason="the extra lsp is not installed")

from lsprotocol import types

from tests.lsp.editor import Editor, drive

SCRIPT = '#!/bin/sh\nexec uvicorn app:app --host 0.0.0.0 --port {} "$@"\n'
SCRIPTED = 'FROM python:3.12\nCOPY --chmod=755 serve.sh /serve.sh\nENTRYPOINT ["/serve.sh"]\n'


@pytest.fixture
def folder(folder: Path) -> Path:
    (folder / "smlint.toml").write_text('select = ["SM4"]\nworkload = "inference"\n')
    (folder / "serve.sh").write_text(SCRIPT.format(9000))
    return folder


def save(editor: Editor, uri: str) -> None:
    document = types.TextDocumentIdentifier(uri)
    editor.client.text_document_did_save(types.DidSaveTextDocumentParams(document))


def test_a_saved_script_is_judged_again_and_its_findings_come_and_go(folder: Path) -> None:
    script = folder / "serve.sh"

    async def session(editor: Editor) -> None:
        await editor.open(SCRIPTED)
        assert await editor.diagnostics() == []
        (found,) = await editor.diagnostics(script.as_uri())
        assert (found.code, found.range.start.line) == ("SM401", 1)
        script.write_text(SCRIPT.format(8080))
        save(editor, script.as_uri())
        await editor.until(lambda: not editor.published[script.as_uri()].diagnostics)
        script.write_text(SCRIPT.format(7000))
        save(editor, script.as_uri())
        await editor.until(lambda: bool(editor.published[script.as_uri()].diagnostics))
        # The Dockerfile no longer starts it: what was said about it is taken back.
        await editor.type((2, 0), (3, 0), "")
        await editor.until(lambda: not editor.published[script.as_uri()].diagnostics)

    drive(folder, session)


def test_a_stage_that_is_not_there_is_told_once(folder: Path) -> None:
    (folder / "smlint.toml").write_text('stage = "final"\n')

    async def session(editor: Editor) -> None:
        uri = await editor.open(SCRIPTED)
        assert await editor.diagnostics() == []
        for _ in range(3):
            await editor.type((0, 0), (0, 0), "\n")
            assert await editor.diagnostics() == []
        # Messages come in order: the answer to a request is behind all that was told before.
        assert await editor.hover(0, 0) == ""
        (message,) = editor.shown
        assert message.startswith("smlint: ")
        assert "final" in message
        save(editor, uri)
        assert await editor.hover(0, 0) == ""
        assert len(editor.shown) == 1

    drive(folder, session)
