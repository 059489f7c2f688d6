"""SM714."""

from __future__ import annotations

from collections.abc import Iterator

from smlint.container import Witness
from smlint.diagnostics import Severity
from smlint.probe.judge import INCONCLUSIVE, Verdict, judge
from smlint.probe.record import ProbeRecord, Run
from smlint.probe.wording import named, seconds, tail
from smlint.rule import Finding, LiveRule


class ProbeInconclusive(LiveRule):
    """The stop could not be tried: the container did not start, ended too early, or never became ready.

    What it checks
    --------------
    Whether a signal was sent at all. A probe that never came to the signal has shown nothing and is never a pass. Where
    the engine could not start the container, or its program failed at once, the message has its exit code and the end
    of its log; a start that the engine refuses is an error.

    Why it matters on SageMaker
    ---------------------------
    What does not start here as SageMaker starts it mostly does not start there either: `exec: "train": executable file not
    found` and `exec format error` are the same words in both places.

    Example
    -------
    ```dockerfile
    FROM python:3.12
    COPY train.py /train.py
    ENTRYPOINT ["python3", "/train.py"]
    ```
    ```python train.py
    print("nothing to train")
    ```

    Use instead
    -----------
    ```dockerfile
    FROM python:3.12
    COPY train.py /train.py
    ENTRYPOINT ["python3", "/train.py"]
    ```
    ```python train.py
    import signal, sys, time

    def stop(number, frame):
        open("/opt/ml/model/weights", "w").write("…")
        sys.exit(0)

    signal.signal(signal.SIGTERM, stop)
    while True:
        time.sleep(1)
    ```

    References
    ----------
    - https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html
    - https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-signal-success-failure.html
    """

    code = "SM714"
    name = "probe-inconclusive"
    level = Severity.WARNING
    witnesses = frozenset({Witness.LIVE})

    def check(self, record: ProbeRecord) -> Iterator[Finding]:
        for run in record.runs:
            verdict = judge(run).verdict
            if verdict in INCONCLUSIVE:
                yield Finding(
                    location=record.anchor,
                    message=_message(record, run, verdict),
                    help=_help(run, verdict),
                    level=Severity.ERROR if verdict is Verdict.NOT_STARTED else None,
                )


def _message(record: ProbeRecord, run: Run, verdict: Verdict) -> str:
    command = f"`{' '.join(record.argv)[:120]}`"
    if verdict is Verdict.NOT_STARTED:
        return f"{command} cannot be started (exit code {run.exit_code}): {' '.join(run.start_error.split())[:300]}"
    if verdict is Verdict.NEVER_READY:
        return (
            f"{named(judge(run).program)} was not ready after {seconds(run.kill_at or 0.0)} of waiting until "
            f"{run.ready_by} ({tail(run)}), so the stop was not tried"
        )
    memory = " (out of memory)" if run.out_of_memory else ""
    return (
        f"{command} ended by itself after {seconds(run.ended_at or 0.0)} with exit code {run.exit_code}{memory} "
        f"({tail(run)}), before the stop could be tried"
    )


def _help(run: Run, verdict: Verdict) -> str:
    if verdict is Verdict.NOT_STARTED:
        return (
            "make the ENTRYPOINT, or `train` and `serve` on PATH, an executable of the image's architecture"
        )
    if verdict is Verdict.NEVER_READY:
        return "say when it is ready with --ready-log REGEX or --ready-ping, or wait longer with --ready-timeout SECONDS"
    if run.exit_code:
        return "give it what it needs to start: --channel NAME=DIR, --hyperparameters FILE, --model DIR, --env NAME=VALUE"
    return (
        "give it enough work to be running when the signal comes: --channel NAME=DIR, --hyperparameters FILE"
    )
