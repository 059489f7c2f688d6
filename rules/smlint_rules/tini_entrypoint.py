"""SM103."""

from __future__ import annotations

from collections.abc import Iterator

from smlint.container import Command, Container, Form, Known, Unknown, Witness
from smlint.diagnostics import Applicability, Fix, Severity
from smlint.dockerfile.bases import base_knowledge
from smlint.rule import ContainerRule, Context, Finding
from smlint.workload import Workload
from smlint_rules import edits, exec_form, words


class TiniEntrypoint(ContainerRule):
    """The ENTRYPOINT starts with tini, which SageMaker documents as not usable.

    What it checks
    --------------
    An ENTRYPOINT whose program is tini under any of its names (`tini`, `tini-static`, `docker-init`). Where the
    Dockerfile sets none and the base image is known to bring tini, the finding is an info on the FROM line.

    Why it matters on SageMaker
    ---------------------------
    The pages for training and hosting say that tini cannot be the entry point because the `train` and `serve`
    arguments confuse it. Logs of training jobs suggest that the platform starts an init of its own there.

    Example
    -------
    ```dockerfile
    FROM python:3.12-slim
    RUN apt-get update && apt-get install -y tini
    ENTRYPOINT ["tini", "--", "python", "/opt/program/train.py"]
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

    code = "SM103"
    name = "tini-entrypoint"
    level = {
        Workload.TRAINING: Severity.ERROR,
        Workload.INFERENCE: Severity.ERROR,
        Workload.PROCESSING: Severity.INFO,
    }
    witnesses = frozenset({Witness.DOCKERFILE, Witness.IMAGE})

    def check(self, container: Container, context: Context) -> Iterator[Finding]:
        """Report tini as the program, and as what the base is known to bring."""
        entry = container.entrypoint
        if isinstance(entry, Unknown):
            yield from self._inherited(container)
            return
        if not isinstance(entry, Known) or not entry.value.argv:
            return
        argv = entry.value.words
        if words.program(argv[0]) not in words.TINI:
            return
        rest = words.after_init(argv)
        place = entry.value.argv[0].location
        name = words.entry_name(place)
        advice = (
            f"write {words.entry(place, exec_form.array(rest))}"
            if rest
            else f"name the program itself in {name}"
        )
        if container.overrides.entrypoint:
            # The platform's words are not added behind ContainerEntrypoint: there is nothing to confuse it.
            yield Finding(
                place,
                "tini is the entry point, which SageMaker documents as not usable: the arguments `train` and `serve` "
                "confuse it, and this request sends neither",
                advice,
                level=Severity.INFO,
            )
            return
        yield Finding(
            place,
            "tini is the entry point: SageMaker documents that it cannot be used, because the arguments `train` and "
            "`serve` confuse it",
            advice,
            fix=_fix(entry.value, len(argv) - len(rest)) if rest else None,
        )

    def _inherited(self, container: Container) -> Iterator[Finding]:
        base = container.base
        known = base_knowledge(base.reference) if base else None
        if base is None or known is None or not known.entrypoint:
            return
        if words.program(known.entrypoint[0]) not in words.TINI:
            return
        yield Finding(
            base.location,
            f"the base image is known to start with `{' '.join(known.entrypoint)}`, and SageMaker documents that tini "
            "cannot be the entry point",
            "set an ENTRYPOINT of your own, or `ENTRYPOINT []` where `train` and `serve` are on PATH",
            level=dict.fromkeys((Workload.TRAINING, Workload.INFERENCE), Severity.INFO),
        )


def _fix(command: Command, count: int) -> Fix | None:
    """Take the first ``count`` words away; a shell form is SM101's to mend first."""
    if command.form is not Form.EXEC:
        return None
    made = edits.deleted_by_line(command, command.argv[0].location, command.argv[count].location)
    return Fix(Applicability.SAFE, "Start the program itself", made) if made else None
