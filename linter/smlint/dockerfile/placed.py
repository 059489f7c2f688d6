"""What a COPY or ADD step puts at one path: out of the build context, a heredoc, another stage or somewhere unseen."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from smlint.container import UNRESOLVED, Absent, Fact, FileEntry, FileKind, Known, Unknown
from smlint.diagnostics import Location
from smlint.dockerfile.buildcontext import BuildContext, Source, is_archive_name
from smlint.dockerfile.expand import ExpansionError, expand
from smlint.dockerfile.history import History
from smlint.dockerfile.paths import (
    BASE_DIRECTORY,
    in_base_directory,
    join,
    may_be,
    may_hold,
    name,
    parent,
    within,
)
from smlint.dockerfile.places import Placement
from smlint.dockerfile.stages import Stage

#: Names that only files have; a source that cannot be seen and is called so is no directory.
_FILE_NAME: Final = re.compile(
    r".+\.(?:bash|bat|bin|c|cc|cfg|cnf|conf|cpp|crt|css|csv|deb|env|gz|h|html|ini|ipynb|jar|java|js|json|key|list|lock|md"
    r"|onnx|pem|pkl|properties|pt|pth|py|r|R|rpm|rs|service|sh|so[.\d]*|sql|template|tgz|toml|ts|txt|whl|xml|xz|ya?ml|zip)"
)

#: What a step says of a path: a fact, another path that it links to, or nothing.
Answer = Fact[FileEntry] | str | None


class Placed:
    """Answers for the COPY and ADD steps of one file."""

    def __init__(
        self,
        context: BuildContext | None,
        path: str,
        lookup_in: Callable[[Stage, str], Fact[FileEntry]],
        leads_to: Callable[[Stage, str], str | None],
        escape: str,
    ) -> None:
        """``path`` is what locations call the Dockerfile; ``lookup_in`` finds files of other stages, ``leads_to`` says
        where one that was found leads if it is a link; ``escape`` is the Dockerfile's escape character.
        """
        self._context = context
        self.path = path
        self._lookup_in = lookup_in
        self._leads_to = leads_to
        self._escape = escape

    def by(self, history: History, number: int, path: str) -> Answer:
        """What step ``number`` puts at ``path``; a path instead of a fact is where a link at ``path`` leads."""
        for placement in reversed(history.placed[number]):
            if placement.is_relative and path.startswith(BASE_DIRECTORY):
                placement = placement._replace(target=in_base_directory(placement.target))
            into = placement.is_directory or history.is_directory(placement.target)
            found = self._put(placement, path, into=into)
            if found is not None:
                return found
        return None

    def _put(self, placement: Placement, path: str, *, into: bool) -> Answer:
        target = placement.target
        if UNRESOLVED in target or UNRESOLVED in placement.source:
            return (
                Unknown("a COPY or ADD that is not fully known may put it there")
                if may_hold(target, path)
                else None
            )
        if path != target and within(target, path) is not None:
            return self._directory(placement, path)
        rest = within(path, target)
        if rest is None:
            return None
        if rest == "" and into:
            return self._directory(placement, path)
        if placement.heredoc is not None or placement.is_url:
            return self._single(placement, path, rest, into=into)
        if placement.is_git:
            return Unknown("it may be in the repository that ADD clones")
        if placement.from_image is not None:
            image = placement.from_image.replace(UNRESOLVED, "…")
            return self._unseen(placement, rest, f"it may come from the image {image}", into=into)
        if placement.from_stage is not None:
            return self._from_stage(placement, placement.from_stage, path, rest, into=into)
        return self._from_context(placement, path, rest, into=into)

    def _single(self, placement: Placement, path: str, rest: str, *, into: bool) -> Answer:
        """A heredoc or a download: certainly a file, unless ADD is told to unpack it."""
        unpack = placement.step.instruction.flag("unpack")
        if unpack is not None and unpack.value != "false":
            return Unknown(f"it may be in the archive {placement.base_name}")
        if rest != (placement.base_name if into else ""):
            return self._perhaps_into(placement, rest, into=into)
        content = None if placement.content is None else placement.content.encode()
        size = None if content is None or UNRESOLVED.encode() in content else len(content)
        # The builder writes heredocs with 0644 and downloads with 0600.
        mode = self._mode(placement, 0o600 if placement.is_url else 0o644)
        return self._known(
            placement, FileEntry(path, FileKind.FILE, self._location(placement), mode, size, content)
        )

    def _perhaps_into(self, placement: Placement, rest: str, *, into: bool) -> Answer:
        """A file whose target may turn out to be a directory of the base image."""
        if not into and rest == placement.base_name:
            return Unknown(f"{placement.target} may be a directory of the base image")
        return None

    def _unseen(self, placement: Placement, rest: str, reason: str, *, into: bool) -> Answer:
        """A source that nobody can look at: a file or a directory, unless its name says which."""
        last = placement.base_name
        unpacked = placement.is_add and is_archive_name(last)
        if _FILE_NAME.fullmatch(last) and not unpacked:
            in_target = may_be(last, rest)
            if not (in_target or (rest == "" and not into)):
                return None
        return Unknown(reason)

    def _from_stage(self, placement: Placement, stage: Stage, path: str, rest: str, *, into: bool) -> Answer:
        source = join("/", placement.source)
        if placement.has_wildcard:
            from smlint.dockerfile.operands import Match, match

            if not rest:
                return Unknown(f"{placement.source} may name a single file")
            first = rest.partition("/")[0]
            if match(f"/{name(source)}", "/", f"/{first}") is Match.NO:
                return None
            source = join(parent(source), first)
            into = True
        found = self._lookup_in(stage, source)
        if not isinstance(found, Known):
            reason = f": {found.reason}" if isinstance(found, Unknown) else ""
            return self._unseen(placement, rest, f"stage {stage.label} may hold it{reason}", into=into)
        if found.value.kind is not FileKind.DIRECTORY:
            if rest != (name(source) if into else ""):
                return self._perhaps_into(placement, rest, into=into)
            return self._arrived(placement, found.value, path)
        inside = join(source, rest)
        found = self._lookup_in(stage, inside)
        link = self._leads_to(stage, inside) if self._leads_to(stage, source) is None else None
        if link is not None:
            # It is copied as it is, and leads to a path of this stage.
            return link if path == inside else Unknown("it may be a link that leads elsewhere")
        if isinstance(found, Unknown):
            return Unknown(f"stage {stage.label} may hold it: {found.reason}")
        return self._arrived(placement, found.value, path) if isinstance(found, Known) else None

    def _arrived(self, placement: Placement, entry: FileEntry, path: str) -> Answer:
        mode = self._mode(placement, entry.mode)
        return self._known(
            placement, entry._replace(path=path, location=self._location(placement), mode=mode)
        )

    def _from_context(self, placement: Placement, path: str, rest: str, *, into: bool) -> Answer:
        context = self._context
        if context is None:
            return self._unseen(placement, rest, "there is no build context to look into", into=into)
        written = placement.source.strip("/")
        sources = context.matching(written) if placement.has_wildcard else [written]
        if isinstance(sources, Unknown):
            return sources
        if placement.has_wildcard and not sources:
            return self._without_match(placement, rest)
        for each in reversed(sources):
            found = self._source(placement, context, each, path, rest, into=into)
            if found is not None:
                return found
        return None

    def _without_match(self, placement: Placement, rest: str) -> Answer:
        """A wildcard that names nothing yet: an earlier step of the user's own pipeline may make what it is for."""
        from smlint.dockerfile.operands import Match, match

        first = rest.partition("/")[0]
        if not rest or match(f"/{placement.base_name}", "/", f"/{first}") is Match.NO:
            return None
        return Unknown(f"nothing in the build context is called {placement.source} yet")

    def _source(
        self, placement: Placement, context: BuildContext, written: str, path: str, rest: str, *, into: bool
    ) -> Answer:
        source = context.follow(join("/", written)[1:])
        if isinstance(source, Unknown):
            return source
        if isinstance(source, Absent):
            # The build would fail, so it must be there by then: made by an earlier step of the user's own pipeline.
            return self._unseen(placement, rest, f"{written or '.'} is not in the build context", into=into)
        if placement.is_add and context.is_archive(source):
            return Unknown(f"it may be in the archive {written}")
        if source.kind is FileKind.DIRECTORY:
            return self._in_directory(placement, context, source, path, rest)
        if rest != (name(written) if into else ""):
            return self._perhaps_into(placement, rest, into=into) if name(written) == rest else None
        return self._known(placement, self._entry(placement, context, source, path))

    def _in_directory(
        self, placement: Placement, context: BuildContext, directory: Source, path: str, rest: str
    ) -> Answer:
        if rest and self._is_excluded(placement, rest):
            return None
        wanted = f"{directory.path}/{rest}".strip("/")
        source = context.entry(wanted)
        if isinstance(source, Unknown):
            return source
        if isinstance(source, Absent):
            return None
        if source.kind is not FileKind.SYMLINK:
            return self._known(placement, self._entry(placement, context, source, path))
        # The link is copied as it is and leads to a path of the container; a part of ``path`` may lie behind it.
        behind = wanted[len(source.path) :]
        link = path[: len(path) - len(behind)] if behind else path
        return join(parent(link), source.link_target or "") + behind

    def _is_excluded(self, placement: Placement, rest: str) -> bool:
        patterns = [flag.value or "" for flag in placement.step.instruction.flags if flag.name == "exclude"]
        if not patterns:
            return False
        from smlint.dockerfile.ignorefile import is_ignored, read_patterns

        try:
            return is_ignored(rest, read_patterns("\n".join(patterns)))
        except ValueError:
            return False

    def _entry(self, placement: Placement, context: BuildContext, source: Source, path: str) -> FileEntry:
        return FileEntry(
            path=path,
            kind=source.kind,
            location=self._location(placement),
            mode=self._mode(placement, source.mode),
            size=source.size,
            content=context.read(source),
            context_path=context.display(source.path),
        )

    def _directory(self, placement: Placement, path: str) -> Answer:
        entry = FileEntry(path, FileKind.DIRECTORY, self._location(placement), self._mode(placement, 0o755))
        return self._known(placement, entry)

    def _mode(self, placement: Placement, mode: int | None) -> int | None:
        flag = placement.step.instruction.flag("chmod")
        if flag is None or not flag.value:
            return mode
        from smlint.dockerfile.changes import changed_mode

        try:
            written = expand(flag.value, placement.step.lookup, escape=self._escape)
        except ExpansionError:
            return None
        return None if UNRESOLVED in written else changed_mode(mode, written)

    def _known(self, placement: Placement, entry: FileEntry) -> Known[FileEntry]:
        if placement.step.instruction.flag("chown") is None:
            entry = entry._replace(uid=0, gid=0)
        return Known(entry, entry.location)

    def _location(self, placement: Placement) -> Location:
        argument = placement.argument
        return placement.step.instruction.location(self.path, argument.start, argument.end)
