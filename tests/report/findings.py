"""The findings from which the golden file of every output format is made, and reports of one finding or none."""

from __future__ import annotations

from typing import Any

from smlint.diagnostics import (
    Applicability,
    Diagnostic,
    Edit,
    FileLocation,
    Fix,
    ImageLocation,
    Related,
    RequestLocation,
    Severity,
)
from smlint.engine import Outcome, Subject
from smlint.report import Report
from smlint.workload import Workload

DOCKERFILE = 'FROM debian:12\nRUN a && \\\n\tapt-get install -y cuda && \\\n    b\n# 数据 → model\nENTRYPOINT python "数据.py" &\n'
SCRIPT = "#!/bin/sh\npython train.py\n"
REQUEST = '{"AlgorithmSpecification": {"ContainerEntrypoint": ["python train.py"]}}\n'
URL = "https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-dockerfile.html"

REPORT = Report(
    (
        Outcome(
            Subject("dockerfile", "app/Dockerfile", (Workload.TRAINING, Workload.INFERENCE), "sagemaker"),
            (
                Diagnostic(
                    "SM301",
                    "nvidia-driver",
                    Severity.ERROR,
                    "`cuda` brings the NVIDIA driver, 100% of it; SageMaker brings its own",
                    "install `cuda-toolkit` instead",
                    URL,
                    FileLocation("app/Dockerfile", 3, 21, 3, 25),
                    fix=Fix(
                        Applicability.SAFE,
                        "Install cuda-toolkit",
                        (Edit("app/Dockerfile", 3, 21, 3, 25, "cuda-toolkit"),),
                    ),
                ),
                Diagnostic(
                    "SM101",
                    "shell-form-entrypoint",
                    Severity.ERROR,
                    'the shell form keeps `train` from the program <&> "it"',
                    'write ENTRYPOINT ["python", "数据.py"]',
                    URL,
                    FileLocation("app/Dockerfile", 6, 19, 6, 26),
                    related=(
                        Related("python is started as a child here", FileLocation("app/run.sh", 2, 1, 2, 16)),
                    ),
                ),
                Diagnostic(
                    "SM201",
                    "data-under-opt-ml",
                    Severity.WARNING,
                    "a span of several lines",
                    "",
                    "",
                    FileLocation("app/Dockerfile", 2, 1, 4, 6),
                ),
            ),
            suppressed=(
                Diagnostic(
                    "SM404",
                    "non-root-user",
                    Severity.WARNING,
                    "hidden by a comment",
                    "",
                    "",
                    FileLocation("app/Dockerfile", 1, 1, 1, 5),
                ),
            ),
            sources={"app/Dockerfile": DOCKERFILE, "app/run.sh": SCRIPT},
        ),
        Outcome(
            Subject("image", "team/model:1", (Workload.INFERENCE,)),
            (
                Diagnostic(
                    "SM201",
                    "data-under-opt-ml",
                    Severity.WARNING,
                    "a file that may be hidden",
                    "move it to /opt/program",
                    URL,
                    ImageLocation(
                        "team/model:1", "/opt/ml/model/w.bin", "sha256:0a1b", "COPY w.bin /opt/ml/model/"
                    ),
                ),
                Diagnostic(
                    "SM404",
                    "non-root-user",
                    Severity.INFO,
                    "the image runs as 1000",
                    "remove USER",
                    URL,
                    ImageLocation("team/model:1"),
                ),
            ),
        ),
        Outcome(
            Subject("request", "job.json", (Workload.TRAINING,)),
            (
                Diagnostic(
                    "SM603",
                    "entrypoint-single-string",
                    Severity.ERROR,
                    "one item holds a whole command line",
                    'write ["python", "train.py"]',
                    URL,
                    RequestLocation(
                        "job.json", "/AlgorithmSpecification/ContainerEntrypoint/0", 1, 53, 1, 70
                    ),
                ),
            ),
            sources={"job.json": REQUEST},
        ),
    )
)


def reported(message: str, location: Any = None) -> Report:
    """A report of one finding with this message."""
    place = location or FileLocation("Dockerfile", 1, 1, 1, 5)
    finding = Diagnostic("SM101", "shell-form-entrypoint", Severity.ERROR, message, "", "", place)
    return Report((REPORT.outcomes[0]._replace(diagnostics=(finding,), suppressed=()),))


EMPTY = Report((REPORT.outcomes[0]._replace(diagnostics=(), suppressed=()),))
