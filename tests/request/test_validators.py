"""botocore's own validator beside ours, and places of findings, on requests that are changed at random."""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from smlint import registry
from smlint.engine import Plan, judge, judge_request
from smlint.request import Kind
from smlint.request.second_opinion import complaints
from smlint.request.structure import Break, violations
from tests.request.smallest import BASES, request_of

PLAN = Plan(registry.installed(), frozenset(registry.installed().codes))
JUNK = (
    st.none()
    | st.booleans()
    | st.integers(-3, 300)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
)
VALUES = st.recursive(
    JUNK,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@st.composite
def mutated(draw: st.DrawFn) -> tuple[Kind, Any]:
    """A request with some members deleted, replaced by anything, or invented."""
    kind = draw(st.sampled_from(list(Kind)))
    body = copy.deepcopy(BASES[kind])
    for _ in range(draw(st.integers(1, 4))):
        inner: Any = body
        while isinstance(inner, dict) and inner and draw(st.booleans()):
            inner = inner[draw(st.sampled_from(sorted(inner)))]
        if isinstance(inner, list) and inner:
            inner = inner[0]
        if not isinstance(inner, dict):
            continue
        names = [
            *sorted(inner),
            "Environment",
            "InputDataConfig",
            "ContainerEntrypoint",
            "ProcessingInputs",
            "Invented",
        ]
        name = draw(st.sampled_from(names))
        if draw(st.booleans()):
            inner[name] = draw(VALUES)
        else:
            inner.pop(name, None)
    return kind, body


@settings(deadline=None, max_examples=120)
@given(mutated())
def test_ours_says_what_botocores_validator_says(given: tuple[Kind, Any]) -> None:
    kind, body = given
    request = request_of(kind, body)
    theirs = {(complaint.pointer, complaint.how) for complaint in complaints(request.body, kind)}
    known = {Break.MISSING, Break.UNKNOWN, Break.TYPE, Break.TOO_SMALL}
    ours = set()
    for violation in violations(request):
        pointer = (
            violation.value.pointer
            if violation.how in (Break.MISSING, Break.UNKNOWN)
            else violation.location.pointer
        )
        # Python takes truth values for numbers; JSON does not.
        node = getattr(violation.value.node, "value", None)
        is_pythonic = isinstance(node, bool)
        if violation.how in known and not (
            violation.how is Break.TYPE and is_pythonic and violation.shape.type != "string"
        ):
            ours.add((pointer, violation.how))
    theirs_strict = {
        (pointer, how)
        for pointer, how in theirs
        if not isinstance(getattr(request.body.at(pointer).node, "value", None), bool)
    }
    ours_strict = {
        (pointer, how)
        for pointer, how in ours
        if not isinstance(getattr(request.body.at(pointer).node, "value", None), bool)
    }
    assert ours_strict == theirs_strict


@settings(deadline=None, max_examples=120)
@given(
    mutated()
    | st.tuples(st.sampled_from(list(Kind)), st.dictionaries(st.text(max_size=4), VALUES, max_size=5))
)
def test_wrong_types_everywhere_give_findings_with_places(given: tuple[Kind, Any]) -> None:
    kind, body = given
    request = request_of(kind, body)
    for diagnostic in [
        *judge_request(request, None, PLAN),
        *judge(request.alone(), PLAN, (request.workload,), request),
    ]:
        location = diagnostic.location
        assert location.pointer == "" or location.pointer.startswith("/")  # type: ignore[union-attr]
        assert (location.line, location.column) <= (location.end_line, location.end_column)  # type: ignore[union-attr]
        diagnostic.message.encode()
