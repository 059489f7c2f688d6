"""Fuzz everything that reads bytes of an image: layers, configs, manifests, references, package databases.

tests/image/test_fuzz.py gives it a small budget in the test suite; without options it goes on until it finds something.
"""

from __future__ import annotations

import io
import sys
from contextlib import suppress

import atheris

with atheris.instrument_imports(include=["smlint"]):
    from smlint.image import packages, rpm
    from smlint.image.config import instruction, parse_config
    from smlint.image.layer import read_streamed, stream_layer
    from smlint.image.layers import LayeredFiles
    from smlint.image.manifest import descriptors, digest_of, for_platform
    from smlint.image.progress import Silent
    from smlint.image.reference import ImageError, parse_reference


class _Layer:
    def __init__(self, content: bytes) -> None:
        self._content = content
        self._index = stream_layer(io.BytesIO(content), len(content), "layer", None, Silent(), {})

    def index(self) -> object:
        return self._index

    def read(self, offset: int, size: int) -> bytes:
        return read_streamed(io.BytesIO(self._content), len(self._content), "layer", offset, size)


def _layer(content: bytes) -> None:
    files = LayeredFiles([_Layer(content)])  # type: ignore[list-item]
    for node in files.search(["^/"]).nodes:
        files.stat(node.path)
        files.read(node.path, 1000)
    packages.installed(files)


def _index(content: bytes) -> None:
    entries = list(descriptors({"manifests": [{"digest": content.decode("latin-1")}]}, "manifests", "x"))
    digest_of(for_platform(entries, None), "x")


def _database(content: bytes) -> None:
    list(packages._stanzas(content, "x"))
    for kind in rpm.KINDS.values():
        with suppress(rpm.DamagedError):
            list(rpm.packages(content, kind))


READERS = (
    _layer,
    lambda content: parse_config(content, "x"),
    lambda content: instruction(content.decode("utf-8", "replace")),
    lambda content: parse_reference(content.decode("utf-8", "surrogateescape")),
    _index,
    _database,
)


def one_input(content: bytes) -> None:
    """The first byte chooses the reader, the rest is what it reads."""
    if content:
        with suppress(ImageError):
            READERS[content[0] % len(READERS)](content[1:])


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
