"""What the API refuses in a request: which rule speaks about which shape, and in which words.

A value of an environment, of hyperparameters or of a command is never shown: it may be a secret.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from functools import lru_cache
from typing import Final

from smlint.diagnostics import Severity
from smlint.request import Request
from smlint.request.document import shown
from smlint.request.nodes import Array, Object, Scalar
from smlint.request.structure import Break, Violation, violations
from smlint.rule import Finding

COMMAND_LISTS: Final = frozenset(
    {"TrainingContainerEntrypoint", "TrainingContainerArguments", "ContainerEntrypoint", "ContainerArguments"}
)
COMMAND_ITEMS: Final = frozenset(
    {
        "TrainingContainerEntrypointString",
        "TrainingContainerArgument",
        "ContainerEntrypointString",
        "ContainerArgument",
    }
)
IMAGES: Final = frozenset({"AlgorithmImage", "ImageUri", "ContainerImage"})
LOCAL_PATHS: Final = frozenset({"ProcessingLocalPath"})
RUNTIMES: Final = frozenset(
    {
        "HyperParameterTuningMaxRuntimeInSeconds",
        "InvocationsTimeoutInSeconds",
        "KeepAlivePeriodInSeconds",
        "MaxPendingTimeInSeconds",
        "MaxRuntimeInSeconds",
        "MaxWaitTimeInSeconds",
        "ProcessingMaxRuntimeInSeconds",
        "ProductionVariantContainerStartupHealthCheckTimeoutInSeconds",
        "ProductionVariantModelDataDownloadTimeoutInSeconds",
    }
)
#: Members of a command that tuning jobs do not have.
COMMAND_MEMBERS: Final = frozenset({"ContainerEntrypoint", "ContainerArguments"})

#: No member of the API is nearly as long as this.
_LONGEST_MEMBER: Final = 80

_TYPES: Final = {
    "structure": "an object",
    "map": "an object of texts",
    "list": "an array",
    "string": "a text",
    "integer": "a whole number",
    "long": "a whole number",
    "float": "a number",
    "double": "a number",
    "boolean": "true or false",
}


def is_free_text(name: str) -> bool:
    """Whether a shape is part of an environment or of hyperparameters, whose keys and values the user invents."""
    return "Environment" in name or name in {"HyperParameters", "HyperParameterKey", "HyperParameterValue"}


def code_of(violation: Violation) -> str:
    """The rule that speaks about a violation."""
    name = violation.shape.name
    if violation.how is Break.UNKNOWN and name == "HyperParameterAlgorithmSpecification":
        return "SM606" if violation.key in COMMAND_MEMBERS else "SM619"
    if name in COMMAND_LISTS:
        return "SM601"
    if name in COMMAND_ITEMS:
        return "SM604" if violation.how is Break.TYPE else "SM602"
    if is_free_text(name):
        return "SM604" if violation.how is Break.TYPE and violation.shape.type == "string" else "SM609"
    if violation.how is Break.TYPE:
        return "SM619"
    for names, code in ((LOCAL_PATHS, "SM608"), (IMAGES, "SM610"), (RUNTIMES, "SM612")):
        if name in names:
            return code
    return "SM619"


def claimed(request: Request, code: str) -> Iterator[Violation]:
    """The violations that a rule speaks about."""
    for violation in violations(request):
        if code_of(violation) == code:
            yield violation


def finding(violation: Violation, advice: str = "") -> Finding:
    """A violation in words; ``advice`` replaces the general help."""
    message, general = _sentences(violation)
    return Finding(violation.location, message, advice or general, level=_level(violation))


def _level(violation: Violation) -> Severity | None:
    """New members and values come with every version of the API: what merely is not listed may be right."""
    if violation.how is Break.ENUM or (violation.how is Break.UNKNOWN and not _near(violation)):
        return Severity.WARNING
    return None


def label(violation: Violation) -> str:
    """What is at fault, as a reader of the request would call it; names that the user invents go with their map."""
    tokens = [
        token.replace("~1", "/").replace("~0", "~") for token in violation.location.pointer.split("/")[1:]
    ]
    index = ""
    while tokens and tokens[-1].isdigit():
        index = f"[{tokens.pop()}]{index}"
    if not tokens:
        return "the request"
    if is_free_text(violation.shape.name) and violation.shape.type != "map" and len(tokens) > 1:
        owner, key = tokens[-2:]
        return f"the key {shown(key)} of {owner}" if violation.key else f"{owner}.{_name(key)}"
    return _name(tokens[-1]) + index


def _name(token: str) -> str:
    return token if token.isidentifier() and len(token) <= 60 else shown(token)


def kind_of(violation: Violation) -> str:
    """What stands there instead, without its value."""
    node = violation.value.node
    if isinstance(node, Object):
        return "an object"
    if isinstance(node, Array):
        return "an array"
    if not isinstance(node, Scalar) or node.value is None:
        return "null"
    if isinstance(node.value, bool):
        return "a truth value"
    return "a text" if isinstance(node.value, str) else "a number"


def _sentences(violation: Violation) -> tuple[str, str]:
    shape = violation.shape
    name = label(violation)
    if violation.how is Break.TYPE:
        wanted = _TYPES.get(shape.type, f"a {shape.type}")
        return (
            f"{name} is {kind_of(violation)} and the API takes {wanted}: the request is refused",
            f"write {wanted}",
        )
    if violation.how is Break.MISSING:
        return (
            f"{name} has no {violation.key}, which {shape.name} must have: the request is refused",
            f"add {violation.key}",
        )
    if violation.how is Break.UNKNOWN:
        return _unknown(violation)
    if violation.how is Break.ENUM:
        return _enum(violation, name)
    if violation.how is Break.PATTERN and shape.pattern in (".*", ".+"):
        return (
            f"{name} holds a line break and the API takes none: the request is refused",
            "write it in one line",
        )
    if violation.how is Break.PATTERN:
        what = "" if is_free_text(shape.name) or shape.name in COMMAND_ITEMS else f" ({_text(violation)})"
        return (
            f"{name}{what} does not match the pattern {shape.pattern} of {shape.name}: the request is refused",
            f"write a value that matches {shape.pattern}",
        )
    return _bounds(violation, name)


def _unknown(violation: Violation) -> tuple[str, str]:
    shape = violation.shape
    near = _near(violation)
    return (
        f"{shown(violation.key)} is no member of {shape.name}: the request is refused",
        f"write {near[0]}" if near else f"delete it; {shape.name} has {_listed(tuple(shape.members))}",
    )


def _near(violation: Violation) -> list[str]:
    return _closest(violation.key, tuple(violation.shape.members))


@lru_cache(maxsize=256)
def _closest(key: str, members: tuple[str, ...]) -> list[str]:
    return get_close_matches(key, members, n=1, cutoff=0.7) if len(key) <= _LONGEST_MEMBER else []


def _enum(violation: Violation, name: str) -> tuple[str, str]:
    shape = violation.shape
    # `m5.xlarge` is EC2's name of `ml.m5.xlarge`; by its letters it is nearer to another type.
    prefixed = f"ml.{_raw(violation)}"
    near = [prefixed] if prefixed in shape.enum else get_close_matches(_raw(violation), shape.enum, n=1)
    return (
        f"{name} is {_text(violation)}, which the API model does not list: the request is refused",
        f"write {near[0]}" if near else f"write one of {_listed(shape.enum)}",
    )


#: What is counted in a value of a type, one and many.
_UNITS: Final = {
    "list": (" item", " items"),
    "map": (" entry", " entries"),
    "string": (" character", " characters"),
}


def _bounds(violation: Violation, name: str) -> tuple[str, str]:
    shape = violation.shape
    one, many = _UNITS.get(shape.type, ("", ""))
    is_low = violation.how is Break.TOO_SMALL
    bound = shape.min if is_low else shape.max
    if bound is None:
        # botocore knows of a bound that the copy of the model does not.
        return (
            f"{name} is {'less' if is_low else 'more'} than the API takes: the request is refused",
            f"write {'more' if is_low else 'less'}",
        )
    verb = "is" if shape.type not in ("list", "map", "string") else "has"
    limit = f"{'least' if is_low else 'most'} {bound:.15g}"
    return (
        f"{name} {verb} {violation.size:.15g}{one if violation.size == 1 else many} and the API takes at {limit}: the request is refused",
        f"bring it to at {limit}{one if bound == 1 else many}",
    )


def _raw(violation: Violation) -> str:
    node = violation.value.node
    if violation.key:
        return violation.key
    return node.value if isinstance(node, Scalar) and isinstance(node.value, str) else ""


def _text(violation: Violation) -> str:
    return shown(_raw(violation))


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names[:8]) + (" …" if len(names) > 8 else "")
