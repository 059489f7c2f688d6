"""COPY and ADD, read: which source goes to which path of the container, before anyone looks at the build context."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from smlint.container import UNRESOLVED
from smlint.dockerfile.expand import ExpansionError, expand, expand_content
from smlint.dockerfile.heredocs import Heredoc, opener
from smlint.dockerfile.paths import is_directory_name, join, name, normalise
from smlint.dockerfile.stages import Stage, Stages
from smlint.dockerfile.state import Step
from smlint.dockerfile.words import Argument

_WILDCARD: Final = re.compile(r"\[[^\]]*\]|[*?]")
_URL: Final = re.compile(r"https?://")
_GIT: Final = re.compile(r"git@|git://|ssh://|https?://[^#?]+\.git(?:[#?].*)?$")


class Placement(NamedTuple):
    """One source of a COPY or ADD. Paths may hold UNRESOLVED."""

    step: Step
    argument: Argument
    #: As written, variables expanded; "" for a heredoc.
    source: str
    #: Absolute path in the container: the file itself, or the directory that gets it.
    target: str
    #: Whether the instruction says that ``target`` is a directory (a slash at its end, several sources).
    is_directory: bool
    #: Whether ``target`` is written relative to a working directory that is not known.
    is_relative: bool = False
    #: The stage that holds the source.
    from_stage: Stage | None = None
    #: The image that holds it, where ``--from`` names no stage.
    from_image: str | None = None
    heredoc: Heredoc | None = None
    #: The body of the heredoc, variables expanded.
    content: str | None = None

    @property
    def is_add(self) -> bool:
        """Whether the source may be unpacked or downloaded."""
        return self.step.instruction.keyword == "ADD"

    @property
    def is_git(self) -> bool:
        """Whether ADD clones a repository into ``target``."""
        return self.is_add and _GIT.match(self.source) is not None

    @property
    def is_url(self) -> bool:
        """Whether ADD downloads a file."""
        return self.is_add and not self.is_git and _URL.match(self.source) is not None

    @property
    def base_name(self) -> str:
        """What the source is called where ``target`` is a directory; wildcards are unknown parts."""
        if self.heredoc is not None:
            return self.heredoc.name
        source = re.split("[?#]", self.source, maxsplit=1)[0] if self.is_url else self.source
        last = name(source)
        return last if self.is_url else _WILDCARD.sub(UNRESOLVED, last)

    @property
    def is_context_path(self) -> bool:
        """Whether the source is a path of the build context."""
        return (
            self.from_stage is None
            and self.from_image is None
            and self.heredoc is None
            and not self.is_url
            and not self.is_git
        )

    @property
    def looks_like_directory(self) -> bool:
        """Whether the spelling of the source says that it is a directory."""
        return self.is_git or (self.heredoc is None and not self.is_url and is_directory_name(self.source))

    @property
    def has_wildcard(self) -> bool:
        """Whether the source is a pattern."""
        return self.heredoc is None and not self.is_url and _WILDCARD.search(self.source) is not None


def placements(step: Step, stages: Stages, escape: str) -> list[Placement]:
    """The sources of a COPY or ADD step, in order; heredocs come last, as the builder writes them last."""
    arguments = step.instruction.arguments
    if len(arguments) < 2:
        return []
    *sources, destination = arguments
    written = _expanded(destination.text, step, escape)
    stage, image = _origin(step, stages)
    heredocs = {heredoc.name: heredoc for heredoc in step.instruction.heredocs}
    common = Placement(
        step=step,
        argument=destination,
        source="",
        target=join(step.directory, written),
        is_directory=is_directory_name(written) or len(sources) > 1,
        is_relative=step.directory == UNRESOLVED
        and UNRESOLVED not in written
        and not written.startswith("/"),
        from_stage=stage,
        from_image=image,
    )
    parents = step.instruction.flag("parents") is not None
    files: list[Placement] = []
    inline: list[Placement] = []
    for argument in sources:
        opened = opener(argument.text) if heredocs else None
        if opened is not None and opened.name in heredocs:
            inline.append(_inline(common, argument, heredocs[opened.name]))
            continue
        source = _expanded(argument.text, step, escape)
        files.append(common._replace(argument=argument, source=source))
        if parents:
            files[-1] = _with_parents(files[-1])
    return files + inline


def _expanded(text: str, step: Step, escape: str) -> str:
    try:
        return expand(text, step.lookup, escape=escape)
    except ExpansionError:
        return UNRESOLVED


def _origin(step: Step, stages: Stages) -> tuple[Stage | None, str | None]:
    flag = step.instruction.flag("from")
    if flag is None or flag.value is None:
        return None, None
    if "$" in flag.value:
        # BuildKit does not expand it; if it ever does, nobody knows what it will be.
        return None, UNRESOLVED
    stage = stages.named(flag.value, step.stage.number)
    return stage, None if stage is not None else flag.value


def _with_parents(placement: Placement) -> Placement:
    """``--parents``: the source keeps its path, from ``/./`` on, under the target."""
    before, pivot, after = placement.source.partition("/./")
    kept = _WILDCARD.sub(UNRESOLVED, normalise(after if pivot else before))
    return placement._replace(target=join(placement.target, kept.lstrip("/")), is_directory=False)


def _inline(common: Placement, argument: Argument, heredoc: Heredoc) -> Placement:
    content = heredoc.content
    if heredoc.strip_tabs:
        content = re.sub(r"^\t+", "", content, flags=re.MULTILINE)
    if heredoc.expand:
        try:
            content = expand_content(content, common.step.lookup)
        except ExpansionError:
            content = UNRESOLVED
    return common._replace(argument=argument, heredoc=heredoc, content=content)
