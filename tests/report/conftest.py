"""Reports are tested away from any repository, and with two rules that never change."""

from __future__ import annotations

from pathlib import Path

import pytest

from smlint.container import Witness
from smlint.diagnostics import Severity
from smlint.registry import Registry
from smlint.rule import ContainerRule, Rule
from smlint.workload import Workload


class DriverRule(ContainerRule):
    """An image must not bring a driver.

    What it checks
    --------------
    Package names.

    Why it matters on SageMaker
    ---------------------------
    The platform mounts its own.

    Example
    -------
    ```dockerfile
    RUN apt-get install -y cuda
    ```

    Use instead
    -----------
    ```dockerfile
    RUN apt-get install -y cuda-toolkit
    ```

    References
    ----------
    - https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html
    """

    code = "SM301"
    name = "nvidia-driver"
    level = {Workload.TRAINING: Severity.ERROR}
    witnesses = frozenset({Witness.DOCKERFILE, Witness.IMAGE})


class UndocumentedRule(ContainerRule):
    code = "SM404"
    name = "non-root-user"
    level = Severity.WARNING
    witnesses = frozenset({Witness.IMAGE})


class TwoRules(Registry):
    """The golden files must not change with the documentation of real rules; most codes are unknown here."""

    def load(self, code: str) -> type[Rule]:
        return {"SM301": DriverRule, "SM404": UndocumentedRule}[code]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths are told from the repository's root: stand outside of one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("smlint.registry.installed", lambda: TwoRules({"SM301": "", "SM404": ""}))
