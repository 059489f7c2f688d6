"""A rule's docstring as data: the only source of its page, of ``smlint rule`` and of what editors show.

The examples inside are executed by the tests, so they are parsed here and not where they are shown.
"""

from __future__ import annotations

import inspect
import re
from typing import Final, NamedTuple

from smlint.rule import Heading, Rule

_UNDERLINE: Final = re.compile(r"^-{3,}\s*$")
_FENCE: Final = re.compile(r"^```(?P<language>\S*)[ \t]*(?P<file>\S*)[ \t]*$")
_LINK: Final = re.compile(r"https?://[^\s<>)\]]+")


class MissingDocumentationError(Exception):
    """A rule's docstring lacks something; the message names it."""


class Block(NamedTuple):
    """A fenced code block: its language, the file it stands for ("" for the default one), its text."""

    language: str
    file: str
    text: str


class Documentation(NamedTuple):
    """The parts of a rule's docstring, in Markdown."""

    summary: str
    sections: dict[str, str]

    def blocks(self, heading: Heading) -> tuple[Block, ...]:
        """The fenced code blocks of a section."""
        return tuple(_blocks(self.sections[heading]))

    @property
    def references(self) -> tuple[str, ...]:
        """The links under References."""
        return tuple(_LINK.findall(self.sections[Heading.REFERENCES]))


def documentation(rule: type[Rule]) -> Documentation:
    """The parsed docstring of ``rule``; raises MissingDocumentationError."""
    text = inspect.cleandoc(rule.__doc__ or "")
    lines = text.splitlines()
    summary = lines[0] if lines else ""
    sections: dict[str, str] = {}
    heading = ""
    body: list[str] = []
    for index, line in enumerate(lines[1:], 1):
        if index + 1 < len(lines) and _UNDERLINE.match(lines[index + 1]) and line in set(Heading):
            if heading:
                sections[heading] = "\n".join(body).strip()
            heading, body = line, []
        elif not (_UNDERLINE.match(line) and not body):
            body.append(line)
    if heading:
        sections[heading] = "\n".join(body).strip()
    for wanted in Heading:
        if not sections.get(wanted):
            raise MissingDocumentationError(f"{rule.code}: the docstring has no text under {str(wanted)!r}")
    if list(sections) != [str(wanted) for wanted in Heading]:
        raise MissingDocumentationError(f"{rule.code}: the headings stand in the order {', '.join(sections)}")
    return Documentation(summary, sections)


def markdown(rule: type[Rule]) -> str:
    """The rule's page."""
    page = documentation(rule)
    parts = [
        f"# {rule.code} {rule.name}",
        page.summary,
        f"Level: {level_text(rule)}. Seen in: {witness_text(rule)}.",
    ]
    for heading, body in page.sections.items():
        parts += [f"## {heading}", body]
    return "\n\n".join(parts) + "\n"


def level_text(rule: type[Rule]) -> str:
    """The default level in words, by workload where it depends on it."""
    if not isinstance(rule.level, dict):
        return str(getattr(rule.level, "label", rule.level))
    return ", ".join(f"{severity.label} for {workload}" for workload, severity in rule.level.items())


def witness_text(rule: type[Rule]) -> str:
    """Where the rule can look, in words."""
    return ", ".join(sorted(rule.witnesses))


def _blocks(text: str) -> list[Block]:
    found: list[Block] = []
    opened: re.Match[str] | None = None
    body: list[str] = []
    for line in text.splitlines():
        fence = _FENCE.match(line)
        if opened is None and fence:
            opened, body = fence, []
        elif opened is not None and line == "```":
            found.append(Block(opened["language"], opened["file"], "\n".join(body) + "\n"))
            opened = None
        elif opened is not None:
            body.append(line)
    return found
