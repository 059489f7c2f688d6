"""SM301."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from smlint.container import Container, Known, RunCommand, SimpleCommand, Witness, Word, is_resolved
from smlint.diagnostics import Severity
from smlint.rule import ContainerRule, Context, Finding
from smlint_rules import words

if TYPE_CHECKING:
    from smlint_rules.driver_packages import Package

#: Cheap tests for text that may install the driver and for paths that may be its files: the tables of both are
#: imported where one of them is met, which in most Dockerfiles is nowhere.
_HINT: Final = (
    r"(?i)nvidia|(?<![\w-])cuda(?![\w/.])|cuda-(?:\d|drivers|runtime|demo)|libcuda1|cuda_[\d.]+_|ollama\.\w+/install"
    r"|ubuntu-drivers|libnv|datacenter-gpu-manager|nvlsm"
)
_FILE_HINT: Final = r"libcuda|nvidia|libnv|nv-fabric|gsp"
_LOST: Final = (
    "SageMaker mounts its host's driver, and two drivers can end in `Driver/library version mismatch`"
)
_RUNFILE: Final = re.compile(r"NVIDIA-Linux-[\w.*-]+\.run$")
_CUDA_RUNFILE: Final = re.compile(r"cuda_[\w.*-]*(?:linux|\*)[\w.*-]*\.run$|cuda_[\w.]+\.run$")
_LOOKS_ONLY: Final = frozenset(
    {"-x", "--extract-only", "--help", "-h", "--version", "-v", "-A", "--check", "--info", "--list"}
    | {"--lsm", "--tar", "--noexec"}
)
_OLLAMA: Final = re.compile(r"ollama\.(?:com|ai)/install\.sh")
#: Folders from which a copied driver would be found by the loader; a stage that gives none of them passes no driver on.
_SYSTEM: Final = re.compile(r"^/(?:$|usr(?:/(?:lib|lib64|local|bin)(?:/.*)?)?$|lib(?:64)?(?:/.*)?$|bin$)")


class NvidiaDriver(ContainerRule):
    """The image brings an NVIDIA driver, which belongs to the host.

    What it checks
    --------------
    Packages that are or pull in the driver (`cuda`, `cuda-12-4`, `cuda-drivers`, `nvidia-driver-*`, `libcuda1`,
    the distribution's `nvidia-cuda-toolkit` …), driver installers (`NVIDIA-Linux-*.run`, the CUDA runfile without
    `--toolkit`, `ubuntu-drivers`), driver files that are copied and, in an image, driver files and packages that are there. The
    same words for conda and pip mean toolkit parts and are right, and so are `cuda-compat-*` and the stubs.

    Why it matters on SageMaker
    ---------------------------
    SageMaker mounts the driver of its GPU instance into the container. A second one in the image fits another kernel
    module: the container may not start (`nvidia-smi: file exists`), or CUDA calls fail with
    `Driver/library version mismatch`, on an instance that is paid for.

    Example
    -------
    ```dockerfile
    FROM nvidia/cuda:12.4.1-base-ubuntu22.04
    RUN apt-get update && apt-get install -y cuda-12-4
    ```

    Use instead
    -----------
    ```dockerfile
    FROM nvidia/cuda:12.4.1-base-ubuntu22.04
    RUN apt-get update && apt-get install -y cuda-toolkit-12-4
    ```

    References
    ----------
    - [Run your training image](https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html)
    - [GPU drivers for inference](https://docs.aws.amazon.com/sagemaker/latest/dg/inference-gpu-drivers.html)
    - [CUDA meta packages](https://docs.nvidia.com/cuda/cuda-installation-guide-linux/)
    """

    code = "SM301"
    name = "nvidia-driver"
    level = Severity.ERROR
    witnesses = frozenset({Witness.DOCKERFILE, Witness.IMAGE})

    def check(self, container: Container, context: Context) -> Iterator[Finding]:
        """Report each installing word, each copied driver file; in an image, its packages and files."""
        if container.witness is Witness.IMAGE:
            yield from _in_image(container)
            return
        commands = [
            command
            for run in container.evidence.run_commands(_HINT)
            if _arrives(run)
            for command in run.inner
        ]
        if commands:
            yield from _by_commands(commands)
        for placed in container.evidence.placed_files(_FILE_HINT):
            from smlint_rules.driver_files import is_driver_file

            if not placed.is_directory and is_driver_file(placed.path):
                yield Finding(
                    placed.location,
                    f"{placed.how} puts a file of the NVIDIA driver at {placed.path}: {_LOST}",
                    "delete the line; SageMaker brings the file",
                )


def _arrives(run: RunCommand) -> bool:
    """Whether what the command installs can be in the judged image."""
    return run.copied is None or any(_SYSTEM.match(path) for path in run.copied)


def _by_commands(commands: Sequence[SimpleCommand]) -> Iterator[Finding]:
    from smlint_rules.driver_packages import classify
    from smlint_rules.installs import installed_by, last_removals

    removals = last_removals(commands)
    for number, command in enumerate(commands):
        for installed in installed_by(command):
            package = classify(installed.name, installed.system)
            if package is None or (package.meta and installed.alone):
                continue
            if removals.get(installed.name, -1) <= number:
                yield _package(package, installed.word)
        yield from _by_installer(command)


def _by_installer(command: SimpleCommand) -> Iterator[Finding]:
    program = words.program(command.words[0].text)
    options = [word.text for word in command.words[1:]]
    if program in {"ubuntu-drivers", "nvidia-driver-assistant"}:
        if any(option in {"install", "autoinstall", "--install"} for option in options):
            yield _installer(command.words[0], f"`{program}`")
    elif program in {"curl", "wget"}:
        yield from _ollama(command)
    else:
        yield from _runfile(command)


def _package(package: Package, word: Word) -> Finding:
    from smlint_rules.driver_fixes import package_fix

    sure = package.verdict == "driver"
    return Finding(
        word.location,
        f"`{package.name}` {'installs' if sure else 'probably installs'} the NVIDIA driver ({package.why}): {_LOST}",
        f"install `{package.instead}` instead"
        if package.instead
        else f"delete `{package.name}`; SageMaker brings it",
        fix=package_fix(package, word),
        level=Severity.ERROR if sure else Severity.WARNING,
    )


def _runfile(command: SimpleCommand) -> Iterator[Finding]:
    call = list(command.words)
    if words.program(call[0].text) in words.SHELLS:
        call = [word for word in call[1:] if word.text not in {"-e", "-x", "-ex", "-xe"}]
    if not call:
        return
    # Runfiles up to CUDA 8 spell their options with one dash: -extract=, -toolkit.
    options = [re.sub(r"^-(?=[a-z]{2})", "--", word.text) for word in call[1:]]
    if any(option in _LOOKS_ONLY or option.startswith("--extract") for option in options):
        return
    if not all(map(is_resolved, options)):
        return
    if _RUNFILE.search(call[0].text):
        yield _installer(call[0], "the driver's installer")
    elif _CUDA_RUNFILE.search(call[0].text) and (
        "--driver" in options or not {"--toolkit", "--samples"} & set(options)
    ):
        from smlint_rules.driver_fixes import runfile_fix

        yield Finding(
            call[0].location,
            f"the CUDA runfile installs the driver unless told otherwise: {_LOST}",
            "add --silent --toolkit" if "--driver" not in options else "delete --driver",
            fix=runfile_fix(call[0], options),
        )


def _installer(word: Word, what: str) -> Finding:
    return Finding(
        word.location, f"{what} installs the NVIDIA driver: {_LOST}", "delete it; SageMaker brings the driver"
    )


def _ollama(command: SimpleCommand) -> Iterator[Finding]:
    if any(word.text in {"-o", "-O", "--output", "--output-document"} for word in command.words):
        return
    for word in command.words[1:]:
        if _OLLAMA.search(word.text):
            yield Finding(
                word.location,
                f"the script installs the NVIDIA driver when the build machine has a GPU and no driver: {_LOST}",
                "unpack the release archive of ollama instead of running its script",
                level=Severity.WARNING,
            )


def _in_image(container: Container) -> Iterator[Finding]:
    from smlint_rules.driver_packages import classify
    from smlint_rules.driver_search import driver_files

    packages = container.evidence.installed_packages()
    for installed in packages.value if isinstance(packages, Known) else ():
        system = "deb" if installed.manager == "dpkg" else installed.manager
        package = classify(installed.name, system)
        if package is not None:
            yield Finding(
                installed.location,
                f"the package {installed.name} {installed.version} is installed, {package.why}: {_LOST}",
                f"install {package.instead} instead" if package.instead else "build the image without it",
                level=Severity.ERROR if package.verdict == "driver" else Severity.WARNING,
            )
    found = driver_files(container)
    files = [file for file in found.value if file.size] if isinstance(found, Known) else []
    if files:
        others = " and other files" if len(files) > 1 else ""
        yield Finding(
            files[0].location,
            f"{files[0].path}{others} of the NVIDIA driver {'are' if others else 'is'} in the image: {_LOST}",
            "build the image without the driver; SageMaker brings it",
        )
