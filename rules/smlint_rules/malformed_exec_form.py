"""SM102."""

from __future__ import annotations

from collections.abc import Iterator

from smlint.container import Command, Container, Fact, Form, Known, Witness
from smlint.diagnostics import Applicability, Fix, Severity
from smlint.rule import ContainerRule, Context, Finding, Level
from smlint.workload import Workload
from smlint_rules import edits, exec_form


class MalformedExecForm(ContainerRule):
    """The command starts with `[` but is no JSON array of strings, so Docker runs the brackets through a shell.

    What it checks
    --------------
    ENTRYPOINT and, for processing, CMD: single quotes, a trailing comma, missing quotes or brackets.

    Why it matters on SageMaker
    ---------------------------
    Docker reports nothing and takes the text for a shell command line. The shell then looks for a program called
    `[python,` or the like: the job fails at its start, after the instance has been paid for.

    Example
    -------
    ```dockerfile
    FROM python:3.12-slim
    ENTRYPOINT ['python', '/opt/program/train.py']
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
    - [Exec form](https://docs.docker.com/reference/dockerfile/#exec-form)
    """

    code = "SM102"
    name = "malformed-exec-form"
    level = Severity.ERROR
    witnesses = frozenset({Witness.DOCKERFILE})

    def check(self, container: Container, context: Context) -> Iterator[Finding]:
        """Report both commands; CMD only where the platform runs it."""
        yield from self._one("ENTRYPOINT", container.entrypoint, Severity.ERROR)
        yield from self._one("CMD", container.cmd, {Workload.PROCESSING: Severity.ERROR})

    def _one(self, keyword: str, fact: Fact[Command], level: Level) -> Iterator[Finding]:
        if not isinstance(fact, Known) or fact.value.form is not Form.MALFORMED:
            return
        better = exec_form.mended(fact.value.text)
        yield Finding(
            fact.value.location,
            f"{keyword} starts with `[` but is no JSON array of strings, so a shell is asked to run the brackets "
            "and the container ends at once",
            f"write {keyword} {better}"
            if better
            else f'write {keyword} ["PROGRAM", "ARGUMENT"] with double quotes',
            level=level,
            fix=_fix(keyword, fact.value, better) if better else None,
        )


def _fix(keyword: str, command: Command, better: str) -> Fix | None:
    made = (
        edits.substituted(command, exec_form.items_in_place(command.text))
        if command.pieces
        else edits.replaced(command.argv[-1].location, better)
    )
    return Fix(Applicability.SAFE, f"Write {keyword} {better}", made) if made else None
