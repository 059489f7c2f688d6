"""Looks for the NVIDIA driver's files in an image, also where the file system cannot be listed.

Their names end in the driver's version, which nobody knows beforehand. An engine is therefore asked for the links that
the loader follows (``libcuda.so.1``), in all folders that it looks into and in those that installers use; they lead to
the version, and the version to the names of everything else.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Final

from smlint.container import Container, Fact, Known, PlacedFile
from smlint_rules.driver_files import FOLDERS, PATTERNS, PROGRAMS, is_driver_file
from smlint_rules.loader_config import loader_folders

#: Where distributions and NVIDIA's installer put the libraries, by machine.
_LIBRARIES: Final = {
    "amd64": (
        "/usr/lib/x86_64-linux-gnu",
        "/usr/lib/x86_64-linux-gnu/nvidia/current",
        "/usr/lib64",
        "/usr/lib",
    ),
    "arm64": (
        "/usr/lib/aarch64-linux-gnu",
        "/usr/lib/aarch64-linux-gnu/nvidia/current",
        "/usr/lib64",
        "/usr/lib",
    ),
}
#: Where drivers were put by hand or by other package managers; the loader may be led there at run time.
_PREFIXES: Final = (
    "/usr/local/lib",
    "/usr/local/lib64",
    "/usr/local/cuda/lib64",
    "/opt/nvidia/lib",
    "/opt/nvidia/lib64",
    "/opt/conda/lib",
    "/opt/miniconda3/lib",
    "/opt/micromamba/lib",
    "/root/miniconda3/lib",
)
_BINARIES: Final = ("/usr/bin", "/usr/lib/nvidia/current")
#: Libraries of the driver, between "lib" and ".so".
_NAMES: Final = (
    "cuda",
    "cudadebugger",
    "nvcuvid",
    "nvidia-ml",
    "nvidia-cfg",
    "nvidia-ptxjitcompiler",
    "nvidia-allocator",
    "nvidia-compiler",
    "nvidia-fatbinaryloader",
    "nvidia-gpucomp",
    "nvidia-nvvm",
    "nvidia-opencl",
    "nvidia-tileiras",
    "nvidia-pkcs11",
    "nvidia-pkcs11-openssl3",
    "nvidia-encode",
    "nvidia-opticalflow",
    "nvidia-fbc",
    "nvidia-ifr",
    "nvidia-ngx",
    "nvidia-nscq",
    "nvidia-cbl",
    "nvidia-eglcore",
    "nvidia-glcore",
    "nvidia-glsi",
    "nvidia-glvkspirv",
    "nvidia-rtcore",
    "nvidia-tls",
    "nvoptix",
    "vdpau_nvidia",
    "GLX_nvidia",
    "EGL_nvidia",
    "GLESv1_CM_nvidia",
    "GLESv2_nvidia",
)
_FIRMWARE: Final = ("gsp.bin", "gsp_ga10x.bin", "gsp_tu10x.bin", "gsp_ad10x.bin")
_LINK: Final = rf"^{FOLDERS}lib(?:{'|'.join(_NAMES)})\.so(?:\.\d)?$"
_VERSION: Final = re.compile(r"\.so\.(\d{3,}\.\d+(?:\.\d+)?)$")
_CACHED: Final = re.compile(rb"/[!-~]*/lib(?:cuda|nvidia-[a-z0-9-]+)\.so(?:\.\d+)*(?=\0)")
#: What a finding should name first.
_TELLING: Final = ("/libcuda.so", "/libnvidia-ml.so", "/nvidia-smi")


def driver_files(container: Container) -> Fact[Sequence[PlacedFile]]:
    """The driver's files in an image, empty ones among them, the most telling first; links are left out."""
    if driver_files not in container.memo:
        container.memo[driver_files] = _search(container)
    found: Fact[Sequence[PlacedFile]] = container.memo[driver_files]
    return found


def _search(container: Container) -> Fact[Sequence[PlacedFile]]:
    patterns = [*(f"^(?:{pattern})$" for pattern in PATTERNS), _LINK]
    cached = _in_loader_cache(container)
    folders = _folders(container)
    first = container.evidence.files_matching(patterns, [*_places(folders), *cached])
    if not isinstance(first, Known):
        return first
    found = {file.path: file for file in first.value}
    versions = sorted({version for file in first.value for version in _versions(file)})
    if versions:
        everywhere = tuple(dict.fromkeys((*folders, *map(posixpath.dirname, cached))))
        second = container.evidence.files_matching(patterns, _places_of(versions, everywhere))
        if isinstance(second, Known):
            found.update((file.path, file) for file in second.value)
    files = [file for file in found.values() if file.link_target is None and is_driver_file(file.path)]
    return Known(tuple(sorted(files, key=_by_importance)), first.location)


def _in_loader_cache(container: Container) -> list[str]:
    """Libraries of the driver that ``ldconfig`` has seen, wherever they are."""
    file = container.files.lookup("/etc/ld.so.cache")
    content = file.value.content if isinstance(file, Known) else None
    return sorted({match.decode("ascii") for match in _CACHED.findall(content or b"")})


def _versions(file: PlacedFile) -> Iterator[str]:
    for name in (file.path, file.link_target or ""):
        match = _VERSION.search(name)
        if match is not None and "/compat/" not in posixpath.join(posixpath.dirname(file.path), name):
            yield match[1]


def _folders(container: Container) -> tuple[str, ...]:
    platform = container.platform.value if isinstance(container.platform, Known) else ""
    own = _LIBRARIES["arm64" if platform.endswith("/arm64") else "amd64"]
    return tuple(dict.fromkeys((*own, *loader_folders(container), *_PREFIXES)))


def _places(folders: Sequence[str]) -> Iterator[str]:
    """Where a driver shows first. Every place costs a question to the engine, so all others wait for an answer."""
    yield from (
        f"{folder}/{name}" for folder, name in product(folders, ("libcuda.so.1", "libnvidia-ml.so.1"))
    )
    yield from (f"{folder}/nvidia-smi" for folder in _BINARIES)
    yield from ("/lib/modules/", "/var/lib/dkms/", "/usr/local/nvidia/")


def _places_of(versions: Sequence[str], folders: Sequence[str]) -> Iterator[str]:
    """All names that the driver's files have in these versions."""
    yield from (f"{folder}/{name}" for folder, name in product(_BINARIES, PROGRAMS))
    for version in versions:
        for folder, name in product(folders, _NAMES):
            yield f"{folder}/lib{name}.so.{version}"
        yield f"/usr/src/nvidia-{version}/"
        for folder, name in product(("/lib", "/usr/lib"), _FIRMWARE):
            yield f"{folder}/firmware/nvidia/{version}/{name}"


def _by_importance(file: PlacedFile) -> tuple[int, str]:
    rank = next((rank for rank, part in enumerate(_TELLING) if part in file.path), len(_TELLING))
    return rank, file.path
