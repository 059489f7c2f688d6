"""What is said about an open document: places in other files, texts that cannot be judged, comments, the outline."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("pygls", reason="the extra lsp is not installed")

from lsprotocol import types
from pygls.workspace import PositionCodec

from smlint import registry
from smlint.lsp.actions import FIX_ALL, accepts, actions
from smlint.lsp.document import Document
from smlint.lsp.findings import by_file, hover
from smlint.lsp.symbols import symbols

REGISTRY = registry.installed()
SCRIPTED = 'FROM python:3.12\nCOPY --chmod=755 serve.sh /serve.sh\nENTRYPOINT ["/serve.sh"]\n'
SHELL_FORM = "FROM python:3.12\nENTRYPOINT python train.py\n"


@pytest.fixture
def folder(folder: Path) -> Path:
    (folder / "smlint.toml").write_text('select = ["SM1", "SM4", "SM900", "SM901"]\nworkload = "inference"\n')
    (folder / "serve.sh").write_text("#!/bin/sh\nexec uvicorn app:app --host 0.0.0.0 --port 9000\n")
    return folder


def opened(folder: Path, text: str, name: str = "Dockerfile") -> Document:
    return Document((folder / name).as_uri(), text, PositionCodec(), REGISTRY)


def codes(document: Document) -> list[str]:
    return [finding.code for finding in document.diagnostics]


def everywhere(document: Document) -> types.Range:
    return document.whole()


def titles(document: Document, *only: str) -> list[str]:
    return [each.title for each in actions(document, everywhere(document), only or None)]


def page(document: Document, line: int, column: int) -> str:
    found = hover(document, types.Position(line, column), REGISTRY)
    return found.contents.value if found and isinstance(found.contents, types.MarkupContent) else ""


class TestFindingsInScripts:
    def test_they_are_published_for_the_script(self, folder: Path) -> None:
        found = by_file(opened(folder, SCRIPTED))
        script = found[(folder / "serve.sh").as_uri()]
        assert [(each.code, each.range.start.line) for each in script] == [("SM401", 1)]
        assert found[(folder / "Dockerfile").as_uri()] == []

    def test_nothing_is_offered_or_shown_at_the_same_place_of_the_dockerfile(self, folder: Path) -> None:
        document = opened(folder, SCRIPTED)
        assert codes(document) == ["SM401"]
        assert titles(document) == []
        assert page(document, 1, 0) == ""


class TestActions:
    def test_a_finding_without_a_fix_can_be_ignored_only(self, folder: Path) -> None:
        document = opened(folder, 'FROM python:3.12\nSTOPSIGNAL SIGKILL\nENTRYPOINT ["python", "a.py"]\n')
        (finding,) = document.diagnostics
        assert finding.fix is None
        assert titles(document) == [f"Ignore {finding.code} here, with a reason"]

    def test_a_text_that_cannot_be_read_offers_nothing(self, folder: Path) -> None:
        document = opened(folder, "FROM python:3.12\nENTRYPOI")
        assert codes(document) == ["SM900"]
        assert titles(document) == []

    def test_a_finding_about_a_comment_is_not_ignored_by_another_comment(self, folder: Path) -> None:
        document = opened(
            folder, '# smlint ignore=SM101 -- none\nFROM python:3.12\nENTRYPOINT ["uvicorn", "a:a"]\n'
        )
        assert "SM901" in codes(document)
        assert [title for title in titles(document) if "Ignore SM901" in title] == []

    def test_where_nothing_can_be_fixed_no_fix_of_all_is_offered(self, folder: Path) -> None:
        assert titles(opened(folder, SHELL_FORM), FIX_ALL) == ["Apply all safe fixes of smlint"]
        assert titles(opened(folder, SCRIPTED), FIX_ALL) == []

    @pytest.mark.parametrize(
        ("text", "readable"), [(SHELL_FORM, True), ("FROM python:3.12\nENTRYPOI", False), ("", False)]
    )
    def test_no_fix_may_leave_a_file_that_cannot_be_built(self, text: str, readable: bool) -> None:
        assert accepts("Dockerfile", text) is readable


class TestHover:
    COMMENT = "# smlint ignore=SM1,SM101 -- why"

    @pytest.mark.parametrize(
        ("word", "shown"),
        [("SM101", "# SM101 "), ("SM1,", ""), ("#", ""), ("ignore", ""), ("why", "")],
    )
    def test_in_a_comment_only_one_rule_has_a_page(self, folder: Path, word: str, shown: str) -> None:
        document = opened(folder, f"FROM python:3.12\n{self.COMMENT}\n{SHELL_FORM.splitlines()[1]}\n")
        text = page(document, 1, self.COMMENT.index(word))
        assert text.startswith(shown)
        assert bool(text) is bool(shown)


class TestOutline:
    def outline(self, document: Document) -> list[tuple[str, str, int]]:
        """Name, remarks and line of everything, outer before inner."""

        def below(symbol: types.DocumentSymbol) -> list[tuple[str, str, int]]:
            own = (symbol.name, symbol.detail or "", symbol.selection_range.start.line)
            return [own, *(each for child in symbol.children or () for each in below(child))]

        return [each for symbol in symbols(document) for each in below(symbol)]

    def test_what_a_script_starts_stands_where_the_script_is_started(self, folder: Path) -> None:
        launch, script, program = self.outline(opened(folder, SCRIPTED))
        assert launch[1] == "inference"
        assert script[0] == "/bin/sh /serve.sh serve"
        assert program[0].startswith("uvicorn app:app")
        assert program[2] == script[2] == 2

    def test_what_does_not_arrive_is_marked(self, folder: Path) -> None:
        (folder / "serve.sh").write_text('#!/bin/sh\nif [ "$DEBUG" ]; then\n  uvicorn app:app\nfi\n')
        (program,) = [
            each for each in self.outline(opened(folder, SCRIPTED)) if each[0].startswith("uvicorn")
        ]
        assert "✗ SIGTERM: " in program[1]
        assert "if " in program[1]

    @pytest.mark.parametrize("text", ["FROM python:3.12\nENTRYPOI", ""])
    def test_a_text_that_cannot_be_read_has_none(self, folder: Path, text: str) -> None:
        assert symbols(opened(folder, text)) == []

    def test_a_stage_that_is_not_there_has_none_and_the_reason_is_told(self, folder: Path) -> None:
        (folder / "smlint.toml").write_text('stage = "final"\n')
        document = opened(folder, SHELL_FORM)
        assert symbols(document) == []
        assert document.diagnostics == ()
        (failure,) = document.failures
        assert "final" in failure


def test_a_document_that_is_in_no_file_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    document = Document("untitled:Untitled-1", SHELL_FORM, PositionCodec(), REGISTRY)
    found = by_file(document)
    assert list(found) == ["untitled:Untitled-1"]
    assert "SM101" in [each.code for each in found["untitled:Untitled-1"]]
    assert types.CodeActionKind.QuickFix in [
        each.kind for each in actions(document, everywhere(document), None)
    ]
