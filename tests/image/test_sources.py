"""The same image through every source, each written by a real tool: the same findings."""

from __future__ import annotations

import gzip
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import zstandard

from smlint import registry as rules
from smlint.diagnostics import Diagnostic, FileLocation, ImageLocation
from smlint.engine import Plan
from smlint.image.lint import lint_image
from smlint.image.open import Options
from smlint.image.origin import Origin
from smlint.workload import DEFAULT_WORKLOADS
from tests.conftest import unavailable
from tests.engine.mounts import unmount_below
from tests.image import services

if TYPE_CHECKING:
    import docker

    from tests.engine.images import Images

pytestmark = pytest.mark.engine

REGISTRY = rules.installed()
PLAN = Plan(REGISTRY, frozenset(REGISTRY.codes))

DOCKERFILE = """\
FROM {base}
ENV HF_HOME=/opt/ml/model/cache
COPY rootfs /
LABEL com.amazonaws.sagemaker.capabilities.multi-model=true
RUN rm /opt/ml/output/removed && mkdir /opt/ml/model && \\
    echo below > /opt/ml/model/weights
VOLUME /opt/ml/checkpoints
USER 1000
STOPSIGNAL SIGINT
ENTRYPOINT bash /opt/program/start.sh
"""
CONTEXT = {
    "rootfs/opt/program/start.sh": "#!/bin/bash\npython3 /opt/program/train.py\n",
    "rootfs/opt/ml/input/data/x": "1",
    "rootfs/opt/ml/output/removed": "1",
    "rootfs/usr/lib/x86_64-linux-gnu/libcuda.so.470.57.02": "driver",
    "rootfs/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.470.57.02": "",
    "rootfs/etc/ld.so.conf.d/stubs.conf": "/usr/local/cuda/lib64/stubs\n",
}


def context() -> dict[str, object]:
    from tests.engine.images import Symlink

    return {**CONTEXT, "rootfs/usr/lib/x86_64-linux-gnu/libcuda.so.1": Symlink("libcuda.so.470.57.02")}


@pytest.fixture(scope="module")
def flawed(images: Images) -> str:
    return images.build(DOCKERFILE.format(base=images.base("dash")), context())  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def saved(
    flawed: str, engine: docker.DockerClient, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("saved") / "image.tar"
    with path.open("wb") as file:
        for chunk in engine.images.get(flawed).save(named=True):
            file.write(chunk)
    yield path
    path.unlink()


def findings(reference: str, *, layers: bool = False, insecure: str = "") -> list[Diagnostic]:
    options = Options(layers=layers, insecure_registries=frozenset(filter(None, [insecure])))
    return list(lint_image(reference, options, PLAN, DEFAULT_WORKLOADS).diagnostics)


def told(found: list[Diagnostic]) -> set[tuple[str, str, str, str | None]]:
    """What findings say, apart from what only the source can know: its own name, the manifest, layers."""
    return {
        (each.code, each.severity.label, each.message, each.location.path)
        for each in found
        if isinstance(each.location, ImageLocation) and each.code not in ("SM502", "SM503")
    }


@pytest.fixture(scope="module")
def expected(flawed: str) -> set[tuple[str, str, str, str | None]]:
    return told(findings(f"docker-daemon:{flawed}"))


def skopeo(source: Path, target: str, *options: str) -> None:
    if reason := services.missing("skopeo"):
        unavailable(reason)
    subprocess.run(["skopeo", "copy", "--quiet", *options, f"docker-archive:{source}", target], check=True)


def test_the_engine_finds_what_is_wrong(expected: set[tuple[str, str, str, str | None]]) -> None:
    codes = {code for code, *_ in expected}
    assert codes >= {"SM101", "SM201", "SM203", "SM205", "SM301", "SM302", "SM303", "SM403", "SM404"}
    paths = {path for *_, path in expected}
    assert "/usr/lib/x86_64-linux-gnu/libcuda.so.470.57.02" in paths
    assert "/opt/ml/input/data/x" in paths
    assert "/opt/ml/output/removed" not in paths


def test_an_archive_of_docker_save(saved: Path, expected: object) -> None:
    assert told(findings(f"docker-archive:{saved}")) == expected


@pytest.mark.parametrize("compressed", ["gzip", "zstd"])
def test_a_compressed_archive(saved: Path, expected: object, tmp_path: Path, compressed: str) -> None:
    target = tmp_path / "image"
    with saved.open("rb") as plain, target.open("wb") as file:
        if compressed == "gzip":
            with gzip.GzipFile(fileobj=file, mode="wb", compresslevel=1) as packed:
                shutil.copyfileobj(plain, packed)
        else:
            zstandard.ZstdCompressor(level=1).copy_stream(plain, file)
    assert told(findings(f"docker-archive:{target}")) == expected


def test_a_layout_of_skopeo(saved: Path, expected: object, tmp_path: Path) -> None:
    skopeo(saved, f"oci:{tmp_path}/layout:v1")
    assert told(findings(f"oci:{tmp_path}/layout:v1")) == expected


def test_an_archive_of_skopeo(saved: Path, expected: object, tmp_path: Path) -> None:
    skopeo(saved, f"oci-archive:{tmp_path}/oci.tar:v1")
    assert told(findings(f"oci-archive:{tmp_path}/oci.tar")) == expected


def test_a_registry(saved: Path, expected: object, registry: str) -> None:
    skopeo(saved, f"docker://{registry}/flawed:1", "--dest-tls-verify=false")
    reference = f"docker://{registry}/flawed:1"
    assert told(findings(reference, layers=True, insecure=registry)) == expected
    shallow = findings(reference, insecure=registry)
    assert {each.code for each in shallow} >= {"SM101", "SM205", "SM903"}
    assert {entry for entry in told(shallow) if entry[0] != "SM903"} < set(expected)  # type: ignore[call-overload]


def test_podman(
    saved: Path, expected: object, podman: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, folder = podman
    loaded = subprocess.run(
        [*services.podman_command(folder), "load", "--quiet", "--input", str(saved)],
        check=True,
        capture_output=True,
        text=True,
    )
    name = loaded.stdout.strip().rpartition("Loaded image: ")[2]
    monkeypatch.setenv("DOCKER_HOST", url)
    assert told(findings(f"docker-daemon:{name}")) == expected


def test_whiteouts_and_opaque_directories_of_umoci(saved: Path, tmp_path: Path) -> None:
    if reason := services.missing("umoci"):
        unavailable(reason)
    skopeo(saved, f"oci:{tmp_path}/layout:v1")
    (tmp_path / "empty").mkdir()
    image = ["--image", f"{tmp_path}/layout:v1"]
    subprocess.run(["umoci", "insert", *image, "--whiteout", "/opt/ml/input/data"], check=True)
    subprocess.run(
        ["umoci", "insert", *image, "--opaque", str(tmp_path / "empty"), "/opt/ml/model"], check=True
    )
    found = findings(f"oci:{tmp_path}/layout:v1")
    assert "SM201" not in {each.code for each in found}
    assert "SM301" in {each.code for each in found}


def test_an_image_of_buildah(tmp_path: Path) -> None:
    if reason := services.missing("buildah"):
        unavailable(reason)
    buildah = ["buildah", "--storage-driver=vfs", f"--root={tmp_path}/root", f"--runroot={tmp_path}/run"]

    def run(*words: str) -> str:
        return subprocess.run([*buildah, *words], check=True, capture_output=True, text=True).stdout.strip()

    made = run("from", "scratch")
    (tmp_path / "model").write_text("x")
    run("copy", made, str(tmp_path / "model"), "/opt/ml/model/weights")
    run("config", "--entrypoint", '["/bin/sh", "-c", "serve"]', "--stop-signal", "SIGKILL", made)
    run("commit", "--quiet", made, f"oci-archive:{tmp_path}/image.tar:v1")
    run("rm", made)
    unmount_below(tmp_path)
    assert {each.code for each in findings(f"oci-archive:{tmp_path}/image.tar")} >= {
        "SM101",
        "SM112",
        "SM201",
    }


def test_findings_lead_back_to_the_dockerfile(flawed: str, images: Images, saved: Path) -> None:
    text = DOCKERFILE.format(base=images.base("dash"))
    origin = Origin(text, "Dockerfile")
    outcome = lint_image(f"docker-archive:{saved}", Options(), PLAN, DEFAULT_WORKLOADS, origin)
    lines: dict[str, set[int]] = {}
    for each in outcome.diagnostics:
        assert isinstance(each.location, FileLocation)
        assert isinstance(each.related[0].location, ImageLocation)
        lines.setdefault(each.code, set()).add(each.location.line)
    assert lines["SM101"] == {10}
    assert lines["SM205"] == {2}
    assert lines["SM403"] == {4}
    assert lines["SM203"] == {7}
    assert lines["SM404"] == {8}
    # /opt/ml/input/data/x came with COPY, /opt/ml/model/weights with RUN.
    assert lines["SM201"] == {3, 5}


class TestDrivers:
    def test_real_driver_packages_are_found_on_the_engine(self, driver_image: str) -> None:
        found = findings(f"docker-daemon:{driver_image}")
        texts = [each.message for each in found if each.code == "SM301"]
        assert any("/usr/lib/x86_64-linux-gnu/nvidia/current/libcuda.so.5" in text for text in texts)
        assert {
            name for name in services.DRIVER_PACKAGES if any(f"package {name} " in text for text in texts)
        } == set(services.DRIVER_PACKAGES)

    def test_and_the_same_in_an_archive(
        self, driver_image: str, engine: docker.DockerClient, tmp_path: Path
    ) -> None:
        path = tmp_path / "image.tar"
        with path.open("wb") as file:
            for chunk in engine.images.get(driver_image).save(named=True):
                file.write(chunk)
        assert told(findings(f"docker-archive:{path}")) == told(findings(f"docker-daemon:{driver_image}"))

    def test_a_toolkit_with_stubs_and_compat_stays_silent(self, images: Images) -> None:
        cuda = "rootfs/usr/local/cuda-12.4"
        reference = images.build(
            f"FROM {images.base('dash')}\nCOPY rootfs /\n"
            "ENV LD_LIBRARY_PATH=/usr/local/cuda-12.4/lib64 LIBRARY_PATH=/usr/local/cuda-12.4/lib64/stubs\n"
            'ENTRYPOINT ["python3", "/opt/program/train.py"]\n',
            {
                f"{cuda}/lib64/stubs/libcuda.so": "stub",
                f"{cuda}/lib64/stubs/libcuda.so.1": "stub",
                f"{cuda}/lib64/stubs/libnvidia-ml.so": "stub",
                f"{cuda}/compat/libcuda.so.550.54.15": "compat",
                f"{cuda}/compat/libcuda.so.1": "compat",
                f"{cuda}/compat/libnvidia-ptxjitcompiler.so.550.54.15": "compat",
                f"{cuda}/lib64/libcudart.so.12.4.127": "runtime",
                "rootfs/usr/lib/x86_64-linux-gnu/libnvidia-container.so.1.14.3": "container toolkit",
                "rootfs/usr/bin/nvidia-container-cli": "container toolkit",
                "rootfs/etc/ld.so.conf.d/cuda.conf": "/usr/local/cuda-12.4/lib64\n",
                "rootfs/opt/program/train.py": "import signal\nsignal.signal(15, print)\n",
            },
        )
        assert [each for each in findings(f"docker-daemon:{reference}") if each.code.startswith("SM3")] == []
