"""SM404."""

from __future__ import annotations

from collections.abc import Iterator

from smlint.container import Container, Known, Witness, is_resolved
from smlint.diagnostics import Severity
from smlint.rule import ContainerRule, Context, Finding
from smlint.workload import Workload


class NonRootUser(ContainerRule):
    """The image runs as a user other than root, who may not write where SageMaker mounts its folders.

    What it checks
    --------------
    The last USER of the judged stage, or the user of an image's config.

    Why it matters on SageMaker
    ---------------------------
    The hosting page asks for containers that use only root. For training and processing nothing is said, but the
    folders under /opt/ml belong to root: a program that runs as somebody else has failed to write its model there.
    General advice to add a USER is right elsewhere and wrong here.

    Example
    -------
    ```dockerfile
    FROM python:3.12-slim
    USER 1000
    ENTRYPOINT ["python", "/opt/program/train.py"]
    ```

    Use instead
    -----------
    ```dockerfile
    FROM python:3.12-slim
    USER root
    ENTRYPOINT ["python", "/opt/program/train.py"]
    ```

    References
    ----------
    - [Run your inference image](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html)
    - [A user who could not write](https://github.com/aws/sagemaker-inference-toolkit/issues/72)
    """

    code = "SM404"
    name = "non-root-user"
    level = {
        Workload.INFERENCE: Severity.WARNING,
        Workload.TRAINING: Severity.INFO,
        Workload.PROCESSING: Severity.INFO,
    }
    witnesses = frozenset({Witness.DOCKERFILE, Witness.IMAGE})

    def check(self, container: Container, context: Context) -> Iterator[Finding]:
        """Report a user that is known and not root."""
        user = container.user
        if not isinstance(user, Known) or not is_resolved(user.value):
            return
        name = user.value.partition(":")[0].strip()
        if name in {"", "root"} or (name.isdecimal() and int(name) == 0):
            return
        yield Finding(
            user.location,
            f"the container runs as {name}: SageMaker asks for root in hosting, and its folders under /opt/ml belong "
            "to root",
            "delete the USER instruction or end with `USER root`",
        )
