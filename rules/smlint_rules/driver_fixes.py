"""The fixes of SM301: another package name, or the option with which the CUDA runfile leaves the driver out."""

from __future__ import annotations

from collections.abc import Sequence

from smlint.container import Word
from smlint.diagnostics import Applicability, Fix
from smlint_rules import edits
from smlint_rules.driver_packages import Package


def package_fix(package: Package, word: Word) -> Fix | None:
    """The package without the driver in place of a name that is written out.

    A pinned version (``cuda=12.4.1-1``) may not exist for the other package, so that somebody has to look.
    """
    written = word.written or ""
    name, pinned = written[: len(package.name)], written[len(package.name) :]
    if name != package.name or not package.instead or " " in package.instead or pinned[:1] not in ("", "="):
        return None
    made = edits.replaced(word.location, package.instead + pinned)
    sure = package.verdict == "driver" and not pinned
    applicability = Applicability.SAFE if sure else Applicability.UNSAFE
    return Fix(applicability, f"Install {package.instead}", made) if made else None


def runfile_fix(installer: Word, options: Sequence[str]) -> Fix | None:
    """``--toolkit`` behind the runfile; ``--silent`` too, since nobody answers questions in a build."""
    if installer.written is None or "--driver" in options:
        return None
    missing = [option for option in ("--silent", "--toolkit") if option not in options]
    made = edits.inserted_after(installer.location, "".join(f" {option}" for option in missing))
    return Fix(Applicability.SAFE, f"Add {' '.join(missing)}", made) if made else None
