"""NVIDIA_REQUIRE_* constraints as the container toolkit reads them: blanks are *or*, commas are *and*."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from smlint.container import Container, Known, is_resolved
from smlint.diagnostics import Location
from smlint.tables import read_table

_TERM = re.compile(r"(cuda|driver|arch|brand)(>=|<=|!=|=|<|>)(.+)")


class Driver(NamedTuple):
    """A driver branch of SageMaker's inference instances, and where it is found."""

    branch: int
    cuda: tuple[int, ...]
    #: Instance families that have it by default, or the AMI version that brings it.
    names: tuple[str, ...]


class Requirement(NamedTuple):
    """What an image asks of the driver."""

    variable: str
    #: Alternatives of conditions that must hold together: ``cuda>=12.9``, ``driver>=535``.
    alternatives: tuple[tuple[str, ...], ...]
    location: Location

    def is_met_by(self, driver: Driver) -> bool | None:
        """Whether the container starts with that driver; None when a condition cannot be read."""
        answers = [_all(_holds(term, driver) for term in terms) for terms in self.alternatives]
        if any(answers):
            return True
        return None if None in answers else False


def requirement_of(container: Container) -> Requirement | None:
    """The image's requirement; None when it has none, when it is switched off, or when it is not known."""
    if isinstance(container.variable("NVIDIA_DISABLE_REQUIRE"), Known):
        return None
    for name in ("NVIDIA_REQUIRE_CUDA", "CUDA_VERSION"):
        fact = container.variable(name)
        if not isinstance(fact, Known) or not is_resolved(fact.value) or not fact.value.strip():
            continue
        text = fact.value
        if name == "CUDA_VERSION":
            # Without the other variable the toolkit takes this one for the requirement, by its first two numbers.
            version = re.match(r"\d+\.\d+", text)
            if version is None:
                return None
            text = f"cuda>={version[0]}"
        return Requirement(name, tuple(tuple(part.split(",")) for part in text.split()), fact.location)
    return None


class Drivers(NamedTuple):
    """The drivers of one way to serve, oldest first."""

    #: What instances have when nothing else is asked for.
    default: tuple[Driver, ...]
    #: What the request can ask for by an AMI version.
    ami: tuple[Driver, ...]
    #: The member of the request that does so.
    member: str

    def asked_for(self, requirement: Requirement) -> str | None:
        """The AMI version with the oldest driver that meets the requirement."""
        return next((driver.names[0] for driver in self.ami if requirement.is_met_by(driver)), None)


@cache
def endpoints() -> Drivers:
    """The drivers of real-time and asynchronous endpoints."""
    return Drivers(_drivers("default"), _drivers("ami"), "InferenceAmiVersion")


@cache
def batch() -> Drivers:
    """The drivers of batch transform jobs."""
    return Drivers(_drivers("batch"), _drivers("batch_ami"), "TransformAmiVersion")


def _drivers(table: str) -> tuple[Driver, ...]:
    return tuple(
        Driver(row["driver"], _version(row["cuda"]), tuple(row.get("families", ())) or (row["name"],))
        for row in _table()[table]
    )


@cache
def _table() -> dict[str, list[dict[str, Any]]]:
    return read_table(__file__, "inference_drivers.toml")


def _all(answers: Iterator[bool | None]) -> bool | None:
    found = list(answers)
    if False in found:
        return False
    return None if None in found else True


def _holds(term: str, driver: Driver) -> bool | None:
    match = _TERM.fullmatch(term)
    if match is None:
        return None
    subject, operator, value = match.groups()
    if subject in ("brand", "arch"):
        # Which card is in the machine is not looked at: any of the brands may be.
        return True
    if not re.fullmatch(r"\d+(\.\d+)*", value):
        return None
    wanted = _version(value)
    actual = driver.cuda if subject == "cuda" else (driver.branch,)
    # A branch stands for all its releases, so "535.54" is compared by its first number.
    wanted = wanted[: len(actual)] if subject == "driver" else wanted
    return {
        ">=": actual >= wanted,
        "<=": actual <= wanted,
        ">": actual > wanted,
        "<": actual < wanted,
        "=": actual == wanted,
        "!=": actual != wanted,
    }[operator]


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))
