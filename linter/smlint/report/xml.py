"""Writing XML 1.0 for the formats that are made of it; no format itself."""

from __future__ import annotations

import re
from typing import Final
from xml.etree.ElementTree import Element, indent, tostring

#: Characters that no XML 1.0 document may hold, not even escaped.
_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def legal(text: str) -> str:
    """``text`` with the characters that XML cannot say made visible as U+FFFD."""
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)


def document(root: Element) -> str:
    """The indented document with its declaration; the writer of the file encodes it as UTF-8."""
    for element in root.iter():
        element.text = legal(element.text) if element.text else element.text
        for name, value in element.attrib.items():
            element.set(name, legal(value))
    indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"
