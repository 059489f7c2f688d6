"""Build contexts on disk, and what a Dockerfile makes of them."""

from __future__ import annotations

from pathlib import Path

from smlint.container import Fact, FileEntry, Known
from smlint.dockerfile import parse
from smlint.dockerfile.build import build_container

Tree = dict[str, str | bytes]


def write(folder: Path, tree: Tree) -> Path:
    """Write a build context: names to contents, ``name@`` to link targets, ``name/`` to empty directories."""
    for name, content in tree.items():
        path = folder / name.rstrip("@")
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("@"):
            assert isinstance(content, str)
            path.symlink_to(content)
        elif name.endswith("/"):
            path.mkdir(exist_ok=True)
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
            path.chmod(0o755 if content[:2] in ("#!", b"#!") else 0o644)
    return folder


def look(body: str, path: str, context: Path | None, base: str = "image") -> Fact[FileEntry]:
    """What is said of ``path`` after ``FROM base`` and ``body``."""
    root = None if context is None else str(context)
    text = f"FROM {base}\n{body}\n"
    return build_container(parse(text), path="Dockerfile", context=root).files.lookup(path)


def content(fact: Fact[FileEntry]) -> str:
    """The text of a file whose content is known."""
    assert isinstance(fact, Known), fact
    assert fact.value.content is not None
    return fact.value.content.decode()
