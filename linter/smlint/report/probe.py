"""A probe on the terminal and in JSON: the observed tree beside the predicted chain, and a timeline of every run."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from smlint.probe.judge import INCONCLUSIVE, Verdict, judge
from smlint.probe.record import Hearing, Masks, Phase, Probed, ProbeRecord, Run, Snapshot
from smlint.probe.signals import Signal
from smlint.report.visible import visible

if TYPE_CHECKING:
    from smlint.launch.chain import Hop, Launch
    from smlint.report.text import Row, Segment

#: Columns of the observed tree, of what a process does with the signal, and of the predicted chain.
_TREE: Final = 52
_HEARING: Final = 12
_CHAIN: Final = 60
_MOST_FILES: Final = 5
_MOST_LINES: Final = 5
#: Processes shown per tree.
_MOST_PROCESSES: Final = 12


def rows(probed: Probed) -> Iterator[Row]:
    """The probe line by line."""
    segment = _segment
    record = probed.record
    engine = f"{record.engine.name} {record.engine.version}".strip()
    yield (
        segment("probe", "name"),
        segment(f" of {record.image} for {record.workload} on {engine}: "),
        segment(" ".join(record.argv)[:200], "name"),
    )
    if record.stop_signal:
        yield (segment(f"  the image's STOPSIGNAL {record.stop_signal} is sent in place of SIGTERM"),)
    for number, run in enumerate(record.runs, 1):
        yield ()
        yield from _run(number, run, probed.launch)


def _segment(text: str, style: str = "") -> Segment:
    # The text format imports this module when something was probed; the other way round at the top would be a circle.
    from smlint.report.text import Segment

    return Segment(visible(text), style)


_STYLES: Final = {
    Verdict.STOPPED: "help",
    Verdict.SLOW: "warning",
    Verdict.CUT_OFF: "warning",
}


def _run(number: int, run: Run, launch: Launch | None) -> Iterator[Row]:
    found = judge(run)
    style = _STYLES.get(found.verdict, "warning" if found.verdict in INCONCLUSIVE else "error")
    init = "under an init" if run.init else "without init"
    yield (
        _segment(f"run {number}, {init}, {run.signal.name} and {run.grace:g} s: "),
        _segment(found.verdict, style),
    )
    before = run.last_before_signal
    if before is not None:
        yield from _trees(run, before, launch)
    for at, text in timeline(run):
        yield (_segment(f"  {at:8.1f} s  ", "dim"), _segment(text))
    for line in run.log_after[:_MOST_LINES] if run.signal_at is not None else run.log_tail[-_MOST_LINES:]:
        yield (_segment("           log  ", "dim"), _segment(line[:160]))


def _trees(run: Run, snapshot: Snapshot, launch: Launch | None) -> Iterator[Row]:
    observed = list(_observed(run, snapshot))
    predicted = list(_predicted(launch)) if launch is not None else []
    heading = f"  {'observed':<{_TREE}}{run.signal.name:<{_HEARING}}"
    yield (_segment(heading + ("predicted" if predicted else ""), "dim"),)
    for index in range(max(len(observed), len(predicted))):
        tree, hearing = observed[index] if index < len(observed) else ("", "")
        chain = predicted[index] if index < len(predicted) else ""
        yield (
            _segment(f"  {_cut(tree, _TREE - 2):<{_TREE}}"),
            _segment(f"{hearing:<{_HEARING}}", "help" if hearing in _HEARD else ""),
            _segment(_cut(chain, _CHAIN)),
        )


_HEARD: Final = frozenset({Hearing.CATCHES, Hearing.AWAITS, Hearing.BLOCKS})


def _observed(run: Run, snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    depth: dict[int, int] = {}
    for process in snapshot.processes[:_MOST_PROCESSES]:
        depth[process.pid] = depth.get(process.ppid, -1) + 1
        level = depth[process.pid]
        branch = "PID 1  " if process == snapshot.pid1 else "   " * (level - 1) + "└─ "
        yield branch + process.args, str(process.hearing(run.signal))
    hidden = len(snapshot.processes) - _MOST_PROCESSES + snapshot.left_out
    if hidden > 0:
        yield f"   … and {hidden} more", ""


def _predicted(launch: Launch) -> Iterator[str]:
    if launch.root is None:
        yield "unknown"
        return
    yield from _hop(launch.root, 0)


def _hop(hop: Hop, depth: int) -> Iterator[str]:
    head = hop.relation if depth == 0 else "   " * (depth - 1) + f"└─ {hop.relation}"
    lost = "  ✗ SIGTERM does not arrive" if hop.sigterm.value is False else ""
    yield f"{head}  {hop.text}{lost}"
    for following in hop.then:
        yield from _hop(following, depth + 1)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def timeline(run: Run) -> list[tuple[float, str]]:
    """What happened when, in order: seconds since the start, and one line for each event."""
    events = [
        (0.0, "started" if not run.start_error else f"not started: {' '.join(run.start_error.split())[:200]}")
    ]
    if run.ready_at is not None:
        events.append((run.ready_at, f"ready: {run.ready_by}"))
    if run.signal_at is not None:
        events.append((run.signal_at, f"{run.signal.name} sent to PID 1"))
    events += _ends(run)
    if run.kill_at is not None:
        why = (
            "; the kernel had to drop the signal, so the rest of the time was not waited out"
            if run.confirmed
            else ""
        )
        events.append((run.kill_at, f"SIGKILL{why}"))
    if run.ended_at is not None and not run.start_error:
        memory = ", out of memory" if run.out_of_memory else ""
        events.append((run.ended_at, f"ended with exit code {run.exit_code}{memory}{_artefacts(run)}"))
    return sorted(events, key=lambda event: event[0])


def _ends(run: Run) -> list[tuple[float, str]]:
    """The ends of single processes between the signal and the end of the container."""
    stopping = [s for s in run.snapshots if s.phase is Phase.STOPPING]
    before = run.last_before_signal
    events: list[tuple[float, str]] = []
    for earlier, later in zip([before, *stopping], stopping, strict=False):
        left = {process.pid for process in later.processes}
        gone = [process for process in (earlier.processes if earlier else ()) if process.pid not in left]
        events += [(later.at, f"gone: {process.command}") for process in gone[:_MOST_PROCESSES]]
    return events


def _artefacts(run: Run) -> str:
    if run.signal_at is None:
        return ""
    saved = run.saved
    if not saved:
        return ", nothing saved since the signal" + (
            f" (looked until {run.files_after.cut})" if run.files_after.cut else ""
        )
    more = f" and {len(saved) - _MOST_FILES} more" if len(saved) > _MOST_FILES else ""
    return f", saved since the signal: {', '.join(saved[:_MOST_FILES])}{more}"


def record_values(record: ProbeRecord) -> dict[str, Any]:
    """The whole record as JSON values, with every run's verdict; masks are hexadecimal as in /proc."""
    from smlint.report.json import location

    values = _values(record)
    values["anchor"] = location(record.anchor)
    for run, shown in zip(record.runs, values["runs"], strict=True):
        found = judge(run)
        shown["verdict"] = str(found.verdict)
        shown["program"] = found.program.args if found.program else None
        shown["unheard"] = found.unheard.args if found.unheard else None
        shown["seconds_to_stop"] = None if run.seconds_to_stop is None else round(run.seconds_to_stop, 3)
        shown["saved"] = list(run.saved)
    assert isinstance(values, dict)
    return values


def _values(value: Any) -> Any:
    match value:
        case Masks():
            return {name: f"{mask:016x}" for name, mask in value._asdict().items()}
        case Signal():
            return value.name
        case enum.Enum():
            return str(value.value)
        case float():
            return round(value, 3)
        case Mapping():
            return {str(key): _values(item) for key, item in value.items()}
        case tuple() if hasattr(value, "_asdict"):
            return {key: _values(item) for key, item in value._asdict().items()}
        case tuple() | list():
            return [_values(item) for item in value]
    return value
