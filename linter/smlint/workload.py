"""The three ways in which SageMaker runs an image, and the time it gives each of them to stop."""

from __future__ import annotations

import enum
from typing import Final


class Workload(enum.StrEnum):
    """What the container is used for. Inference covers real-time, asynchronous and batch: all run ``serve``."""

    TRAINING = "training"
    PROCESSING = "processing"
    INFERENCE = "inference"

    @property
    def word(self) -> str | None:
        """The word that the platform puts behind the image name (contract C01, C17, C21, C22)."""
        return _WORDS.get(self)

    @property
    def grace(self) -> int | None:
        """Seconds between the stop signal and SIGKILL (C35, C46); None where no source says (C48)."""
        return _GRACE.get(self)


_WORDS: Final = {Workload.TRAINING: "train", Workload.INFERENCE: "serve"}
_GRACE: Final = {Workload.TRAINING: 120, Workload.INFERENCE: 30}

#: What is assumed when neither flag, configuration nor comment says which workload an image is for.
DEFAULT_WORKLOADS: Final = (Workload.TRAINING, Workload.INFERENCE)
