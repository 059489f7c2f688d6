"""The fix of SM101: the shell form as an exec form, safe only where the shell added nothing."""

from __future__ import annotations

import posixpath
import re

from smlint.container import ABSENT, Command, Container, Known, Unknown
from smlint.diagnostics import Applicability, Fix
from smlint_rules import edits, exec_form


def fix(container: Container, command: Command, better: str, program: str) -> Fix | None:
    """``better`` in place of the shell form ``command``, which starts ``program``.

    A command of several lines keeps them, with the comments between them; None where a line ends inside a word.

    Unsafe when the shell may do more than start the program, when a CMD would become arguments, and for a script that
    only a shell may be able to start.
    """
    made = (
        edits.substituted(command, exec_form.shell_words_in_place(command.text))
        if command.pieces
        else edits.replaced(command.argv[-1].location, better)
    )
    if not made:
        return None
    plain = command.words[:-1] == ("/bin/sh", "-c") and not _brings_shell(container)
    safe = plain and container.cmd is ABSENT and _starts_alone(container, program)
    applicability = Applicability.SAFE if safe else Applicability.UNSAFE
    return Fix(applicability, f"Write ENTRYPOINT {better}", made)


def _brings_shell(container: Container) -> bool:
    """Whether the base is of the kind whose SHELL activates an environment first (micromamba, conda)."""
    if not isinstance(container.shell, Unknown):
        return False
    return container.base is None or re.search(r"mamba|conda", container.base.reference) is not None


def _starts_alone(container: Container, program: str) -> bool:
    """Whether the kernel starts ``program`` without a shell's help: a script without a shebang line needs it."""
    is_script = program.endswith((".sh", ".bash"))
    if "/" not in program and not is_script:
        return True
    folder = container.workdir.value if isinstance(container.workdir, Known) else "/"
    found = container.files.lookup(posixpath.normpath(posixpath.join(folder, program)))
    content: bytes | None = found.value.content if isinstance(found, Known) else None
    if content is not None:
        return content.startswith((b"#!", b"\x7fELF"))
    return not is_script
