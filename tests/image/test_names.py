"""Names by the hundred thousand, long ones that nearly are what rules look for: the work on each is counted, not timed."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence

import pytest

from smlint import registry
from smlint.engine import Plan, judge
from smlint.image import layers
from smlint.image.blobs import Blob
from smlint.image.facts import container_of
from smlint.image.layer import BlobLayer
from smlint.image.layers import LayeredFiles
from smlint.workload import DEFAULT_WORKLOADS
from smlint_rules.driver_files import is_driver_file
from tests.image import tars
from tests.image.described import DescribedImage
from tests.image.tars import Entry


class Counted(dict[str, int]):
    """A dictionary that counts how often it is asked."""

    asked = 0

    def get(self, key: str, default: int | None = None) -> int | None:  # type: ignore[override]
        """As that of any dictionary."""
        self.asked += 1
        return super().get(key, default)


def test_the_folders_above_a_file_are_walked_once_not_for_each_file() -> None:
    depth, count = 300, 200
    folder = "opt/ml/model/" + "a/" * depth
    content = tars.layer(*(Entry(f"{folder}x{number}") for number in range(count)))
    files = LayeredFiles([BlobLayer(Blob("layer", io.BytesIO(content), 0, len(content)), "layer", None)])
    files._floors = asked = Counted()
    assert len(files.search(["^/opt/ml/"]).nodes) == count
    assert asked.asked < 2 * (depth + count)


def test_expressions_are_tried_at_the_beginning_of_a_name_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that may begin anywhere makes Python try all that it is joined with at every character of every name."""
    searched: list[str] = []

    def union(patterns: Sequence[str]) -> re.Pattern[str]:
        searched.extend(patterns)
        return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))

    monkeypatch.setattr(layers, "union", union)
    image = DescribedImage(
        {
            "config": {"Entrypoint": ["/bin/sh"]},
            "files": {
                "/usr/lib/x86_64-linux-gnu/libcuda.so.550.54.15": {"content": "x"},
                "/opt/ml/code/train.py": {},
            },
        }
    )
    known = registry.installed()
    container = container_of(image)
    assert judge(container, Plan(known, frozenset(known.codes)), DEFAULT_WORKLOADS)
    container.evidence.installed_packages()
    assert len(searched) > 10
    assert [pattern for pattern in searched if not pattern.startswith("^")] == []


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/libcuda.so.550.54.15", True),
        ("/srv/a/b/libnvidia-ml.so.470.57", True),
        ("/usr/lib/nvidia/libcuda.so.5/libcuda.so.550.54.15", True),
        ("/usr/lib/nvidia/current/nvidia-smi", True),
        ("/usr/lib/modules/6.1/updates/dkms/nvidia-drm.ko.xz", True),
        ("/srv/xlibcuda.so.550.54.15", False),
        ("/srv/libcuda.so.550.54.15/x", False),
        ("/srv/libcuda.so.550.54.15x", False),
        ("/srv/libcuda.so.1", False),
    ],
)
def test_a_driver_is_known_by_the_last_part_of_its_name(path: str, found: bool) -> None:
    assert is_driver_file(path) is found
