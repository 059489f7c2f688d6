"""The language server, driven by a real client over standard input and output."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

pytest.importorskip("pygls", reason="the extra lsp is not installed")

from lsprotocol import types

from tests.lsp.editor import PATIENCE, SMLINT, Editor, changes, drive, edited

BAD = "FROM python:3.12\nENTRYPOINT python train.py\n"


def test_findings_come_and_go_while_typing(folder: Path) -> None:
    async def session(editor: Editor) -> None:
        await editor.open(BAD)
        (found,) = await editor.diagnostics()
        assert (found.code, found.source, found.severity) == (
            "SM101",
            "smlint",
            types.DiagnosticSeverity.Error,
        )
        assert found.range.start == types.Position(1, 0)
        assert found.code_description is not None
        await editor.type((1, 11), (1, 26), '["python", "train.py"]')
        assert await editor.diagnostics() == []

    drive(folder, session)


def test_a_half_typed_file_is_a_syntax_error_and_not_the_end(folder: Path) -> None:
    async def session(editor: Editor) -> None:
        await editor.open("FROM python:3.12\nENTRYPOI")
        assert [each.code for each in await editor.diagnostics()] == ["SM900"]
        await editor.type((1, 8), (1, 8), "NT python train.py")
        assert [each.code for each in await editor.diagnostics()] == ["SM101"]

    drive(folder, session)


@pytest.mark.parametrize(
    ("encoding", "column"),
    [
        (None, 20),
        (types.PositionEncodingKind.Utf16, 20),
        (types.PositionEncodingKind.Utf32, 19),
        (types.PositionEncodingKind.Utf8, 22),
    ],
)
def test_columns_are_the_clients(
    folder: Path, encoding: types.PositionEncodingKind | None, column: int
) -> None:
    async def session(editor: Editor) -> None:
        await editor.open("FROM python:3.12\nENTRYPOINT python 🚂\n")
        (found,) = await editor.diagnostics()
        assert found.range.end == types.Position(1, column)

    drive(folder, session, encoding)


def test_hover_shows_the_rule(folder: Path) -> None:
    async def session(editor: Editor) -> None:
        await editor.open("FROM python:3.12\n# smlint ignore=SM103 -- why\nENTRYPOINT python train.py\n")
        await editor.diagnostics()
        assert (await editor.hover(2, 14)).startswith("# SM101 shell-form-entrypoint")
        assert (await editor.hover(1, 18)).startswith("# SM103 ")
        assert await editor.hover(0, 3) == ""
        assert await editor.hover(1, 26) == ""

    drive(folder, session)


def test_a_finding_can_be_ignored_with_a_reason(folder: Path) -> None:
    async def session(editor: Editor) -> None:
        text = "FROM python:3.12\nENTRYPOINT \\\n  python train.py\n"
        await editor.open(text)
        (found,) = await editor.diagnostics()
        (action,) = [each for each in await editor.actions(found.range) if each.title.startswith("Ignore")]
        assert action.title == "Ignore SM101 here, with a reason"
        changed = edited(text, changes(action, editor.uri))
        assert changed == text.replace("ENTRYPOINT", "# smlint ignore=SM101 -- say why\nENTRYPOINT")
        await editor.type((1, 0), (1, 0), "# smlint ignore=SM101 -- say why\n")
        assert await editor.diagnostics() == []

    drive(folder, session)


def test_a_fix_is_a_preferred_action(folder: Path) -> None:
    async def session(editor: Editor) -> None:
        await editor.open(BAD)
        (found,) = await editor.diagnostics()
        (action,) = [each for each in await editor.actions(found.range, ["quickfix"]) if each.is_preferred]
        assert action.title == 'Write ENTRYPOINT ["python", "train.py"] (SM101)'
        assert [each.code for each in action.diagnostics or []] == ["SM101"]
        (edit,) = changes(action, editor.uri)
        assert edited(BAD, [edit]) == BAD.replace("python train.py", '["python", "train.py"]')
        start, end = edit.range.start, edit.range.end
        await editor.type((start.line, start.character), (end.line, end.character), edit.new_text)
        assert await editor.diagnostics() == []

    drive(folder, session)


def test_all_safe_fixes_are_one_action(folder: Path) -> None:
    async def session(editor: Editor) -> None:
        text = "FROM python:3.12\nENTRYPOINT tini -- python train.py\n"
        await editor.open(text)
        await editor.diagnostics()
        nowhere = types.Range(types.Position(0, 0), types.Position(0, 0))
        (action,) = await editor.actions(nowhere, ["source.fixAll"])
        assert action.kind == "source.fixAll.smlint"
        assert (
            edited(text, changes(action, editor.uri))
            == 'FROM python:3.12\nENTRYPOINT ["python", "train.py"]\n'
        )
        assert await editor.actions(nowhere, ["refactor"]) == []

    drive(folder, session)


def test_an_unsafe_fix_may_concern_another_file_and_is_not_preferred(folder: Path) -> None:
    script = folder / "entry.sh"
    script.write_text('#!/bin/sh\npython train.py "$@"\n')

    async def session(editor: Editor) -> None:
        await editor.open('FROM python:3.12\nCOPY --chmod=755 entry.sh /entry.sh\nENTRYPOINT ["/entry.sh"]\n')
        (found,) = [each for each in await editor.diagnostics() if each.code == "SM106"]
        assert found.related_information
        actions = await editor.actions(found.range, ["quickfix"])
        (action,) = [each for each in actions if "unsafe" in each.title]
        assert not action.is_preferred
        (edit,) = changes(action, script.as_uri())
        assert edited(script.read_text(), [edit]) == '#!/bin/sh\nexec python train.py "$@"\n'

    drive(folder, session)


def test_actions_belong_to_the_place(folder: Path) -> None:
    async def session(editor: Editor) -> None:
        await editor.open(BAD)
        await editor.diagnostics()
        start = types.Range(types.Position(0, 0), types.Position(0, 1))
        assert await editor.actions(start, ["quickfix"]) == []

    drive(folder, session)


def test_the_launch_chain_is_the_outline(folder: Path) -> None:
    async def session(editor: Editor) -> None:
        await editor.open('FROM python:3.12\nENTRYPOINT ["python", "train.py"]\n')
        await editor.diagnostics()
        found = await editor.client.text_document_document_symbol_async(
            types.DocumentSymbolParams(types.TextDocumentIdentifier(editor.uri))
        )
        (launch,) = found or []
        assert isinstance(launch, types.DocumentSymbol)
        assert launch.name.startswith("docker run")
        (program,) = launch.children or []
        assert program.name == "python train.py train"
        assert program.selection_range.start.line == 1

    drive(folder, session)


def test_a_file_of_another_kind_is_left_alone(folder: Path) -> None:
    async def session(editor: Editor) -> None:
        await editor.open("ENTRYPOINT python\n", "notes.txt", "plaintext")
        await editor.open(BAD)
        await editor.diagnostics()
        assert list(editor.published) == [editor.uri]

    drive(folder, session)


def test_closing_takes_the_findings_back(folder: Path) -> None:
    async def session(editor: Editor) -> None:
        uri = await editor.open(BAD)
        assert await editor.diagnostics()
        editor.client.text_document_did_close(
            types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri))
        )
        await editor.until(lambda: not editor.published[uri].diagnostics)

    drive(folder, session)


def test_a_wrong_configuration_is_told_and_survived(folder: Path) -> None:
    async def session(editor: Editor) -> None:
        (folder / "smlint.toml").write_text("stagee = 1\n")
        await editor.open(BAD)
        await editor.until(lambda: bool(editor.shown))
        assert "unknown key 'stagee'; did you mean 'stage'?" in editor.shown[0]
        (folder / "smlint.toml").write_text('select = ["SM1"]\n')
        await editor.type((0, 0), (0, 0), "\n")
        assert [each.code for each in await editor.diagnostics()] == ["SM101"]

    drive(folder, session)


def test_an_orderly_leave_is_no_failure(folder: Path) -> None:
    words = (
        {"id": 1, "method": "initialize", "params": {"processId": None, "rootUri": None, "capabilities": {}}},
        {"id": 2, "method": "shutdown"},
        {"method": "exit"},
    )
    bodies = [json.dumps({"jsonrpc": "2.0", **each}).encode() for each in words]
    said = b"".join(b"Content-Length: %d\r\n\r\n%b" % (len(body), body) for body in bodies)
    ended = subprocess.run([SMLINT, "lsp"], input=said, capture_output=True, cwd=folder, timeout=PATIENCE)
    assert b'"id": 2' in ended.stdout
    assert (ended.returncode, ended.stderr) == (0, b"")
