"""SM115."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from smlint.container import Container, Known, Witness, Word
from smlint.diagnostics import Severity
from smlint.launch import EffectiveArgv, Origin, started
from smlint.launch.shells import shell_call
from smlint.rule import ContainerRule, Context, Finding

#: `${server.port}` is a placeholder of the program's own language: no shell knows a name with a dot.
_VARIABLE: Final = re.compile(r"\$(?:[A-Za-z_]\w*|\{[A-Za-z_]\w*(?:[^}\w.][^}]*)?\}|\([^()]+\))")
#: `env -S` expands variables itself.
_EXPANDS: Final = re.compile(r"(?:.*/)?env$")
#: Programs that take code of their own language, in which `$` means something else, and the options in front of it.
_INTERPRETER: Final = re.compile(
    r"(?:.*[/\\])?(?:R|Rscript|perl|ruby|php|node|nodejs|julia|lua|python[\d.]*|pwsh|powershell)(?:\.exe)?$"
)
_CODE: Final = re.compile(r"-[A-Za-z]*[eEcrp]|--(?:eval|print|execute)|-[Cc]ommand")


class UnexpandedVariable(ContainerRule):
    """A variable stands in an exec form, where nothing expands it.

    What it checks
    --------------
    `$NAME`, `${NAME}` or `$(command)` in a word of the argument vector that SageMaker starts: ENTRYPOINT in exec form,
    CMD where it is used, ContainerEntrypoint and ContainerArguments. The command string of `sh -c` is left alone, and so
    is code in another language: `R -e`, `perl -e`, `pwsh -Command`.

    Why it matters on SageMaker
    ---------------------------
    Neither the builder nor SageMaker puts a shell between the image and the program: the program gets the dollar sign
    and the name, and looks for a file called `$MODEL_DIR/train.py`.

    Example
    -------
    ```dockerfile
    FROM python:3.12-slim
    ENV PROGRAM=/opt/program/train.py
    ENTRYPOINT ["python", "$PROGRAM"]
    ```

    Use instead
    -----------
    ```dockerfile
    FROM python:3.12-slim
    ENTRYPOINT ["python", "/opt/program/train.py"]
    ```

    References
    ----------
    - [ENTRYPOINT in exec form](https://docs.docker.com/reference/dockerfile/#exec-form)
    - [Run your training image](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html)
    """

    code = "SM115"
    name = "unexpanded-variable"
    level = Severity.WARNING
    witnesses = frozenset({Witness.DOCKERFILE, Witness.IMAGE, Witness.REQUEST})

    def check(self, container: Container, context: Context) -> Iterator[Finding]:
        """Report every word of a started argument vector that holds a variable no shell will see."""
        reported = set()
        for workload in context.workloads:
            argv = started(container, workload)
            if not isinstance(argv, Known):
                continue
            for word, origin, variable in _unexpanded(argv.value):
                if (word, origin) not in reported:
                    reported.add((word, origin))
                    yield Finding(
                        word.location,
                        f"`{variable}` in {origin} is not expanded: the program gets the text `{word.text}` and not what it stands for",
                        f"write the value, or let a shell expand it in a script that ends in `exec PROGRAM {_ARGUMENTS}`",
                    )


_ARGUMENTS: Final = '"$@"'


def _unexpanded(argv: EffectiveArgv) -> Iterator[tuple[Word, Origin, str]]:
    texts = argv.texts
    for index, (word, origin) in enumerate(zip(argv.words, argv.origins, strict=True)):
        found = _VARIABLE.search(word.text)
        if found and origin is not Origin.PLATFORM and not _is_code(texts, index):
            yield word, origin, found[0]


def _is_code(texts: tuple[str, ...], index: int) -> bool:
    """Whether the word is the command string of a shell further left, a word that ``env -S`` splits, or ``R -e``'s."""
    if index and _CODE.fullmatch(texts[index - 1]) and any(map(_INTERPRETER.match, texts[:index])):
        return True
    for start in range(index):
        call = shell_call(texts[start:])
        if call is not None and call.is_string and call.operand is not None and start + call.operand == index:
            return True
        if _EXPANDS.match(texts[start]) and texts[start + 1].startswith(("-S", "--split-string")):
            return True
    return False
