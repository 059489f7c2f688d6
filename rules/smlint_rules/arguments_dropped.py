"""SM107."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Final

from smlint.container import Container, FileEntry, Witness
from smlint.diagnostics import Location, Severity
from smlint.launch import Hop, Kind
from smlint.launch.programs import has_arguments_of_its_own
from smlint.rule import ContainerRule, Context, Finding
from smlint.shell.housekeeping import is_trivial
from smlint_rules import words
from smlint_rules.launches import entry_word, launches, name, related, short, steps

_PARAMETER: Final = re.compile(
    r"\$(?:[@*#1-9]|\{[!#]?[@*#1-9])|\bgetopts\b|\bshift\b|\bfor\s+\w+\s*(?:;|\n|\bdo\b)"
)


class ArgumentsDropped(ContainerRule):
    """The entry script never passes its arguments on, so the program does not get `train` or `serve`.

    What it checks
    --------------
    The shell script that the entry runs: no way through it hands the platform's word on, and the script does not look
    at its arguments either. Silent for a script called `train` or `serve`, whose name says its role, and where only
    servers with a command line of their own are started (`gunicorn`, `vllm` …), which would refuse the word.

    Why it matters on SageMaker
    ---------------------------
    `docker run IMAGE train` and `docker run IMAGE serve` differ in that word alone. A program that does not get it
    cannot tell training from serving, and ContainerArguments of a job are lost in the same way. An image with a single
    role may live with it.

    Example
    -------
    ```dockerfile
    FROM python:3.12-slim
    COPY --chmod=755 entrypoint.sh /usr/local/bin/entrypoint.sh
    ENTRYPOINT ["/usr/local/bin/entrypoint.sh"]
    ```
    ```sh entrypoint.sh
    #!/bin/sh
    exec python /opt/program/train.py
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
    exec python /opt/program/train.py "$@"
    ```

    References
    ----------
    - [Run your training image](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html)
    - [Run your inference image](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html)
    - [Special parameters of the shell](https://pubs.opengroup.org/onlinepubs/9699919799/utilities/V3_chap02.html#tag_18_05_02)
    """

    code = "SM107"
    name = "arguments-dropped"
    level = Severity.INFO
    witnesses = frozenset({Witness.DOCKERFILE, Witness.IMAGE})

    def check(self, container: Container, context: Context) -> Iterator[Finding]:
        """Report a script that has the platform's word and neither looks at it nor passes it on."""
        reported: set[tuple[str, Location]] = set()
        for launch in launches(container, context):
            for step in steps(launch):
                script = step.parent
                key = (name(script), step.child.location)
                if key in reported or not _drops(script):
                    continue
                reported.add(key)
                primary = entry_word(launch, script)
                word = words.platform_words((launch.workload,)) or "ContainerArguments"
                yield Finding(
                    primary,
                    f"`{name(script)}` does not pass {word} on: `{short(launch, step.child)}` cannot tell what it is started for",
                    f'write `{short(launch, step.child, 40)} "$@"`',
                    related(step.child.location, "started here, without the arguments", primary),
                )


def _drops(script: Hop) -> bool:
    if (
        script.kind is not Kind.SHELL_SCRIPT
        or script.word.value is not True
        or not script.then
        or script.unseen
    ):
        return False
    if any(child.word.value is not False for child in script.then) or _has_one_role(script):
        return False
    return script.source is not None and not _looks_at_them(script.source)


def _has_one_role(script: Hop) -> bool:
    if posixpath.basename(name(script)).partition(".")[0] in {"train", "serve"}:
        return True
    return all(has_arguments_of_its_own(child.argv) or is_trivial(child.argv) for child in script.then)


def _looks_at_them(entry: FileEntry) -> bool:
    return bool(_PARAMETER.search((entry.content or b"").decode("utf-8", "replace")))
