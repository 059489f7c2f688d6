"""Which values of a request are secrets. Their text is looked at here and shown nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from smlint.container import Known
from smlint.diagnostics import RequestLocation
from smlint.request.model import Request
from smlint.request.value import Value


class Secret(NamedTuple):
    """A variable or hyperparameter that holds a secret: its key, where the key stands, its value and what that says."""

    key: str
    location: RequestLocation
    value: Value
    text: str


#: The last word (or two) of a name; `EOS_TOKEN` and `MAX_TOKENS` are the vocabulary of language models.
_SECRET_NAME: Final = re.compile(
    r"(?:.*[_.-])?(?:password|passwd|passphrase|secret|token|credentials|apikey|(?:api|access|private|secret|auth|account)[_-]?key)",
    re.IGNORECASE,
)
_VOCABULARY: Final = re.compile(
    r"(?:.*[_.-])?(?:eos|bos|pad|unk|mask|sep|cls|image|special|stop)[_-]?token", re.IGNORECASE
)
#: Eight characters or more of what keys are made of; paths, ARNs, addresses and sentences are something else.
_SECRET_VALUE: Final = re.compile(r"[A-Za-z0-9+=_.!@#%^&*-][A-Za-z0-9+/=_.!@#%^&*-]{7,}")
_HARMLESS: Final = re.compile(
    r"(?i)arn:.*|true|false|none|null|[0-9.]+|x+|\*+|.*(?:change.?me|placeholder|example|dummy|your[_-]|redacted|todo).*"
)
#: Keys that are known by their form: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html and the
#: vendors' own prefixes, which exist so that scanners find them.
_KNOWN_FORMS: Final = re.compile(
    r"(?:AKIA|ASIA)[A-Z0-9]{16}|hf_[A-Za-z0-9]{30,}|gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{50,}"
    r"|glpat-[A-Za-z0-9_-]{20,}|xox[abpr]-[A-Za-z0-9-]{10,}|sk-[A-Za-z0-9_-]{32,}|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)
#: A key and its value in JSON or YAML, whatever stands around them; names of variables are no longer than the API takes.
_PAIR: Final = re.compile(
    r"""(?:"([\w.-]{1,512})"|'?(?<![\w.-])([\w.-]{1,512})'?)\s{0,20}:\s{0,20}(?:"([^"\n]+)"|'?([^\s'",{}\[\]]+))"""
)
#: More values than this are not looked for: nothing of the file is shown. An environment has a hundred variables at most.
_MOST: Final = 500
_PLACES: Final = ("Environment", "HyperParameters", "StaticHyperParameters")


def secrets(request: Request) -> tuple[Secret, ...]:
    """The secrets in the environments and hyperparameters of a request."""
    return request.remembered(_secrets)


def _secrets(request: Request) -> tuple[Secret, ...]:
    definitions = (request.body, *request.trainings, *request.containers)
    unique = {definition.pointer: definition for definition in definitions}
    return tuple(secret for definition in unique.values() for secret in _in(definition))


def _in(definition: Value) -> Iterator[Secret]:
    for place in _PLACES:
        for member in definition.members(place):
            value = member.value.text()
            if isinstance(value, Known) and is_secret(member.key, value.value):
                yield Secret(member.key, member.location, member.value, value.value)


def is_secret(key: str, value: str) -> bool:
    """Whether a value is a secret by its own form, or by its name and a form that secrets have."""
    if _KNOWN_FORMS.search(value):
        return True
    text = value.strip('"')
    named = _SECRET_NAME.fullmatch(key) is not None and _VOCABULARY.fullmatch(key) is None
    return named and _SECRET_VALUE.fullmatch(text) is not None and _HARMLESS.fullmatch(text) is None


def without_secrets(text: str, spans: list[tuple[int, int]], values: set[str]) -> str:
    """``text`` with the secrets blotted out that stand at ``spans``, are ``values``, or can be known by their looks alone.

    The looks are what remains where a file cannot be read, and for values that a repeated key drops.
    """
    if len(values) > _MOST:
        return masked(text, [(0, len(text))])
    found = [*spans, *_by_looks(text)]
    for value in values:
        start = text.find(value) if value else -1
        while start >= 0:
            found.append((start, start + len(value)))
            start = text.find(value, start + len(value))
    return masked(text, found) if found else text


def _by_looks(text: str) -> Iterator[tuple[int, int]]:
    yield from (match.span() for match in _KNOWN_FORMS.finditer(text))
    for match in _PAIR.finditer(text):
        if is_secret(match[1] or match[2], match[3] or match[4]):
            yield match.span(3) if match[3] else match.span(4)


def masked(text: str, spans: list[tuple[int, int]]) -> str:
    """``text`` with every character of the spans but line ends replaced by an asterisk, so that positions stay."""
    parts: list[str] = []
    end = 0
    for start, stop in sorted(spans):
        parts += [text[end:start], re.sub(r"[^\n\r\"']", "*", text[max(start, end) : stop])]
        end = max(end, stop)
    return "".join((*parts, text[end:]))
