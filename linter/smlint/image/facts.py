"""From an opened image to the :class:`~smlint.container.Container` that rules read.

Everything in a config is known or absent; the file system is read only when a rule asks.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from smlint.container import (
    ABSENT,
    Command,
    Container,
    Fact,
    FileEntry,
    FileKind,
    Form,
    ImageFacts,
    InstalledPackage,
    Known,
    PlacedFile,
    RunCommand,
    Unknown,
    Witness,
    Word,
)
from smlint.diagnostics import ImageLocation
from smlint.image import packages
from smlint.image.config import HistoryStep, ImageConfig
from smlint.image.source import FileSystem, ImageSource, Listing, Node, Unseen

#: Scripts and programs larger than this are not read.
MAX_CONTENT = 1 << 20

_DEFAULT_SHELL = ("/bin/sh", "-c")


class ImageEvidence:
    """What an image can be asked for: its files and packages. See :class:`smlint.container.Evidence`."""

    def __init__(self, source: ImageSource) -> None:
        self._source = source
        self._packages: Fact[Sequence[InstalledPackage]] | None = None
        #: What could not be looked at so far, by place: why.
        self.not_looked_at: dict[str, str] = {}

    def run_commands(self, hint: str) -> Sequence[RunCommand]:
        """None: an image does not run its history again."""
        return ()

    def placed_files(self, hint: str = "") -> Sequence[PlacedFile]:
        """None: ask :meth:`files_matching` for what is there."""
        return ()

    def files_matching(
        self, patterns: Iterable[str], under: Iterable[str] = ()
    ) -> Fact[Sequence[PlacedFile]]:
        """See :class:`smlint.container.Evidence`."""
        files = self._source.files
        if isinstance(files, Unseen):
            return Unknown(files.reason)
        listing: Listing = files.search(tuple(patterns), tuple(under))
        self.not_looked_at.update(listing.incomplete)
        found = tuple(
            PlacedFile(
                path=node.path,
                how="layer",
                source="",
                location=location_of(self._source, node),
                size=node.size,
                is_directory=False,
                link_target=node.link,
            )
            for node in listing.nodes
        )
        return Known(found, ImageLocation(self._source.reference))

    def installed_packages(self) -> Fact[Sequence[InstalledPackage]]:
        """See :class:`smlint.container.Evidence`."""
        if self._packages is None:
            self._packages = self._read_packages()
        return self._packages

    def _read_packages(self) -> Fact[Sequence[InstalledPackage]]:
        files = self._source.files
        if isinstance(files, Unseen):
            return Unknown(files.reason)
        listed = packages.installed(files)
        self.not_looked_at.update(listed.unread)
        if listed.unread and not listed.packages:
            return Unknown("; ".join(f"{path}: {reason}" for path, reason in listed.unread.items()))
        reference = self._source.reference
        found = tuple(
            InstalledPackage(
                package.manager, package.name, package.version, ImageLocation(reference, package.database)
            )
            for package in listed.packages
        )
        return Known(found, ImageLocation(reference))


class ImageFiles:
    """An image's file system as rules see it. See :class:`smlint.container.Files`."""

    def __init__(self, source: ImageSource) -> None:
        self._source = source

    def candidates(self, name: str, directories: Sequence[str]) -> tuple[Sequence[str], Unknown | None]:
        """All of them: an image's files can be looked at."""
        return directories, None

    def lookup(self, path: str) -> Fact[FileEntry]:
        """The file at ``path``, links followed, with its content when it is small enough to be a script."""
        files = self._source.files
        if isinstance(files, Unseen):
            return Unknown(files.reason)
        node = files.stat(path)
        if node is None:
            return ABSENT
        location = location_of(self._source, node)
        entry = FileEntry(
            path=node.path,
            kind=node.kind,
            location=location,
            mode=node.mode,
            size=node.size,
            content=_content(files, node),
            uid=node.uid,
            gid=node.gid,
        )
        return Known(entry, location)


def container_of(source: ImageSource) -> Container:
    """The container that SageMaker would start from this image."""
    config, reference = source.config, source.reference

    def at(step: HistoryStep | None) -> ImageLocation:
        return ImageLocation(reference, created_by=step.created_by or None if step else None)

    def text(value: str, keyword: str) -> Fact[str]:
        return Known(value, at(config.last_step(keyword))) if value else ABSENT

    return Container(
        witness=Witness.IMAGE,
        name=reference,
        anchor=ImageLocation(reference),
        evidence=ImageEvidence(source),
        files=ImageFiles(source),
        entrypoint=_command(config.entrypoint, config, at(config.last_step("ENTRYPOINT"))),
        cmd=_command(config.cmd, config, at(config.last_step("CMD"))),
        shell=Known(config.shell, at(config.last_step("SHELL"))) if config.shell else ABSENT,
        environment={
            name: Known(value, at(config.last_step("ENV", f"{name}="))) for name, value in config.environment
        },
        workdir=text(config.workdir, "WORKDIR"),
        user=text(config.user, "USER"),
        stop_signal=text(config.stop_signal, "STOPSIGNAL"),
        labels={name: Known(value, at(config.last_step("LABEL", name))) for name, value in config.labels},
        volumes=[Word(path, at(config.last_step("VOLUME", path))) for path in config.volumes],
        ports=[Word(port, at(config.last_step("EXPOSE", port.partition("/")[0]))) for port in config.ports],
        platform=_platform(config, ImageLocation(reference)),
        image=ImageFacts(
            reference=reference,
            manifest_type=source.manifest.media_type,
            manifest_is_pushed=source.manifest.is_pushed,
            attestations=source.manifest.attestations,
            size=source.manifest.size,
            created_by=tuple(step.created_by for step in config.history),
        ),
    )


def location_of(source: ImageSource, node: Node) -> ImageLocation:
    """Where a node stands: its path, and the layer and history step that brought it where the source knows."""
    layers = source.manifest.layers
    layer = layers[node.layer] if node.layer is not None and node.layer < len(layers) else None
    step = source.config.step_of_layer(node.layer)
    return ImageLocation(source.reference, node.path, layer, step.created_by or None if step else None)


def _command(argv: tuple[str, ...], config: ImageConfig, location: ImageLocation) -> Fact[Command]:
    if not argv:
        return ABSENT
    shell = config.shell or _DEFAULT_SHELL
    # The builder stores a shell form as the SHELL and the whole text; its exec spelling gives the same config.
    written_for_shell = len(argv) == len(shell) + 1 and argv[:-1] in (shell, _DEFAULT_SHELL)
    return Known(
        Command(
            form=Form.SHELL_OR_EXEC if written_for_shell else Form.EXEC,
            argv=tuple(Word(word, location) for word in argv),
            text=json.dumps(list(argv), ensure_ascii=False),
            location=location,
        ),
        location,
    )


def _platform(config: ImageConfig, location: ImageLocation) -> Fact[str]:
    if not config.architecture:
        return Unknown("the image config names no architecture")
    return Known(f"{config.operating_system or 'linux'}/{config.architecture}", location)


def _content(files: FileSystem, node: Node) -> bytes | None:
    if node.kind is not FileKind.FILE or node.size is None or node.size > MAX_CONTENT:
        return None
    return files.read(node.path, MAX_CONTENT)
