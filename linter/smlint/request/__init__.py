"""Job requests: JSON or YAML with positions, and what they override in the image they name."""

from smlint.request.document import Document, parse, read
from smlint.request.kinds import requests
from smlint.request.model import Kind, NamedImage, Origin, Request
from smlint.request.nodes import RequestSyntaxError
from smlint.request.value import Member, Value

__all__ = [
    "Document",
    "Kind",
    "Member",
    "NamedImage",
    "Origin",
    "Request",
    "RequestSyntaxError",
    "Value",
    "parse",
    "read",
    "requests",
]
