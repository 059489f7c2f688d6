"""``smlint lsp``: the language server."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec

from smlint import registry
from smlint.cli import options
from smlint.registry import BrokenPackError


def lsp() -> None:
    """Serve an editor over standard input and output: findings while typing, hover, fixes. Needs smlint[lsp]."""
    if find_spec("pygls") is None:
        options.usage("the language server needs more packages; `pip install 'smlint[lsp]'` brings them")
    from smlint.lsp.server import make

    try:
        server = make(registry.installed())
    except BrokenPackError as error:
        options.usage(str(error))
    # pygls closes what it writes to when the editor takes its leave, and the call flushes its standard output after that.
    with open(os.dup(sys.stdout.fileno()), "wb") as output:
        server.start_io(stdout=output)
