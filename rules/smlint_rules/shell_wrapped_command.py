"""SM105."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from smlint.container import Container, Form, Known, Witness, Word, is_resolved
from smlint.diagnostics import RequestLocation, Severity
from smlint.rule import ContainerRule, Context, Finding
from smlint.workload import Workload
from smlint_rules import words

_COMMAND: Final = re.compile(r"-[a-zA-Z]*c[a-zA-Z]*$")
#: Options of the shells that take a value, so that the next word is no command string.
_WITH_VALUE: Final = frozenset({"-o", "+o", "-O", "+O", "--rcfile", "--init-file"})
_ALL_PARAMETERS: Final = re.compile(r"\$[@*]|\$\{[@*]")
_ZEROTH: Final = re.compile(r"\$0|\$\{0")
_LAST: Final = re.compile(r"(?:^|&&|\|\||;|\n)\s*exec\s([^;|&\n]*)$")


class ShellWrappedCommand(ContainerRule):
    """The ENTRYPOINT hands its command line to `sh -c`, so the platform's argument becomes `$0`.

    What it checks
    --------------
    An exec form whose program is a shell with `-c`, also behind an init or a launcher such as `env` and `nice`. Silent
    when the string ends in `exec` and passes the platform's word on, or becomes a server that would refuse it (uvicorn,
    flask …). In a job request: ContainerEntrypoint and ContainerArguments together, and whether the string uses what
    stands behind it.

    Why it matters on SageMaker
    ---------------------------
    Behind `sh -c STRING` the word `train` or `serve` becomes `$0` and reaches the program only when the string says
    so. SIGTERM goes to the shell, which passes nothing on unless its last command replaced it.

    Example
    -------
    ```dockerfile
    FROM python:3.12-slim
    ENTRYPOINT ["bash", "-c", "source /opt/env.sh && python /opt/program/train.py"]
    ```

    Use instead
    -----------
    ```dockerfile
    FROM python:3.12-slim
    ENTRYPOINT ["bash", "-c", "source /opt/env.sh && exec python /opt/program/train.py \\"$@\\"", "bash"]
    ```

    References
    ----------
    - [Run your training image](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html)
    - [Run your inference image](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html)
    - [The sh utility and its -c option](https://pubs.opengroup.org/onlinepubs/9699919799/utilities/sh.html)
    """

    code = "SM105"
    name = "shell-wrapped-command"
    level = Severity.WARNING
    witnesses = frozenset({Witness.DOCKERFILE, Witness.IMAGE, Witness.REQUEST})

    def check(self, container: Container, context: Context) -> Iterator[Finding]:
        """Report what the string loses: the platform's word, the signal, or both."""
        entry = container.entrypoint
        if not isinstance(entry, Known) or entry.value.form is not Form.EXEC:
            return
        overrides = container.overrides
        argv = entry.value.argv if overrides.entrypoint else entry.value.argv + (overrides.arguments or ())
        argv, tells_group = _behind_launchers(argv)
        found = _string(argv)
        if found is None or not is_resolved(found[0].text):
            return
        string, behind = found
        if overrides.entrypoint or overrides.arguments:
            # The request's words are in place of the platform's, and stand in the vector already.
            word = "what stands behind the string" if behind else ""
            loses_word = bool(behind) and not _uses_parameters(string.text)
        else:
            word = words.platform_words(context.workloads)
            loses_word = bool(word) and not _passes(string.text, behind) and not _refuses_it(string.text)
        loses_signal = not tells_group and not _LAST.search(string.text.rstrip().rstrip(";"))
        if not loses_word and not loses_signal:
            return
        losses = []
        if loses_word:
            losses.append(f"{word} becomes `$0` and never reaches the program")
        if loses_signal:
            losses.append("SIGTERM ends at the shell unless the shell happens to replace itself")
        shell = words.program(argv[0].text)
        yield Finding(
            string.location,
            f"`{shell} -c` runs the program: {', and '.join(losses)}",
            _advice(shell, string, behind),
            level=None if loses_word else dict.fromkeys(Workload, Severity.WARNING),
        )


def _advice(shell: str, string: Word, behind: int) -> str:
    if not isinstance(string.location, RequestLocation):
        return f'end the string in `exec PROGRAM "$@"` and add the word "{shell}" behind it, or name the program in ENTRYPOINT'
    instead = 'write "ContainerEntrypoint": ["PROGRAM"] with its words in ContainerArguments'
    if behind:
        return f'{instead}, or end the string in `exec PROGRAM "$@"` and write the item "{shell}" behind it'
    return f"{instead}, or put `exec` before the last command of the string"


def _behind_launchers(argv: tuple[Word, ...]) -> tuple[tuple[Word, ...], bool]:
    """The words of the program behind ``tini --``, ``env A=1`` …, and whether one of these tells every process."""
    # Most entries need no table of launchers.
    from smlint.launch.launchers import Starts, split

    tells_group = False
    while argv and words.program(argv[0].text) not in words.SHELLS:
        texts = [word.text for word in argv]
        found = split(texts)
        if found is None or found.launcher.starts is not Starts.ARGV or found.launcher.forwards is not True:
            break
        tells_group = tells_group or found.tells_group(texts)
        argv = argv[found.start :]
    return argv, tells_group


def _string(argv: tuple[Word, ...]) -> tuple[Word, int] | None:
    """The command string of a shell's argument vector and how many words follow it."""
    if not argv or words.program(argv[0].text) not in words.SHELLS:
        return None
    index = 2 if words.program(argv[0].text) == "busybox" else 1
    command = False
    while index < len(argv) and argv[index].text[:1] in ("-", "+"):
        command = command or bool(_COMMAND.match(argv[index].text))
        index += 2 if argv[index].text in _WITH_VALUE else 1
    if not command or index >= len(argv):
        return None
    return argv[index], len(argv) - index - 1


def _refuses_it(string: str) -> bool:
    """Whether the program that the string becomes would end with a usage error, were it given a further word."""
    match = _LAST.search(string.rstrip().rstrip(";"))
    if match is None:
        return False
    from smlint.launch.programs import refuses_words

    return refuses_words(match[1].split())


def _uses_parameters(string: str) -> bool:
    """Whether the string looks at anything that stands behind it."""
    return bool(_ZEROTH.search(string) or _ALL_PARAMETERS.search(string) or re.search(r"\$\{?[0-9]", string))


def _passes(string: str, behind: int) -> bool:
    """Whether the platform's word, which comes last, can reach the program."""
    if behind == 0:
        return bool(_ZEROTH.search(string))
    return bool(_ALL_PARAMETERS.search(string) or f"${behind}" in string or f"${{{behind}" in string)
