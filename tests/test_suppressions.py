"""What comments say to smlint, and what they take away."""

from __future__ import annotations

import pytest

from smlint import suppressions
from smlint.diagnostics import Diagnostic, FileLocation, ImageLocation, Location, Severity
from smlint.registry import Registry, UnknownRuleError
from smlint.suppressions import Comments, Line
from smlint.workload import Workload


class Rules(Registry):
    """Two codes, without rule classes behind them."""

    def matching(self, selector: str) -> frozenset[str]:
        found = frozenset(code for code in ("SM101", "SM204") if code.startswith(selector))
        if not found:
            raise UnknownRuleError(selector, "SM101" if selector == "SM10l" else None)
        return found


def comments(text: str, spans: list[tuple[int, int]]) -> Comments:
    lines = [Line(n, line) for n, line in enumerate(text.split("\n"), 1) if line.lstrip().startswith("#")]
    return suppressions.read("Dockerfile", lines, spans, Rules({}))


def finding(code: str, line: int) -> Diagnostic:
    return Diagnostic(code, "n", Severity.ERROR, "m", "h", "", FileLocation("Dockerfile", line, 1, line, 2))


@pytest.mark.parametrize(
    ("text", "spans", "hidden"),
    [
        ("# smlint ignore=SM101\nRUN x", [(2, 2)], {("SM101", 2)}),
        ("# smlint ignore=SM101 -- known\nRUN x \\\n y", [(2, 3)], {("SM101", 2), ("SM101", 3)}),
        ("# smlint ignore=SM101,SM204\nRUN x", [(2, 2)], {("SM101", 2), ("SM204", 2)}),
        ("# smlint ignore=SM101, SM204\nRUN x", [(2, 2)], {("SM101", 2), ("SM204", 2)}),
        ("# smlint ignore=SM101\n# smlint ignore=SM204\nRUN x", [(3, 3)], {("SM101", 3), ("SM204", 3)}),
        ("# smlint ignore=SM101\n# why\nRUN x", [(3, 3)], {("SM101", 3)}),
        ("# smlint ignore=SM101\n\nRUN x", [(3, 3)], set()),
        ("RUN x \\\n# smlint ignore=SM101\n y", [(1, 3)], {("SM101", 1), ("SM101", 2), ("SM101", 3)}),
        ("RUN x\n# smlint ignore=SM101", [(1, 1)], set()),
        ("# smlint ignore=SM\nRUN x", [(2, 2)], {("SM101", 2), ("SM204", 2)}),
        ("RUN x\n# smlint global ignore=SM204", [(1, 1)], {("SM204", 1), ("SM204", 2), ("SM204", 3)}),
        ("#smlint: ignore = SM101\nRUN x", [(2, 2)], {("SM101", 2)}),
        ("# smlint is a linter; ignore=SM101\nRUN x", [(2, 2)], set()),
    ],
)
def test_which_findings_a_comment_hides(
    text: str, spans: list[tuple[int, int]], hidden: set[tuple[str, int]]
) -> None:
    found = [finding(code, line) for code in ("SM101", "SM204") for line in (1, 2, 3)]
    verdict = suppressions.apply(found, comments(text, spans).ignores)
    assert {
        (d.code, d.location.line) for d in verdict.suppressed if isinstance(d.location, FileLocation)
    } == hidden
    assert len(verdict.kept) + len(verdict.suppressed) == len(found)


def test_an_ignore_that_hides_nothing_is_unused() -> None:
    ignores = comments("# smlint ignore=SM101,SM204\nRUN x", [(2, 2)]).ignores
    verdict = suppressions.apply([finding("SM204", 2)], ignores)
    assert [ignore.selector for ignore in verdict.unused] == ["SM101"]
    assert verdict.unused[0].location == FileLocation("Dockerfile", 1, 17, 1, 22)


def test_workloads_are_read_from_a_comment() -> None:
    assert comments("# smlint workload=processing, training", []).workloads == (
        Workload.PROCESSING,
        Workload.TRAINING,
    )


@pytest.mark.parametrize(
    ("text", "column", "told"),
    [
        ("  # smlint ignore=SM10l", 19, "SM101"),
        ("# smlint ignore=XX1", 17, "smlint rule"),
        ("# smlint workload=trainnig", 19, "training"),
        ("# smlint ingore=SM101", 10, "ignore=CODE"),
        ("# smlint global workload=training", 17, "workload=NAME"),
    ],
)
def test_a_comment_that_cannot_be_obeyed_is_a_finding(text: str, column: int, told: str) -> None:
    (remark,) = comments(text, []).findings
    assert isinstance(remark.location, FileLocation)
    assert remark.location.column == column
    assert told in remark.help


@pytest.mark.parametrize("location", [FileLocation("run.sh", 2, 1, 2, 2), ImageLocation("app:1", "/run.sh")])
def test_an_ignore_on_a_line_hides_nothing_elsewhere(location: Location) -> None:
    elsewhere = finding("SM101", 2)._replace(location=location)
    ignores = comments("# smlint ignore=SM101\nRUN x", [(2, 2)]).ignores
    verdict = suppressions.apply([elsewhere, finding("SM101", 2)], ignores)
    assert verdict.kept == (elsewhere,)
    everywhere = comments("# smlint global ignore=SM101\nRUN x", [(2, 2)]).ignores
    assert suppressions.apply([elsewhere], everywhere).suppressed == (elsewhere,)
