"""SM111."""

from __future__ import annotations

from collections.abc import Iterator

from smlint.container import Container, Witness
from smlint.diagnostics import Location, Severity
from smlint.launch import Hop, Kind
from smlint.rule import ContainerRule, Context, Finding
from smlint_rules.launches import entry_word, launches, related, short, steps, when_stopped


class SignalSwallowingLauncher(ContainerRule):
    """A launcher that passes no signals on stands between SageMaker and the program.

    What it checks
    --------------
    The launchers of the chain, in ENTRYPOINT and in scripts, that are known to wait for the program and to keep SIGTERM
    to themselves: `conda run`, `deepspeed`, `xvfb-run`, `hatch run`, `honcho run`, `time`, `setsid`. Those that replace
    themselves (`poetry run`, `gosu`) or pass the signal on (`uv run`, `torchrun`, `tini`) are fine, and those of which
    no source says are not reported.

    Why it matters on SageMaker
    ---------------------------
    SIGTERM goes to the launcher and no further. The program is killed with SIGKILL when the time is up, and whatever
    its handler would have saved is lost.

    Example
    -------
    ```dockerfile
    FROM python:3.12-slim
    ENTRYPOINT ["conda", "run", "--no-capture-output", "-n", "train", "python", "/opt/program/train.py"]
    ```

    Use instead
    -----------
    ```dockerfile
    FROM python:3.12-slim
    ENTRYPOINT ["/opt/conda/envs/train/bin/python", "/opt/program/train.py"]
    ```

    References
    ----------
    - [How SageMaker signals a training container](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html)
    - [How SageMaker stops an inference container](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html)
    - [conda run does not forward TERM signal to subprocess](https://github.com/conda/conda/issues/10351)
    """

    code = "SM111"
    name = "signal-swallowing-launcher"
    level = Severity.WARNING
    witnesses = frozenset({Witness.DOCKERFILE, Witness.IMAGE})

    def check(self, container: Container, context: Context) -> Iterator[Finding]:
        """Report a launcher that got SIGTERM and certainly keeps it."""
        reported: set[Location] = set()
        for launch in launches(container, context):
            for launcher, child in steps(launch):
                program = _behind_npm(launcher, child)
                if launcher.kind is not Kind.LAUNCHER or launcher.location in reported:
                    continue
                if launcher.sigterm.value is False or program.sigterm.value is not False:
                    continue
                reported.add(launcher.location)
                primary = entry_word(launch, launcher)
                # npm ends when its shell does; the others stay until SIGKILL.
                end = when_stopped(launch.workload) if program is child else "is killed when npm ends"
                yield Finding(
                    primary,
                    f"`{_called(launcher.argv)}` keeps SIGTERM from `{short(launch, program)}`: {program.sigterm.reason}, "
                    f"and the program {end}",
                    f"start the program without `{_called(launcher.argv)}`: "
                    f"`{_advice(launcher.argv, short(launch, program))}`",
                    related(
                        launcher.location, f"`{_called(launcher.argv)}` waits for the program here", primary
                    ),
                )


def _behind_npm(launcher: Hop, child: Hop) -> Hop:
    """What the script of ``package.json`` starts: npm tells the shell that runs it, and no further."""
    if launcher.argv[0].rpartition("/")[2] != "npm" or child.unseen:
        return child
    lost = child.then and all(program.sigterm.value is False for program in child.then)
    return child.then[0] if lost else child


def _called(argv: tuple[str, ...]) -> str:
    name = argv[0].rpartition("/")[2]
    if name == "npm":
        return " ".join(argv[:3] if argv[1:2] == ("run",) else argv[:2])
    return f"{name} run" if "run" in argv[1:] and name in {"conda", "hatch", "honcho"} else name


def _advice(launcher: tuple[str, ...], program: str) -> str:
    """The program's command line; under conda with the path of the environment that ``conda run`` would look in."""
    if launcher[0].rpartition("/")[2] != "conda" or program.startswith("/"):
        return program
    prefix = _value(launcher, "-p", "--prefix")
    return f"{prefix or '/opt/conda/envs/' + (_value(launcher, '-n', '--name') or 'NAME')}/bin/{program}"


def _value(argv: tuple[str, ...], *options: str) -> str | None:
    for index, word in enumerate(argv):
        name, equals, value = word.partition("=")
        if name in options:
            return value if equals else next(iter(argv[index + 1 :]), None)
    return None
