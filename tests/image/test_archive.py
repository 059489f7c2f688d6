"""One image in every kind of file: the same facts; broken and hostile files: one clear error."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zstandard

from smlint.container import ABSENT, Absent, Container, FileKind, Form, Known, Unknown
from smlint.diagnostics import ImageLocation
from smlint.image.facts import container_of
from smlint.image.open import Options, open_image
from smlint.image.reference import ImageError, parse_reference
from tests.image import tars
from tests.image.tars import Entry

STATUS = b"""Package: libc6
Status: install ok installed
Version: 2.36-9

Package: gone
Status: deinstall ok config-files
Version: 1
"""

LOWER = tars.layer(
    Entry("usr/bin/", directory=True, mode=0o755),
    Entry("bin", link="usr/bin"),
    Entry("usr/bin/dash", b"\x7fELF", mode=0o755),
    Entry("usr/bin/sh", link="dash"),
    Entry("usr/bin/hard", link="usr/bin/dash", hard=True),
    Entry("etc/alternatives/x", link="/../../../bin/sh"),
    Entry("opt/ml/model/old.bin", b"12345"),
    Entry("opt/ml/model/kept.bin", b"1"),
    Entry("srv/a/file", b"below"),
    Entry("srv/b/file", b"below"),
    Entry("var/lib/dpkg/status", STATUS),
    Entry("loop/a", link="b"),
    Entry("loop/b", link="a"),
    Entry("file-then-directory", b"x"),
)
UPPER = tars.layer(
    Entry("opt/ml/model/.wh.old.bin"),
    Entry("srv/a/.wh..wh..opq"),
    Entry("srv/a/new", b"above"),
    Entry("srv/.wh.b"),
    Entry("app/entry.sh", b"#!/bin/sh\nexec true\n", mode=0o755),
    Entry("file-then-directory/inside", b"y"),
    Entry("caf\udce9", b"z"),
    pax=False,
)
SETTINGS = {
    "Entrypoint": ["/app/entry.sh"],
    "Cmd": ["/bin/sh", "-c", "echo hello"],
    "Env": ["PATH=/usr/bin", "A=1=2"],
    "WorkingDir": "/app",
    "Labels": {"a": "b"},
    "ExposedPorts": {"8080/tcp": {}},
    "Volumes": {"/opt/ml": {}},
}

Writer = Callable[[Path], str]


def docker(folder: Path) -> str:
    (folder / "image.tar").write_bytes(tars.docker_archive([LOWER, UPPER], **SETTINGS))
    return f"docker-archive:{folder}/image.tar"


def compressed(compress: Callable[[bytes], bytes]) -> Writer:
    def write(folder: Path) -> str:
        (folder / "image").write_bytes(compress(tars.docker_archive([LOWER, UPPER], **SETTINGS)))
        return f"docker-archive:{folder}/image"

    return write


def oci_folder(folder: Path) -> str:
    tars.write_folder(folder / "layout", tars.layout_files([LOWER, UPPER], **SETTINGS))
    return f"oci:{folder}/layout:latest"


def oci_plain(folder: Path) -> str:
    tars.write_folder(folder / "layout", tars.layout_files([LOWER, UPPER], compress=False, **SETTINGS))
    return f"oci:{folder}/layout"


def oci_archive(folder: Path) -> str:
    (folder / "image.tar").write_bytes(tars.outer(tars.layout_files([LOWER, UPPER], **SETTINGS)))
    return f"oci-archive:{folder}/image.tar"


def docker_25(folder: Path) -> str:
    """Since Docker 25, ``docker save`` writes an OCI layout with a manifest.json that names its blobs."""
    files = tars.layout_files([LOWER, UPPER], compress=False, **SETTINGS)
    index = json.loads(files["index.json"])
    manifest = json.loads(files["blobs/sha256/" + index["manifests"][0]["digest"].removeprefix("sha256:")])
    path = [f"blobs/sha256/{item['digest'].removeprefix('sha256:')}" for item in manifest["layers"]]
    entry = {
        "Config": f"blobs/{manifest['config']['digest'].replace(':', '/')}",
        "RepoTags": ["app:1"],
        "Layers": path,
    }
    (folder / "image.tar").write_bytes(tars.outer({**files, "manifest.json": json.dumps([entry]).encode()}))
    return f"docker-archive:{folder}/image.tar:app:1"


WRITERS: list[Writer] = [
    docker,
    docker_25,
    oci_folder,
    oci_plain,
    oci_archive,
    compressed(gzip.compress),
    compressed(lambda content: zstandard.compress(content)),
    compressed(bz2.compress),
    compressed(lzma.compress),
]
IDS = ["docker", "docker-25", "oci", "oci-plain", "oci-archive", "gzip", "zstd", "bzip2", "xz"]


@pytest.fixture(params=WRITERS, ids=IDS)
def container(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Container]:
    source = open_image(parse_reference(request.param(tmp_path)), Options())
    yield container_of(source)
    source.close()


def content(container: Container, path: str) -> bytes | Absent | None:
    found = container.files.lookup(path)
    assert not isinstance(found, Unknown)
    return ABSENT if isinstance(found, Absent) else found.value.content


def test_the_config_becomes_facts(container: Container) -> None:
    assert isinstance(container.entrypoint, Known)
    assert container.entrypoint.value.words == ("/app/entry.sh",)
    assert container.entrypoint.value.form is Form.EXEC
    assert isinstance(container.cmd, Known)
    assert container.cmd.value.form is Form.SHELL_OR_EXEC
    assert isinstance(container.workdir, Known)
    assert container.workdir.value == "/app"
    assert container.user is ABSENT
    variable = container.variable("A")
    assert isinstance(variable, Known)
    assert variable.value == "1=2"
    assert container.variable("B") is ABSENT
    assert isinstance(container.platform, Known)
    assert container.platform.value == "linux/amd64"
    assert [port.text for port in container.ports] == ["8080/tcp"]
    assert [volume.text for volume in container.volumes] == ["/opt/ml"]


def test_links_are_followed_inside_the_root(container: Container) -> None:
    for path in ("/bin/sh", "/usr/bin/../bin/dash", "/etc/alternatives/x", "/bin/hard", "/../bin/sh"):
        found = container.files.lookup(path)
        assert isinstance(found, Known)
        assert found.value.content == b"\x7fELF"
        assert found.value.kind is FileKind.FILE
        assert found.value.mode is not None
        assert found.value.path in ("/usr/bin/dash", "/usr/bin/hard")


def test_whiteouts_and_opaque_directories_hide_what_is_below(container: Container) -> None:
    assert content(container, "/opt/ml/model/old.bin") is ABSENT
    assert content(container, "/opt/ml/model/kept.bin") == b"1"
    assert content(container, "/srv/a/file") is ABSENT
    assert content(container, "/srv/a/new") == b"above"
    assert content(container, "/srv/b/file") is ABSENT
    assert content(container, "/srv/b") is ABSENT
    assert content(container, "/file-then-directory/inside") == b"y"


def test_what_is_not_there_is_absent(container: Container) -> None:
    for path in ("/nothing", "/usr/bin/dash/below-a-file", "/loop/a", "/loop/a/b"):
        assert content(container, path) is ABSENT


def test_the_root_is_a_directory(container: Container) -> None:
    for path in ("/", "/..", "/bin/../.."):
        found = container.files.lookup(path)
        assert isinstance(found, Known)
        assert (found.value.path, found.value.kind) == ("/", FileKind.DIRECTORY)


def test_a_search_sees_only_what_is_visible_and_says_which_layer_brought_it(container: Container) -> None:
    found = container.evidence.files_matching(["^/opt/ml/", "^/srv/"])
    assert isinstance(found, Known)
    assert [(file.path, file.size) for file in found.value] == [
        ("/opt/ml/model/kept.bin", 1),
        ("/srv/a/new", 5),
    ]
    location = found.value[1].location
    assert isinstance(location, ImageLocation)
    assert location.created_by == "COPY layer1 /"
    assert location.layer is not None
    assert location.layer.startswith("sha256:")


def test_names_that_are_not_utf8_are_names(container: Container) -> None:
    found = container.evidence.files_matching(["^/caf"])
    assert isinstance(found, Known)
    assert found.value[0].path == "/caf\udce9"
    assert isinstance(container.files.lookup(found.value[0].path), Known)


def test_packages_are_those_that_are_installed_now(container: Container) -> None:
    found = container.evidence.installed_packages()
    assert isinstance(found, Known)
    assert [(package.manager, package.name, package.version) for package in found.value] == [
        ("dpkg", "libc6", "2.36-9")
    ]


class TestSeveralImages:
    """``docker save a b``: which of the images REF means."""

    @pytest.fixture
    def archive(self, tmp_path: Path) -> str:
        files: dict[str, bytes] = {"layer.tar": LOWER}
        manifest = []
        for number, tags in enumerate((["app:latest", "app:1"], ["127.0.0.1:5000/team/app:1"], [])):
            files[f"{number}.json"] = tars.config([LOWER], Entrypoint=[f"/{number}"])
            manifest.append({"Config": f"{number}.json", "RepoTags": tags, "Layers": ["layer.tar"]})
        files["manifest.json"] = json.dumps(manifest).encode()
        (tmp_path / "image.tar").write_bytes(tars.outer(files))
        return f"docker-archive:{tmp_path}/image.tar"

    @pytest.mark.parametrize(
        ("name", "entrypoint"),
        [
            ("app", "/0"),
            ("app:1", "/0"),
            ("docker.io/library/app:latest", "/0"),
            ("127.0.0.1:5000/team/app:1", "/1"),
            ("@0", "/0"),
            ("@2", "/2"),
        ],
    )
    def test_by_name_or_position(self, archive: str, name: str, entrypoint: str) -> None:
        source = open_image(parse_reference(f"{archive}:{name}"), Options())
        assert source.config.entrypoint == (entrypoint,)
        source.close()

    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("", "holds 3 images; add one of :app:latest :app:1 :127.0.0.1:5000/team/app:1"),
            (":app:2", "has no image app:2; it has app:latest, app:1, 127.0.0.1:5000/team/app:1"),
            (":@3", "has no image @3; it has"),
            (":team/app:1", "has no image team/app:1"),
            (":App", "no image name"),
        ],
    )
    def test_what_is_not_there(self, archive: str, name: str, words: str) -> None:
        with pytest.raises(ImageError, match=re.escape(words)):
            open_image(parse_reference(archive + name), Options())

    @pytest.fixture
    def layout(self, tmp_path: Path) -> str:
        files: dict[str, bytes] = {}
        entries = []
        for image, names in (("/0", ["app:1", "app:2"]), ("/1", ["other:1"])):
            made = tars.layout_files([LOWER], Entrypoint=[image])
            (top,) = json.loads(made["index.json"])["manifests"]
            for name in names:
                named = {
                    "io.containerd.image.name": f"docker.io/library/{name}",
                    "org.opencontainers.image.ref.name": name.partition(":")[2],
                }
                entries.append({**top, "annotations": named})
            files |= made
        files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": entries}).encode()
        tars.write_folder(tmp_path / "layout", files)
        return f"oci:{tmp_path}/layout"

    @pytest.mark.parametrize(
        ("name", "entrypoint"),
        [("2", "/0"), ("docker.io/library/app:1", "/0"), ("app:1", "/0"), ("other:1", "/1")],
    )
    def test_in_a_layout(self, layout: str, name: str, entrypoint: str) -> None:
        source = open_image(parse_reference(f"{layout}:{name}"), Options())
        assert source.config.entrypoint == (entrypoint,)
        source.close()

    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("", "index.json names 3 images; add one of :1 :docker.io/library/app:1"),
            (":1", "has 2 images called 1; it has"),
            (":3", "has no image 3; it has"),
        ],
    )
    def test_what_is_not_clear_in_a_layout(self, layout: str, name: str, words: str) -> None:
        with pytest.raises(ImageError, match=words):
            open_image(parse_reference(layout + name), Options())


@pytest.mark.skipif(not os.path.exists("/dev/fd"), reason="the system has no /dev/fd")
def test_a_pipe_is_told_to_be_written_to_a_file() -> None:
    reading, writing = os.pipe()
    os.close(writing)
    try:
        with pytest.raises(ImageError, match="is a pipe"):
            open_image(parse_reference(f"docker-archive:/dev/fd/{reading}"), Options())
    finally:
        os.close(reading)
