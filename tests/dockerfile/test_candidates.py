"""Looking for a program where a step may have put it finds what looking into every directory of PATH would find."""

from __future__ import annotations

from pathlib import Path
from posixpath import join

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smlint.container import ABSENT, Container, Fact, FileEntry, FileKind, Known, Unknown
from smlint.dockerfile import parse
from smlint.dockerfile.build import build_container
from smlint.launch.executables import find_program, may_be_executed, search_path
from tests.dockerfile.contexts import Tree, write

CONTEXT: Tree = {"train": "#!/bin/sh\n", "notes": "text", "bin/train": "#!/bin/sh\n", "bin/serve": "text"}
STEPS = (
    "COPY train /usr/local/bin/",
    "COPY train /usr/local/bin/train",
    "COPY notes /usr/bin/train",
    "COPY bin/ /usr/bin/",
    "COPY bin /app/bin",
    "COPY . /app",
    "COPY gone /usr/local/bin/",
    "COPY train notes ${WHERE}/",
    "COPY --from=other /app /usr/local",
    "COPY --from=other /app/bin/* /usr/sbin/",
    "COPY --from=alpine /usr/bin/train /usr/bin/",
    "COPY --chmod=755 notes /bin/serve",
    "COPY --chmod=644 train /bin/train",
    "ADD bin.tar.gz /usr",
    "RUN cp train /usr/local/bin",
    "RUN cp -r /app/bin/* /usr/local/bin/",
    "RUN mv /app/train /usr/bin/serve",
    "RUN ln -s /app/train /usr/local/bin/",
    "RUN ln -s /app/train /bin/serve",
    "RUN install -m 755 /app/train -t /sbin",
    "RUN cd /usr/bin && ln -sf python train",
    "RUN echo '#!/bin/sh' > /usr/bin/train && chmod +x /usr/bin/train",
    "RUN chmod -x /usr/local/bin/train",
    "RUN rm -rf /usr/local/bin",
    "RUN rm -f /usr/bin/*",
    "RUN pip install train",
    "RUN curl -o /usr/local/bin/train https://example.com/train",
    "RUN tar -C /usr/local -xzf /tmp/programs.tar.gz",
    "RUN for each in train serve; do ln -s /app/$each /usr/bin/$each; done",
    "RUN <<EOF\ncp /app/train $HOME/\nEOF",
    'RUN ["cp", "/app/train", "/usr/bin/"]',
    "ENV PATH=/app:/app/bin:$PATH",
    "ENV PATH=/opt/bin",
    "WORKDIR /app",
    "WORKDIR /usr/bin/train",
)
DOCKERFILES = st.tuples(st.sampled_from(["image", "scratch"]), st.lists(st.sampled_from(STEPS), max_size=6))


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("context"), CONTEXT)


def built(base: str, steps: list[str], context: Path) -> Container:
    lines = ["FROM busybox AS other", "COPY . /app", f"FROM {base}", *steps]
    return build_container(parse("\n".join(lines) + "\n"), path="Dockerfile", context=str(context))


def everywhere(container: Container, name: str) -> Fact[FileEntry]:
    """What ``find_program`` promises, with a look into every directory."""
    path, complete = search_path(container)
    found = [container.files.lookup(join(directory, name)) for directory in path]
    programs = [
        each for each in found if isinstance(each, Known) and each.value.kind is not FileKind.DIRECTORY
    ]
    for each in (*(each for each in programs if may_be_executed(each.value)), *programs):
        return each
    unknown = any(isinstance(each, Unknown) for each in found) or not complete
    return Unknown("some directory may have it") if unknown else ABSENT


def same(ours: Fact[FileEntry], theirs: Fact[FileEntry]) -> bool:
    """Why something is unknown may be said of another directory."""
    return ours == theirs or (isinstance(ours, Unknown) and isinstance(theirs, Unknown))


@settings(deadline=None)
@given(dockerfile=DOCKERFILES, name=st.sampled_from(["train", "serve", "notes"]))
def test_program_is_found_as_in_every_directory(
    dockerfile: tuple[str, list[str]], name: str, context: Path
) -> None:
    container = built(*dockerfile, context)
    expected = everywhere(container, name)
    assert same(find_program(container, name), expected), expected


@pytest.mark.parametrize(
    ("step", "directories"),
    [
        ("COPY train /usr/local/bin/", ["/usr/local/bin"]),
        ("RUN ln -s /app/train /bin/", ["/bin"]),
        ("RUN cp /app/train /usr/bin/train && apt-get install -y nginx", ["/usr/bin"]),
        ("RUN apt-get update && pip install numpy", []),
        ("COPY requirements.txt /app/", []),
    ],
)
def test_only_directories_that_a_step_names_are_looked_into(
    step: str, directories: list[str], context: Path
) -> None:
    container = built("image", [step], context)
    path, _ = search_path(container)
    candidates, unseen = container.files.candidates("train", path)
    assert (list(candidates), type(unseen)) == (directories, Unknown)
