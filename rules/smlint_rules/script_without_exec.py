"""SM106."""

from __future__ import annotations

from collections.abc import Iterator

from smlint.container import Container, Witness
from smlint.diagnostics import Applicability, Edit, FileLocation, Fix, Location, Severity
from smlint.launch import Hop, Kind, Launch
from smlint.rule import ContainerRule, Context, Finding
from smlint_rules.launches import Step, entry_word, launches, name, related, short, steps, when_stopped


class ScriptWithoutExec(ContainerRule):
    """The entry script starts the program as a child, so SIGTERM stops at the shell.

    What it checks
    --------------
    The shell script that the entry runs, read from the build context or the image, with the files it sources and the
    functions it calls: on every way through it the program is started without `exec`, and no `trap` passes SIGTERM on
    and waits: the signal ends the shell's `wait`, and a script that then ends takes the program with it. Silent when one way is right, and when a way cannot be followed.

    Why it matters on SageMaker
    ---------------------------
    SageMaker stops a container with SIGTERM to process 1. That is the shell; it neither handles the signal nor passes
    it on, and the program is killed 120 seconds later (30 for an endpoint) without having been told. The handler that
    saves the model is never called.

    Example
    -------
    ```dockerfile
    FROM python:3.12-slim
    COPY --chmod=755 entrypoint.sh /usr/local/bin/entrypoint.sh
    ENTRYPOINT ["/usr/local/bin/entrypoint.sh"]
    ```
    ```sh entrypoint.sh
    #!/bin/sh
    set -e
    mkdir -p /tmp/cache
    python /opt/program/train.py "$@"
    ```

    Use instead
    -----------
    ```dockerfile
    FROM python:3.12-slim
    COPY --chmod=755 entrypoint.sh /usr/local/bin/entrypoint.sh
    ENTRYPOINT ["/usr/local/bin/entrypoint.sh"]
    ```
    ```sh entrypoint.sh
    #!/bin/sh
    set -e
    mkdir -p /tmp/cache
    exec python /opt/program/train.py "$@"
    ```

    References
    ----------
    - [How SageMaker signals a training container](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html)
    - [How SageMaker stops an inference container](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html)
    - [ENTRYPOINT and exec](https://docs.docker.com/reference/dockerfile/#entrypoint)
    - [The exec utility](https://pubs.opengroup.org/onlinepubs/9699919799/utilities/V3_chap02.html#exec)
    """

    code = "SM106"
    name = "script-without-exec"
    level = Severity.WARNING
    witnesses = frozenset({Witness.DOCKERFILE, Witness.IMAGE})

    def check(self, container: Container, context: Context) -> Iterator[Finding]:
        """Report the first script of a chain on whose every way SIGTERM is lost."""
        reported: set[tuple[str, Location]] = set()
        for launch in launches(container, context):
            for step in steps(launch):
                key = (name(step.parent), step.child.location)
                if key not in reported and _loses_always(step.parent):
                    reported.add(key)
                    yield _finding(launch, step)


def _loses_always(script: Hop) -> bool:
    if script.kind is not Kind.SHELL_SCRIPT or script.sigterm.value is False:
        return False
    if not script.then or script.unseen:
        return False
    from smlint.shell.housekeeping import is_trivial

    # A script that only copies files or prints is not for any program that would mind.
    return all(
        (child.sigterm.value is False or _cut_off(script, child)) and not is_trivial(child.argv)
        for child in script.then
    )


def _cut_off(script: Hop, program: Hop) -> bool:
    """Whether the script tells its program of SIGTERM, and ends at once all the same."""
    return bool(program.cut_off) and script.sigterm.value is True


def _finding(launch: Launch, step: Step) -> Finding:
    script, program = step
    primary = entry_word(launch, script)
    where = program.location
    if _cut_off(script, program):
        return Finding(
            primary,
            f"`{name(script)}` passes SIGTERM on to `{short(launch, program)}` but does not wait until it has ended: "
            "the script ends, the container with it, and the program is killed at once",
            f'let the trap wait as well: `kill -TERM "$pid"; wait "$pid"`, or start `{short(launch, program, 40)}` with `exec`',
            related(where, program.cut_off, primary),
        )
    line = f" in line {program.line}" if program.line else ""
    return Finding(
        primary,
        f"`{name(script)}` starts `{short(launch, program)}` without exec: SIGTERM stops at the shell, "
        f"and the program {when_stopped(launch.workload)} without being told",
        _advice(launch, program, line),
        related(where, f"`{short(launch, program, 40)}` becomes a child of the shell here", primary),
        _fix(launch, program),
    )


def _advice(launch: Launch, program: Hop, line: str) -> str:
    # bash's `time` is no program that exec could start.
    command = short(launch, program).removeprefix("time ")
    if program.exec_at:
        return f"put `exec` in front of `{command}`{line}"
    if program.piped:
        # PID 1 is the program then, and its exit code the container's; only bash and zsh know the form.
        return f"put `exec` in front of `{command}`{line} and write `> >(READER)` in place of `| READER`, under bash"
    return f"put `exec` in front of `{command}`{line}, and nothing behind it that still has to run"


def _fix(launch: Launch, program: Hop) -> Fix | None:
    place = program.exec_at
    if not isinstance(place, FileLocation):
        return None
    edit = Edit(place.path, place.line, place.column, place.line, place.column, "exec ")
    return Fix(Applicability.UNSAFE, f"start `{short(launch, program, 40)}` with exec", (edit,))
