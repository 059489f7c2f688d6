"""SM903."""

from __future__ import annotations

from smlint.container import Witness
from smlint.diagnostics import Severity
from smlint.rule import EngineRule


class NotLookedAt(EngineRule):
    """A part of the image was not looked at, so its silence means nothing.

    What it checks
    --------------
    Whether everything that rules asked for could be read. From a registry only manifest and config are read unless
    `--layers` is given; an engine sends a directory only with all its contents, so large ones are read in part; some
    package databases cannot be read.

    Why it matters on SageMaker
    ---------------------------
    No finding would look like no problem. What was not seen may hold a driver, files under /opt/ml or a start script
    that swallows SIGTERM.

    Example
    -------
    ```console
    $ smlint image docker://ghcr.io/me/app:1
    ```

    Use instead
    -----------
    ```console
    $ smlint image --layers docker://ghcr.io/me/app:1
    ```

    References
    ----------
    - [Run your training image](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html)
    """

    code = "SM903"
    name = "not-looked-at"
    level = Severity.INFO
    witnesses = frozenset({Witness.IMAGE})
