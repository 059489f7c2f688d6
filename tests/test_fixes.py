"""The fixes that rules make: what they write, and that the file is one that BuildKit reads, without that finding."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from pathlib import Path

import pytest

from smlint import registry
from smlint.check import Arguments, Checker
from smlint.diagnostics import Applicability, Diagnostic
from smlint.mend import in_files

FIXTURES = Path(__file__).parent.parent / "fixtures"
CASES = sorted(str(path.parent.relative_to(FIXTURES)) for path in FIXTURES.glob("*/*/Dockerfile"))
ARGUMENTS = Arguments(paths=("Dockerfile",), isolated=True)

#: Code, text before, text after a safe fix.
SAFE = [
    ("SM101", "ENTRYPOINT python train.py", 'ENTRYPOINT ["python", "train.py"]'),
    ("SM101", "entrypoint exec python 'a b.py'", 'entrypoint ["python", "a b.py"]'),
    ("SM101", "ENTRYPOINT   /bin/train   # no comment", None),
    ("SM101", "ENTRYPOINT python train.py $ARGS", None),
    ("SM101", "ENTRYPOINT cd /app && python train.py", None),
    ("SM101", "ENTRYPOINT uvicorn app:app --port 8080", None),
    ("SM101", "ENTRYPOINT python3 -m http.server 8080", None),
    ("SM101", "ENTRYPOINT gunicorn app:app", 'ENTRYPOINT ["gunicorn", "app:app"]'),
    (
        "SM101",
        "ENTRYPOINT python \\\n  # why\n  train.py",
        'ENTRYPOINT ["python", \\\n  # why\n  "train.py"]',
    ),
    (
        "SM101",
        "ENTRYPOINT exec \\\n  python 'a b.py' \\\n\\\n  --x=\"1 2\"",
        'ENTRYPOINT [ \\\n  "python", "a b.py", \\\n\\\n  "--x=1 2"]',
    ),
    ("SM101", "ENTRYPOINT \\\n python train.py", 'ENTRYPOINT \\\n ["python", "train.py"]'),
    ("SM101", "ENTRYPOINT pyt\\\nhon train.py", None),
    ("SM101", "ENTRYPOINT python 'a \\\n b.py'", None),
    ("SM101", 'SHELL ["/bin/bash", "-lc"]\nENTRYPOINT python train.py', None),
    ("SM101", 'ENTRYPOINT python train.py\nCMD ["--fast"]', None),
    ("SM101", "ENTRYPOINT /bin/bash", None),
    ("SM101", "ENTRYPOINT bash -l", None),
    ("SM101", "ENTRYPOINT tail -f /dev/null", None),
    ("SM101", "ENTRYPOINT bash -lc 'python train.py'", None),
    ("SM101", "ENTRYPOINT bash run.sh -c", 'ENTRYPOINT ["bash", "run.sh", "-c"]'),
    ("SM101", "ENTRYPOINT /usr/bin/program", 'ENTRYPOINT ["/usr/bin/program"]'),
    ("SM101", "ENTRYPOINT /opt/unseen/run.sh", None),
    (
        "SM101",
        "COPY with-shebang /run.sh\nENTRYPOINT /run.sh",
        'COPY with-shebang /run.sh\nENTRYPOINT ["/run.sh"]',
    ),
    ("SM101", "COPY without-shebang /opt/run\nWORKDIR /opt\nENTRYPOINT ./run", None),
    ("SM102", "ENTRYPOINT ['python', 'train.py',]", 'ENTRYPOINT ["python", "train.py"]'),
    ("SM102", 'ENTRYPOINT ["python", "train.py"', 'ENTRYPOINT ["python", "train.py"]'),
    (
        "SM102",
        "ENTRYPOINT ['python', \\\n  # why\n  'train.py' \\\n  ,]",
        'ENTRYPOINT ["python", \\\n  # why\n  "train.py" \\\n  ]',
    ),
    ("SM102", 'ENTRYPOINT ["python", \\\n  "train.py"', 'ENTRYPOINT ["python", \\\n  "train.py"]'),
    ("SM102", "ENTRYPOINT [ \\\n 'pyth\\\non']", None),
    ("SM102", "ENTRYPOINT [“python”, “train.py”]", 'ENTRYPOINT ["python", "train.py"]'),
    ("SM102", "ENTRYPOINT [“init”, “--“, “python”]", None),
    (
        "SM103",
        'ENTRYPOINT ["tini", \\\n  # group\n  "-g", \\\n  "--", "python"]',
        'ENTRYPOINT [ \\\n  # group\n   \\\n  "python"]',
    ),
    ("SM103", 'ENTRYPOINT ["tini", "--", \\\n  "python"]', 'ENTRYPOINT [ \\\n  "python"]'),
    ("SM103", 'ENTRYPOINT ["tini", "--", "python", "train.py"]', 'ENTRYPOINT ["python", "train.py"]'),
    ("SM103", 'ENTRYPOINT ["/usr/bin/tini","-g","-p","SIGTERM","--","python"]', 'ENTRYPOINT ["python"]'),
    ("SM103", 'ENTRYPOINT ["tini", "--"]', None),
    ("SM103", 'SHELL ["tini", "--", "sh", "-c"]\nENTRYPOINT python train.py', None),
    ("SM301", "RUN apt-get install -y cuda git", "RUN apt-get install -y cuda-toolkit git"),
    (
        "SM301",
        "RUN apt-get update && \\\n  # gpu\n  apt-get install -y \\\n    cuda-12-4",
        "RUN apt-get update && \\\n  # gpu\n  apt-get install -y \\\n    cuda-toolkit-12-4",
    ),
    ("SM301", "RUN dnf install -y cuda-runtime-12-4", "RUN dnf install -y cuda-libraries-12-4"),
    ("SM301", "ENV V=12-4\nRUN apt-get install -y cuda-$V", None),
    ("SM301", "RUN apt-get install -y cuda=12.4.1-1", None),
    ("SM301", "RUN apt-get install -y nvidia-driver-535", None),
    ("SM301", "RUN apt-get install -y cuda-run\\\ntime-12-4", None),
    (
        "SM301",
        "RUN sh cuda_12.4.0_550.54.14_linux.run --silent",
        "RUN sh cuda_12.4.0_550.54.14_linux.run --toolkit --silent",
    ),
    (
        "SM301",
        "RUN ./cuda_7.0.28_linux.run -silent",
        "RUN ./cuda_7.0.28_linux.run --toolkit -silent",
    ),
    (
        "SM301",
        "RUN ./cuda_12.4.0_550.54.14_linux.run",
        "RUN ./cuda_12.4.0_550.54.14_linux.run --silent --toolkit",
    ),
    ("SM301", "RUN <<EOF\napt-get install -y cuda\nEOF", "RUN <<EOF\napt-get install -y cuda-toolkit\nEOF"),
    (
        "SM305",
        "RUN cd aws-efa-installer && ./efa_installer.sh -y",
        "RUN cd aws-efa-installer && ./efa_installer.sh --skip-kmod -y",
    ),
    ("SM305", "RUN bash -c 'cd aws-efa-installer && ./efa_installer.sh -y'", None),
]


def findings() -> list[Diagnostic]:
    result = Checker(ARGUMENTS, registry.installed()).run()
    return [finding for outcome in result.outcomes for finding in outcome.diagnostics]


def tree() -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in Path().rglob("*") if path.is_file()}


@pytest.mark.parametrize(("code", "before", "after"), SAFE)
def test_a_safe_fix(
    code: str, before: str, after: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("with-shebang").write_text('#!/bin/sh\nexec python train.py "$@"\n')
    Path("without-shebang").write_text('exec python train.py "$@"\n')
    start = "# syntax=docker/dockerfile:1\n\nFROM python:3.12\n"
    Path("Dockerfile").write_text(f"{start}{before}\n# the end\n")
    arguments = ARGUMENTS._replace(overrides={"select": (code,)})
    in_files(arguments, registry.installed(), unsafe=False, failed=pytest.fail)
    assert Path("Dockerfile").read_text() == f"{start}{after or before}\n# the end\n"
    assert (code in {finding.code for finding in findings()}) is (after is None)


@pytest.mark.parametrize("unsafe", [False, True], ids=["safe", "unsafe"])
@pytest.mark.parametrize("case", CASES)
def test_fixing_a_fixture(case: str, unsafe: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    oracle = pytest.importorskip("dockerfile", reason="BuildKit's own parser judges the fixed files")
    shutil.copytree(FIXTURES / case, tmp_path / "case", symlinks=True)
    monkeypatch.chdir(tmp_path / "case")
    kinds = {Applicability.SAFE, Applicability.UNSAFE} if unsafe else {Applicability.SAFE}
    before, files = findings(), tree()
    wanted = Counter(each.code for each in before if each.fix and each.fix.applicability in kinds)

    in_files(ARGUMENTS, registry.installed(), unsafe=unsafe, failed=pytest.fail)
    if not wanted:
        assert tree() == files
        return
    left = findings()
    assert not [each for each in left if each.fix and each.fix.applicability in kinds]
    for code, count in wanted.items():
        assert sum(each.code == code for each in left) <= sum(each.code == code for each in before) - count
    oracle.parse_string(Path("Dockerfile").read_text(encoding="utf-8-sig"))
    assert os.stat("Dockerfile").st_mode == os.stat(FIXTURES / case / "Dockerfile").st_mode
    mended = tree()
    assert in_files(ARGUMENTS, registry.installed(), unsafe=unsafe, failed=pytest.fail) == 0
    assert tree() == mended
