"""The launch chain in print: as a tree for people, as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from smlint.container import Absent, Known
from smlint.diagnostics import ImageLocation, Location
from smlint.launch import Answer, Hop, Launch, Relation
from smlint.report.json import VERSION, location
from smlint.report.visible import visible, visible_json

#: The narrowest first column, so that chains printed one after the other line up.
_LEFT: Final = 58


class _Line(NamedTuple):
    left: str
    place: str
    notes: tuple[str, ...]


def text(launches: Iterable[Launch]) -> str:
    """Every chain as a tree: who starts whom, where that is written, and where something is lost."""
    return "\n".join(_tree(launch) for launch in launches)


def _tree(launch: Launch) -> str:
    lines = [_Line(launch.command, _workload(launch), ())]
    if launch.root is None:
        lines.append(_Line("└─ " + _nothing(launch), "", ()))
    else:
        lines += _hops((launch.root,), "", None)
    lines = [
        _Line(visible(each.left), visible(each.place), tuple(map(visible, each.notes))) for each in lines
    ]
    left = max(_LEFT, *(len(line.left) for line in lines)) + 3
    place = max((len(line.place) for line in lines[1:]), default=0) + 3
    return "".join(_laid_out(line, left, place) for line in lines)


def _laid_out(line: _Line, left: int, place: int) -> str:
    first, *more = line.notes or ("",)
    rows = [f"{line.left:<{left}}{line.place:<{place}}{first}".rstrip()]
    rows += [f"{'':<{left + place}}{note}" for note in more]
    return "\n".join(rows) + "\n"


def _workload(launch: Launch) -> str:
    name, grace = str(launch.workload), launch.workload.grace
    after = f"{grace} s" if grace is not None else "a time that is not documented"
    signal = "SIGTERM" if grace is not None else "SIGINT or SIGTERM"
    return f"workload: {name}, {signal} then SIGKILL after {after}"


def _nothing(launch: Launch) -> str:
    if isinstance(launch.argv, Absent):
        return "nothing: the image has neither ENTRYPOINT nor CMD"
    reason = "" if isinstance(launch.argv, Known) else launch.argv.reason
    return f"unknown: {reason}"


def _hops(siblings: Sequence[Hop], indent: str, parent: Hop | None) -> Iterator[_Line]:
    for index, hop in enumerate(siblings):
        last = index == len(siblings) - 1
        branch = "└─ " if last else "├─ "
        yield _Line(f"{indent}{branch}{_label(hop)}  {hop.text}", _place(hop), tuple(_notes(hop, parent)))
        yield from _hops(hop.then, indent + ("   " if last else "│  "), hop)


def _label(hop: Hop) -> str:
    return "exec" if hop.relation is Relation.REPLACES else str(hop.relation)


def _notes(hop: Hop, parent: Hop | None) -> Iterator[str]:
    if hop.condition:
        yield f"when {hop.condition}"
    before = parent or hop
    yield from _note(before.sigterm, hop.sigterm, parent)
    yield from _note(before.word, hop.word, parent)
    yield from _note(before.exit_code, hop.exit_code, parent)
    if hop.unseen:
        yield f"? {hop.unseen}"


def _note(before: Answer, after: Answer, parent: Hop | None) -> Iterator[str]:
    if after.value is True or not after.reason or (parent is not None and before == after):
        return
    yield f"{'✗' if after.value is False else '?'} {after.reason}"


def _place(hop: Hop) -> str:
    where = place(hop.location)
    return f"{where}:{hop.line}" if hop.line and isinstance(hop.location, ImageLocation) else where


def place(where: Location) -> str:
    """A location as short as it can be said: ``Dockerfile:14``, the path in an image, ``job.json:4``."""
    if isinstance(where, ImageLocation):
        return where.path or "image config"
    return f"{where.path}:{where.line}"


def to_json(launches: Iterable[Launch]) -> str:
    """The chains as one indented JSON object."""
    document = {"version": VERSION, "launches": [_launch(launch) for launch in launches]}
    return visible_json(json.dumps(document, indent=2, ensure_ascii=False)) + "\n"


def _launch(launch: Launch) -> dict[str, Any]:
    argv = launch.argv
    return {
        "workload": str(launch.workload),
        "grace_seconds": launch.workload.grace,
        "command": launch.command,
        "argv": list(argv.value.texts) if isinstance(argv, Known) else None,
        "unknown": _nothing(launch) if launch.root is None else None,
        "pid1": launch.pid1.text if launch.pid1 else None,
        "word_arrives": _answer(launch.word_arrives),
        "sigterm_arrives": _answer(launch.sigterm_arrives),
        "exit_code_kept": _answer(launch.exit_code_kept),
        "chain": _hop(launch.root) if launch.root else None,
    }


def _answer(answer: Answer) -> dict[str, Any]:
    words = {True: "yes", False: "no", None: "unknown"}
    return {"answer": words[answer.value], "reason": answer.reason}


def _hop(hop: Hop) -> dict[str, Any]:
    return {
        "argv": [word.replace("\ufffc", "…") for word in hop.argv],
        "kind": str(hop.kind),
        "relation": str(hop.relation),
        "reason": hop.relation_reason,
        "condition": hop.condition,
        "location": location(hop.location),
        "line": hop.line,
        "word": _answer(hop.word),
        "sigterm": _answer(hop.sigterm),
        "exit_code": _answer(hop.exit_code),
        "unseen": hop.unseen,
        "then": [_hop(following) for following in hop.then],
    }
