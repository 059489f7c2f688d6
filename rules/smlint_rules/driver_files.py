"""Which files are the NVIDIA driver's, told by their names: the list of what its container runtime mounts from the host."""

from __future__ import annotations

import re
from typing import Final

#: The folders of an absolute path, with their slashes. Possessive: only the last name is compared with what follows,
#: not every one of them, however many a long path has.
FOLDERS: Final = r"/(?:[^/]*+/)*+"
_VERSION: Final = r"\d{3,}\.\d+(?:\.\d+)?"
_LIBRARY: Final = (
    r"lib(?:cuda|cudadebugger|nvidia-[a-z0-9-]+|nvcuvid|nvoptix|vdpau_nvidia|GLX_nvidia|EGL_nvidia|GLES\w*_nvidia)"
    rf"\.so\.{_VERSION}"
)
#: Programs that come with the driver and with nothing else.
PROGRAMS: Final = (
    "nvidia-smi",
    "nvidia-debugdump",
    "nvidia-persistenced",
    "nv-fabricmanager",
    "nvidia-cuda-mps-control",
    "nvidia-cuda-mps-server",
    "nvidia-modprobe",
    "nvidia-settings",
    "nvidia-xconfig",
    "nvidia-installer",
    "nvidia-uninstall",
    "nvidia-bug-report.sh",
)
_PROGRAM: Final = "|".join(map(re.escape, PROGRAMS))
#: Absolute paths that are the driver's, as regular expressions for a whole path.
PATTERNS: Final = (
    rf"{FOLDERS}{_LIBRARY}",
    rf"/(?:usr/(?:local/)?)?s?bin/(?:{_PROGRAM})",
    rf"/usr/local/nvidia/bin/(?:{_PROGRAM})",
    rf"/usr/lib/nvidia/(?:.*/)?(?:{_PROGRAM})",
    r"/(?:usr/)?lib/modules/.*/nvidia[\w-]*\.ko(?:\.xz|\.zst|\.gz)?",
    r"/usr/src/nvidia-[^/]+/.*",
    r"/var/lib/dkms/nvidia[^/]*/.*",
    rf"/(?:usr/)?lib/firmware/nvidia/{_VERSION}/gsp[^/]*\.bin",
)
#: Parts of paths under which such names are libraries for linking or compatibility, wheels, or the container toolkit.
_ELSEWHERE: Final = re.compile(
    r"/(?:stubs|compat|cuda-compat|site-packages|dist-packages)/|/libnvidia-container"
)
_DRIVER: Final = re.compile("|".join(f"(?:{pattern})" for pattern in PATTERNS))


def is_driver_file(path: str) -> bool:
    """Whether a file of an image, by its absolute path, belongs to the NVIDIA driver."""
    return bool(_DRIVER.fullmatch(path)) and not _ELSEWHERE.search(path)
