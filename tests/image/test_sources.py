"""The same image through every source, each written by a real tool: the same findings."""

from __future__ import annotations

import enum
import gzip
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
import zstandard

from smlint import registry as rules
from smlint.diagnostics import Diagnostic, FileLocation, ImageLocation
from smlint.engine import Plan
from smlint.image import daemon
from smlint.image.lint import lint_image
from smlint.image.open import Options
from smlint.image.origin import Origin
from smlint.workload import DEFAULT_WORKLOADS
from tests.conftest import unavailable
from tests.engine.mounts import unmount_below
from tests.image import docker25, services

if TYPE_CHECKING:
    import docker

    from tests.engine.images import Images

pytestmark = pytest.mark.engine

REGISTRY = rules.installed()
PLAN = Plan(REGISTRY, frozenset(REGISTRY.codes))

#: Two images with as many flaws as fit: one with an entry script, one whose ``train`` lacks its x bit.
SCRIPTED = """\
FROM {base}
ENV HF_HOME=/opt/ml/model/cache LD_LIBRARY_PATH=/usr/local/cuda/lib64/stubs NVIDIA_VISIBLE_DEVICES=void
COPY rootfs /
LABEL com.amazonaws.sagemaker.capabilities.multi-model=true
RUN rm /opt/ml/output/removed && mkdir /opt/ml/model && \\
    echo below > /opt/ml/model/weights
RUN rm -r /opt/ml/input/data && mkdir /opt/ml/input/data && echo new > /opt/ml/input/data/new && \\
    ln /usr/lib/x86_64-linux-gnu/libcuda.so.470.57.02 /opt/hidden/libcuda.so.470.57.02
VOLUME /opt/ml/checkpoints
EXPOSE 5000
USER 1000
STOPSIGNAL SIGINT
CMD ["--epochs", "$EPOCHS"]
ENTRYPOINT ["/opt/program/start.sh"]
"""
BARE = """\
FROM {base}
COPY rootfs /
ENTRYPOINT []
CMD python3 /opt/program/train.py | tee /opt/ml/output/log
"""
CONTEXT = {
    "rootfs/opt/program/start.sh": "#!/bin/bash\npython3 /opt/program/train.py\n",
    "rootfs/opt/program/train.py": "print('training')\n",
    "rootfs/opt/ml/input/data/x": "1",
    "rootfs/opt/ml/code/train.py": "print('training')\n",
    "rootfs/opt/ml/output/removed": "1",
    "rootfs/opt/hidden/libnvidia-ml.so.470.57.02": "driver",
    "rootfs/usr/local/bin/train": "python3 /opt/program/train.py\n",
    "rootfs/usr/lib/x86_64-linux-gnu/libcuda.so.470.57.02": "driver",
    "rootfs/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.470.57.02": "",
    "rootfs/etc/ld.so.conf.d/stubs.conf": "/usr/local/cuda/lib64/stubs\n",
}


class Difference(enum.Enum):
    """What a source cannot know, or knows alone; docs/images.md has the same list."""

    NOTHING = enum.auto()
    #: An engine does not say which layer brought a file.
    LAYERS = enum.auto()
    #: Only a registry shows the media type that SageMaker will be served.
    MEDIA_TYPE = enum.auto()


#: Rules that need nothing but the config. SM104 keeps silent where the entry of an image with SageMaker's labels is out of view.
CONFIG_RULES = {"SM101", "SM112", "SM115", "SM203", "SM205", "SM303", "SM304", "SM403", "SM404"}


def context() -> dict[str, object]:
    from tests.engine.images import Symlink

    return {**CONTEXT, "rootfs/usr/lib/x86_64-linux-gnu/libcuda.so.1": Symlink("libcuda.so.470.57.02")}


@pytest.fixture(scope="module", params=[SCRIPTED, BARE], ids=["scripted", "bare"])
def flawed(request: pytest.FixtureRequest, images: Images, driver_image: str) -> str:
    return images.build(request.param.format(base=driver_image), context())  # type: ignore[arg-type]


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


class Said(NamedTuple):
    """A finding without the name of its source."""

    code: str
    severity: str
    message: str
    help: str
    path: str | None
    layer: str | None
    created_by: str | None


def told(found: list[Diagnostic], differs: Difference = Difference.NOTHING) -> set[Said]:
    """Everything that findings say, apart from what this source is known to say differently."""
    places = ((each, each.location) for each in found if isinstance(each.location, ImageLocation))
    said = {
        Said(each.code, each.severity.label, each.message, each.help, *place[1:]) for each, place in places
    }
    if differs is Difference.LAYERS:
        said = without_layers(said)
    if differs is Difference.MEDIA_TYPE:
        said = {each for each in said if each.code != "SM502"}
    return said


def without_layers(said: set[Said]) -> set[Said]:
    """What a config says comes from a step of the history all the same."""
    return {each._replace(layer=None, created_by=None) if each.path else each for each in said}


@pytest.fixture(scope="module")
def expected(saved: Path) -> set[Said]:
    return told(findings(f"docker-archive:{saved}"))


def skopeo(source: Path, target: str, *options: str) -> None:
    if reason := services.missing("skopeo"):
        unavailable(reason)
    subprocess.run(["skopeo", "copy", "--quiet", *options, f"docker-archive:{source}", target], check=True)


def test_the_archive_shows_what_is_wrong(expected: set[Said]) -> None:
    codes = {each.code for each in expected}
    assert codes >= {"SM201", "SM301", "SM302", "SM303"}
    if "SM108" not in codes:
        assert codes >= {"SM104", "SM106", "SM107", "SM112", "SM203", "SM205", "SM304", "SM403", "SM404"}
        paths = {each.path for each in expected}
        assert "/opt/ml/input/data/new" in paths
        assert not paths & {"/opt/ml/input/data/x", "/opt/ml/output/removed"}
        steps = {each.created_by for each in expected if each.path and each.created_by}
        assert {step.partition(" ")[0] for step in steps} == {"COPY", "RUN"}


def test_the_engine(flawed: str, expected: set[Said]) -> None:
    assert told(findings(f"docker-daemon:{flawed}"), Difference.LAYERS) == without_layers(expected)


def test_an_engine_that_cannot_list_says_so(
    flawed: str, expected: set[Said], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon, "WHOLE_BYTES", 0)
    found = told(findings(f"docker-daemon:{flawed}"), Difference.LAYERS)
    (unseen,) = [each for each in found if each.code == "SM903"]
    assert "folders that no rule names, where a driver may lie as well" in unseen.message
    # With the driver in /opt/hidden left out, the finding about driver files stands on another of them.
    assert {each for each in found if not is_of_driver_files(each)} - {unseen} == {
        each for each in without_layers(expected) if not is_of_driver_files(each)
    }
    assert any(map(is_of_driver_files, found))


def is_of_driver_files(said: Said) -> bool:
    return said.code == "SM301" and "package" not in said.message


@pytest.mark.parametrize("flawed", [SCRIPTED], ids=["scripted"], indirect=True)
@pytest.mark.parametrize("compressed", ["gzip", "zstd"])
def test_a_compressed_archive(saved: Path, expected: set[Said], tmp_path: Path, compressed: str) -> None:
    target = tmp_path / "image"
    with saved.open("rb") as plain, target.open("wb") as file:
        if compressed == "gzip":
            with gzip.GzipFile(fileobj=file, mode="wb", compresslevel=1) as packed:
                shutil.copyfileobj(plain, packed)
        else:
            zstandard.ZstdCompressor(level=1).copy_stream(plain, file)
    assert told(findings(f"docker-archive:{target}")) == expected


def test_a_layout_and_an_archive_of_skopeo(saved: Path, expected: set[Said], tmp_path: Path) -> None:
    skopeo(saved, f"oci:{tmp_path}/layout:v1")
    assert told(findings(f"oci:{tmp_path}/layout:v1")) == expected
    skopeo(saved, f"oci-archive:{tmp_path}/oci.tar:v1")
    assert told(findings(f"oci-archive:{tmp_path}/oci.tar")) == expected


@pytest.mark.parametrize("flawed", [SCRIPTED], ids=["scripted"], indirect=True)
@pytest.mark.parametrize("store", ["graph driver", "containerd"])
def test_an_archive_of_docker_25(
    flawed: str, saved: Path, expected: set[Said], tmp_path: Path, store: str
) -> None:
    target = tmp_path / "image.tar"
    if store == "containerd":
        skopeo(saved, f"oci:{tmp_path}/layout:v1")
        docker25.from_containerd(tmp_path / "layout", [flawed], target)
        shutil.rmtree(tmp_path / "layout")
    else:
        docker25.from_graph_driver(saved, target)
    assert told(findings(f"docker-archive:{target}")) == expected
    # It is an OCI archive as well, and skopeo takes it for both.
    assert told(findings(f"oci-archive:{target}")) == expected
    inspected = subprocess.run(
        ["skopeo", "inspect", "--config", f"docker-archive:{target}"], check=True, capture_output=True
    )
    assert json.loads(inspected.stdout)["config"]["StopSignal"] == "SIGINT"


@pytest.mark.parametrize("form", ["oci", "v2s2"])
def test_a_registry(saved: Path, expected: set[Said], registry: str, form: str) -> None:
    reference = f"docker://{registry}/flawed:{form}"
    skopeo(saved, reference, "--dest-tls-verify=false", "--format", form)
    deep = findings(reference, layers=True, insecure=registry)
    assert ("SM502" in {each.code for each in deep}) == (form == "oci")
    assert told(deep, Difference.MEDIA_TYPE) == expected


def test_a_registry_without_layers_says_what_it_did_not_see(
    saved: Path, expected: set[Said], registry: str
) -> None:
    reference = f"docker://{registry}/flawed:config"
    skopeo(saved, reference, "--dest-tls-verify=false", "--format", "v2s2")
    shallow = told(findings(reference, insecure=registry))
    (unseen,) = [each for each in shallow if each.code == "SM903"]
    assert unseen.severity == "info"
    assert "scripts, /opt/ml, driver files and packages were not looked at" in unseen.message
    assert "--layers" in unseen.help
    rest = shallow - {unseen}
    # What files may take back is information only.
    assert {each for each in rest if each.severity != "info"} < expected
    # What the config alone shows is all there.
    assert {each for each in expected if each.path is None and each.code in CONFIG_RULES} <= rest


@pytest.mark.parametrize("flawed", [SCRIPTED], ids=["scripted"], indirect=True)
def test_podman(
    saved: Path, expected: set[Said], podman: tuple[str, Path], monkeypatch: pytest.MonkeyPatch
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
    assert told(findings(f"docker-daemon:{name}"), Difference.LAYERS) == without_layers(expected)


@pytest.mark.parametrize("flawed", [SCRIPTED], ids=["scripted"], indirect=True)
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


@pytest.mark.parametrize("flawed", [SCRIPTED], ids=["scripted"], indirect=True)
def test_findings_lead_back_to_the_dockerfile(driver_image: str, saved: Path) -> None:
    text = SCRIPTED.format(base=driver_image)
    origin = Origin(text, "Dockerfile")
    outcome = lint_image(f"docker-archive:{saved}", Options(), PLAN, DEFAULT_WORKLOADS, origin)
    lines: dict[str, set[int]] = {}
    for each in outcome.diagnostics:
        assert isinstance(each.location, FileLocation)
        assert isinstance(each.related[0].location, ImageLocation)
        lines.setdefault(each.code, set()).add(each.location.line)
    assert lines["SM106"] == {14}
    assert lines["SM104"] == {13}
    assert lines["SM112"] == {12}
    assert lines["SM404"] == {11}
    assert lines["SM203"] == {9}
    assert lines["SM403"] == {4}
    assert lines["SM205"] == {2}
    # Each file leads to the RUN that made it, and the driver of the base to FROM.
    assert lines["SM201"] == {5, 7}
    assert lines["SM301"] == {1, 7}


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
        expected = told(findings(f"docker-archive:{path}"), Difference.LAYERS)
        assert told(findings(f"docker-daemon:{driver_image}"), Difference.LAYERS) == expected

    @pytest.mark.parametrize("folder", ["/srv/lib", "/data/drivers", "/opt/conda/lib"])
    def test_where_the_loader_looks_they_are_found_without_a_listing(
        self, images: Images, monkeypatch: pytest.MonkeyPatch, folder: str
    ) -> None:
        from tests.engine.images import Symlink

        reference = images.build(
            f"FROM {images.base('dash')}\nCOPY rootfs /\nENV LD_LIBRARY_PATH=/srv/lib:$LD_LIBRARY_PATH\n"
            'ENTRYPOINT ["python3", "/opt/program/train.py"]\n',
            {
                f"rootfs{folder}/libcuda.so.1": Symlink("libcuda.so.550.54.15"),
                f"rootfs{folder}/libcuda.so.550.54.15": "driver",
                "rootfs/etc/ld.so.conf": "include /etc/ld.so.conf.d/*.conf\n",
                "rootfs/etc/ld.so.conf.d/drivers.conf": "# ours\n/data/drivers # and no other\n",
                "rootfs/opt/program/train.py": "import signal\nsignal.signal(15, print)\n",
            },
        )
        monkeypatch.setattr(daemon, "WHOLE_BYTES", 0)
        found = findings(f"docker-daemon:{reference}")
        assert [each.location.path for each in found if each.code == "SM301"] == [
            f"{folder}/libcuda.so.550.54.15"
        ]

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
