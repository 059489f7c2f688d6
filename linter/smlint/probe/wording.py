"""How live rules name processes, runs and times."""

from __future__ import annotations

import json
import shlex

from smlint.probe.judge import SHELLS
from smlint.probe.record import ProbeRecord, Process, Run


def named(process: Process | None) -> str:
    """The process by its command line."""
    return f"`{process.command}`" if process is not None else "the program"


def under(run: Run) -> str:
    """Which of the two platform behaviours the run shows, as the beginning of a sentence."""
    return "under an init as PID 1, " if run.init else ""


def budget(record: ProbeRecord, run: Run) -> str:
    """The seconds that the platform gives, or the probe gave where no source says what the platform does."""
    seconds = record.platform_grace if record.platform_grace is not None else run.grace
    return f"{seconds:g} s"


def seconds(value: float) -> str:
    """A duration with the precision that a poll has."""
    return f"{value:.1f} s"


def exec_form(text: str) -> str:
    """The ENTRYPOINT that starts the program of a shell string itself."""
    try:
        words = shlex.split(text)
    except ValueError:
        words = []
    if not words or any(character in text for character in "|&;<>()$`\n*?[]{}"):
        return 'ENTRYPOINT ["/bin/sh", "-c", "… exec program \\"$0\\" \\"$@\\""]'
    return f"ENTRYPOINT {json.dumps(words)}"


def is_shell(process: Process | None) -> bool:
    """Whether it is a shell, by its name."""
    return process is not None and process.name in SHELLS


def is_python(process: Process | None) -> bool:
    """Whether it is a Python interpreter, by its name."""
    return process is not None and process.name.startswith(("python", "pypy"))


def tail(run: Run) -> str:
    """The last line of the log, for a message."""
    line = next((line.strip() for line in reversed(run.log_tail) if line.strip()), "")
    if not line:
        return "it has logged nothing"
    return f"its last log line is {(line if len(line) <= 160 else line[:159] + '…')!r}"
