from collections.abc import Iterator

from smlint.container import Container, Witness
from smlint.diagnostics import Severity
from smlint.rule import ContainerRule, Context, Finding


class MaintainerLabel(ContainerRule):
    """The image does not say who maintains it.

    What it checks
    --------------
    The label `com.example.team`.

    Why it matters on SageMaker
    ---------------------------
    A failed job names the image and nothing else; the label says whom to call.

    Example
    -------
    ```dockerfile
    FROM scratch
    ENTRYPOINT ["/train"]
    ```

    Use instead
    -----------
    ```dockerfile
    FROM scratch
    LABEL com.example.team=vision
    ENTRYPOINT ["/train"]
    ```

    References
    ----------
    - https://docs.docker.com/reference/dockerfile/#label
    """

    code = "ACME001"
    name = "maintainer-label"
    level = Severity.WARNING
    witnesses = frozenset({Witness.DOCKERFILE, Witness.IMAGE})

    def check(self, container: Container, context: Context) -> Iterator[Finding]:
        if container.labels_complete and "com.example.team" not in container.labels:
            yield Finding(
                container.anchor,
                "the image does not say who maintains it, so nobody is called when its job fails",
                "add LABEL com.example.team=NAME",
            )
