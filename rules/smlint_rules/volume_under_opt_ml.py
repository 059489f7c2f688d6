"""SM203."""

from __future__ import annotations

from collections.abc import Iterator

from smlint.container import Container, Witness
from smlint.diagnostics import Severity
from smlint.rule import ContainerRule, Context, Finding
from smlint_rules import opt_ml


class VolumeUnderOptMl(ContainerRule):
    """A VOLUME lies under /opt/ml, where SageMaker mounts its own folders.

    What it checks
    --------------
    VOLUME instructions, and the volumes of an image's config, at or below /opt/ml.

    Why it matters on SageMaker
    ---------------------------
    Docker puts an anonymous volume at the path. What the program writes there may stay in that volume instead of the
    folder that SageMaker uploads when the job ends.

    Example
    -------
    ```dockerfile
    FROM python:3.12-slim
    VOLUME /opt/ml/model
    ENTRYPOINT ["python", "/opt/program/train.py"]
    ```

    Use instead
    -----------
    ```dockerfile
    FROM python:3.12-slim
    VOLUME /var/cache/program
    ENTRYPOINT ["python", "/opt/program/train.py"]
    ```

    References
    ----------
    - [Run your training image](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html)
    - [VOLUME](https://docs.docker.com/reference/dockerfile/#volume)
    """

    code = "SM203"
    name = "volume-under-opt-ml"
    level = Severity.WARNING
    witnesses = frozenset({Witness.DOCKERFILE, Witness.IMAGE})

    def check(self, container: Container, context: Context) -> Iterator[Finding]:
        """Report every such volume."""
        for volume in container.volumes:
            if opt_ml.below(volume.text):
                yield Finding(
                    volume.location,
                    f"VOLUME {volume.text} lies under /opt/ml, which SageMaker mounts itself: what the program writes "
                    "there may miss the upload",
                    "delete the VOLUME; SageMaker brings its own",
                )
