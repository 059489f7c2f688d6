"""The model that every witness fills and every rule reads: one container as SageMaker would start it.

A Dockerfile, a built image and a job request know different things. What they know is said in :data:`Fact`:
*known* (with the place it comes from), *absent*, or *unknown* (with the reason). Text that is known only in part,
such as ``/opt/lib:$LD_LIBRARY_PATH`` on top of an external base image, carries :data:`UNRESOLVED` where the unknown
part stands. Nothing here reads files, runs commands or judges.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Generic, NamedTuple, Protocol, TypeAlias, TypeVar

from smlint.diagnostics import Location

T = TypeVar("T")

#: Stands for every part of a text that could not be resolved (U+FFFC, the object replacement character).
UNRESOLVED: Final = "\ufffc"


def is_resolved(text: str) -> bool:
    """Whether all of ``text`` is known."""
    return UNRESOLVED not in text


class Known(NamedTuple, Generic[T]):
    """A fact that is known, and the place that says so."""

    value: T
    location: Location


class Absent(enum.Enum):
    """The fact is known not to be there: no ENTRYPOINT, no USER."""

    ABSENT = "absent"


class Unknown(NamedTuple):
    """The fact may or may not be there; ``reason`` completes the sentence "unknown, because …"."""

    reason: str


ABSENT: Final = Absent.ABSENT
#: Said of a file that was there until a build step that depends on something removed it, or did not.
PERHAPS_REMOVED: Final = Unknown("a RUN removes it under a condition")
Fact: TypeAlias = Known[T] | Absent | Unknown


class Witness(enum.StrEnum):
    """Where the facts come from."""

    DOCKERFILE = "dockerfile"
    IMAGE = "image"
    REQUEST = "request"
    LIVE = "live"


class Form(enum.StrEnum):
    """How a command was written."""

    EXEC = "exec"
    SHELL = "shell"
    #: Starts with ``[`` but is no JSON array of strings: the engine runs it through a shell.
    MALFORMED = "malformed"
    #: ``["/bin/sh", "-c", "…"]`` in an image config: a shell form and its exec spelling look the same there.
    SHELL_OR_EXEC = "shell-or-exec"


class Word(NamedTuple):
    """One argument of a command, and where it is written. ``text`` may hold :data:`UNRESOLVED`."""

    text: str
    location: Location
    #: The source text under ``location``, quotes and variables as they are, where ``location`` is exactly this word.
    written: str | None = None


class Command(NamedTuple):
    """An ENTRYPOINT or CMD (or the request's replacement for one).

    ``argv`` is what the engine is given: for a shell form the shell in force followed by the whole text as one word.
    An empty ``argv`` is ``ENTRYPOINT []``: it takes an inherited command away.
    """

    form: Form
    argv: tuple[Word, ...]
    #: The command as written, continuations joined.
    text: str
    #: The whole instruction (Dockerfile), the config (image) or the value (request).
    location: Location
    #: Name of the Dockerfile stage that sets it; None outside Dockerfiles.
    stage: str | None = None
    #: ``text`` line by line, comments and continuation characters left out; empty where it stands in one line.
    pieces: tuple[Word, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """The argument vector as plain strings."""
        return tuple(word.text for word in self.argv)


class Overrides(NamedTuple):
    """What a job request puts in the place of the image's ENTRYPOINT and CMD; None where it says nothing.

    Only training and processing requests can (``ContainerEntrypoint``, ``ContainerArguments``).
    """

    entrypoint: tuple[Word, ...] | None = None
    arguments: tuple[Word, ...] | None = None


class Redirect(NamedTuple):
    """A redirection of a simple command: ``operator`` is ``>``, ``>>``, ``<``, ``<<``, ``<<<``, ``&>`` …"""

    operator: str
    target: Word


class SimpleCommand(NamedTuple):
    """One simple command inside a RUN instruction (or a heredoc body), with its words expanded as far as known."""

    #: Words after assignments; ``words[0]`` is the program. Quotes are removed, known variables expanded.
    words: tuple[Word, ...]
    assignments: tuple[tuple[str, Word], ...]
    redirects: tuple[Redirect, ...]
    #: Directory the command runs in (after ``WORKDIR`` and ``cd``), possibly UNRESOLVED.
    directory: str
    location: Location
    #: ``|``, ``&&``, ``||``, ``;`` … that joins the command to the one before it; "" for the first.
    joined_by: str = ""
    #: Text given on standard input by a heredoc or here-string, where it is literal.
    stdin: str | None = None


class RunCommand(NamedTuple):
    """A simple command of a RUN instruction that has a say in the judged image."""

    command: SimpleCommand
    #: What it really runs: without ``sudo``, ``env A=1``, ``time``; the commands inside ``bash -c TEXT``.
    inner: tuple[SimpleCommand, ...]
    stage: str
    #: The paths that the judged image copies out of ``stage``; None when the judged image *is* (or descends from) it.
    copied: tuple[str, ...] | None
    #: Where ``RUN --mount`` puts something for the length of the step: what is written there is not in the image.
    mounts: tuple[str, ...] = ()


class PlacedFile(NamedTuple):
    """A file or directory that COPY or ADD (or an image layer) puts at ``path``.

    ``path`` is absolute and normalised, or holds UNRESOLVED. A Dockerfile destination that is a directory gives one
    entry per named source, with the source's base name appended, when the source is a file or cannot be seen.
    """

    path: str
    #: ``COPY``, ``ADD`` or ``layer``.
    how: str
    #: What is copied, as written; "" for heredocs and layers.
    source: str
    #: Where the source is named (Dockerfile), or the file itself (image).
    location: Location
    #: Stage or image named by ``--from``; None when the build context is the source.
    from_stage: str | None = None
    #: Bytes, where they can be known without reading the content.
    size: int | None = None
    is_directory: bool | None = None
    link_target: str | None = None
    #: Where a Dockerfile names the destination; None in images.
    destination: Location | None = None


class InstalledPackage(NamedTuple):
    """A package that an image's own database (dpkg, rpm, apk) lists as installed."""

    manager: str
    name: str
    version: str
    location: Location


class FileKind(enum.StrEnum):
    """What a path of the container is."""

    FILE = "file"
    DIRECTORY = "directory"
    SYMLINK = "symlink"
    OTHER = "other"


class FileEntry(NamedTuple):
    """A file of the container's file system, links followed, as far as the witness can see it."""

    path: str
    kind: FileKind
    location: Location
    #: Permission bits, or None where the witness cannot know them.
    mode: int | None = None
    size: int | None = None
    #: The content, or None where it is not visible or larger than the reader's limit.
    content: bytes | None = None
    #: What the file is called in the build context, for spans inside it ("" where there is none).
    context_path: str = ""
    uid: int | None = None
    gid: int | None = None


class Files(Protocol):
    """The container's file system, read on demand."""

    def lookup(self, path: str) -> Fact[FileEntry]:
        """The file at an absolute ``path``; unknown when an external base image or an opaque step may hold it."""
        ...

    def candidates(self, name: str, directories: Sequence[str]) -> tuple[Sequence[str], Unknown | None]:
        """Those of ``directories`` where a file called ``name`` can be known, and why it cannot in the others.

        Costs less than to look it up in all: most programs that are looked for on PATH are the base image's affair.
        """
        ...


class NoFiles:
    """A file system about which nothing can be said."""

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def lookup(self, path: str) -> Fact[FileEntry]:
        """Always unknown."""
        return Unknown(self._reason)

    def candidates(self, name: str, directories: Sequence[str]) -> tuple[Sequence[str], Unknown | None]:
        """None of them."""
        return (), Unknown(self._reason)


class Evidence(Protocol):
    """What a witness can be asked for beyond the config; all of it is read when asked, and only then."""

    def run_commands(self, hint: str) -> Sequence[RunCommand]:
        """Simple commands of the RUN instructions in whose text the regular expression ``hint`` matches.

        Only such instructions are parsed. Commands keep file order. Images have no run commands.
        """
        ...

    def placed_files(self, hint: str = "") -> Sequence[PlacedFile]:
        """What COPY and ADD of the judged stage and its ancestors put where; in images, see ``files_matching``.

        Only what the regular expression ``hint`` may match is looked at: it is searched in the destination with the
        source's name behind it. What the source really is costs a look at the build context or at another stage.
        """
        ...

    def files_matching(
        self, patterns: Iterable[str], under: Iterable[str] = ()
    ) -> Fact[Sequence[PlacedFile]]:
        """Files and links of an image in whose absolute path one of the regular expressions is found (``re.search``).

        Begin them with ``^``: one that may match anywhere has all of them tried at every character of every name.
        An engine cannot list a file system: ``under`` names the places where such files can be, directories with a
        slash at the end, everything else exact paths. Where it is empty, the literal directory at the beginning of
        the patterns is taken. Unknown for Dockerfiles and for images of which only the config is read.
        """
        ...

    def installed_packages(self) -> Fact[Sequence[InstalledPackage]]:
        """The image's package databases; unknown for Dockerfiles."""
        ...


class Base(NamedTuple):
    """The external image that the judged stage descends from."""

    #: As written, variables expanded; may hold UNRESOLVED. ``scratch`` is a base like any other.
    reference: str
    location: Location


class OtherEntry(NamedTuple):
    """An ENTRYPOINT or CMD of a stage from which the judged one does not descend."""

    keyword: str
    stage: str
    location: Location


class ImageFacts(NamedTuple):
    """What only a built image has."""

    reference: str
    #: Media type of the manifest (or index) as the source holds it; None where the source has none to show.
    manifest_type: str | None
    #: Whether ``manifest_type`` is what a registry would serve (an engine's or archive's own layout is not).
    manifest_is_pushed: bool
    attestations: bool
    #: Sum of the uncompressed layers in bytes, where known.
    size: int | None
    created_by: tuple[str, ...] = ()


class Container:
    """One container: config facts as attributes, everything else through :attr:`evidence` and :attr:`files`.

    ``environment``, ``labels`` hold what is set, in order of first appearance; ask :meth:`variable` for a variable,
    since an external base may set more. ``anchor`` is the place of findings about something missing: the FROM line of
    the judged stage, or the image.
    """

    def __init__(
        self,
        *,
        witness: Witness,
        name: str,
        anchor: Location,
        evidence: Evidence,
        files: Files,
        base: Base | None = None,
        entrypoint: Fact[Command] = ABSENT,
        cmd: Fact[Command] = ABSENT,
        shell: Fact[tuple[str, ...]] = ABSENT,
        environment: Mapping[str, Fact[str]] | None = None,
        environment_complete: bool = True,
        workdir: Fact[str] = ABSENT,
        user: Fact[str] = ABSENT,
        stop_signal: Fact[str] = ABSENT,
        labels: Mapping[str, Fact[str]] | None = None,
        labels_complete: bool = True,
        volumes: Sequence[Word] = (),
        ports: Sequence[Word] = (),
        platform: Fact[str] = ABSENT,
        stage: str | None = None,
        other_entries: Sequence[OtherEntry] = (),
        image: ImageFacts | None = None,
        overrides: Overrides | None = None,
    ) -> None:
        self.witness = witness
        self.name = name
        self.anchor = anchor
        self.evidence = evidence
        self.files = files
        self.base = base
        self.entrypoint = entrypoint
        self.cmd = cmd
        #: The SHELL in force at the end of the build; absent means the engine's default, /bin/sh -c.
        self.shell = shell
        self.environment: Mapping[str, Fact[str]] = environment or {}
        self.environment_complete = environment_complete
        self.workdir = workdir
        self.user = user
        self.stop_signal = stop_signal
        self.labels: Mapping[str, Fact[str]] = labels or {}
        self.labels_complete = labels_complete
        self.volumes = tuple(volumes)
        self.ports = tuple(ports)
        #: ``os/architecture`` of the image, or what ``FROM --platform`` asks for.
        self.platform = platform
        self.stage = stage
        self.other_entries = tuple(other_entries)
        self.image = image
        #: What the job request that starts this container replaces; ``entrypoint`` and ``cmd`` stay the image's.
        self.overrides = overrides or Overrides()
        #: Results that rules share, keyed by the function that computes them (the launch chain, for one).
        self.memo: dict[Any, Any] = {}

    def variable(self, name: str) -> Fact[str]:
        """The value of an environment variable in the started container, before the platform adds its own."""
        found = self.environment.get(name)
        if found is not None:
            return found
        if self.environment_complete:
            return ABSENT
        return Unknown("the base image may set it")
