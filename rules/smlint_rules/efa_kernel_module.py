"""SM305."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import dropwhile
from typing import Final

from smlint.container import Container, Witness, Word, is_resolved
from smlint.diagnostics import Applicability, Fix, Severity
from smlint.rule import ContainerRule, Context, Finding
from smlint_rules import edits, words

_BUILDS_NOTHING: Final = frozenset({"--skip-kmod", "-u", "--uninstall", "-v", "--version", "-h", "--help"})


class EfaKernelModule(ContainerRule):
    """The EFA installer builds its kernel module, which belongs to the host.

    What it checks
    --------------
    `efa_installer.sh` in a RUN instruction without `--skip-kmod` (`-k`).

    Why it matters on SageMaker
    ---------------------------
    A container runs on the host's kernel, and SageMaker's instances bring the module. Without the option the installer
    tries to build one for a kernel that is not there, and the image build fails or carries useless files.

    Example
    -------
    ```dockerfile
    FROM nvidia/cuda:12.4.1-base-ubuntu22.04
    RUN cd aws-efa-installer && ./efa_installer.sh -y -g
    ```

    Use instead
    -----------
    ```dockerfile
    FROM nvidia/cuda:12.4.1-base-ubuntu22.04
    RUN cd aws-efa-installer && ./efa_installer.sh -y -g --skip-kmod
    ```

    References
    ----------
    - [Run training with EFA](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-efa.html)
    """

    code = "SM305"
    name = "efa-kernel-module"
    level = Severity.WARNING
    witnesses = frozenset({Witness.DOCKERFILE})

    def check(self, container: Container, context: Context) -> Iterator[Finding]:
        """Report the installer's word."""
        for run in container.evidence.run_commands(r"efa_installer"):
            for command in run.inner:
                call = [word for word in command.words if words.program(word.text) not in words.SHELLS]
                if len(call) < len(command.words):
                    # The shell's own options: `sh -x efa_installer.sh`.
                    call = list(dropwhile(lambda word: word.text.startswith("-"), call))
                if not call or words.program(call[0].text) != "efa_installer.sh":
                    continue
                options = [word.text for word in call[1:]]
                if not all(map(is_resolved, options)) or any(_skips(option) for option in options):
                    continue
                yield Finding(
                    call[0].location,
                    "efa_installer.sh builds a kernel module, which a container cannot load and SageMaker's host brings",
                    "add --skip-kmod",
                    fix=_fix(call[0]),
                )


def _fix(installer: Word) -> Fix | None:
    """None for a word inside a quoted script, whose place is only known roughly."""
    made = edits.inserted_after(installer.location, " --skip-kmod") if installer.written else ()
    return Fix(Applicability.SAFE, "Add --skip-kmod", made) if made else None


def _skips(option: str) -> bool:
    # Nothing is built when the installer takes itself away or only says its version.
    return option in _BUILDS_NOTHING or (option[:1] == "-" != option[1:2] and "k" in option)
