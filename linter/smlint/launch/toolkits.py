"""Who answers ``train`` and ``serve`` in an image that has no ENTRYPOINT: toolkits installed by RUN, files put on PATH.

Speaks about Dockerfiles, where an installation is a command; in an image the executable is there or it is not.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from smlint.container import UNRESOLVED, Container, Known, RunCommand, is_resolved
from smlint.launch.executables import DEFAULT_PATH, may_be_executed, search_path

#: Distributions with a console script of that name, or known to put one on PATH.
#: https://github.com/aws/sagemaker-training-toolkit/blob/master/setup.py and the setup.py of its relatives.
_DISTRIBUTION: Final = re.compile(r"(?i)sagemaker[-_.](?!sdk|core|experiments|studio|schema)[a-z]")
_INSTALLERS: Final = frozenset(
    {"pip", "pip3", "uv", "conda", "mamba", "micromamba", "poetry", "pipenv", "pdm"}
)
_PYTHON: Final = re.compile(r"python[\d.]*$")
_FILE_OPTIONS: Final = frozenset({"-r", "--requirement", "-f", "--file", "--requirements"})
#: Options whose value is a place or an address, and no project to install.
_PLACES: Final = frozenset(
    {
        "--prefix",
        "--target",
        "-t",
        "--root",
        "--cache-dir",
        "-i",
        "--index-url",
        "--extra-index-url",
        "-c",
        "--constraint",
    }
    | {"--find-links", "-f", "--trusted-host", "--python", "-p", "-n", "--name", "-r", "--requirement"}
)
#: Arguments that name something other than a release on an index: its console scripts are its own affair.
_OPAQUE: Final = re.compile(
    r"(?:^\.{0,2}/|^\.$|^\.\[|\.whl$|\.tar\.gz$|\.zip$|^git\+|^https?:|^-e$|^--editable|^file:)"
)


class Supplier(NamedTuple):
    """What may put a program called like the platform's word into the image."""

    what: str
    #: sagemaker-training and its relatives: a program that is known to be there and to start the user's script.
    is_toolkit: bool


def supplies(container: Container, word: str) -> Supplier | None:
    """What a Dockerfile does that may bring an executable called ``word``; None when nothing speaks for it."""
    key = (supplies, word)
    if key not in container.memo:
        container.memo[key] = next(_suppliers(container, word), None)
    found: Supplier | None = container.memo[key]
    return found


def _suppliers(container: Container, word: str) -> Iterator[Supplier]:
    hint = rf"pip|\buv\b|conda|mamba|poetry|pdm|setup\.py|\b{re.escape(word)}\b"
    commands = container.evidence.run_commands(hint)
    for run in commands:
        if _toolkit(container, run):
            yield Supplier("a SageMaker toolkit", is_toolkit=True)
    for run in commands:
        texts = [item.text for item in run.command.words]
        targets = [redirect.target.text for redirect in run.command.redirects]
        if any(posixpath.basename(text.rstrip("/")) == word for text in texts + targets) or (
            _installs(texts) and _is_opaque(container, run, texts)
        ):
            yield Supplier(f"`{' '.join(texts)[:60]}`", is_toolkit=False)
    for placed in container.evidence.placed_files(rf"/{re.escape(word)}(?:/|$)"):
        if (
            posixpath.basename(placed.path) == word
            and not placed.is_directory
            and not _is_inert(container, placed.path)
        ):
            yield Supplier(f"{placed.how} of {placed.source or placed.path}", is_toolkit=False)
    directories = set(search_path(container)[0]) - set(DEFAULT_PATH.split(":"))
    for placed in container.evidence.placed_files() if directories else ():
        if placed.is_directory is None and any(
            _may_fill(placed.path, directory) for directory in directories
        ):
            yield Supplier(f"{placed.how} of {placed.source}, which is not in view", is_toolkit=False)


def _is_inert(container: Container, path: str) -> bool:
    """Whether the file at ``path`` is in view and has no execute bit."""
    found = container.files.lookup(path)
    return isinstance(found, Known) and not may_be_executed(found.value)


def _may_fill(path: str, directory: str) -> bool:
    """Whether what is copied to ``path``, a file or a tree, may have a file in ``directory``."""
    return posixpath.dirname(path) == directory or f"{directory}/".startswith(f"{path.rstrip('/')}/")


def _installs(texts: Sequence[str]) -> bool:
    if not texts:
        return False
    name = posixpath.basename(texts[0])
    by_python = bool(_PYTHON.match(name)) and any(text in ("pip", "setup.py") for text in texts[1:3])
    return by_python or name in _INSTALLERS or name.startswith("pip3.")


def _toolkit(container: Container, run: RunCommand) -> bool:
    texts = [item.text for item in run.command.words]
    if not _installs(texts):
        return False
    if any(_DISTRIBUTION.match(text) for text in texts):
        return True
    return any(
        _DISTRIBUTION.match(line.strip())
        for listing in _listings(container, run, texts)
        for line in (listing or "").splitlines()
    )


def _listings(container: Container, run: RunCommand, texts: Sequence[str]) -> Iterator[str | None]:
    """The requirement files a command names; None for one whose content is not visible."""
    for option, value in pairwise(texts):
        if option in _FILE_OPTIONS:
            content = _content(container, value, run.command.directory)
            yield None if content is None else content.decode("utf-8", "replace")


def _content(container: Container, path: str, directory: str) -> bytes | None:
    if not is_resolved(path):
        return None
    # COPY knows the base image's working directory no better than RUN: what it put there is there.
    where = posixpath.join(directory if is_resolved(directory) else UNRESOLVED, path)
    found = container.files.lookup(where)
    return found.value.content if isinstance(found, Known) else None


def _is_opaque(container: Container, run: RunCommand, texts: Sequence[str]) -> bool:
    """Whether an installation may bring programs of names that cannot be seen: a local project, an unread list."""
    for before, text in pairwise(texts):
        if before not in _PLACES and (_OPAQUE.search(text) or not is_resolved(text)):
            return True
    if any(listing is None for listing in _listings(container, run, texts)):
        return True
    name = posixpath.basename(texts[0])
    if name in ("poetry", "pipenv", "pdm") or (name == "uv" and "sync" in texts) or "setup.py" in texts:
        return True
    return "env" in texts or "create" in texts or "update" in texts
