"""Opens an image by its reference: which source reads which transport, and the order in which a bare name is tried."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from smlint.image.progress import Progress, Silent
from smlint.image.reference import ImageError, ImageReference, Transport
from smlint.image.source import ImageSource


@dataclass(frozen=True, slots=True)
class Options:
    """How images are opened."""

    #: ``os/arch[/variant]`` that the image must be for; None picks linux/amd64 from an index and takes a single image
    #: as it is.
    platform: str | None = None
    #: Download a registry image's layers to look at its files; they are not stored.
    layers: bool = False
    #: Registries that are spoken to over plain HTTP, for tests: host or host:port.
    insecure_registries: frozenset[str] = frozenset()
    progress: Progress = field(default_factory=Silent)

    def telling(self, progress: Progress) -> Options:
        """The same options with another listener."""
        return replace(self, progress=progress)


def open_image(reference: ImageReference, options: Options) -> ImageSource:
    """Open the image; close what is returned. Raises :class:`ImageError`, one line that says what to do."""
    if reference.transport is Transport.DOCKER_ARCHIVE:
        from smlint.image.archive import open_docker_archive

        return open_docker_archive(reference, options.platform, options.progress)
    if reference.transport in (Transport.OCI, Transport.OCI_ARCHIVE):
        from smlint.image.archive import open_layout

        return open_layout(reference, options.platform, options.progress)
    if reference.transport is Transport.DOCKER:
        return _registry(reference, options)
    from smlint.image.connection import NoEngineError
    from smlint.image.daemon import NotOnEngineError, open_daemon

    try:
        return open_daemon(reference, options.platform)
    except (NoEngineError, NotOnEngineError) as error:
        if reference.transport is Transport.DOCKER_DAEMON or reference.repository is None:
            raise
        missing = error
    try:
        return _registry(reference, options)
    except ImageError as error:
        raise ImageError(f"{missing}; tried as well: {error}") from None


def _registry(reference: ImageReference, options: Options) -> ImageSource:
    from smlint.image.remote import open_registry

    return open_registry(
        reference,
        options.platform,
        options.progress,
        layers=options.layers,
        insecure=options.insecure_registries,
    )
