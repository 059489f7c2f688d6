"""What a way's conditions say where a loop is on it: nothing that only another round has assumed."""

from __future__ import annotations

import pytest

from smlint.container import UNRESOLVED
from smlint.shell.flow import analyse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # A round's own conditions, not those of the rounds before it.
        (
            'for x in a b; do [ -f "$x" ] && exec prog "$x"; done; exec other',
            {"prog a": '[ -f "$x" ]', "prog b": '[ -f "$x" ]', "other": 'not [ -f "$x" ]'},
        ),
        (
            'for x in a b; do [ -f "$x" ] && prog "$x"; done',
            {"prog a": '[ -f "$x" ]', "prog b": '[ -f "$x" ]'},
        ),
        # What every round has to come through is said once.
        ('for x in a b; do [ -f "$x" ] || exit 1; done; exec prog', {"prog": '[ -f "$x" ]'}),
        # Behind a loop that is left early, or that starts nothing, its conditions have no say.
        ('for x in a b; do if [ -f "$x" ]; then break; fi; done; exec prog', {"prog": ""}),
        ('while [ -n "$A" ]; do if [ "$B" = 1 ]; then break; fi; shift; done; exec prog', {"prog": ""}),
        ('while read x; do if [ "$x" = 1 ]; then Y=1; fi; done; exec prog', {"prog": ""}),
        (
            'for x in a b; do if [ -f "$x" ]; then n=$x; else m=$x; fi; done; exec prog "$n" "$m"',
            {
                "prog b a": "",
                "prog a b": "",
                f"prog b {UNRESOLVED}": '[ -f "$x" ]',
                f"prog {UNRESOLVED} b": 'not [ -f "$x" ]',
            },
        ),
        # What was assumed before the loop stays.
        (
            'if [ -d y ]; then for x in a b; do [ -f "$x" ] && exec prog "$x"; done; fi',
            {"prog a": '[ -d y ] and [ -f "$x" ]', "prog b": '[ -d y ] and [ -f "$x" ]'},
        ),
        ("while true; do if [ -f x ]; then exec prog; fi; sleep 1; done", {"prog": "[ -f x ]"}),
        (
            'while [ $# -gt 0 ]; do [ -f "$1" ] && exec prog "$1"; shift; done',
            {"prog train": '[ -f "$1" ]', "prog x": '[ -f "$1" ]'},
        ),
        (
            'for x in $LIST; do [ "$x" = b ] && exec prog; done; exec other',
            {"prog": '[ "$x" = b ]', "other": ""},
        ),
    ],
)
def test_conditions_of_a_loop(text: str, expected: dict[str, str]) -> None:
    paths = analyse(text, dialect="bash", arguments=("train", "x")).paths
    found = {" ".join(path.command.texts): " and ".join(map(str, path.conditions)) for path in paths}
    assert found == expected
