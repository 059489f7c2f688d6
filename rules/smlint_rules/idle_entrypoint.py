"""SM116."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from smlint.container import Absent, Container, Known, Witness
from smlint.diagnostics import Severity
from smlint.launch import Hop, Kind, Launch, Origin
from smlint.launch.shells import shell_call
from smlint.rule import ContainerRule, Context, Finding
from smlint.workload import Workload
from smlint_rules import words
from smlint_rules.launches import launches, related, short

_FOREVER: Final = re.compile(r"(?:inf(?:inity)?|\d+d|\d+h|\d{5,}s?)$")


class IdleEntrypoint(ContainerRule):
    """The image starts something that does nothing: `sleep infinity`, `tail -f /dev/null`, a bare shell.

    What it checks
    --------------
    The program at the end of the chain, also behind an entry script, and an ENTRYPOINT that is only a shell: the shell
    then takes `train` or `serve` for the name of a script. A request's ContainerEntrypoint that is only a shell, without
    ContainerArguments, gives it nothing to run.

    Why it matters on SageMaker
    ---------------------------
    Such an entry is meant for working inside a container. A training job with it runs, and is paid for, until its time
    limit; an endpoint never answers `/ping`; a bare shell ends at once with `train: No such file or directory`, or, where
    a request gives it no word, with success: the job is `Completed` and has done nothing.

    Example
    -------
    ```dockerfile
    FROM python:3.12-slim
    ENTRYPOINT ["sleep", "infinity"]
    ```

    Use instead
    -----------
    ```dockerfile
    FROM python:3.12-slim
    ENTRYPOINT ["python", "/opt/program/train.py"]
    ```

    References
    ----------
    - [Run your training image](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html)
    - [Run your inference image](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html)
    """

    code = "SM116"
    name = "idle-entrypoint"
    level = Severity.WARNING
    witnesses = frozenset({Witness.DOCKERFILE, Witness.IMAGE})

    def check(self, container: Container, context: Context) -> Iterator[Finding]:
        """Report a chain whose every end idles, and a shell that is left alone with the platform's word."""
        known = list(launches(container, context))
        for launch in known:
            programs = launch.programs
            if programs and all(idles(program.argv) for program in programs):
                text = short(launch, programs[0])
                yield _finding(
                    launch,
                    programs[0],
                    f"`{text}` does nothing: the job idles until its time limit and is paid for",
                )
                return
        if len(known) < len(context.workloads):
            return
        if known and all(map(_is_given_nothing, known)):
            shell = known[0].hops[-1]
            how = "with -c and no command: the job fails" if _CALL.match(shell.argv[-1]) else _EMPTY
            yield _finding(known[0], shell, f"{words.entry_name(shell.location)} is only a shell {how}")
        elif known and all(map(_runs_the_word, known)):
            yield _finding(
                known[0],
                known[0].hops[-1],
                f"ENTRYPOINT is a shell with -c and no command: it runs {words.platform_words(context.workloads)}, "
                "there is no such program, and the container ends at once",
            )
        elif known and all(map(_is_bare_shell, known)):
            yield _finding(
                known[0],
                known[0].hops[-1],
                f"{words.entry_name(known[0].hops[-1].location)} is only a shell: it takes {words.platform_words(context.workloads)} for a script's name "
                "and ends at once",
            )


#: The end of a shell's options that asks for a command.
_CALL: Final = re.compile(r"-\w*c$")
_EMPTY: Final = "without a command: it reads nothing, and the job is Completed at once with nothing done"
_PROGRAM: Final = '["python", "/opt/program/train.py"]'


def _finding(launch: Launch, program: Hop, message: str) -> Finding:
    argv = launch.argv
    assert isinstance(argv, Known)
    return Finding(
        argv.location,
        message,
        f"name the program: {words.entry(argv.location, _PROGRAM)}",
        related(program.location, "started here", argv.location),
        level=None if _is_certain(program) else dict.fromkeys(Workload, Severity.INFO),
    )


def idles(argv: Sequence[str]) -> bool:
    """Whether a command line waits for ever and does nothing."""
    name, rest = argv[0].rpartition("/")[2], argv[1:]
    if name == "sleep":
        return bool(rest) and bool(_FOREVER.match(rest[0]))
    return name == "tail" and "/dev/null" in rest and any(word in ("-f", "-F", "--follow") for word in rest)


def _is_given_nothing(launch: Launch) -> bool:
    """Whether a request names a shell and no command: its standard input is empty."""
    if not isinstance(launch.argv, Known) or Origin.CONTAINER_ENTRYPOINT not in launch.argv.value.origins:
        return False
    shell = shell_call(launch.hops[-1].argv)
    return shell is not None and shell.operand is None


def _runs_the_word(launch: Launch) -> bool:
    """Whether the platform's word is the command of a ``-c`` without one, and the image has no such program."""
    if len(launch.hops) < 2 or not isinstance(launch.argv, Known):
        return False
    shell, program = launch.hops[-2:]
    given = launch.argv.value.passed
    return (
        shell.kind is Kind.SHELL_STRING and shell.argv[-1:] == given == program.argv and _is_absent(program)
    )


def _is_absent(program: Hop) -> bool:
    return isinstance(program.file, Absent)


def _is_bare_shell(launch: Launch) -> bool:
    """Whether the platform's word itself is what the last shell of the chain is asked to run."""
    if not isinstance(launch.argv, Known) or launch.workload.word is None or len(launch.argv.value.words) < 2:
        return False
    if launch.argv.value.origins[-1] is not Origin.PLATFORM:
        # A request that names a shell and its script gives no platform word.
        return False
    last = launch.hops[-1]
    if last.kind is not Kind.SHELL_SCRIPT or isinstance(last.file, Known) or not last.operand:
        return False
    return last.operand == len(last.argv) - 1 and last.argv[-1:] == launch.argv.value.passed


def _is_certain(program: Hop) -> bool:
    """A bare shell finds a script called ``train`` in the working directory or on PATH, if there is one."""
    return program.kind is Kind.PROGRAM or program.file is None or isinstance(program.file, Absent)
